"""Old binary workbooks (.xls, BIFF 2 to 8), by xlrd: it has the exact doubles, the formats and the errors of cells.

Such a sheet has 65,536 rows at most and is in memory as a whole.
"""

from __future__ import annotations

import importlib
import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.errors import WorldError
from hansa.sources.sheets.cells import (
    BOOLEAN,
    DATE,
    EMPTY,
    ERROR,
    FORMULA,
    NUMBER,
    TEXT,
    Cells,
    Sheet,
    SheetRow,
    damaged,
    double_text,
    too_large,
)
from hansa.sources.sheets.package import locked
from hansa.sources.sheets.serials import EITHER, PLAIN, format_kind, serial_text

if TYPE_CHECKING:
    from types import ModuleType

_LARGEST = 1 << 30
_HEAD = struct.Struct("<HH")
_FORMULA_RECORD, _RESULT_END = 0x06, 14
_NO_RESULT = b"\x03\0\0\0\0\0\xff\xff"
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = range(6)


class XlsBook:
    """An open workbook. Errors: DataError if it is damaged or has a password, WorldError without xlrd."""

    def __init__(self, path: Path, place: str) -> None:
        if path.stat().st_size > _LARGEST:
            too_large(place)
        self._xlrd = _library()
        self._place = place
        self._formatted = True
        try:
            self._book = self._opened(path)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - the library raises what its code stumbles over
            if "encrypted" in str(error).lower():
                raise locked(place) from None
            self._formatted = False
            self._book = self._opened_plainly(path)
        self._computed = _is_computed(self._xlrd, path)
        self.sheets = tuple(
            Sheet(name, self._book.sheet_by_index(number).visibility == 0, str(number))
            for number, name in enumerate(self._book.sheet_names())
        )

    def _opened(self, path: Path, *, formatted: bool = True) -> Any:
        return self._xlrd.open_workbook(str(path), formatting_info=formatted, ragged_rows=True, logfile=io.StringIO())

    def _opened_plainly(self, path: Path) -> Any:
        """Some programs write styles that do not hang together: then only whether a number is a date is known."""
        try:
            return self._opened(path, formatted=False)
        except Exception:  # noqa: BLE001 - as above
            damaged(self._place)

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet, see ``Book``."""
        found = self._book.sheet_by_index(int(sheet.key))
        for number in range(found.nrows):
            try:
                row = self._row(found, number)
            except Exception:  # noqa: BLE001 - as above
                damaged(self._place, number + 1)
            if row.texts:
                yield row

    def _row(self, sheet: Any, number: int) -> SheetRow:
        cells = Cells()
        kinds, values = sheet.row_types(number), sheet.row_values(number)
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            cells.put(column, *self._content(sheet, number, column, kind, value))
        return SheetRow(number + 1, cells.texts, cells.kinds)

    def _content(self, sheet: Any, row: int, column: int, kind: int, value: Any) -> tuple[str | None, str]:
        if kind == _TEXT:
            return (str(value), TEXT) if value or self._computed else (None, FORMULA)
        if kind in {_NUMBER, _DATE}:
            style = self._style(sheet, row, column, kind)
            text = serial_text(value, style, from_1904=self._book.datemode == 1) if style != PLAIN else None
            return (text, DATE) if text is not None else (double_text(value), NUMBER)
        if kind == _BOOLEAN:
            return ("true" if value else "false"), BOOLEAN
        if kind == _ERROR:
            return self._xlrd.error_text_from_code.get(value, "#N/A"), ERROR
        return None, EMPTY

    def _style(self, sheet: Any, row: int, column: int, kind: int) -> str:
        """What the cell's format makes of its number."""
        if not self._formatted:
            return EITHER if kind == _DATE else PLAIN
        style = self._book.xf_list[sheet.cell_xf_index(row, column)]
        return format_kind(self._book.format_map[style.format_key].format_str)


def _is_computed(xlrd: ModuleType, path: Path) -> bool:
    """False if the workbook has formulas and not one has a result: a program wrote them that computes nothing.

    Such a program writes an empty text as the result of each, which a formula may have as well; so all are looked at.
    """
    data = path.read_bytes()
    start, size = 0, len(data)
    with suppress(Exception):
        data, start, size = xlrd.compdoc.CompDoc(data, logfile=io.StringIO()).locate_named_stream("Workbook")
    end, formulas = min(start + size, len(data)), False
    while start + 4 <= end:
        kind, length = _HEAD.unpack_from(data, start)
        if kind == _FORMULA_RECORD and length >= _RESULT_END:
            formulas = True
            if data[start + 4 + _RESULT_END - 8 : start + 4 + _RESULT_END] != _NO_RESULT:
                return True
        start += 4 + length
    return not formulas


def _library() -> ModuleType:
    try:
        return importlib.import_module("xlrd")
    except ImportError:
        mend = "pip install 'hansa[excel]', or save it as .xlsx"
        raise WorldError("source.extra", "old Excel workbooks need one more package", next_step=mend) from None
