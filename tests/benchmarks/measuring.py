"""What benchmarks share: rows as they come from an export with their contract, and fresh processes that are timed."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

#: To be run after ``DAILY`` is said: whether the product has days.
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
#: A child's peak memory counts its parent's pages, so a small process stands between.
_SHELL = (
    "import resource,subprocess,sys;p=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE,text=True);"
    "print(p.stdout.strip());print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024);sys.exit(p.returncode)"
)


def make(
    path: Path,
    rows: int,
    *,
    first: int = 0,
    day: str = "2026-03-01",
    doubled: bool = False,
    shuffled: bool = False,
) -> None:
    """Ten columns, amounts and times as they come from an export, 0.15 % bad rows.

    Rows are sorted by their key, as an export of a table is, unless the keys are ``shuffled``.
    """
    import polars as pl

    n = pl.int_range(first, first + rows)
    spread = (n * 2654435761) % 4294967296
    pl.select(
        id=spread if shuffled else n // 2 if doubled else n,
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
    """Run code in a fresh process; the figures that it prints as JSON, and its peak memory in MB."""
    line = [sys.executable, "-c", _SHELL, sys.executable, "-c", code, *words]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures, peak = done.stdout.strip().splitlines()[-2:]
    return json.loads(figures) | {"peak": float(peak)}


def timed(line: Iterable[str], folder: Path) -> float:
    """Seconds that a command takes in ``folder``, from its start to its end; it may find no settings outside."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HANSA_")}
    begun = time.perf_counter()
    done = subprocess.run(list(line), cwd=folder, env=environment, capture_output=True, text=True)
    spent = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    return spent


def medians(ways: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each way in seconds, printed with what it is of."""
    middle = {way: statistics.median(seconds) for way, seconds in ways.items()}
    for way, seconds in ways.items():
        print(f"{way:12} median {middle[way]:.2f} s ({', '.join(f'{one:.2f}' for one in seconds)})")
    return middle
