"""Cells of a sheet: what kind each is, and the exact text of what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import NamedTuple, NoReturn, Protocol

from hansa.errors import DataError

#: Kinds of cells. A formula is of the kind of its value; ``FORMULA`` is one whose value the file does not hold.
EMPTY, TEXT, NUMBER, DATE, BOOLEAN, ERROR, FORMULA = "", "text", "number", "date", "boolean", "error", "formula"

#: A sheet of Excel ends there; what lies beyond is no sheet.
LAST_ROW = 1 << 20
LAST_COLUMN = 1 << 14
#: A cell of Excel holds 32,767 characters; other programs write more.
LONGEST_TEXT = 1 << 20

_DOUBLE_DIGITS = 17
_LARGEST_EXPONENT = 400
_EXACT_WHOLE = 1e16


class SheetRow(NamedTuple):
    """One row: its number from 1, and text and kind of each cell up to the last one that is written.

    The text of an empty cell, and of one that holds a text without characters, is None.
    """

    number: int
    texts: list[str | None]
    kinds: list[str]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook; ``key`` is where the file has it."""

    name: str
    visible: bool
    key: str


class Book(Protocol):
    """An open workbook."""

    sheets: tuple[Sheet, ...]

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows that the file has of a sheet, in order; rows of which it says nothing are left out.

        Errors: DataError where the file is damaged.
        """
        ...


class Cells:
    """One row as it is filled."""

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.kinds: list[str] = []

    def put(self, column: int, text: str | None, kind: str) -> None:
        """Put a cell at ``column`` from 0, behind all that are there. Errors: ValueError where others stand there."""
        missing = column - len(self.texts)
        if missing < 0 or column >= LAST_COLUMN:
            raise ValueError
        if missing:
            self.texts += [None] * missing
            self.kinds += [EMPTY] * missing
        if text is not None and not text and kind == TEXT:
            text, kind = None, EMPTY
        self.texts.append(text)
        self.kinds.append(kind)


def number_text(written: str) -> str:
    """The number that a file writes as ``written``, exactly and without an exponent.

    A workbook holds doubles, so that 34.799999999999997 is 34.8, the shortest text of the same double; what has more
    digits than a double needs is no double, and stays as it stands. Errors: ValueError for what is no number.
    """
    if written.isascii() and written.isdigit() and (written[0] != "0" or written == "0"):
        return written
    if len(written) <= _DOUBLE_DIGITS and "_" not in written:
        # As many signs have no more digits than a double: the usual case.
        return double_text(float(written))
    try:
        exact = Decimal(written.strip())
    except InvalidOperation:
        raise ValueError("no number") from None
    if not exact.is_finite() or abs(exact.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("no number")
    if len(exact.as_tuple().digits) > _DOUBLE_DIGITS:
        return _plain(exact)
    return double_text(float(exact))


def double_text(value: float) -> str:
    """The shortest text that is this double, without an exponent. Errors: ValueError for one that is no number."""
    if value == 0:
        return "0"
    if not isfinite(value):
        raise ValueError("no number")
    if value.is_integer() and abs(value) < _EXACT_WHOLE:
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else _plain(Decimal(text))


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def damaged(place: str, row: int = 0) -> NoReturn:
    """Refuse a workbook of which a part is not what it must be."""
    what = "the workbook is damaged: a part of it cannot be read"
    where = f"{place}:{row}" if row else place
    raise DataError("source.damaged", what, where=where, next_step="send it again, or save it anew in Excel")


def too_large(place: str) -> NoReturn:
    """Refuse a workbook that unpacks to more than one holds."""
    what = "the workbook unpacks to far more than a sheet holds"
    raise DataError("source.size", what, where=place, next_step="look where it comes from, or split it")
