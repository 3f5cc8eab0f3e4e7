"""``hansa ui`` as a process of its own, asked as a browser asks it, and plugins that are there for one test alone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hansa.mesh import Mesh, load_mesh

HANSA = [sys.executable, "-c", "from hansa.cli import main; main()"]


def until(answered, seconds=120, told=str):
    """The first answer that is not empty; the processes asked are real, so there is nothing else to wait for.

    ``told`` gives what is known of why there was none.
    """
    end = time.monotonic() + seconds
    while not (answer := answered()):
        assert time.monotonic() < end, f"no answer within {seconds} s\n{told()}"
        time.sleep(0.2)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**more):
    """The machine's variables without those that would name another mesh or another home."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("HANSA_", "DAGSTER_"))} | more


@dataclass
class Pages:
    """``hansa ui`` as a process of its own."""

    process: subprocess.Popen[str] | None
    port: int
    mesh: Mesh
    nodes: Any = None

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that the webserver answers to a GraphQL question."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(refused.read().decode()[:2000]) from None

    def log(self) -> str:
        """What its processes have written down, and how each run stands."""
        runs = self.ask("{runsOrError{... on Runs{results{id status stepStats{status}}}}}")["runsOrError"]["results"]
        return f"{runs}\n{(self.mesh.dagster_home / 'ui.log').read_text()}"

    def children(self) -> set[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid) for pid in listed}

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def open_pages(path: Path, ignoring: tuple[int, ...] = (), **more: str) -> Pages:
    """Start it as a shell would; ``ignoring`` are the signals that a background shell makes it ignore."""
    port = free_port()

    def ignore():
        for number in ignoring:
            signal.signal(number, signal.SIG_IGN)

    process = subprocess.Popen(
        [*HANSA, "ui", "--mesh", str(path), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(**more),
        preexec_fn=ignore,
    )
    line = process.stdout.readline()
    assert line.startswith(f"http://127.0.0.1:{port} "), line + process.stdout.read()
    return Pages(process, port, load_mesh(path))


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def install(folder: Path, package: str, code: str, contracts: dict[str, str]) -> Path:
    """A package ``hansa_NAME`` with a plugin and its contracts, found by whoever has ``folder`` in PYTHONPATH."""
    metadata = folder / f"hansa_{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: hansa-{package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[hansa]\n{package} = hansa_{package}\n")
    home = folder / f"hansa_{package}"
    home.mkdir()
    (home / "__init__.py").write_text(code)
    for name, text in contracts.items():
        (home / f"{name}.odcs.yaml").write_text(text)
    return folder
