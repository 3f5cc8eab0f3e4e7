"""Kill publishers at random moments and say what held.

python tests/benchmarks/kills.py --kills 300                 over a folder
python tests/benchmarks/kills.py --kills 300 --store s3      over a bucket of a moto server of its own
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "core" / "tests"))

from machinery.faulty import FaultyStore
from machinery.killing import Killing
from machinery.object_store import ObjectStore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--rows", type=int, default=500, help="rows a day of each publication")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", choices=["folder", "s3"], default="folder")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        place, options = str(folder / "warehouse"), {}
        if asked.store == "s3":
            bucket = stack.enter_context(ObjectStore()).bucket()
            proxy = stack.enter_context(FaultyStore(bucket.endpoint))
            place = f"{bucket.uri}/warehouse"
            # The judge looks at the store itself, the actors through the proxy.
            os.environ.update(bucket.environment)
            options = {"environment": bucket.at(proxy.url).environment, "proxy": proxy}
        began = time.monotonic()

        def progress(kills: int, faults: int) -> None:
            if kills % 10 == 0:
                print(f"{kills} kills after {time.monotonic() - began:.0f} s, {faults} faults", flush=True)

        report = Killing(folder, place, seed=asked.seed, rows=asked.rows, **options).run(asked.kills, progress)
        told = f"{report.kills} kills, {report.firsts} of them of first publications"
        print(f"{told}, in {time.monotonic() - began:.0f} s at {report.moments}")
        print(f"landed before the kill: {report.landed}, also answered: {report.finished}; reads: {report.reads}")
        print("\n".join(report.faults) or "no fault")
    sys.exit(bool(report.faults))


if __name__ == "__main__":
    main()
