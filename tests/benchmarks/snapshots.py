"""How long one publication of a small day takes after many snapshots that are kept.

``python tests/benchmarks/snapshots.py --after 10 40 100 200``. One process publishes on and on, each time the newest
of as many days whole, and no snapshot expires. Of each mark the median of some publications is told, and of readings.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from measuring import CONTRACT, make, run

PUBLISH = (
    "DAILY = True\n"
    + CONTRACT
    + """
import datetime as dt, json, statistics, sys, time
import polars as pl
from hansa.gate import publish
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
place, source, days, each, *marks = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
rows = pl.read_parquet(source)
made = 0
def one():
    global made
    day = dt.date(2026, 1, 1) + dt.timedelta(days=made % days)
    # Other rows each time, so that none is found unchanged.
    frame = rows.with_columns(day=pl.lit(day), id=pl.col("id") + rows.height * (made % days), rate=pl.lit(made / 1e6))
    begun = time.perf_counter()
    done = publish(frame.lazy(), CONTRACT, Run(f"r{made}", "UTC", day, day), Warehouse(place))
    assert done.landed and not done.unchanged
    made += 1
    return time.perf_counter() - begun
def read():
    begun = time.perf_counter()
    Door(Warehouse(place)).open("bench.rows").frame.select(pl.len()).collect()
    return time.perf_counter() - begun
figures = {}
for mark in marks:
    while made < mark:
        one()
    figures[mark] = [statistics.median(one() for _ in range(each)), statistics.median(read() for _ in range(each))]
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
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        make(source, given.rows)
        words = [given.days, given.each, *sorted(given.after)]
        figures = run(PUBLISH, f"{folder}/warehouse", str(source), *map(str, words))
    first = figures[str(min(given.after))]
    for mark in sorted(given.after):
        publishing, reading = figures[str(mark)]
        told = f"publish {publishing:.2f} s ({publishing / first[0]:.2f} of the first), read {reading:.2f} s"
        print(f"after {mark:4} snapshots: {told}")
    print(f"peak {figures['peak']:.0f} MB")


if __name__ == "__main__":
    main()
