"""Score many rows by the local scorer and by a Ray of this machine: the same digest, seconds, memory of all processes.

python tests/benchmarks/ray_scoring.py                      10 million rows in 20 days
python tests/benchmarks/ray_scoring.py --rows 500000        a small one

Memory is PSS, which counts a page that processes share once: the sum over all processes of a way, at its highest.
Exit code 1 if the digests differ, or if Ray and all its processes took more than 1.6 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

HELPERS = Path(__file__).parents[2] / "core" / "tests"
#: Bytes that a run with Ray may take in all.
MOST = 1_600_000_000
#: Seconds between two looks at the memory.
TICK = 0.25
_MARK = "HANSA_BENCHMARK"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=20, help="data files, one a day")
    parser.add_argument("--trees", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=["make", "local", "ray"], help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        sys.path.insert(0, str(HELPERS))
        print(json.dumps({"make": _make, "local": _score, "ray": _score}[asked.only](asked)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        asked.place = Path(folder)
        _child(asked, "make")
        found = {way: _child(asked, way) for way in ("local", "ray")}
    for way, one in found.items():
        print(f"{way:<6} {one['seconds']:8.1f} s  (start {one['start']:.1f} s)  peak PSS {one['peak'] / 1e6:7.0f} MB")
        parts = sorted(one["parts"].items(), key=lambda part: -part[1])
        print("       " + ", ".join(f"{name.rpartition(' ')[0]} {size / 1e6:.0f}" for name, size in parts))
    local, ray = found["local"], found["ray"]
    work = ray["seconds"] - ray["start"]
    print(f"ratio to local: {ray['seconds'] / local['seconds']:.2f}, without start {work / local['seconds']:.2f}")
    same, small = local["digest"] == ray["digest"], ray["peak"] <= MOST
    print(f"digest {'the same' if same else 'DIFFERS'}; memory {'within' if small else 'OVER'} {MOST / 1e6:.0f} MB")
    return 0 if same and small else 1


def _child(asked: argparse.Namespace, way: str) -> dict[str, Any]:
    """Run one way in a process of its own; what it printed, with the peak of all that carry its mark."""
    mark = uuid4().hex
    command = [sys.executable, __file__, "--only", way]
    for name in ("rows", "days", "trees", "threads", "place"):
        command += [f"--{name}", str(getattr(asked, name))]
    path = os.pathsep.join([str(HELPERS), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, _MARK: mark, "PYTHONPATH": path.rstrip(os.pathsep)}
    environment.pop("RAY_ADDRESS", None)
    peak: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        while child.poll() is None:
            peak = max(peak, _pss(mark.encode()), key=lambda found: sum(found.values()))
            time.sleep(TICK)
        assert child.stdout is not None
        printed = child.stdout.read()
    if child.returncode:
        sys.exit(f"{way} failed")
    return {**json.loads(printed.splitlines()[-1]), "peak": sum(peak.values()), "parts": peak}


def _pss(mark: bytes) -> dict[str, int]:
    """Bytes by process of all that carry the mark in their environment; Ray's have it from whoever started them."""
    found: dict[str, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                lines = (folder / "smaps_rollup").read_text().splitlines()
                size = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
                found[f"{_name(folder)} {folder.name}"] = size
    return found


def _name(folder: Path) -> str:
    """What a process is: the last part of its program, or of the script or module that Python runs."""
    words = (folder / "cmdline").read_bytes().replace(b"\x00", b" ").decode().split()
    programs = [Path(word).name for word in words if not word.startswith("-")]
    return next((name for name in programs if not name.startswith("python")), "?")


def _make(asked: argparse.Namespace) -> dict[str, float]:
    from machinery import scored_bank

    scored_bank.published(asked.place, asked.days, asked.rows // asked.days)
    return {}


def _score(asked: argparse.Namespace) -> dict[str, float | str]:
    from hansa.attempt import batches_of
    from hansa.digest import RowDigest, row_hashes
    from hansa.scorer import LocalScorer
    from hansa.store.warehouse import Warehouse
    from machinery import scored_bank

    warehouse = Warehouse(asked.place / "warehouse")
    work = scored_bank.scoring(warehouse, asked.days, asked.trees)
    job = scored_bank.job(warehouse, work, asked.days, uuid4().hex, asked.threads)
    begun, started = time.monotonic(), 0.0
    scorer = LocalScorer()
    if asked.only == "ray":
        from hansa_ray.scorer import RayScorer
        from hansa_ray.starting import start

        scorer = RayScorer()
        start(asked.threads)
        started = time.monotonic() - begun
    scored, digest = scorer.score(job), RowDigest()
    for batch in batches_of(scored.frame):
        digest += RowDigest.of(row_hashes(batch))
    scored.close()
    return {"digest": digest.text(), "start": started, "seconds": time.monotonic() - begun}


if __name__ == "__main__":
    sys.exit(main())
