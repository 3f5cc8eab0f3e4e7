"""How long a merge takes beside a plain Polars one (anti-join, concat, write) of the same files, and how much memory.

``python tests/benchmarks/merge_speed.py --rows 200000 --repetitions 3``. As many rows as stand in the table are merged
into it, half of them with a key that stands there (``--known 0.5``). Both ways run by turns, each in a fresh process
under a small shell, because a child's peak memory counts its parent's pages; each merge has a new table. ``again``
sends the file of the merge once more. What has to be refused, replaced and published is counted by Polars from the two
files, and other figures end the run. The ratio is of medians, without the time that the imports take.
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
standing, coming = pl.scan_parquet(sys.argv[1]), pl.scan_parquet(sys.argv[2])
stays = standing.join(coming.select("id"), on="id", how="anti")
pl.concat([stays, coming]).sink_parquet(sys.argv[3] + "/plain.parquet", compression="zstd")
print(json.dumps({"imports": ready - begun, "seconds": time.perf_counter() - ready}))
"""
GATE = (
    """
import json, sys, time
begun = time.perf_counter()
DAILY = False
from hansa.gate import Origin, publish
import polars as pl, polars_hash, pandera.polars, pyiceberg.catalog, pyiceberg.io.pyarrow, pyiceberg.table
# Loads hypothesis too where it is installed, which on a user's machine it is not.
import pandera.backends.polars.builtin_checks
from hansa.digest import sha256_of
from hansa.receipt import InputRead
from hansa.run import Run
from hansa.store.warehouse import Warehouse
ready = time.perf_counter()
"""
    + CONTRACT
    + """
source, place, mode = sys.argv[1:]
with open(source, "rb") as file:
    content = sha256_of(iter(lambda: file.read(1 << 20), b""))
made = publish(pl.scan_parquet(source), CONTRACT, Run(mode, "UTC"), Warehouse(place), rereadable=True, mode=mode,
               origin=Origin(inputs=(InputRead(name=source, fingerprint=content),)))
seconds = time.perf_counter() - ready
names = ("incoming", "quarantined", "kept", "replaced", "published")
print(json.dumps({"imports": ready - begun, "seconds": seconds, "unchanged": made.unchanged,
                  "counts": {name: made.total(name) for name in names}}))
"""
)
LYING = """
import json, sys
import polars as pl
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
rows = Door(Warehouse(sys.argv[1])).open("bench.rows").frame
print(json.dumps(rows.select(rows=pl.len(), keys=pl.col("id").n_unique()).collect().row(0, named=True)))
"""


def sources(folder: Path, rows: int, known: float) -> tuple[Path, Path]:
    """The rows that stand, and as many that come; known keys come with another value."""
    import polars as pl

    standing, made, coming = folder / "standing.parquet", folder / "made.parquet", folder / "coming.parquet"
    make(standing, rows)
    make(made, rows, first=rows - round(rows * known))
    pl.scan_parquet(made).with_columns(rate=1 - pl.col("rate")).sink_parquet(coming, compression="zstd")
    made.unlink()
    return standing, coming


def expected(standing: Path, coming: Path) -> dict[str, int]:
    """What a merge has to count, told by Polars: rows that break a rule neither stand nor take the place of others."""
    import polars as pl

    good = (pl.col("channel") != "fax") & ~pl.col("amount").str.starts_with("-")
    stands, came = (pl.scan_parquet(path) for path in (standing, coming))
    before, after = (rows.filter(good).select("id").collect()["id"] for rows in (stands, came))
    incoming = came.select(pl.len()).collect().item()
    replaced = before.is_in(after.implode()).sum()
    counts = {"incoming": incoming, "quarantined": incoming - len(after), "kept": len(before), "replaced": replaced}
    return counts | {"published": len(before) + len(after) - replaced}


def merged(standing: Path, coming: Path, place: Path, wanted: dict[str, int]) -> tuple[dict, dict]:
    """The figures of a merge into a new table, and of the same once more."""
    warehouse = str(place / "warehouse")
    run(GATE, str(standing), warehouse, "replace")
    merge = run(GATE, str(coming), warehouse, "merge")
    again = run(GATE, str(coming), warehouse, "merge")
    lying = run(LYING, warehouse)
    found = merge["counts"], lying["rows"], lying["keys"], again["unchanged"]
    if found != (wanted, wanted["published"], wanted["published"], True):
        raise SystemExit(f"wrong counts: {found}, wanted are {wanted}")
    return merge, again


def plain(standing: Path, coming: Path, place: Path, rows: int) -> dict:
    """The figures of the plain merge, which checks nothing and keeps bad rows too."""
    import polars as pl

    figures = run(PLAIN, str(standing), str(coming), str(place))
    found = pl.scan_parquet(place / "plain.parquet").select(pl.len()).collect().item()
    if found != rows:
        raise SystemExit(f"wrong counts: plain wrote {found} rows, wanted are {rows}")
    return figures


def speed(folder: Path, rows: int, repetitions: int, known: float) -> None:
    standing, coming = sources(folder, rows, known)
    wanted = expected(standing, coming)
    ways: dict[str, list[dict]] = {"plain": [], "merge": [], "again": []}
    for _ in range(repetitions):
        place = Path(tempfile.mkdtemp(dir=folder))
        ways["plain"].append(plain(standing, coming, place, 2 * rows - round(rows * known)))
        for way, figures in zip(("merge", "again"), merged(standing, coming, place, wanted), strict=True):
            ways[way].append(figures)
        shutil.rmtree(place)
    size = (standing.stat().st_size + coming.stat().st_size) >> 20
    print(f"{rows} rows into {rows}, {size} MB,", ", ".join(f"{count} {name}" for name, count in wanted.items()))
    middle = medians({way: [one["seconds"] for one in found] for way, found in ways.items()})
    print("peak", ", ".join(f"{way} {max(one['peak'] for one in found):.0f} MB" for way, found in ways.items()))
    print(f"merge/plain {middle['merge'] / middle['plain']:.2f}, again/merge {middle['again'] / middle['merge']:.2f}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--repetitions", type=int, default=3)
    asked.add_argument("--known", type=float, default=0.5, help="share of the rows whose key stands already")
    given = asked.parse_args()
    if given.repetitions < 3:
        asked.error("fewer than three repetitions have no median to tell of")
    if not 0 <= given.known <= 1:
        asked.error("a share lies between 0 and 1")
    with tempfile.TemporaryDirectory() as folder:
        speed(Path(folder), given.rows, given.repetitions, given.known)


if __name__ == "__main__":
    main()
