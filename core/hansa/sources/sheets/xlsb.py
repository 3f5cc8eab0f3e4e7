"""Binary workbooks of Office Open XML, .xlsb: the same parts as of .xlsx, each a stream of numbered records."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from hansa.sources.sheets.cells import (
    BOOLEAN,
    DATE,
    EMPTY,
    ERROR,
    FORMULA,
    LAST_ROW,
    NUMBER,
    TEXT,
    Cells,
    Sheet,
    SheetRow,
    double_text,
)
from hansa.sources.sheets.package import LARGEST_PART, LARGEST_STRINGS, Package, faults
from hansa.sources.sheets.serials import PLAIN, built_in, format_kind, serial_text
from hansa.sources.sheets.xlsx import relations

_LONGEST_RECORD = 16 << 20
#: Records by the numbers that [MS-XLSB] gives them.
_ROW, _BLANK, _RK, _ERROR, _BOOL, _REAL, _ST, _ISST = range(8)
_FORMULA_STRING, _FORMULA_NUMBER, _FORMULA_BOOL, _FORMULA_ERROR = range(8, 12)
_SHARED_ITEM, _FORMAT, _STYLE, _RICH_TEXT = 19, 44, 47, 62
_WORKBOOK_PROPERTIES, _SHEET, _CALCULATION = 153, 156, 157
_SHEET_DATA_ENDS, _CELL_STYLES_BEGIN, _CELL_STYLES_END = 146, 617, 618
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_U16, _U32, _DOUBLE = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<d")
_Content = tuple[str | None, str]


class XlsbBook:
    """An open workbook. Errors: DataError if it is damaged or has a password."""

    def __init__(self, package: Package, part: str) -> None:
        self._package = package
        self._place = package.place
        self._from_1904 = self._recalculated = False
        with faults(self._place):
            parts = relations(package, part)
            self.sheets = tuple(
                Sheet(name, visible, parts.targets[relation])
                for name, relation, visible in self._workbook(part)
                if relation in parts.targets and parts.types[relation] == "worksheet"
            )
            self._strings_part, self._styles_part = parts.by_type("sharedStrings"), parts.by_type("styles")
        self._strings: list[str] | None = None
        self._formats: list[str] | None = None

    def _records(self, name: str, most: int = LARGEST_PART) -> Iterator[tuple[int, bytes]]:
        return _records(self._package.blocks(name, most))

    def _workbook(self, part: str) -> list[tuple[str, str, bool]]:
        found = []
        for kind, data in self._records(part):
            if kind == _SHEET:
                relation, end = _wide(data, 8)
                found.append((_wide(data, end)[0], relation, _U32.unpack_from(data)[0] == 0))
            elif kind == _WORKBOOK_PROPERTIES:
                self._from_1904 = bool(data[0] & 1)
            elif kind == _CALCULATION and len(data) > 24:
                self._recalculated = bool(data[24] & 1)
        return found

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet, see ``Book``."""
        with faults(self._place):
            parts = _SheetRecords(self._texts(), self._kinds(), self._from_1904, self._recalculated)
            for kind, data in self._records(sheet.key):
                if kind in (_ROW, _SHEET_DATA_ENDS) and (row := parts.row()) is not None:
                    yield row
                if kind == _SHEET_DATA_ENDS:
                    return
                parts.take(kind, data)

    def _texts(self) -> list[str]:
        if self._strings is None:
            part = self._strings_part
            records = self._records(part, LARGEST_STRINGS) if part else iter(())
            self._strings = [_wide(data, 1)[0] for kind, data in records if kind == _SHARED_ITEM]
        return self._strings

    def _kinds(self) -> list[str]:
        if self._formats is None:
            codes: dict[int, str] = {}
            styles: list[int] = []
            in_cells = False
            for kind, data in self._records(self._styles_part) if self._styles_part else ():
                in_cells = kind == _CELL_STYLES_BEGIN or (in_cells and kind != _CELL_STYLES_END)
                if kind == _FORMAT:
                    codes[_U16.unpack_from(data)[0]] = _wide(data, 2)[0]
                elif kind == _STYLE and in_cells:
                    styles.append(_U16.unpack_from(data, 2)[0])
            self._formats = [format_kind(codes[one]) if one in codes else built_in(one) for one in styles]
        return self._formats


