"""Verdicts of trials are remembered in the user's cache folder, so that a second start tries nobody again.

The folder must belong to this user (or to root, as in an image) and be writable by nobody else: whoever could write
there could say which plugins come in. Where there is no such folder nothing is remembered, and every start tries anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
        self._folder = _folder()

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
            _write(self._folder, f"{fingerprint}.json", json.dumps(entry))
            _tidy(self._folder)


def _folder() -> Path | None:
    """The folder of the verdicts, made if need be; None where there can be none that is safe."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        cache = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        house = cache / "hansa"
        for folder in (house, house / "plugins"):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700, parents=True)
            if not _safe(folder.lstat(), stat.S_ISDIR):
                return None
    except (OSError, RuntimeError):
        return None
    return house / "plugins"


def _safe(found: os.stat_result, kind: Any) -> bool:
    return kind(found.st_mode) and found.st_uid in (os.geteuid(), 0) and not found.st_mode & 0o022


def _read(path: Path) -> Any:
    """What an entry holds, None if there is none or it is not ours."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            if not _safe(found, stat.S_ISREG) or found.st_size > _LARGEST:
                return None
            return json.loads(file.read())
    except (OSError, ValueError):
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


def _write(folder: Path, name: str, text: str) -> None:
    import tempfile

    handle, made = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(made, folder / name)  # noqa: PTH105 - one step, atomic
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(made)  # noqa: PTH108
        raise


def _tidy(folder: Path) -> None:
    """Let go what was written long ago: verdicts of what is no longer installed, halves of a killed process."""
    for path in _entries(folder):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _LITTER_SECONDS:
                path.unlink()


def _entries(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.json")
    yield from folder.glob(".*.part")
