"""One sheet of an Excel file, as its cells are typed, by fastexcel: the extra ``hansa[draft]``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hansa.errors import DataError, MeshError, WorldError
from hansa.near import or_near

if TYPE_CHECKING:
    from fastexcel import ExcelReader

WORKBOOKS = frozenset({"xlsx", "xls", "xlsm", "xlsb", "ods"})


def read_sheet(path: Path, sheet: str | None) -> tuple[pl.DataFrame, tuple[str, ...], tuple[str, ...]]:
    """The rows below the first one, the cells of the first one, which are the names, and notes on the sheet.

    A formula is what it last came to; the frame's own column names mean nothing, since the sheet's may repeat.

    The whole sheet is in memory: a sheet ends at about a million rows. Errors: WorldError without fastexcel, DataError
    for a file that is no workbook or a sheet without cells, MeshError for a sheet that is not there.
    """
    place = str(path)
    book = _book(path)
    number = _number(book, sheet, place)
    rows, names = _cells(book, number, place)
    notes = []
    if sheet is None and len(book.sheet_names) > 1:
        notes.append(f"This is sheet 1 of {len(book.sheet_names)}; name another one by --sheet.")
    if rows.width and (empty := rows.select(pl.all_horizontal(pl.all().is_null()).sum()).item()):
        notes.append(f"Rows without any value: {empty}. Remove them before the file is published.")
    return rows, tuple(names), tuple(notes)


def _book(path: Path) -> ExcelReader:
    try:
        import fastexcel
    except ImportError:
        raise WorldError(
            "draft.extra", "Excel files need one more package", next_step="pip install 'hansa[draft]'"
        ) from None
    # It logs a line for each column that is empty.
    for name in ("fastexcel", "_fastexcel", "fastexcel.types.dtype"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError:
        raise DataError(
            "source.kind",
            "it is no Excel workbook, whatever its name says, or it is damaged or has a password",
            where=str(path),
            next_step="save it as CSV in UTF-8, or as .xlsx without a password",
        ) from None


def _number(book: ExcelReader, sheet: str | None, place: str) -> int:
    if sheet is None:
        return 0
    if sheet not in book.sheet_names:
        mend = or_near(sheet, book.sheet_names, f"the workbook has {len(book.sheet_names)} sheets")
        raise MeshError("draft.sheet", f"it has no sheet '{sheet}'", where=place, next_step=mend)
    return book.sheet_names.index(sheet)


def _cells(book: ExcelReader, number: int, place: str) -> tuple[pl.DataFrame, list[str]]:
    import fastexcel

    try:
        rows = book.load_sheet(number, schema_sample_rows=None).to_polars()
        top = book.load_sheet(number, header_row=None, n_rows=1, dtypes="string").to_polars()
    except fastexcel.FastExcelError:
        raise DataError(
            "draft.sheet", "the sheet cannot be read as a table", where=place, next_step="name another by --sheet"
        ) from None
    if not top.height or top.width != rows.width:
        raise DataError("source.empty", "the sheet is empty", where=place, next_step="name another by --sheet")
    return rows, [name or "" for name in top.row(0)]
