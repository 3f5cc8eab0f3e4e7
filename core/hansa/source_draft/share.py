"""The part of a file that a draft looks at: all of a small one, the head and the end of a large one."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import DataError

#: Files up to here are looked at whole; of larger ones this much of the head and that much of the end.
_WHOLE = 4 << 20
_HEAD = 1 << 20
_END = 64 << 10
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Share:
    """Bytes of a file, cut where a line ends. ``end`` is empty where ``head`` is the whole file."""

    head: bytes
    end: bytes = b""

    @property
    def whole(self) -> bool:
        """True if nothing was left out."""
        return not self.end


def share_of(path: Path) -> Share:
    """Read the share of the file at ``path``."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size <= _WHOLE:
            return Share(file.read())
        head = file.read(_HEAD)
        file.seek(size - _END)
        end = file.read()
    return Share(head[: head.rfind(b"\n") + 1], end[end.find(b"\n") + 1 :])


def lines_of(text: str) -> list[str]:
    """The physical lines; a last one that is empty is none."""
    made = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if made and not made[-1]:
        made.pop()
    return made


def refuse_nul(path: Path, place: str) -> None:
    """Refuse bytes that were never written. Errors: DataError ``source.nul`` with the line."""
    line = 1
    for block in _blocks(path):
        at = block.find(b"\0")
        if at >= 0:
            raise DataError(
                "source.nul",
                "it holds NUL bytes: a part of it was never written",
                where=f"{place}:{line + block.count(bytes([10]), 0, at)}",
                next_step="ask for the file again",
            )
        line += block.count(b"\n")


def decodes(path: Path, encoding: str) -> bool:
    """True if every byte of the file is text in ``encoding``."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