class _SheetRecords:
    """The cells of one row after the other."""

    def __init__(self, strings: list[str], kinds: list[str], from_1904: bool, recalculated: bool) -> None:
        self._strings = strings
        self._styles = kinds
        self._from_1904 = from_1904
        self._recalculated = recalculated
        self._number = 0
        self._cells: Cells | None = None
        self._read: dict[int, Callable[[bytes], _Content]] = {
            _BLANK: lambda data: (None, EMPTY),
            _RK: lambda data: self._value(data, _rk(_U32.unpack_from(data, 8)[0])),
            _ERROR: lambda data: (_ERRORS.get(data[8], "#N/A"), ERROR),
            _BOOL: lambda data: ("true" if data[8] else "false", BOOLEAN),
            _REAL: lambda data: self._value(data, _DOUBLE.unpack_from(data, 8)[0]),
            _ST: lambda data: (_wide(data, 8)[0], TEXT),
            _ISST: lambda data: (self._strings[_U32.unpack_from(data, 8)[0]], TEXT),
            _RICH_TEXT: lambda data: (_wide(data, 9)[0], TEXT),
        }
        as_value = {_FORMULA_STRING: _ST, _FORMULA_NUMBER: _REAL, _FORMULA_BOOL: _BOOL, _FORMULA_ERROR: _ERROR}
        self._read |= {
            formula: self._refused if recalculated else self._read[plain] for formula, plain in as_value.items()
        }

    def row(self) -> SheetRow | None:
        """The row that is complete."""
        return None if self._cells is None else SheetRow(self._number, self._cells.texts, self._cells.kinds)

    def take(self, kind: int, data: bytes) -> None:
        """Take the next record; those that are no cells are passed over."""
        if kind == _ROW:
            number = _U32.unpack_from(data)[0] + 1
            if not self._number < number <= LAST_ROW:
                raise ValueError
            self._number, self._cells = number, Cells()
        elif kind in self._read and self._cells is not None:
            self._cells.put(_U32.unpack_from(data)[0], *self._read[kind](data))

    def _value(self, data: bytes, value: float) -> _Content:
        style = _U32.unpack_from(data, 4)[0] & 0xFFFFFF
        kind = self._styles[style] if self._styles else PLAIN
        if kind != PLAIN and (text := serial_text(value, kind, from_1904=self._from_1904)) is not None:
            return text, DATE
        return double_text(value), NUMBER

    @staticmethod
    def _refused(data: bytes) -> _Content:
        return None, FORMULA


def _records(blocks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Number and content of each record."""
    held = b""
    for block in blocks:
        held += block
        at = 0
        while (found := _head(held, at)) is not None:
            kind, start, size = found
            if size > _LONGEST_RECORD:
                raise ValueError
            if start + size > len(held):
                break
            yield kind, held[start : start + size]
            at = start + size
        held = held[at:]
    if held:
        raise ValueError


def _head(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Number, first byte and size of the record at ``at``; None if not all of that is there yet."""
    kind, at, whole = _varying(data, at, 2)
    if not whole:
        return None
    size, at, whole = _varying(data, at, 4)
    return (kind, at, size) if whole else None


def _varying(data: bytes, at: int, most: int) -> tuple[int, int, bool]:
    """A number of up to ``most`` bytes, seven bits each, and the byte after it."""
    number = 0
    for index in range(most):
        if at >= len(data):
            return 0, at, False
        number |= (data[at] & 0x7F) << (7 * index)
        at += 1
        if not data[at - 1] & 0x80:
            break
    return number, at, True


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """A text in UTF-16 behind its length, and the byte after it."""
    size = _U32.unpack_from(data, at)[0]
    if size == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * size
    if end > len(data):
        raise ValueError
    return data[at + 4 : end].decode("utf-16-le"), end


def _rk(packed: int) -> float:
    """A number in thirty bits: a whole one, or the first bits of a double, maybe of a hundredth."""
    if packed & 2:
        whole = packed >> 2
        value = float(whole - (1 << 30) if whole & (1 << 29) else whole)
    else:
        value = _DOUBLE.unpack(_U32.pack(0) + _U32.pack(packed & 0xFFFFFFFC))[0]
    return value / 100 if packed & 1 else value
