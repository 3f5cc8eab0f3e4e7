"""Files that only their owner may read."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hansa.errors import WorldError

#: Key files are small; whatever is larger is none.
_LARGEST = 1 << 20


def read_private(path: Path) -> bytes:
    """The content of a small file that nobody else may read. FileNotFoundError if it is not there.

    A link is followed only inside its own folder: that is how Kubernetes mounts a secret.
    """
    real = path.resolve(strict=True)
    if not real.is_relative_to(path.parent.resolve()):
        raise WorldError(
            "keys.link",
            "the key file is a link to a place outside its folder",
            where=str(path),
            next_step="put the file itself there",
        )
    number = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as file:
        refuse_open_to_others(path, os.fstat(number))
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OSError("too large")
    return content


def refuse_open_to_others(path: Path, found: os.stat_result) -> None:
    """Refuse what is no plain file, or may be read or written by its group or by everybody."""
    if not stat.S_ISREG(found.st_mode):
        raise OSError("no plain file")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise WorldError(
            "keys.open",
            f"others than its owner may read or write this file (mode {mode:03o})",
            where=str(path),
            state="nothing was changed",
            next_step=f"chmod 600 {path}, and think about who may have read it",
        )


def refuse_open_folder(folder: Path) -> None:
    """Refuse a folder in which others than its owner may put files: they could put keys of theirs."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o022:
        raise WorldError(
            "keys.open",
            f"others than its owner may write into the folder of the keys (mode {mode:03o})",
            where=str(folder),
            state="nothing was changed",
            next_step=f"chmod 700 {folder}",
        )


def write_private(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of ``path`` in one step, on the disk when this returns, for its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    number = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock ``path`` against every other process of this machine; it falls with the process that holds it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # What a writer that was killed left: keys that nobody uses.
        for left in path.parent.glob(".keys.json.*"):
            left.unlink(missing_ok=True)
        yield
