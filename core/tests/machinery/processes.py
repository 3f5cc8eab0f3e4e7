"""Actors as child processes: start, ask, answer, kill. Only processes that were started here are ever ended."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from machinery import actors

_HERE = str(Path(__file__).parents[1])


def contract_in(folder: Path) -> Path:
    """The contract of the product that actors publish, as a file."""
    path = folder / "ledger.odcs.yaml"
    path.write_text(actors.CONTRACT)
    return path


class Actor:
    """One actor. Its answers come in order; ``answer()`` is None once it is gone."""

    def __init__(self, role: str, contract: Path, place: str, environment: Mapping[str, str] | None = None) -> None:
        path = os.pathsep.join(filter(None, [_HERE, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "machinery.actors", role, str(contract), place],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {}), "PYTHONPATH": path},
        )
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._complaints: list[str] = []
        for target in (self._listen, self._overhear):
            threading.Thread(target=target, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # A killed process can leave half a line.
            if line.endswith("\n"):
                self._answers.put(json.loads(line))
        self._answers.put(None)

    def _overhear(self) -> None:
        assert self._process.stderr is not None
        self._complaints.extend(self._process.stderr)

    @property
    def complaints(self) -> str:
        """What it wrote to standard error."""
        return "".join(self._complaints)

    def ready(self) -> Actor:
        """Wait until it is ready to be asked."""
        said = self.answer()
        assert said == {"state": "ready"}, self.complaints
        return self

    def ask(self, **question: Any) -> None:
        """Send a question; the answer comes by ``answer``."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def answer(self, timeout: float | None = 300) -> dict[str, Any] | None:
        """The next answer; None if the process ended. ``queue.Empty`` if it takes longer."""
        return self._answers.get(timeout=timeout)

    def do(self, **question: Any) -> dict[str, Any]:
        """Ask and wait."""
        self.ask(**question)
        said = self.answer()
        assert said is not None, self.complaints
        return said

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def end(self) -> list[dict[str, Any]]:
        """Let it end by itself; the answers that nobody took."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        left = []
        while (said := self.answer()) is not None:
            left.append(said)
        return left
