"""Two processes that publish at once: one table, one copy of the rows, at most one clear error."""

from __future__ import annotations

import subprocess
import sys

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
