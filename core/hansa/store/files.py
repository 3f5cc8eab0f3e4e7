"""Small files of the warehouse: created whole or not at all, never half."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
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


def chunks(path: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of a file in pieces of ``size``."""
    with path.open("rb") as file:
        yield from iter(lambda: file.read(size), b"")
