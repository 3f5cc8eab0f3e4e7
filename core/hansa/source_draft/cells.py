"""What stands around the values: padding, prefixes, marks of direction, formulas; and the columns that are left."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hansa.contract_draft.header import mended
from hansa.source_draft.finding import Finding, Sure, counted
from hansa.source_draft.records import Record
from hansa.source_draft.shapes import BLANKS
from hansa.source_draft.table import Table

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
#: Marks of direction and of no width: they say how a text is shown.
_INVISIBLE = frozenset("\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Cleaning:
    """What is dropped from a field before it is a value, in the order in which a source does it."""

    ignore: str = ""
    strip_prefix: str = ""
    formula: bool = False
    trim: str = ""

    def value(self, text: str) -> str:
        """The value that stands in a field."""
        for sign in self.ignore:
            text = text.replace(sign, "")
        if self.strip_prefix:
            text = text.removeprefix(self.strip_prefix)
        if self.formula and (found := _FORMULA.fullmatch(text)):
            text = found[1]
        return text.strip(self.trim) if self.trim else text


@dataclass(frozen=True)
class FileColumn:
    """One column of the file: ``name`` as the contract would call it, ``header`` as the file does.

    ``position`` counts from 1; ``values`` are its cleaned texts, None where there is no value.
    """

    name: str
    header: str
    position: int
    values: tuple[str | None, ...]
    lines: tuple[int, ...] = field(default=(), repr=False)

    @property
    def filled(self) -> tuple[str, ...]:
        """The values that are some."""
        return tuple(value for value in self.values if value is not None)

    def without(self, words: frozenset[str]) -> FileColumn:
        """The same, the words that mean no value left out."""
        return replace(self, values=tuple(None if value in words else value for value in self.values))


def find_cleaning(rows: Sequence[Record], header: Record | None) -> tuple[Cleaning, tuple[Finding, ...]]:
    """How fields become values."""
    fields = [text for record in rows for text in record.fields]
    names = header.fields if header else ()
    found = []
    everywhere = [*fields, *names]
    ignore = "".join(sorted({sign for text in everywhere for sign in text if sign in _INVISIBLE}))
    if ignore:
        called = ", ".join(sorted(unicodedata.name(sign).lower() for sign in ignore))
        found.append(Finding(("ignore",), ignore, f"signs that are not seen stand in the values: {called}"))
    marked = [text for text in fields if text.startswith("'") and len(text) > 1 and not text.endswith("'")]
    prefix = "'" if len(marked) > 2 and all(text[1:2].isdigit() for text in marked) else ""
    if prefix:
        seen = f"a stroke stands before {counted(len(marked), 'value')}, as programs write it to keep a text"
        found.append(Finding(("strip_prefix",), prefix, seen, "likely"))
    formula = any(_FORMULA.fullmatch(text) for text in everywhere)
    if formula:
        found.append(Finding(("formula_text",), True, 'values are written as formulas of a text, ="..."'))
    before = Cleaning(ignore, prefix, formula)
    padding = _padding([before.value(text) for text in (*fields, *(name for name in names if name.strip(BLANKS)))])
    if padding:
        padded = sum(before.value(text) != before.value(text).strip(padding) for text in everywhere)
        sure: Sure = "certain" if padded > 0.2 * len(everywhere) else "likely"
        seen = f"{padded} of {len(everywhere)} fields are padded with {_names(padding)}"
        found.append(Finding(("trim",), padding, seen, sure))
    return replace(before, trim=padding), tuple(found)


def _padding(fields: Sequence[str]) -> str:
    """Blanks at the ends of values, but for those that only part a number from its sign or unit."""
    return "".join(sign for sign in BLANKS if any(text[:1] == sign or text[-1:] == sign for text in fields))


def _names(padding: str) -> str:
    known = {" ": "blanks", "\t": "tabs", "\u00a0": "no-break spaces", "\u3000": "wide blanks"}
    return " and ".join(known[sign] for sign in padding)


def columns_of(table: Table, rows: Sequence[Record], cleaning: Cleaning) -> tuple[FileColumn, ...]:
    """The columns that have a name or a value; one without a name is called by its position."""
    headers = [cleaning.value(text) for text in table.header.fields] if table.header else []
    headers += [""] * (table.width - len(headers))
    made = []
    names = mended([name.strip(BLANKS) or f"column_{number}" for number, name in enumerate(headers, 1)])
    for at, (name, header) in enumerate(zip(names, headers, strict=True)):
        values = tuple(cleaning.value(record.fields[at]) for record in rows)
        if header.strip(BLANKS) or any(values):
            made.append(FileColumn(name, header, at + 1, values, tuple(record.line for record in rows)))
    return tuple(made)


def find_names(columns: Sequence[FileColumn], headed: bool) -> tuple[Finding, ...]:
    """Names that a contract cannot have, and columns whose header names none or two."""
    if not headed:
        return ()
    headers = [column.header for column in columns]
    nameless = {
        column.name: column.position
        for column in columns
        if not column.header.strip(BLANKS) or headers.count(column.header) > 1
    }
    found = []
    if nameless:
        seen = f"the header has no name for {counted(len(nameless), 'column')}, or the same one twice"
        found.append(Finding(("columns",), nameless, seen))
    for column in columns:
        if column.name not in nameless and column.name != column.header:
            seen = "a contract cannot have the header's name"
            found.append(Finding(("mapping", "rename", column.name), column.header, seen))
    return tuple(found)
