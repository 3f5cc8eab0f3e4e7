"""Workbooks of Office Open XML, .xlsx and .xlsm: the sheet as a stream, the texts that its sheets share in memory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hansa.sources.sheets.cells import (
    BOOLEAN,
    DATE,
    EMPTY,
    ERROR,
    FORMULA,
    LAST_ROW,
    LONGEST_TEXT,
    NUMBER,
    TEXT,
    Cells,
    Sheet,
    SheetRow,
    number_text,
)
from hansa.sources.sheets.package import LARGEST_STRINGS, Package, XmlHandler, faults
from hansa.sources.sheets.serials import PLAIN, built_in, format_kind, iso_text, serial_text

_YES = frozenset({"1", "true", "on"})
#: A character that XML cannot hold, or a text that looks like such a one.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BOOLEANS = {"1": "true", "0": "false", "true": "true", "false": "false"}


class XlsxBook:
    """An open workbook. Errors: DataError if it is damaged or has a password."""

    def __init__(self, package: Package, part: str) -> None:
        self._package = package
        self._place = package.place
        with faults(self._place):
            parts, workbook = relations(package, part), _Workbook()
            package.read_through(part, workbook)
            self._from_1904 = workbook.from_1904
            self._recalculated = workbook.recalculated
            self.sheets = tuple(
                Sheet(name, visible, parts.targets[relation])
                for name, relation, visible in workbook.sheets
                if relation in parts.targets and parts.types[relation] == "worksheet"
            )
            self._strings_part = parts.by_type("sharedStrings")
            self._styles_part = parts.by_type("styles")
        self._strings: list[str] | None = None
        self._formats: list[str] | None = None

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        """The rows of a sheet, see ``Book``."""
        with faults(self._place):
            handler = _SheetParts(self._texts(), self._kinds(), self._from_1904, self._recalculated)
            for _ in self._package.parsed(sheet.key, handler):
                yield from handler.rows
                handler.rows.clear()

    def _texts(self) -> list[str]:
        if self._strings is None:
            handler = _SharedStrings()
            if self._strings_part and self._package.has(self._strings_part):
                self._package.read_through(self._strings_part, handler, LARGEST_STRINGS)
            self._strings = handler.texts
        return self._strings

    def _kinds(self) -> list[str]:
        if self._formats is None:
            handler = _Styles()
            if self._styles_part:
                self._package.read_through(self._styles_part, handler)
            self._formats = handler.kinds()
        return self._formats


def relations(package: Package, part: str = "") -> Relations:
    """Which parts a part, or the package itself, refers to."""
    folder, name = posixpath.split(part)
    found = Relations(folder)
    package.read_through(f"{folder}/_rels/{name}.rels", found)
    return found


class Relations(XmlHandler):
    """Which part is which, by the workbook's own list."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.targets: dict[str, str] = {}
        self.types: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take a part that the package has."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"].replace("\\", "/")
            path = target if target.startswith("/") else posixpath.join(self._base, target)
            self.targets[attributes["Id"]] = posixpath.normpath(path).lstrip("/")
            self.types[attributes["Id"]] = attributes["Type"].rpartition("/")[2]

    def by_type(self, wanted: str) -> str | None:
        """The one part of a type."""
        return next((self.targets[one] for one, kind in self.types.items() if kind == wanted), None)


