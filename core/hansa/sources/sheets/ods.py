"""Workbooks of OpenDocument, .ods: one XML stream with all sheets, in which equal cells and rows are written once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hansa.sources.sheets.cells import (
    BOOLEAN,
    DATE,
    EMPTY,
    ERROR,
    FORMULA,
    LAST_COLUMN,
    LAST_ROW,
    LONGEST_TEXT,
    NUMBER,
    TEXT,
    Cells,
    Sheet,
    SheetRow,
    number_text,
)
from hansa.sources.sheets.package import Package, XmlHandler, faults, locked
from hansa.sources.sheets.serials import iso_text

_CONTENT = "content.xml"
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?")
_NUMBERS = frozenset({"float", "percentage", "currency"})
#: What a program shows in a cell whose formula failed.
_FAILED = re.compile(r"#[A-Z/0]+[!?A]|Err:\d{3}")


class OdsBook:
    """An open workbook. Errors: DataError if it is damaged or has a password."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._place = place = package.place
        manifest = "META-INF/manifest.xml"
        if self._package.has(manifest):
            found = _Manifest()
            self._package.read_through(manifest, found)
            if found.encrypted:
                raise locked(place)
        names = _Names()
        with faults(place):
            self._package.read_through(_CONTENT, names)
        self.sheets = tuple(
            Sheet(name, style not in names.hidden, str(number)) for number, (name, style) in enumerate(names.tables)
        )

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet, see ``Book``."""
        with faults(self._place):
            handler = _Rows(int(sheet.key))
            for _ in self._package.parsed(_CONTENT, handler):
                for row, times in handler.rows:
                    for offset in range(times):
                        yield SheetRow(row.number + offset, row.texts, row.kinds)
                handler.rows.clear()
                if handler.done:
                    return


class _Manifest(XmlHandler):
    def __init__(self) -> None:
        self.encrypted = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.encrypted = self.encrypted or name == "encryption-data"


class _Names(XmlHandler):
    """Names of the sheets with their styles, and the styles that hide one."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, str]] = []
        self.hidden: set[str] = set()
        self._style = ""
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = _get(attributes, "name")
        elif name == "table-properties" and _get(attributes, "display") == "false":
            self.hidden.add(self._style)
        elif name == "table":
            if not self._depth:
                self.tables.append((_get(attributes, "name"), _get(attributes, "style-name")))
            self._depth += 1

    def end(self, name: str) -> None:
        self._depth -= name == "table"


class _Rows(XmlHandler):
    """The rows of one sheet, as they end, each with how often it stands."""

    def __init__(self, wanted: int) -> None:
        self.rows: list[tuple[SheetRow, int]] = []
        self.done = False
        self._wanted = wanted
        self._tables = -1
        self._depth = 0
        self._next = 1
        self._times = 1
        self._cells = Cells()
        self._column = 0
        self._cell: dict[str, str] | None = None
        self._texts: list[str] = []
        self._paragraphs = 0
        self._aside = 0

    @property
    def _reading(self) -> bool:
        return self._tables == self._wanted and self._depth == 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._aside:
            # A drawing may hold a table of its own.
            self._aside += 1
        elif name == "table":
            self._tables += not self._depth
            self._depth += 1
        elif not self._reading:
            return
        elif name == "table-row":
            self._times = int(_get(attributes, "number-rows-repeated") or 1)
            self._cells, self._column = Cells(), 0
        elif name in {"table-cell", "covered-table-cell"}:
            self._cell, self._texts, self._paragraphs = attributes, [], 0
        elif self._cell is not None:
            self._inside(name, attributes)

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        """What stands in a cell: its text, which may be written in parts, and notes and drawings, which are no text."""
        if name in {"annotation", "shape", "frame", "custom-shape"}:
            self._aside += 1
        elif name == "p":
            if self._paragraphs:
                self._texts.append("\n")
            self._paragraphs += 1
        elif name == "s":
            count = int(_get(attributes, "c") or 1)
            if not 0 <= count <= LONGEST_TEXT:
                raise ValueError
            self._texts.append(" " * count)
        elif name in {"tab", "line-break"}:
            self._texts.append("\t" if name == "tab" else "\n")

    def text(self, data: str) -> None:
        if self._cell is not None and self._paragraphs and not self._aside:
            self._texts.append(data)

    def end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
        elif name == "table":
            self._depth -= 1
            self.done = self.done or (not self._depth and self._tables == self._wanted)
        elif not self._reading:
            return
        elif name in {"table-cell", "covered-table-cell"} and self._cell is not None:
            self._put(self._cell)
            self._cell = None
        elif name == "table-row":
            self._put_row()

    def _put(self, cell: dict[str, str]) -> None:
        times = int(_get(cell, "number-columns-repeated") or 1)
        text, kind = self._content(cell)
        if kind != EMPTY:
            if not 0 < times <= LAST_COLUMN:
                raise ValueError
            for offset in range(times):
                self._cells.put(self._column + offset, text, kind)
        self._column += times

    def _put_row(self) -> None:
        if not 0 < self._times <= LAST_ROW or (self._cells.texts and self._next + self._times > LAST_ROW + 1):
            raise ValueError
        if self._cells.texts:
            self.rows.append((SheetRow(self._next, self._cells.texts, self._cells.kinds), self._times))
        self._next += self._times

    def _content(self, cell: dict[str, str]) -> tuple[str | None, str]:
        kind, shown = _get(cell, "value-type", "office"), "".join(self._texts)
        if len(shown) > LONGEST_TEXT:
            raise ValueError
        formula = _get(cell, "formula")
        if "calcext:value-type" in cell and cell["calcext:value-type"] == "error":
            return shown or "#N/A", ERROR
        if formula and _FAILED.fullmatch(shown):
            return shown, ERROR
        if not kind:
            return (None, FORMULA) if formula else (None, EMPTY)
        if kind in _NUMBERS:
            return number_text(_get(cell, "value")), NUMBER
        if kind == "date":
            return iso_text(_get(cell, "date-value")), DATE
        if kind == "time":
            return _clock(_get(cell, "time-value")), DATE
        if kind == "boolean":
            return _get(cell, "boolean-value"), BOOLEAN
        if kind == "string":
            text = _get(cell, "string-value") or shown
            return (text, TEXT) if text else (None, EMPTY)
        raise ValueError


def _get(attributes: dict[str, str], name: str, prefix: str = "") -> str:
    """An attribute by its name without its prefix, or by both; empty if it is not there."""
    if prefix:
        return attributes.get(f"{prefix}:{name}", "")
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def _clock(duration: str) -> str:
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError
    hours, minutes, seconds = (int(part or 0) for part in found.group(1, 2, 3))
    minutes, seconds = minutes + seconds // 60, seconds % 60
    hours, minutes = hours + minutes // 60, minutes % 60
    text = f"{hours:02}:{minutes:02}:{seconds:02}"
    fraction = (found[4] or "").rstrip("0")
    return f"{text}.{fraction}" if fraction else text
