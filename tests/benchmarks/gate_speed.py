"""How long the gate takes beside a plain Polars read and write of the same Parquet file, and how much memory.

``python tests/benchmarks/gate_speed.py --rows 2000000 --repetitions 3``. Both ways run by turns, each in a fresh
process under a small shell, because a child's peak memory counts its parent's pages. The ratio is of medians, without
the time that the imports take. ``--days 400`` measures one more day of a product that has as many; ``--doubled`` sends
every key twice, ``--shuffled`` sends the keys in no order.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from measuring import CONTRACT, make, medians, run

PLAIN = """
import json, sys, time
begun = time.perf_counter()
import polars as pl
ready = time.perf_counter()
pl.scan_parquet(sys.argv[1]).sink_parquet(sys.argv[2] + "/plain.parquet", compression="zstd")
print(json.dumps({"imports": ready - begun, "seconds": time.perf_counter() - ready}))
"""
GATE = (
    """
import json, sys, time
begun = time.perf_counter()
DAILY = len(sys.argv) > 3 and sys.argv[3] == "daily"
from hansa.gate import Origin, publish
import polars as pl, polars_hash, pandera.polars, pyiceberg.catalog, pyiceberg.io.pyarrow, pyiceberg.table
# What the libraries load where it is first used; hypothesis too, which is not installed on a user's machine.
import pandera.backends.polars.builtin_checks, pandera.backends.polars.container, pandera.backends.register_checks
import rich.console, rich.table
from hansa.receipt import InputRead
from hansa.run import Run
from hansa.store.warehouse import Warehouse
ready = time.perf_counter()
"""
    + CONTRACT
    + """
from hansa.digest import sha256_of
with open(sys.argv[1], "rb") as file:
    content = sha256_of(iter(lambda: file.read(1 << 20), b""))
origin = Origin(inputs=(InputRead(name="rows", fingerprint=content),))
made = publish(pl.scan_parquet(sys.argv[1]), CONTRACT, Run("r", "UTC"), Warehouse(sys.argv[2] + "/wh"),
               origin=origin, rereadable=True, mode="file")
print(json.dumps({"imports": ready - begun, "seconds": time.perf_counter() - ready, "unchanged": made.unchanged,
                  "rows": [made.total("incoming"), made.total("published"), made.total("quarantined")]}))
"""
)


def speed(folder: Path, rows: int, repetitions: int, doubled: bool, shuffled: bool) -> None:
    source = folder / "rows.parquet"
    make(source, rows, doubled=doubled, shuffled=shuffled)
    ways: dict[str, list[dict[str, float]]] = {"plain": [], "gate": [], "again": []}
    for _ in range(repetitions):
        place = Path(tempfile.mkdtemp(dir=folder))
        ways["plain"].append(run(PLAIN, str(source), str(place)))
        ways["gate"].append(run(GATE, str(source), str(place)))
        ways["again"].append(run(GATE, str(source), str(place)))
        shutil.rmtree(place)
    print(f"{rows} rows, {source.stat().st_size >> 20} MB, rows in/published/refused {ways['gate'][0]['rows']}")
    middle = medians({way: [one["seconds"] for one in found] for way, found in ways.items()})
    print("peak", ", ".join(f"{way} {max(one['peak'] for one in found):.0f} MB" for way, found in ways.items()))
    print(f"gate/plain {middle['gate'] / middle['plain']:.2f}, again/gate {middle['again'] / middle['gate']:.2f}")


def many_days(folder: Path, days: int, rows: int) -> None:
    """Publish the days of a product in one file, then one more day of its own."""
    import datetime as dt

    import polars as pl

    parts = []
    for number in range(days + 1):
        path = folder / f"{number}.parquet"
        make(path, rows, first=number * rows, day=str(dt.date(2025, 1, 1) + dt.timedelta(days=number)))
        parts.append(path)
    whole = folder / "whole.parquet"
    pl.scan_parquet(parts[:-1]).sink_parquet(whole)
    print("all days", run(GATE, str(whole), str(folder), "daily"))
    print("one more", run(GATE, str(parts[-1]), str(folder), "daily"))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--repetitions", type=int, default=3)
    asked.add_argument("--days", type=int, default=0)
    asked.add_argument("--doubled", action="store_true")
    asked.add_argument("--shuffled", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.days:
            many_days(Path(folder), given.days, given.rows)
        else:
            speed(Path(folder), given.rows, given.repetitions, given.doubled, given.shuffled)


if __name__ == "__main__":
    main()
