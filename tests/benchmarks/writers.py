"""Many processes publish to days of one table at once; every publication has to land once.

    python tests/benchmarks/writers.py                     16 processes x 25 publications, on a folder
    python tests/benchmarks/writers.py --store s3          in a bucket of a moto server of its own
    python tests/benchmarks/writers.py --rivals            all processes publish the same day

Each process has a day of its own; with ``--rivals`` all share one, so that a loser may be told that it lost.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2] / "core" / "tests"))

from machinery.actors import PRODUCT, place_of, read_all, rows_of
from machinery.object_store import ObjectStore
from machinery.processes import Actor, contract_in


def publish_all(folder: Path, place: str, writers: int, each: int, rows: int, rivals: bool) -> list[list[dict]]:
    """The answers of every process, in the order in which it got them."""
    contract = contract_in(folder)
    actors = [Actor("publish", contract, place) for _ in range(writers)]
    for actor in actors:
        actor.ready()
    for number, actor in enumerate(actors):
        for n in range(1, each + 1):
            day = day_of(0 if rivals else number)
            version = number * 1_000 + n
            actor.ask(days=[day], version=version, rows=rows, run=f"writer-{number}-{n}")
    answers = [actor.end() for actor in actors]
    complaints = [actor.complaints for actor in actors if actor.complaints]
    assert not complaints, complaints[0]
    return answers


def day_of(number: int) -> str:
    return f"2026-03-{number + 1:02}"


def judge(place: str, answers: list[list[dict]], rows: int, rivals: bool) -> list[str]:
    """What does not hold: receipts against acknowledgements, rows against the last of each day, verify."""
    from hansa.receipt import book_of
    from hansa.store.warehouse import Warehouse
    from hansa.verify import verify

    warehouse = Warehouse(place_of(place))
    landed = [p for p in book_of(warehouse, PRODUCT).all() if p.landed]
    told = sorted(answer["digest"] for said in answers for answer in said if answer["state"] == "published")
    faults = [str(fault) for fault in verify(warehouse, PRODUCT).faults]
    if sorted(p.digest for p in landed) != told:
        faults.append(f"{len(landed)} receipts for {len(told)} acknowledged publications")
    if len({p.landed.snapshot for p in landed if p.landed}) != len(landed):
        faults.append("two receipts name one snapshot")
    refused = {answer["code"] for said in answers for answer in said if answer["state"] == "refused"}
    if refused - ({"commit.lost"} if rivals else set()):
        faults.append(f"refused: {sorted(refused)}")
    if rivals:
        newest = max(landed, key=lambda p: p.landed.sequence if p.landed else 0).run.split("-")
        wanted = rows_of([day_of(0)], int(newest[1]) * 1_000 + int(newest[2]), rows)
    else:
        wanted = pl.concat([rows_of([day_of(n)], n * 1_000 + len(said), rows) for n, said in enumerate(answers)])
    if not read_all(place).select(pl.all().cast(pl.String)).sort("id").equals(wanted.sort("id")):
        faults.append("the rows are not those of the last publication of each day")
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--each", type=int, default=25, help="publications of each process")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--store", choices=["folder", "s3"], default="folder")
    parser.add_argument("--rivals", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place = str(folder / "warehouse")
        if asked.store == "s3":
            bucket = stack.enter_context(ObjectStore()).bucket()
            os.environ.update(bucket.environment)
            place = f"{bucket.uri}/warehouse"
        began = time.monotonic()
        answers = publish_all(folder, place, asked.writers, asked.each, asked.rows, asked.rivals)
        spent = time.monotonic() - began
        faults = judge(place, answers, asked.rows, asked.rivals)
    flat = [answer for said in answers for answer in said]
    states = pl.Series([answer["state"] for answer in flat]).value_counts(sort=True).rows()
    seconds = sorted(answer["seconds"] for answer in flat)
    print(f"{states} in {spent:.0f} s; one takes {seconds[len(seconds) // 2]:.2f} s, the slowest {seconds[-1]:.1f} s")
    print("\n".join(faults) or "no fault")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
