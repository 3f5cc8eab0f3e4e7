"""The fields of MT940 messages, one after the other: tag, value and the line where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hansa.errors import DataError

_TAG = re.compile(r":([0-9]{2,3}[A-Z]?|NS):(.*)")
_KIND = re.compile(r"\{2:[IO]([0-9]{3})")
#: A line between two messages: the blocks of SWIFT's envelope, what banks write there (``ABNANL2A``, ``940 00``), and
#: the control characters of lines and of old systems.
_ENVELOPE = re.compile(r"[A-Z0-9 {}:.\-\x01\x03\x1a]*")
_LONGEST_LINE = 1 << 16
_LONGEST_FIELD = 1 << 20


@dataclass(frozen=True)
class Field:
    """A field; the lines of its value without the blanks behind them where they are not text. ``-`` ends a message."""

    tag: str
    lines: tuple[str, ...]
    line: int

    @property
    def value(self) -> str:
        """The first line, without blanks around it."""
        return self.lines[0].strip()

    @property
    def text(self) -> str:
        """All lines with their breaks, without those at the end."""
        return "\n".join(self.lines).rstrip()


def fields(path: Path, codec: str, place: str) -> Iterator[Field]:
    """The fields in their order; the end of each message as the tag ``-``.

    Errors: DataError for another kind of message, for a line that belongs to none, for one without an end.
    """
    tag, value, start, size = "", [""], 0, 0
    for line, text in _lines(path, codec, place):
        found = _TAG.fullmatch(text) if text.startswith(":") else None
        end = text.rstrip() == "-" or text.startswith("-}")
        if found is None and not end and tag:
            size += len(text)
            if size > _LONGEST_FIELD:
                raise _longer(place, start)
            value.append(text)
            continue
        if tag:
            yield Field(tag, tuple(value), start)
        tag, value, start, size = "", [""], line, 0
        if end:
            yield Field("-", ("",), line)
            _refuse_other_kind(text, place, line)
        elif found is not None and not (found[1] == "940" and not found[2].strip()):
            tag, value = found[1], [found[2]]
        elif found is None:
            _refuse_outside(text, place, line)
    if tag:
        yield Field(tag, tuple(value), start)


def _lines(path: Path, codec: str, place: str) -> Iterator[tuple[int, str]]:
    """Lines by number from 1, without their ends."""
    with path.open(encoding=codec, errors="strict", newline=None) as file:
        line = 0
        while text := file.readline(_LONGEST_LINE + 1):
            line += 1
            if len(text) > _LONGEST_LINE:
                raise _longer(place, line)
            yield line, text.removesuffix("\n")


def _refuse_outside(text: str, place: str, line: int) -> None:
    _refuse_other_kind(text, place, line)
    if not _ENVELOPE.fullmatch(text.strip()):
        raise DataError(
            "statement.tag",
            "the line belongs to no field of a message",
            where=f"{place}:{line}",
            next_step="look whether the file is MT940 and whole",
        )


def _refuse_other_kind(text: str, place: str, line: int) -> None:
    found = _KIND.search(text)
    if found is not None and found[1] != "940":
        raise DataError(
            "statement.kind",
            f"it holds a message MT{found[1]}, not MT940",
            where=f"{place}:{line}",
            next_step="ask the bank for MT940, or leave such messages out of the file",
        )


def _longer(place: str, line: int) -> DataError:
    return DataError(
        "statement.field",
        "a line or field is longer than any of MT940",
        where=f"{place}:{line}",
        next_step="look whether the file is MT940 and whole",
    )
