"""One product in every state of its life, in a folder and in a bucket, as Hansa's own reading door shows it."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hansa.contract import read_contract
from hansa.gate import publish
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.settings import StoreSettings
from hansa.store.warehouse import Warehouse
from hansa.upkeep import upkeep
from machinery.object_store import Bucket

PRODUCT = "bank.transfers"
STATES = ["published", "replaced", "evolved", "expired"]
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: bank.transfers
name: Transfers
version: 1.0.0
status: active
domain: bank
schema:
  - name: transfers
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(18,2)"}
      - {name: at, logicalType: timestamp}
      - {name: units, logicalType: integer}
      - {name: settled, logicalType: boolean}
"""
EVOLVED = CONTRACT.replace("1.0.0", "1.1.0") + "      - {name: note, logicalType: string}\n"
DAYS = ["2026-03-01", "2026-03-02", "2026-03-03"]


def rows_of(day, version, count):
    """Texts as a file brings them, with nulls in every column that may have them."""
    return pl.DataFrame(
        {
            "id": [f"{day}-{n}-汉萨" for n in range(count)],
            "day": [day] * count,
            "amount": [None if n % 7 == 3 else f"{n * 37 + version}.{n % 100:02}" for n in range(count)],
            "at": [None if n % 5 == 1 else f"{day}T{n % 24:02}:30:15.{n:06}Z" for n in range(count)],
            "units": [None if n % 4 == 2 else str(n * 10**14 - version) for n in range(count)],
            "settled": [("true", "false", None)[n % 3] for n in range(count)],
        },
        schema_overrides=dict.fromkeys(("amount", "at", "units", "settled"), pl.String),
    )


@dataclass
class Lake:
    """A warehouse with the product; ``state`` is how far it has lived."""

    folder: Path
    place: Path | str
    state: str = ""
    bucket: Bucket | None = None

    @property
    def warehouse(self):
        return Warehouse(self.place)

    def publish(self, contract, day, version, count, **columns):
        path = self.folder / "transfers.odcs.yaml"
        path.write_text(contract)
        date = dt.date.fromisoformat(day)
        frame = rows_of(day, version, count).with_columns(**columns)
        made = publish(frame.lazy(), read_contract(path), Run(f"{day}-{version}", "UTC", date, date), self.warehouse)
        assert made.total("published") == count
        return made.landed.snapshot

    def live_on(self):
        """Go on to the next state."""
        self.state = STATES[STATES.index(self.state) + 1] if self.state else STATES[0]
        if self.state == "published":
            for day in DAYS:
                self.publish(CONTRACT, day, 1, 40)
        elif self.state == "replaced":
            self.publish(CONTRACT, DAYS[0], 2, 25)
            self.publish(CONTRACT, DAYS[1], 2, 60)
        elif self.state == "evolved":
            self.publish(EVOLVED, DAYS[2], 3, 30, note=pl.lit("new"))
        else:
            self.expire()

    def publish_first(self):
        """Two days; the snapshot of the second."""
        self.publish(CONTRACT, DAYS[0], 1, 10)
        return self.publish(CONTRACT, DAYS[1], 1, 10)

    def publish_second(self):
        """A day replaced, under the contract with one more column."""
        self.publish(EVOLVED, DAYS[0], 2, 5, note=pl.lit("new"))

    def expire(self):
        """Forget every snapshot but the newest, and remove the data files that only they named."""
        at_once = StoreSettings.of(longest_run=dt.timedelta(microseconds=1))
        done = upkeep(Warehouse(self.place, at_once), PRODUCT, keep=dt.timedelta(0))
        assert done.expired
        assert any(name.startswith("data/") for name in done.removed)

    def rows(self, snapshot=None):
        """What Hansa's own door gives."""
        return ordered(Door(self.warehouse).open(PRODUCT, at=snapshot).frame.collect())


def ordered(rows):
    """Rows in one order, and instants in one spelling of their zone."""
    frame = rows if isinstance(rows, pl.DataFrame) else pl.from_arrow(rows)
    return frame.with_columns(pl.col("at").dt.convert_time_zone("UTC")).sort("id")


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """A small lake of the test's own, in the folder where the test runs."""
    monkeypatch.chdir(tmp_path)
    return Lake(tmp_path, tmp_path / "warehouse")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A lake in a folder that tests take from state to state, in order."""
    root = tmp_path_factory.mktemp("engines")
    return Lake(root, root / "warehouse")


@pytest.fixture(scope="module")
def in_bucket(tmp_path_factory, object_store):
    """The same in a bucket, found by the environment as a user's own would be."""
    made = object_store.bucket()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield Lake(tmp_path_factory.mktemp("engines-s3"), f"{made.uri}/warehouse", bucket=made)
