"""Lines of a text parted into records, leniently: a draft looks at files of which nothing is known yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MARK = "\ufeff"
#: Rows of a table are seldom written over more lines than that; more is a quotation mark that was never closed.
_LONGEST_FIELD = 60


@dataclass(frozen=True)
class Dialect:
    """What parts the fields of a line, and what they are quoted with (empty for nothing)."""

    separator: str
    quote: str


@dataclass(frozen=True)
class Record:
    """One record. ``line`` counts physical lines from 1, ``raw`` is its first one; ``after_quote`` says that text stood
    between a closing mark and the separator."""

    line: int
    raw: str
    fields: tuple[str, ...]
    quoted: bool = False
    after_quote: bool = False

    @property
    def blank(self) -> bool:
        """True for a line with nothing on it."""
        return not self.raw.strip() and len(self.fields) <= 1


def records(lines: Sequence[str], dialect: Dialect, start: int = 0) -> Iterator[Record]:
    """The records from the line with the index ``start`` on."""
    at = start
    while at < len(lines):
        taken, record = _record(lines, at, dialect)
        yield record
        at += taken


def one_record(lines: Sequence[str], at: int, dialect: Dialect) -> Record:
    """The record that begins at a line."""
    return _record(lines, at, dialect)[1]


def _record(lines: Sequence[str], at: int, dialect: Dialect) -> tuple[int, Record]:
    """The record that begins at a line, and how many lines it takes."""
    raw = lines[at].removeprefix(MARK)
    separator, quote = dialect.separator, dialect.quote
    if not quote or quote not in raw:
        return 1, Record(at + 1, raw, tuple(raw.split(separator)))
    fields: list[str] = []
    text, place, taken, quoted, after = raw, 0, 1, False, False
    while True:
        if not text.startswith(quote, place):
            end = text.find(separator, place)
            fields.append(text[place:] if end < 0 else text[place:end])
        else:
            quoted = True
            value, place = "", place + len(quote)
            while True:
                close = text.find(quote, place)
                if close < 0:
                    if at + taken >= len(lines) or taken > _LONGEST_FIELD:
                        return 1, Record(at + 1, raw, tuple(raw.split(separator)))
                    value += text[place:] + "\n"
                    text, place, taken = lines[at + taken], 0, taken + 1
                elif text.startswith(quote, close + len(quote)):
                    value += text[place : close + len(quote)]
                    place = close + 2 * len(quote)
                else:
                    value += text[place:close]
                    place = close + len(quote)
                    break
            end = text.find(separator, place)
            rest = text[place:] if end < 0 else text[place:end]
            after = after or bool(rest)
            fields.append(value + rest)
        if end < 0:
            return taken, Record(at + 1, raw, tuple(fields), quoted, after)
        place = end + len(separator)
