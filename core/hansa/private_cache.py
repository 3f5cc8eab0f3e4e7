"""Folders under the user's cache in which nobody else could have written, and files that appear whole or not at all.

A folder must belong to this user (or to root, as in an image) and be writable by nobody else: whoever could write there
could say what is believed. Where there can be no such folder, there is none.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def private_folder(name: str) -> Path | None:
    """``hansa/NAME`` under the user's cache, made if need be; None where there can be none that is safe."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        house = (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "hansa"
        for folder in (house, house / name):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700, parents=True)
            if not _safe(folder.lstat(), stat.S_IFDIR):
                return None
    except (OSError, RuntimeError):
        return None
    return house / name


def read_regular(path: Path, most: int, *, own: bool = False) -> bytes | None:
    """The bytes of a regular file of at most ``most``; with ``own`` only of one that nobody else could have written."""
    flags = os.O_RDONLY | os.O_NONBLOCK | (os.O_NOFOLLOW if own else 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode) or (own and not _safe(found, stat.S_IFREG)):
                return None
            content = file.read(most + 1)
    except (OSError, ValueError):
        return None
    return content if len(content) <= most else None


def write_whole(folder: Path, name: str, content: bytes) -> None:
    """Write a file in one step, from a part of its own. Errors: OSError, with no part left."""
    import tempfile

    handle, made = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(made, folder / name)  # noqa: PTH105 - one step, atomic
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(made)  # noqa: PTH108
        raise


def _safe(found: os.stat_result, kind: int) -> bool:
    return stat.S_IFMT(found.st_mode) == kind and found.st_uid in (os.geteuid(), 0) and not found.st_mode & 0o022
