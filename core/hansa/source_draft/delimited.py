"""The draft of a text file whose fields are parted by a separator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hansa.source_draft.borders import Borders, find_borders
from hansa.source_draft.cells import columns_of, find_cleaning, find_names
from hansa.source_draft.controls import find_count
from hansa.source_draft.drafted import Drafted
from hansa.source_draft.encodings import Told
from hansa.source_draft.finding import Finding, Sure
from hansa.source_draft.records import MARK, Dialect, Record
from hansa.source_draft.share import lines_of
from hansa.source_draft.table import Table, find_table
from hansa.source_draft.values import find_values

_NAMES = {"\t": "tab"}
#: Rows whose values are looked at: these of the head and those of the end.
_FIRST, _LAST = 4000, 500
#: Rows below which any shape may be chance.
_ENOUGH = 3


def draft_delimited(path: Path, place: str, told: Told, whole: bool) -> Drafted | None:
    """The draft of a delimited text; None if nothing parts its lines."""
    lines = [
        line.removeprefix(MARK) if at else line for at, line in enumerate(lines_of(told.text) + lines_of(told.end))
    ]
    if lines:
        lines[0] = lines[0].removeprefix(MARK)
    table = find_table(lines)
    if table is None:
        return None
    borders = find_borders(table, lines)
    rows = sample(borders.rows)
    cleaning, cleaned = find_cleaning(rows, table.header)
    fields = columns_of(table, rows, cleaning)
    values = find_values(fields)
    findings = (
        Finding(("format",), "csv", "it is text", "certain"),
        *told.findings,
        *_dialect(table),
        *borders.findings,
        *cleaned,
        *_count(table, borders, lines, whole),
        *find_names(fields, table.header is not None),
        *values.findings,
        *few_rows(len(borders.rows)),
    )
    return Drafted(place, findings, values.columns, len(borders.rows) if whole else None, whole)


def sample(rows: Sequence[Record]) -> Sequence[Record]:
    """Rows of the head and of the end."""
    return rows if len(rows) <= _FIRST + _LAST else (*rows[:_FIRST], *rows[-_LAST:])


def _dialect(table: Table) -> tuple[Finding, ...]:
    dialect: Dialect = table.dialect
    found = []
    shown = _NAMES.get(dialect.separator, dialect.separator)
    rows = len(table.rows) or 1
    others = sum(kind == "other" for kind, _ in table.body)
    sure: Sure = "certain" if rows > 2 and others < rows else "likely"
    found.append(Finding(("separator",), shown, f"it parts {rows} lines into {table.width} fields", sure))
    marks = any('"' in record.raw for record in table.rows) or (table.header is not None and '"' in table.header.raw)
    if not dialect.quote and any(field.strip()[:1] == '"' for record in table.rows for field in record.fields):
        seen = "quotation marks stand before values, and with them as quotes the lines are no rows"
        found.append(Finding(("quote",), "none", seen, "unsure", "are values quoted?"))
    elif not dialect.quote and marks:
        found.append(Finding(("quote",), "none", "quotation marks stand within values and around none"))
    elif dialect.quote == "'":
        found.append(Finding(("quote",), "'", "values stand in strokes", "likely"))
    if any(record.after_quote for record in table.rows):
        seen = "something stands between a closing quotation mark and the separator"
        found.append(Finding(("text_after_quote",), "keep", seen))
    return tuple(found)


def _count(table: Table, borders: Borders, lines: Sequence[str], whole: bool) -> tuple[Finding, ...]:
    if table.header is None or not whole:
        return ()
    footer = [record.raw for record in borders.footer]
    return find_count(lines[: table.header.line - 1], footer, len(borders.rows))


def few_rows(rows: int) -> tuple[Finding, ...]:
    """A doubt about everything where there is next to nothing to see."""
    question = "is there a file with more rows to draft from?"
    if rows == 0:
        seen = "there is no row: how values are written cannot be seen"
        return (Finding(("mapping",), None, seen, "unsure", question),)
    if rows < _ENOUGH:
        return (Finding(("rows",), None, f"there are too few rows to tell by: {rows}", "unsure", question),)
    return ()
