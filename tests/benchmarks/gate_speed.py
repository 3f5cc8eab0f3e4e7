"""How long the gate takes beside a plain Polars read and write of the same Parquet file, and how much memory.

``python tests/benchmarks/gate_speed.py --rows 2000000 --repetitions 3``. Both ways run by turns, each in a fresh
process under a small shell, because a child's peak memory counts its parent's pages. The ratio is of medians, without
the time that the imports take. ``--days 400`` measures one more day of a product that has as many; ``--doubled`` sends
every key twice.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CONTRACT = """
from pathlib import Path
from decimal import Decimal
from hansa.contract.model import Column, Contract, Rule
def rule(name, metric, *columns, operator="mustBe", operands=(0.0,), **more):
    return Rule(name, metric, columns, operator, operands, line=1, **more)
CONTRACT = Contract(
    "bench.rows", "1.0.0",
    (
        Column("id", "integer", 1, required=True, key_position=1),
        Column("day", "date", 1, partitioned=True) if DAILY else Column("day", "date", 1, required=True),
        Column("branch", "integer", 1, minimum=0, maximum=9999),
        Column("account", "string", 1, required=True, pattern="^[0-9]{10}$"),
        Column("currency", "string", 1, enum=("CNY", "EUR", "USD")),
        Column("channel", "string", 1, max_length=6),
        Column("note", "string", 1, max_length=20),
        Column("amount", "number", 1, precision=18, scale=2, minimum=Decimal(0)),
        Column("at", "timestamp", 1, required=True),
        Column("rate", "number", 1, minimum=0.0, maximum=1.0),
    ),
    Path("bench.odcs.yaml"), "d1",
    rules=(
        rule("channel.known", "invalidValues", "channel", valid_values=("app", "atm", "branch", "web")),
        rule("some", "rowCount", operator="mustBeGreaterThan"),
    ),
)
"""
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
import polars as pl, polars_hash, pandera.polars, pyiceberg.catalog, pyiceberg.io.pyarrow, pyiceberg.table
from hansa.gate import Origin, publish
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


def make(path: Path, rows: int, *, first: int = 0, day: str = "2026-03-01", doubled: bool = False) -> None:
    """Ten columns, amounts and times as they come from an export, 0.15 % bad rows."""
    import polars as pl

    n = pl.int_range(first, first + rows)
    spread = (n * 2654435761) % 4294967296
    pl.select(
        id=n // 2 if doubled else n,
        day=pl.lit(day).str.to_date("%Y-%m-%d"),
        branch=(spread % 9000).cast(pl.Int32),
        account=(spread + 1_000_000_000).cast(pl.String).str.zfill(10).str.slice(0, 10),
        currency=pl.when(n % 3 == 0).then(pl.lit("CNY")).when(n % 3 == 1).then(pl.lit("EUR")).otherwise(pl.lit("USD")),
        channel=pl.when(n % 1000 == 7).then(pl.lit("fax")).otherwise(pl.lit("web")),
        note=pl.concat_str(pl.lit("note "), spread % 100_000),
        amount=pl.when(n % 2000 == 11).then(pl.lit("-1.00")).otherwise(
            pl.concat_str(spread % 100_000, pl.lit("."), (spread % 90) + 10)
        ),
        at=(pl.lit(1_770_000_000_000_000) + n * 1000).cast(pl.Datetime("us", "UTC")),
        rate=(spread % 1000) / 1000.0,
    ).write_parquet(path, compression="zstd")  # fmt: skip


def run(code: str, *words: str) -> dict[str, float]:
    """Run in a fresh process; its own figures and its peak memory in MB."""
    line = [sys.executable, "-c", code, *words]
    script = (
        "import resource,subprocess,sys;p=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE,text=True);"
        "print(p.stdout.strip());print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024);sys.exit(p.returncode)"
    )
    done = subprocess.run([sys.executable, "-c", script, *line], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures, peak = done.stdout.strip().splitlines()[-2:]
    return json.loads(figures) | {"peak": float(peak)}


def speed(folder: Path, rows: int, repetitions: int, doubled: bool) -> None:
    source = folder / "rows.parquet"
    make(source, rows, doubled=doubled)
    ways: dict[str, list[dict[str, float]]] = {"plain": [], "gate": [], "again": []}
    for _ in range(repetitions):
        place = Path(tempfile.mkdtemp(dir=folder))
        ways["plain"].append(run(PLAIN, str(source), str(place)))
        ways["gate"].append(run(GATE, str(source), str(place)))
        ways["again"].append(run(GATE, str(source), str(place)))
        shutil.rmtree(place)
    middle = {way: statistics.median(one["seconds"] for one in found) for way, found in ways.items()}
    print(f"{rows} rows, {source.stat().st_size >> 20} MB, rows in/published/refused {ways['gate'][0]['rows']}")
    for way, found in ways.items():
        shown = ", ".join(f"{one['seconds']:.2f}" for one in found)
        print(f"{way:6} median {middle[way]:.2f} s ({shown}), peak {max(one['peak'] for one in found):.0f} MB")
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
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.days:
            many_days(Path(folder), given.days, given.rows)
        else:
            speed(Path(folder), given.rows, given.repetitions, given.doubled)


if __name__ == "__main__":
    main()