class _Workbook(XmlHandler):
    """The sheets, the date system, and whether the values of formulas are to be computed anew by who opens it."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.from_1904 = False
        self.recalculated = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next(value for key, value in attributes.items() if key.endswith(":id"))
            visible = attributes.get("state", "visible") == "visible"
            self.sheets.append((attributes["name"], relation, visible))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904", "0").lower() in _YES
        elif name == "calcPr":
            self.recalculated = attributes.get("fullCalcOnLoad", "0").lower() in _YES


class _Styles(XmlHandler):
    """What each style makes of a number."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        self._in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            # Formats for colours of conditions have numbers of their own kind: the first one of a number is a cell's.
            self._codes.setdefault(int(attributes["numFmtId"]), attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._styles.append(int(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def kinds(self) -> list[str]:
        """By the number of the style."""
        return [format_kind(self._codes[one]) if one in self._codes else built_in(one) for one in self._styles]


class _SharedStrings(XmlHandler):
    """The texts that cells refer to by number; how a name is pronounced (``rPh``) is no part of it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._open = False
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rPh":
            self._phonetic = True
        elif name == "t":
            self._open = not self._phonetic

    def text(self, data: str) -> None:
        if self._open:
            self._parts.append(data)

    def end(self, name: str) -> None:
        if name == "t":
            self._open = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.texts.append(_unescaped("".join(self._parts)))
            self._parts.clear()


class _SheetParts(XmlHandler):
    """The rows of one sheet, as they end."""

    def __init__(self, strings: list[str], kinds: list[str], from_1904: bool, recalculated: bool) -> None:
        self.rows: list[SheetRow] = []
        self._strings = strings
        self._styles = kinds
        self._from_1904 = from_1904
        self._recalculated = recalculated
        self._columns: dict[str, int] = {}
        self._number = 0
        self._suffix = ""
        self._cells = Cells()
        self._cell: dict[str, str] = {}
        self._value: str | None = None
        self._collecting = False
        self._formula = False
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._cell = attributes
            self._value, self._formula = None, False
        elif name == "v" or (name == "t" and not self._phonetic):
            self._collecting = True
            self._value = self._value or ""
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = int(attributes.get("r", self._number + 1))
            if not self._number < number <= LAST_ROW:
                raise ValueError
            self._number, self._suffix, self._cells = number, str(number), Cells()

    def text(self, data: str) -> None:
        if self._collecting:
            self._value = data if not self._value else self._value + data
            if len(self._value) > LONGEST_TEXT:
                raise ValueError

    def end(self, name: str) -> None:
        if name == "c":
            text, kind = self._content()
            self._cells.put(self._column(), text, kind)
        elif name in {"v", "t"}:
            self._collecting = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "row":
            self.rows.append(SheetRow(self._number, self._cells.texts, self._cells.kinds))

    def _column(self) -> int:
        """Where the cell stands: by its reference, else behind the one before."""
        reference = self._cell.get("r")
        if reference is None:
            return len(self._cells.texts)
        if not reference.endswith(self._suffix):
            raise ValueError
        letters = reference[: -len(self._suffix)]
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = _column_number(letters)
        return column

    def _content(self) -> tuple[str | None, str]:
        kind, value = self._cell.get("t", "n"), self._value
        if self._formula and (value is None or self._recalculated or (value == "" and kind != "str")):
            return None, FORMULA
        if value is None or (value == "" and kind != "s"):
            return None, EMPTY
        if kind == "n":
            return self._number_or_date(value)
        if kind == "s":
            index = int(value)
            if index < 0:
                raise ValueError
            return self._strings[index], TEXT
        if kind in {"inlineStr", "str"}:
            return _unescaped(value), TEXT
        if kind == "b":
            return _BOOLEANS[value.strip().lower()], BOOLEAN
        if kind == "e":
            return value, ERROR
        if kind == "d":
            return iso_text(value), DATE
        raise ValueError

    def _number_or_date(self, value: str) -> tuple[str, str]:
        style = self._cell.get("s")
        kind = self._styles[int(style)] if style and self._styles else PLAIN
        if kind != PLAIN and (text := serial_text(float(value), kind, from_1904=self._from_1904)) is not None:
            return text, DATE
        return number_text(value), NUMBER


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z" or number > 1 << 16:
            raise ValueError
        number = number * 26 + ord(letter) - 64
    return number - 1


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    made = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # A character beyond the first 65,536 is written as two halves.
    return made.encode("utf-16", "surrogatepass").decode("utf-16")
