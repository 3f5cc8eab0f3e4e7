"""The draft of a workbook: which sheet, where its table lies, and cells that a program has already changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from hansa.contract.model import Column
from hansa.source_draft.borders import find_borders
from hansa.source_draft.cells import columns_of, find_cleaning, find_names
from hansa.source_draft.controls import find_count
from hansa.source_draft.delimited import few_rows, sample
from hansa.source_draft.drafted import Drafted
from hansa.source_draft.finding import Finding
from hansa.source_draft.kinds import Kind
from hansa.source_draft.records import Dialect, Record
from hansa.source_draft.shapes import is_header
from hansa.source_draft.table import Table, kind_of
from hansa.source_draft.values import Values, find_values
from hansa.sources.sheets import NUMBER, Book, Sheet, SheetRow, open_book

_ROWS = 20_000
_HEADER_WITHIN = 120
#: Decimals from which a number of a cell is the noise of a double.
_NOISE = 8
_SHEET = Dialect("\0", "")


def draft_workbook(path: Path, place: str, head: bytes) -> Drafted:
    """The draft of the sheet with most rows. Errors: as ``open_book``."""
    book = open_book(path, place)
    found = [(sheet, table) for sheet in book.sheets if (table := _table(_rows(book, sheet))) is not None]
    name = "xls" if head.startswith(b"\xd0\xcf") else "xlsx"
    base = [Finding(("format",), name, "it is a workbook")]
    if not found:
        missing = Finding(("header",), None, "no sheet has a row of names above rows", "unsure", "which sheet is it?")
        return Drafted(place, (*base, missing), (), None)
    sheet, table = max(found, key=lambda pair: len(pair[1].rows))
    rows = _rows(book, sheet)
    lines = _lines(rows)
    borders = find_borders(table, lines)
    cleaning, cleaned = find_cleaning(sample(borders.rows), table.header)
    fields = columns_of(table, sample(borders.rows), cleaning)
    values = _typed(find_values(fields), rows, {record.line for record in borders.rows})
    preamble = lines[: table.header.line - 1] if table.header else []
    findings = (
        *base,
        *_sheet(sheet, found, book),
        *borders.findings,
        *cleaned,
        *find_count(preamble, [record.raw for record in borders.footer], len(borders.rows)),
        *find_names(fields, True),
        *values.findings,
        *few_rows(len(borders.rows)),
    )
    return Drafted(place, findings, values.columns, len(borders.rows) if len(rows) < _ROWS else None, len(rows) < _ROWS)


def _rows(book: Book, sheet: Sheet) -> list[SheetRow]:
    return list(islice(book.rows(sheet), _ROWS))


def _lines(rows: Sequence[SheetRow]) -> list[str]:
    """The first cell of each row, those included of which the file says nothing."""
    lines = [""] * (rows[-1].number if rows else 0)
    for row in rows:
        lines[row.number - 1] = (row.texts[0] or "") if row.texts else ""
    return lines


def _record(row: SheetRow, width: int) -> Record:
    fields = tuple(text or "" for text in row.texts)
    fields += ("",) * (width - len(fields))
    return Record(row.number, fields[0] if fields else "", fields if any(fields) else ())


def _table(rows: Sequence[SheetRow]) -> Table | None:
    """The table below the first row that looks like a header and has most rows below it."""
    best: Table | None = None
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        names = tuple(text or "" for text in row.texts)
        while names and not names[-1]:
            names = names[:-1]
        if not is_header(names):
            continue
        header = Record(row.number, names[0], names)
        body = tuple(_record(one, len(names)) for one in rows[at + 1 :])
        table = Table(_SHEET, header, len(names), tuple((kind_of(one, len(names), header), one) for one in body))
        if best is None or len(table.rows) > len(best.rows):
            best = table
    return best


def _sheet(sheet: Sheet, found: Sequence[tuple[Sheet, Table]], book: Book) -> tuple[Finding, ...]:
    if len(book.sheets) == 1:
        return (Finding(("sheet",), sheet.name, "the workbook has no other"),)
    if len(found) == 1:
        return (Finding(("sheet",), sheet.name, f"of {len(book.sheets)} sheets it alone has a table", "likely"),)
    seen = f"of {len(book.sheets)} sheets {len(found)} have a table, this one the longest"
    return (Finding(("sheet",), sheet.name, seen, "unsure", "is it this one?"),)


def _typed(values: Values, rows: Sequence[SheetRow], taken: set[int]) -> Values:
    """What the types of cells say: identifiers that became numbers, numbers with the noise of doubles."""
    numeric = {
        position: sum(
            row.kinds[position - 1] == NUMBER for row in rows if row.number in taken and len(row.kinds) >= position
        )
        for position in (kind.column.position for kind in values.kinds)
    }
    damaged = [kind for kind in values.kinds if kind.identifier and numeric[kind.column.position]]
    noisy = [kind.column.name for kind in values.kinds if numeric[kind.column.position] and kind.scale > _NOISE]
    findings = [_damaged(one, damaged) if one.path == ("mapping", "identifiers") else one for one in values.findings]
    if noisy:
        seen = "numbers with the noise of doubles, such as 0.30000000000000004"
        findings.append(Finding(("mapping", "binary_noise"), noisy, seen, "likely"))
    columns = tuple(_quiet(column, values.kinds) if column.name in noisy else column for column in values.columns)
    return Values(tuple(findings), columns, values.kinds)


def _damaged(finding: Finding, damaged: Sequence[Kind]) -> Finding:
    if not damaged:
        return finding
    names = ", ".join(f"'{kind.column.header}'" for kind in damaged)
    seen = (
        f"{names} are cells of numbers: leading zeros and digits past the fifteenth are lost, the file will be refused"
    )
    return finding.doubted(seen, "can its owner export the file with cells of text?")


def _quiet(column: Column, kinds: Sequence[Kind]) -> Column:
    """The scale without the noise."""
    numbers = next(kind.numbers for kind in kinds if kind.column.name == column.name)
    scales = [-int(value.as_tuple().exponent) for value in numbers.values] if numbers else []
    return replace(column, scale=max((scale for scale in scales if scale <= _NOISE), default=2))
