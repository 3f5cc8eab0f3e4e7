"""Two processes that publish at once: one table, one copy of the rows, at most one clear error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hansa.receipt import book_of
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
from hansa.verify import verify

_CHILD = """
import sys, time
from pathlib import Path
import polars as pl
from hansa.contract.model import Column, Contract
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.run import Run
from hansa.store.warehouse import Warehouse
import pandera.polars, pyiceberg.catalog.sql, pyiceberg.io.pyarrow

root, name, day = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
columns = (Column("id", "string", 1, required=True, key_position=1), Column("day", "date", 1, partitioned=True))
contract = Contract("t.a", "1.0.0", columns, Path("a.odcs.yaml"), "d1")
(root / f"ready-{name}").touch()
while len(list(root.glob("ready-*"))) < 2:
    time.sleep(0.005)
rows = pl.DataFrame({"id": [f"{name}{n}" for n in range(50)], "day": [day] * 50})
try:
    publish(rows.lazy(), contract, Run(name, "UTC"), Warehouse(root / "wh"))
except HansaError as error:
    sys.exit(error.code)
"""


def both(root, *days):
    running = [
        subprocess.Popen([sys.executable, "-c", _CHILD, str(root), name, day], stderr=subprocess.PIPE, text=True)
        for name, day in zip("XY", days, strict=True)
    ]
    answers = [(process.communicate()[1].strip(), process.returncode) for process in running]
    assert {text for text, code in answers if code} <= {"commit.lost"}, answers
    return [code for _, code in answers]


def test_two_first_publishers_of_one_day_leave_one_copy(bench):
    codes = both(bench.root, "2026-03-01", "2026-03-01")
    assert codes.count(0) >= 1
    assert bench.rows().height == 50
    assert bench.rows()["id"].str.head(1).n_unique() == 1
    assert verify(bench.warehouse, "t.a").faults == ()


def test_two_first_publishers_of_two_days_both_land(bench):
    assert both(bench.root, "2026-03-01", "2026-03-02") == [0, 0]
    assert bench.rows().height == 100
    assert verify(bench.warehouse, "t.a").faults == ()


_MERGER = """
import sys, time
from pathlib import Path
import polars as pl
from hansa.contract.model import Column, Contract
from hansa.gate import publish
from hansa.run import Run
from hansa.store.warehouse import Warehouse
import pandera.polars, pyiceberg.catalog, pyiceberg.io.pyarrow

root, place, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
columns = (Column("id", "string", 1, required=True, key_position=1), Column("day", "date", 1, partitioned=True))
contract = Contract("t.a", "1.0.0", columns, Path("a.odcs.yaml"), "d1")
(root / f"ready-{name}").touch()
while len(list(root.glob("ready-*"))) < 3:
    time.sleep(0.005)
for turn in range(2):
    rows = pl.DataFrame({"id": [f"{name}{turn}-{n}" for n in range(5)], "day": ["2026-03-01"] * 5})
    publish(rows.lazy(), contract, Run(f"{name}{turn}", "UTC"), Warehouse(place), mode="merge")
"""


def all_merge(root, place, environment):
    """Three processes that merge twice each into one day, all at once."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _MERGER, str(root), place, name], stderr=subprocess.PIPE, text=True, env=environment
        )
        for name in "XYZ"
    ]
    answers = [(process.communicate()[1], process.returncode) for process in running]
    assert [code for _, code in answers] == [0, 0, 0], answers


@pytest.mark.parametrize("store", ["folder", "bucket"])
def test_merges_of_one_day_by_many_processes_all_land(tmp_path, bucket, monkeypatch, store):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    place = f"{bucket.uri}/wh" if store == "bucket" else str(tmp_path / "wh")
    all_merge(tmp_path, place, dict(os.environ))
    warehouse = Warehouse(place if store == "bucket" else tmp_path / "wh")
    rows = Door(warehouse).open("t.a").frame.collect()
    assert (rows.height, rows["id"].n_unique()) == (30, 30)
    assert len(book_of(warehouse, "t.a").all()) == 6
    assert verify(warehouse, "t.a").faults == ()
