"""One class of promises, kept wherever a warehouse may lie and whoever orders its commits."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.gate import publish
from hansa.receipt import book_of
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.settings import CatalogSettings, StoreSettings
from hansa.store.warehouse import Warehouse
from hansa.upkeep import upkeep
from hansa.verify import verify

COLUMNS = (
    Column("id", "string", 1, required=True, key_position=1),
    Column("day", "date", 1, partitioned=True),
    Column("cents", "integer", 1, minimum=0),
)
DAILY = Contract("t.a", "1.0.0", COLUMNS, Path("a.odcs.yaml"), "d1")
WIDER = replace(
    DAILY,
    version="1.1.0",
    digest="d2",
    columns=(*COLUMNS[:2], Column("note", "string", 1, required=True), COLUMNS[2]),
)


def _settings(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> CatalogSettings:
    if "sqlite" in kind:
        return CatalogSettings(type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
    if "postgresql" in kind:
        address = request.getfixturevalue("postgres").schema()
        return CatalogSettings(type="sql", uri=address.replace("postgresql://", "postgresql+psycopg://"))
    return CatalogSettings()


@pytest.fixture(params=["folder", "bucket", "folder and sqlite", "folder and postgresql", "bucket and postgresql"])
def place(request, tmp_path, monkeypatch):
    """Gives the same warehouse, opened anew at every call."""
    kind = request.param
    catalog = _settings(kind, request, tmp_path)
    if not kind.startswith("bucket"):
        return lambda: Warehouse(tmp_path / "wh", None, catalog)
    bucket = request.getfixturevalue("bucket")
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return lambda: Warehouse(f"{bucket.uri}/wh", StoreSettings(endpoint=bucket.endpoint), catalog)


def send(warehouse, *rows, contract=DAILY, days=(None, None)):
    """Publish rows such as ``A 2026-03-01 1``."""
    cells = [[None if cell == "-" else cell for cell in row.split()] for row in rows]
    frame = pl.DataFrame(cells, schema=dict.fromkeys(contract.by_name, pl.String), orient="row")
    return publish(frame.lazy(), contract, Run("r", "UTC", *days), warehouse)


def rows(warehouse):
    frame = Door(warehouse).open("t.a").frame.collect()
    return frame.sort("id").rows()


def day(number):
    return dt.date(2026, 3, number)


class TestAnywhere:
    """Folder or bucket; its own catalog, SQLite or PostgreSQL."""

    def test_what_was_published_is_read_back(self, place):
        published = send(place(), "A 2026-03-01 1", "B 2026-03-02 -2", "C 2026-03-02 3")
        assert (published.total("published"), published.total("quarantined")) == (2, 1)
        assert rows(place()) == [("A", day(1), 1), ("C", day(2), 3)]

    def test_a_day_is_replaced_and_the_others_stay(self, place):
        send(place(), "A 2026-03-01 1", "B 2026-03-02 2")
        send(place(), "D 2026-03-02 4")
        assert rows(place()) == [("A", day(1), 1), ("D", day(2), 4)]
        assert [p.total("published") for p in book_of(place(), "t.a").all()] == [2, 1]

    def test_the_same_again_changes_nothing(self, place):
        send(place(), "A 2026-03-01 1")
        assert send(place(), "A 2026-03-01 1").unchanged
        assert len(book_of(place(), "t.a").all()) == 1

    def test_an_earlier_snapshot_stays_readable(self, place):
        first = send(place(), "A 2026-03-01 1")
        send(place(), "A 2026-03-01 2")
        assert Door(place()).open("t.a", at=first.landed.snapshot).frame.collect()["cents"].to_list() == [1]

    def test_a_day_that_became_empty_is_empty(self, place):
        send(place(), "A 2026-03-01 1", "B 2026-03-02 2")
        send(place(), "B 2026-03-02 2", days=(day(1), day(2)))
        assert rows(place()) == [("B", day(2), 2)]

    def test_a_column_is_added_in_the_commit_of_its_first_rows(self, place):
        send(place(), "A 2026-03-01 1")
        send(place(), "B 2026-03-02 new 2", contract=WIDER)
        found = Door(place()).open("t.a").frame.select("id", "note", "cents").collect().sort("id").rows()
        assert found == [("A", None, 1), ("B", "new", 2)]
        assert len(place().catalog.load_table(("t", "a")).snapshots()) == 2
        assert verify(place(), "t.a").faults == ()

    def test_first_publishers_of_different_days_all_land(self, place):
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda n: send(place(), f"A{n} 2026-03-0{n} {n}"), range(1, 5)))
        assert all(publication.landed for publication in done)
        assert [row[2] for row in rows(place())] == [1, 2, 3, 4]
        assert verify(place(), "t.a").faults == ()

    def test_publishers_of_one_day_leave_the_rows_of_one(self, place):
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda n: send(place(), f"A 2026-03-01 {n}"), range(3)))
        (left,) = rows(place())
        last = max(done, key=lambda publication: publication.landed.sequence)
        assert (
            last.receipts[0].digests["published"]
            == book_of(place(), "t.a").current()["2026-03-01"][0].digests["published"]
        )
        assert len(book_of(place(), "t.a").all()) == 3
        assert left[0] == "A"

    def test_upkeep_leaves_what_readers_see_and_every_receipt(self, place):
        for cents in (1, 2, 3):
            send(place(), f"A 2026-03-01 {cents}")
        assert upkeep(place(), "t.a", keep=dt.timedelta()).expired == 2
        assert rows(place()) == [("A", day(1), 3)]
        assert len(book_of(place(), "t.a").all()) == 3
        assert verify(place(), "t.a").faults == ()
