"""Small files of the warehouse: created whole or not at all, never half."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _draft(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def create(path: Path, content: bytes) -> bool:
    """Create ``path`` with ``content`` if it is absent; False if somebody else was first."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def replace(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of whatever ``path`` holds, in one step."""
    _draft(path, content).replace(path)


def move(source: Path, path: Path) -> None:
    """Put a file of this file system in the place of whatever ``path`` holds, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock ``path`` against every other process of this machine; it falls with the process that holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def claim(path: Path) -> Iterator[None]:
    """A sign of life: a locked file that goes with the block, or is left unlocked by a process that was killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    fcntl.flock(file, fcntl.LOCK_EX)
    while not _is_still(path, file.fileno()):
        # Somebody took the fresh file for an abandoned one, between its making and its lock.
        file.close()
        file = path.open("ab")
        fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        file.close()


def _is_still(path: Path, number: int) -> bool:
    return path.exists() and path.stat().st_ino == os.fstat(number).st_ino


def abandoned(path: Path) -> bool:
    """True if the process that claimed ``path`` is gone."""
    try:
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False


def chunks(path: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file in pieces of ``size``."""
    with path.open("rb") as file:
        yield from iter(lambda: file.read(size), b"")
