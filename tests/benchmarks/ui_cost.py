"""What ``hansa ui`` costs beside ``dagster dev``: start, memory of all its processes, and whether it ends whole.

``python tests/benchmarks/ui_cost.py --repetitions 3``. Both by turns on one mesh of all installed modules, each in a
home of its own with the same settings (SQLite). A start ends when GraphQL answers that the location is loaded. Memory
is the proportional share (Pss) of every process of the tree some seconds later, pages that they share counted once.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_cost import mesh_file

LOADED = "{workspaceOrError{... on Workspace{locationEntries{loadStatus locationOrLoadError{__typename}}}}}"
#: Seconds until a start is given up, between start and the look at the memory, and until a stop is given up.
PATIENCE, SETTLED, ENDING = 180, 5, 60
SETTINGS = "telemetry: {enabled: false}\nnux: {enabled: false}\nconcurrency: {pools: {granularity: op}}\n"


@dataclass
class Cost:
    """One start: seconds until loaded and of the processor by then, megabytes, processes and threads, seconds to end,
    processes that were left."""

    start: float
    processor: float
    memory: float
    resident: float
    processes: int
    threads: int
    stop: float
    left: int


def tree(root: int) -> set[int]:
    """The process and all that it has started, directly or not."""
    found, waiting = {root}, [root]
    while waiting:
        with suppress(OSError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                fresh = {int(pid) for pid in (task / "children").read_text().split()} - found
                found |= fresh
                waiting += fresh
    return found


def field(pid: int, file: str, name: str) -> int:
    """A number of /proc; 0 for a process that has ended."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])
    return 0


def processor(pid: int) -> float:
    """Seconds of the processor that a process and its ended children have used."""
    with suppress(OSError):
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, parts[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def alive(pid: int) -> bool:
    """False for what has ended, also where nobody has asked after it yet."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def loaded(port: int) -> bool:
    """True if the pages answer that the location is there, without an error in it."""
    question = json.dumps({"query": LOADED}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", question, {"content-type": "application/json"})
    with suppress(urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        with urllib.request.urlopen(request, timeout=5) as answer:
            entries = json.load(answer)["data"]["workspaceOrError"]["locationEntries"]
        kinds = [(one["loadStatus"], (one["locationOrLoadError"] or {}).get("__typename")) for one in entries]
        return kinds == [("LOADED", "RepositoryLocation")]
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measured(line: list[str], port: int, folder: Path, environment: dict[str, str]) -> Cost:
    """Start, look, stop."""
    begun = time.perf_counter()
    with (folder / "output.txt").open("ab") as output:
        root = subprocess.Popen(line, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True)
    while not loaded(port):
        if root.poll() is not None or time.perf_counter() - begun > PATIENCE:
            root.kill()
            raise SystemExit(f"it did not start: {' '.join(line)}\n{(folder / 'output.txt').read_text()[-2000:]}")
        time.sleep(0.1)
    start, used = time.perf_counter() - begun, sum(map(processor, tree(root.pid)))
    time.sleep(SETTLED)
    pids = tree(root.pid)
    memory, resident = (
        sum(field(pid, *of) for pid in pids) / 1024 for of in (("smaps_rollup", "Pss"), ("status", "VmRSS"))
    )
    threads, asked = sum(field(pid, "status", "Threads") for pid in pids), time.perf_counter()
    root.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        root.wait(timeout=ENDING)
    while any(map(alive, pids)) and time.perf_counter() - asked < ENDING:
        time.sleep(0.1)
    left = [pid for pid in pids if alive(pid)]
    stop = time.perf_counter() - asked
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return Cost(start, used, memory, resident, len(pids), threads, stop, len(left))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--repetitions", type=int, default=3)
    given = asked.parse_args()
    costs: dict[str, list[Cost]] = {"hansa ui": [], "dagster dev": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        number = mesh_file(folder)
        for _ in range(given.repetitions):
            for way, found in costs.items():
                home, port = folder / way.replace(" ", "_"), free_port()
                home.mkdir(exist_ok=True)
                (home / "dagster.yaml").write_text(SETTINGS)
                kept = {k: v for k, v in os.environ.items() if not k.startswith(("HANSA_", "DAGSTER_"))}
                variables = {"HANSA_MESH": str(folder / "mesh.yaml"), "DAGSTER_HOME": str(home)}
                line = [sys.executable, "-m", "hansa", "ui", "--port", str(port)]
                if way == "dagster dev":
                    line = [
                        sys.executable,
                        "-m",
                        "dagster",
                        "dev",
                        "-m",
                        "hansa.definitions",
                        "-a",
                        "mesh",
                        "-p",
                        str(port),
                    ]
                found.append(measured(line, port, folder, kept | variables | {"DAGSTER_DISABLE_TELEMETRY": "1"}))
                print(way, found[-1], flush=True)
    print(f"{number} products")
    for what in ("start", "processor", "memory", "resident", "threads", "stop"):
        middle = {way: statistics.median(getattr(one, what) for one in found) for way, found in costs.items()}
        ours, theirs = middle.values()
        print(f"{what:10} hansa ui {ours:8.1f}   dagster dev {theirs:8.1f}   ratio {ours / theirs:.2f}")
    if any(one.left for one in costs["hansa ui"]):
        raise SystemExit("hansa ui left processes behind")


if __name__ == "__main__":
    main()
