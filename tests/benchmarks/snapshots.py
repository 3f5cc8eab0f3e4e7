"""How long one publication of a small day takes after many snapshots that are kept.

``python tests/benchmarks/snapshots.py --after 10 40 100 200``. One process publishes on and on, one of ten days whole
by turns, and no snapshot expires. At each mark some publications are timed, by turns with as many first ones into new
tables: their ratio tells the growth from a machine that became slower meanwhile. Of readings the median is told.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from itertools import pairwise
from pathlib import Path

from measuring import CONTRACT, make, run

PUBLISH = (
    "DAILY = True\n"
    + CONTRACT
    + """
import datetime as dt, json, shutil, sys, time
import polars as pl
from hansa.gate import publish
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
place, source, days, each, *marks = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
rows = pl.read_parquet(source)
made = 0
def one(place, number):
    day = dt.date(2026, 1, 1) + dt.timedelta(days=number % days)
    # Other rows each time, so that none is found unchanged.
    ids = pl.col("id") + rows.height * (number % days)
    frame = rows.with_columns(day=pl.lit(day), id=ids, rate=pl.lit(number / 1e6))
    begun = time.perf_counter()
    done = publish(frame.lazy(), CONTRACT, Run(f"r{number}", "UTC", day, day), Warehouse(place))
    spent = time.perf_counter() - begun
    assert done.landed and not done.unchanged
    return spent
def grown():
    global made
    made += 1
    return one(place, made - 1)
def first():
    try:
        return one(place + "-new", made)
    finally:
        shutil.rmtree(place + "-new")
def read():
    begun = time.perf_counter()
    found = Door(Warehouse(place)).open("bench.rows").frame.select(pl.len()).collect().item()
    assert found, "nothing was read"
    return time.perf_counter() - begun
first()
figures = {}
for mark in marks:
    while made < mark:
        grown()
    pairs = [(first(), grown()) for _ in range(each)]
    figures[mark] = {"first": [a for a, _ in pairs], "grown": [b for _, b in pairs],
                     "read": [read() for _ in range(each)]}
kept = len(Warehouse(place).catalog.load_table(("bench", "rows")).snapshots())
assert kept == made, f"{kept} snapshots are kept of {made} publications"
print(json.dumps(figures))
"""
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--after", type=int, nargs="+", default=[10, 40, 100, 200])
    asked.add_argument("--rows", type=int, default=1_000)
    asked.add_argument("--days", type=int, default=10, help="days that are published by turns")
    asked.add_argument("--each", type=int, default=5, help="publications of each mark")
    given = asked.parse_args()
    marks = sorted(given.after)
    if any(later - earlier < given.each for earlier, later in pairwise(marks)):
        asked.error("marks have to lie further apart than --each publications")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        make(source, given.rows)
        words = [given.days, given.each, *marks]
        figures = run(PUBLISH, f"{folder}/warehouse", str(source), *map(str, words))
    for mark in marks:
        taken = figures[str(mark)]
        middle = {name: statistics.median(seconds) for name, seconds in taken.items()}
        spread = f"{min(taken['grown']):.2f} .. {max(taken['grown']):.2f}"
        ratio = f"{middle['grown'] / middle['first']:.2f} of a first one beside it"
        publishing = f"publish {middle['grown']:.2f} s ({spread}), {ratio}"
        print(f"after {mark:4} snapshots: {publishing}, read {middle['read']:.2f} s")
    print(f"peak {figures['peak']:.0f} MB")


if __name__ == "__main__":
    main()
