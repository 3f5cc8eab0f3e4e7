"""What a file says of itself, held against its rows: how many there are, a column's sum, a running balance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hansa.errors import DataError
from hansa.sources.layout_words import ControlWords, CountWords, Where, byte_range

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_SEND = "ask for the whole file again"


@dataclass
class Sought:
    """A line that is sought before and after the rows; the first one found counts, those before the rows first."""

    name: str
    regex: str
    where: Where | None
    found: str | None = None
    line: int = 0

    def look(self, line: int, text: str, where: Where) -> None:
        """Look whether this is the line."""
        if self.found is None and self.where in {None, where} and (seen := re.search(self.regex, text)):
            self.found, self.line = seen[1], line


class Counts:
    """The numbers that ``control`` seeks in the lines around the rows of one file."""

    def __init__(self, words: ControlWords | None, place: str, encoding: str = "utf-8") -> None:
        self._count = words.count if words is not None else None
        self._place = place
        self._encoding = encoding
        by_text = self._count if self._count is not None and self._count.matches is not None else None
        self.count = Sought("count", by_text.matches or "", by_text.where) if by_text is not None else None
        self.sums = [Sought("sum", one.matches, one.where) for one in (words.sum if words is not None else ())]
        balance = words.balance if words is not None else None
        self.opening = Sought("opening", balance.opening, None) if balance is not None and balance.opening else None
        self.closing = Sought("closing", balance.closing, None) if balance is not None and balance.closing else None
        self._line: str | None = None
        self.used = any(True for _ in self._all()) or self._count is not None

    def _all(self) -> Iterator[Sought]:
        yield from (one for one in (self.count, *self.sums, self.opening, self.closing) if one is not None)

    def look(self, line: int, text: str, where: Where) -> None:
        """Look at a line before the header, or from the footer on."""
        if not self.used:
            return
        for one in self._all():
            one.look(line, text, where)
        if self._count is not None and line == self._count.line and where == "preamble":
            self._line = self._cut(text, self._count)

    def _cut(self, text: str, count: CountWords) -> str:
        if count.bytes is None:
            return text
        start, end = byte_range(count.bytes)
        return text.encode(self._encoding, "replace")[start:end].decode(self._encoding, "replace")

    def check_count(self, rows: int) -> tuple[str, ...]:
        """A note that the count is borne out. Errors: DataError if it is not found, is no number, or is another one."""
        if self._count is None:
            return ()
        said, line = (self._line, self._count.line or 0) if self.count is None else (self.count.found, self.count.line)
        if said is None:
            raise not_found("count", self._place)
        where = f"{self._place}:{line}"
        number = _whole(said)
        if number is None:
            what = "where control.count looks for the number of rows stands no number"
            raise DataError("source.control", what, where=where, next_step="mend control.count")
        if number != rows:
            what = f"the file says that it holds {number} rows, it has {rows}"
            raise DataError("source.control", what, where=where, next_step=_SEND)
        return (f"it holds the {number} rows that it says",)


def _whole(text: str) -> int | None:
    plain = text.strip()
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    return int(plain) if re.fullmatch(r"\d{1,18}", plain) else None


def not_found(name: str, place: str) -> DataError:
    """No line is the one in which a control number should stand."""
    what = f"no line is the one that control.{name} seeks"
    return DataError("source.control", what, where=place, next_step=f"mend control.{name}, or send the file again")


def differs(what: str, where: str) -> DataError:
    """The rows do not bear out a sum or balance."""
    return DataError("source.control", what, where=where, next_step=_SEND)
