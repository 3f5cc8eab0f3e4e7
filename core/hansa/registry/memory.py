"""Verdicts of trials are remembered in the user's cache folder, so that a second start tries nobody again.

Whoever could write there could say which plugins come in: where there is no folder that is this user's alone nothing is
remembered, and every start tries anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hansa.private_cache import private_folder, read_regular, write_whole
from hansa.registry.fingerprint import stamp
from hansa.registry.verdict import Verdict

#: What was a fault a day ago may have been mended by what no fingerprint shows; a verdict unused for long is litter.
_FAULT_SECONDS, _LITTER_SECONDS = 24 * 3600, 90 * 24 * 3600
_LARGEST = 16 * 1024 * 1024
#: Variables that differ from start to start and are no cause of anything.
_FLEETING = (
    "_",
    "COLUMNS",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LINES",
    "OLDPWD",
    "PWD",
    "PYTEST_CURRENT_TEST",
    "SHLVL",
)


class Memory:
    """Remembered verdicts by fingerprint. Two processes may use it at once: an entry appears whole or not at all."""

    def __init__(self) -> None:
        self._folder = private_folder("plugins")

    def recall(self, fingerprint: str, seconds: float) -> Verdict | None:
        """The verdict, None if there is none or it may no longer hold under a time limit of ``seconds``."""
        if self._folder is None:
            return None
        entry = _read(self._folder / f"{fingerprint}.json")
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            if entry is not None and _holds(entry):
                verdict = Verdict.of(entry["verdict"])
                return None if verdict.seconds and verdict.seconds < seconds else verdict
        return None

    def entry(self, fingerprint: str) -> str:
        """The file in which a verdict is kept, whether or not it is there; empty where nothing is remembered."""
        return "" if self._folder is None else str(self._folder / f"{fingerprint}.json")

    def remember(self, fingerprint: str, verdict: Verdict) -> None:
        """Keep a verdict. A folder that cannot be written remembers nothing."""
        if self._folder is None or not verdict.certain:
            return
        entry = {
            "verdict": verdict.as_json(),
            "files": {file: stamp(file) for file in verdict.files},
            "surroundings": _surroundings(),
            "made": time.time(),
        }
        with contextlib.suppress(OSError):
            write_whole(self._folder, f"{fingerprint}.json", json.dumps(entry).encode())
            _tidy(self._folder)


def _read(path: Path) -> Any:
    """What an entry holds, None if there is none or it is not ours."""
    content = read_regular(path, _LARGEST, own=True)
    with contextlib.suppress(ValueError):
        return None if content is None else json.loads(content)
    return None


def _holds(entry: Any) -> bool:
    """True if what the import read is as it was and, for a fault, its time and its surroundings are."""
    verdict = entry["verdict"]
    if any(list(stamp(file) or ()) != (kept or []) for file, kept in entry["files"].items()):
        return False
    if not verdict["reason"]:
        return True
    if not 0 <= time.time() - entry["made"] < _FAULT_SECONDS:
        return False
    return not verdict["raised"] or entry["surroundings"] == _surroundings()


def _surroundings() -> str:
    """A digest of the working folder and the environment, whose values stand nowhere."""
    with contextlib.suppress(OSError):
        parts = [os.getcwd(), *(f"{k}={v}" for k, v in sorted(os.environ.items()) if k not in _FLEETING)]  # noqa: PTH109
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
    return ""


def _tidy(folder: Path) -> None:
    """Let go what was written long ago: verdicts of what is no longer installed, halves of a killed process."""
    for path in _entries(folder):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _LITTER_SECONDS:
                path.unlink()


def _entries(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.json")
    yield from folder.glob(".*.part")
