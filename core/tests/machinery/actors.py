"""Processes that publish and read one product, told what to do by lines of JSON.

    python -m machinery.actors publish CONTRACT PLACE     {"days": [...], "version": 3, "rows": 500} -> {"state": ...}
    python -m machinery.actors read CONTRACT PLACE        reads again and again until its input ends; {"place": ...}

A question may name another ``place`` than the one of the start: the warehouse of a product that never was published.
Only what anybody may call is used: ``read_contract``, ``publish``, ``Warehouse``, ``Door``. Every row of a publication
carries its version, so that a reader can tell by content which publication it sees.
"""

from __future__ import annotations

import datetime as dt
import json
import select
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl

PRODUCT = "trial.ledger"
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: trial.ledger
name: Ledger
version: 1.0.0
status: active
domain: trial
schema:
  - name: ledger
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: version, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0}}
      - {name: cents, logicalType: integer, required: true}
"""


def rows_of(days: list[str], version: int, rows: int) -> pl.DataFrame:
    """What a publication of this version brings: the same ids each time, other amounts."""
    numbers = pl.int_range(rows, eager=True)
    frames = [
        pl.DataFrame(
            {
                "id": pl.select(pl.format("{}-{}", pl.lit(day), numbers)).to_series(),
                "day": [day] * rows,
                "version": [version] * rows,
                "cents": numbers + version * 1_000_000,
            }
        )
        for day in days
    ]
    return pl.concat(frames).with_columns(pl.all().cast(pl.String))


def place_of(text: str) -> Any:
    """A warehouse's place as ``Warehouse`` takes it: a path, or the address of a bucket."""
    return text if "://" in text else Path(text)


def read_all(place: str) -> pl.DataFrame:
    """All rows that readers see now; an empty frame before the first publication."""
    from hansa.errors import DataError
    from hansa.store.door import Door
    from hansa.store.warehouse import Warehouse

    try:
        frame = Door(Warehouse(place_of(place))).open(PRODUCT).frame.collect()
    except DataError as error:
        # The second is said of a product whose first publication was begun.
        if error.code not in ("product.unknown", "product.held"):
            raise
        return pl.DataFrame(schema={"id": pl.String, "day": pl.Date, "version": pl.Int64, "cents": pl.Int64})
    return frame


def _publish(contract: Path, place: str) -> None:
    from hansa.contract import read_contract
    from hansa.errors import HansaError
    from hansa.gate import publish
    from hansa.run import Run
    from hansa.store.warehouse import Warehouse

    read = read_contract(contract)
    _warm()
    _say({"state": "ready"})
    for line in sys.stdin:
        asked = json.loads(line)
        days = [dt.date.fromisoformat(day) for day in asked["days"]]
        run = Run(asked["run"], "UTC", min(days), max(days))
        began = time.monotonic()
        try:
            made = publish(rows_of(**{k: asked[k] for k in ("days", "version", "rows")}).lazy(), read, run,
                           Warehouse(place_of(asked.get("place", place))))  # fmt: skip
        except HansaError as error:
            _say({"state": "refused", "code": error.code, "what": error.what, "seconds": time.monotonic() - began})
            continue
        state = "held" if made.held else "unchanged" if made.unchanged else "published"
        _say({"state": state, "digest": made.digest, "rows": made.total("published"),
              "seconds": time.monotonic() - began})  # fmt: skip


def _warm() -> None:
    """Import what a publication imports, so that a process that waits is ready to begin at once."""
    import importlib

    for name in ("pandera.polars", "pyiceberg.catalog", "pyiceberg.table", "pyiceberg.io.pyarrow", "polars_hash"):
        importlib.import_module(name)


def _read(place: str) -> None:
    """Read until the input ends; say of each read where and when it began and ended and what stood in each day."""
    _say({"state": "ready"})
    while True:
        # The pause leaves the machine to those who publish.
        if select.select([sys.stdin], [], [], 0.1)[0]:
            if not (line := sys.stdin.readline()):
                return
            place = json.loads(line)["place"]
        began = time.monotonic()
        try:
            found = (
                read_all(place)
                .group_by("day")
                .agg(rows=pl.len(), ids=pl.col("id").n_unique(), versions=pl.col("version").unique().sort())
            )
            seen = {str(day): [rows, ids, versions] for day, rows, ids, versions in found.iter_rows()}
            answer: dict[str, Any] = {"seen": seen}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        _say({"place": place, "began": began, "ended": time.monotonic()} | answer)


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    {"publish": lambda: _publish(Path(sys.argv[2]), sys.argv[3]), "read": lambda: _read(sys.argv[3])}[sys.argv[1]]()
