"""A publisher that is killed: readers see the old rows or the new, and the next run mends the rest."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hansa.receipt import book_of
from hansa.verify import verify

# One child for all points: it publishes day 1, then kills itself in the middle of replacing it.
_CHILD = """
import os, signal, sys
from pathlib import Path
import polars as pl
from hansa.contract.model import Column, Contract
from hansa.gate import publish
from hansa.run import Run
from hansa.secrets import load_keys
from hansa.store.warehouse import Warehouse

root, point = Path(sys.argv[1]), sys.argv[2]
columns = (
    Column("id", "string", 1, required=True, key_position=1, classification="C2"),
    Column("day", "date", 1, partitioned=True),
    Column("cents", "integer", 1, minimum=0),
)
contract = Contract("t.a", "1.0.0", columns, Path("a.odcs.yaml"), "d1")

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def send(*rows):
    frame = pl.DataFrame(list(rows), schema=["id", "day", "cents"], orient="row")
    run = Run("r", "UTC")
    publish(frame.lazy(), contract, run, Warehouse(root / "wh"), keys=load_keys(root / "keys"))

send(("OLD", "2026-03-01", "1"))
if point == "while writing":
    import hansa.intake
    hansa.intake.Intake._settle = die
elif point == "after the data files":
    import hansa.judgement
    hansa.judgement.Judgement.receipts = die
elif point == "before the commit":
    from hansa.store.table import ProductTable
    ProductTable.commit = die
elif point == "before the mark":
    from hansa.receipt import ReceiptBook
    ReceiptBook.mark_landed = die
send(("NEW", "2026-03-01", "2"), ("NEW", "2026-03-01", "2"), ("SECRET77", "2026-03-01", "-1"))
"""

POINTS = ["while writing", "after the data files", "before the commit", "before the mark"]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """One warehouse a point, each left by a killed publisher; the children run side by side."""
    roots = {point: tmp_path_factory.mktemp("crash") for point in POINTS}
    running = [subprocess.Popen([sys.executable, "-c", _CHILD, str(roots[point]), point]) for point in POINTS]
    assert {process.wait() for process in running} == {-signal.SIGKILL}
    return roots


@pytest.fixture
def left(killed, request):
    return request.getfixturevalue("crash_bench")(killed[request.param])


@pytest.fixture
def crash_bench(new_bench):
    def made(root: Path):
        bench = new_bench()
        bench.__init__(root)
        return bench

    return made


@pytest.mark.parametrize("left", POINTS, indirect=True)
def test_readers_see_old_or_new_and_a_second_run_mends_the_rest(left, contract, daily, column, texts, request):
    seen = left.rows()["id"].to_list()
    landed = "before the mark" in request.node.name
    assert seen == (["NEW"] if landed else ["OLD"])
    snapshots = left.snapshots()
    secret = contract(column("id", required=True, key_position=1, classification="C2"), *daily.columns[1:])
    rows = texts("id day cents", "NEW 2026-03-01 2", "NEW 2026-03-01 2", "SECRET77 2026-03-01 -1")
    answer = left.publish(rows, secret)
    assert answer.unchanged is landed
    assert len(left.snapshots()) == len(snapshots) + (not landed)
    assert (left.rows()["id"].to_list(), answer.total("quarantined")) == (["NEW"], 2)
    assert verify(left.warehouse, "t.a").faults == ()
    assert [p.landed.snapshot for p in book_of(left.warehouse, "t.a").all()] == left.snapshots()
    assert not list((left.warehouse.root / ".staging").iterdir())
    assert not list((left.warehouse.root / "t" / "a" / "data").glob("*.alive"))
