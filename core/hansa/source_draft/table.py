"""Where the table of a text file lies: its separator, its header and its rows, found by their shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hansa.source_draft.records import Dialect, Record, one_record, records
from hansa.source_draft.shapes import is_header, is_rule

Kind = Literal["row", "blank", "header", "empty", "other"]

SEPARATORS = (",", ";", "\t", "|", "~", "^")
#: Lines in which a header is looked for, and lines of which the shape is judged.
_HEADER_WITHIN = 120
_LOOKED_AT = 4000
_TRIED = 12
#: What a row is worth below no header: a sign within values parts rows too.
_HEADLESS = 0.3


@dataclass(frozen=True)
class Table:
    """A table in a text: its dialect, the index of its header among the lines (None: it has none), and what follows.

    ``body`` holds each record after the header with its kind: a row, a blank line, the header again, a row of empty
    fields, or something else.
    """

    dialect: Dialect
    header: Record | None
    width: int
    body: tuple[tuple[Kind, Record], ...]

    @property
    def rows(self) -> tuple[Record, ...]:
        """The records that have the shape of rows."""
        return tuple(record for kind, record in self.body if kind == "row")


def find_table(lines: Sequence[str]) -> Table | None:
    """The table that explains most of the lines; None if nothing parts them."""
    looked = lines[:_LOOKED_AT]
    found = [table for dialect in _dialects(looked) if (table := _best(looked, dialect)) is not None]
    if not found:
        return None
    best = max(found, key=_worth)
    return _walked(lines, best.header.line - 1, best.dialect) if best.header else _headless(lines, best.dialect)


def _worth(table: Table) -> tuple[float, int, int, bool]:
    """Rows are worth their named fields; a table with a header goes before one without, a longer separator last."""
    named = table.width if table.header is None else sum(map(_is_name, table.header.fields))
    others = sum(kind == "other" for kind, _ in table.body)
    share = len(table.rows) / max(len(table.rows) + others, 1)
    worth = len(table.rows) * (named - 1) * share * (1 if table.header else _HEADLESS)
    return worth, named, len(table.dialect.separator), bool(table.dialect.quote)


def _is_name(field: str) -> bool:
    return any(sign.isalnum() for sign in field)


def _dialects(lines: Sequence[str]) -> Iterator[Dialect]:
    for separator in (*SEPARATORS, *_longer_separators(lines)):
        quotes = [""]
        for mark in ('"', "'"):
            before = sum(line.startswith(mark) or f"{separator}{mark}" in line for line in lines)
            if before > len(lines) // 50 and before:
                quotes.append(mark)
        yield from (Dialect(separator, quote) for quote in quotes)


def _longer_separators(lines: Sequence[str]) -> list[str]:
    """Runs of signs that stand in most lines, such as ``~|~``."""
    found = Counter(run for line in lines for run in set(re.findall(r"[^\w\s\"'.,+\-()/]{2,4}", line)))
    return [run for run, times in found.most_common(4) if times > 1 and times > 0.3 * len(lines)]


def _best(lines: Sequence[str], dialect: Dialect) -> Table | None:
    """The header with most rows below it; of several the first one."""
    places = [
        at
        for at in range(min(len(lines), _HEADER_WITHIN))
        if dialect.separator in lines[at] and is_header(one_record(lines, at, dialect).fields)
    ]
    tables = [_walked(lines, at, dialect) for at in places[:_TRIED]]
    best = max(tables, key=lambda table: (len(table.rows), -(table.header.line if table.header else 0)), default=None)
    if best is not None and (best.rows or all(kind == "blank" for kind, _ in best.body)):
        return best
    return _headless(lines, dialect) or best


def _walked(lines: Sequence[str], at: int, dialect: Dialect) -> Table:
    header = one_record(lines, at, dialect)
    width = len(header.fields)
    following = iter(records(lines, dialect, at))
    next(following)
    return Table(dialect, header, width, tuple((kind_of(one, width, header), one) for one in following))


def kind_of(record: Record, width: int, header: Record | None) -> Kind:
    """What a record is below a header of ``width`` fields."""
    if record.blank:
        return "blank"
    if header is not None and record.fields == header.fields:
        return "header"
    if not any(field.strip() for field in record.fields):
        return "empty"
    if is_rule(record.raw):
        return "other"
    longer = record.fields[width:]
    if len(record.fields) >= width and not any(field.strip() for field in longer):
        return "row"
    return "other"


def _headless(lines: Sequence[str], dialect: Dialect) -> Table | None:
    """The longest part of the lines with one number of fields, if that is most of them."""
    found = [record for record in records(lines, dialect) if not record.blank]
    counts = Counter(len(record.fields) for record in found if len(record.fields) > 1)
    if not counts:
        return None
    width, times = counts.most_common(1)[0]
    if times < 2 or times < 0.5 * len(found):
        return None
    first = next(record.line for record in found if len(record.fields) == width)
    following = (record for record in records(lines, dialect, first - 1))
    return Table(dialect, None, width, tuple((kind_of(one, width, None), one) for one in following))
