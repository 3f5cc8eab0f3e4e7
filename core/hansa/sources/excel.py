"""Workbooks: one sheet as the table that the layout says, its cells as exact texts.

A number becomes its shortest text, a date or time ISO 8601 by its cell's format and the workbook's date system, a text
stays as it is; a cell without any character is null. What the file has lost is refused: an error of a formula that no
null word stands for, a formula without its value, an identifier that a program made a number.

The sheet is a stream, and small sheets are kept instead of being read again. In memory are the texts that the sheets of
an .xlsx share (1 GiB at most), and the whole of an .xls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hansa.errors import DataError, MeshError
from hansa.near import or_near
from hansa.sources.binding import Binding
from hansa.sources.clean import cleaned_text, cleaned_value, cleans
from hansa.sources.damage import identifier_columns, number_cell
from hansa.sources.files import listed
from hansa.sources.numbers import meant_by, said_of
from hansa.sources.rules import Rules
from hansa.sources.sheets import DATE, EMPTY, ERROR, FORMULA, NUMBER, TEXT, Book, Sheet, SheetRow, open_book
from hansa.sources.streams import Batch, streamed

#: Endings of the files that ``read_excel`` reads.
WORKBOOKS = ("xlsx", "xlsm", "xlsb", "xls", "ods")

_ROWS = 20_000
_DAMAGED = frozenset({NUMBER, DATE})
#: The text of a number whose point could also part its thousands.
_THREE_DECIMALS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


def read_excel(path: Path, binding: Binding) -> pl.LazyFrame:
    """The rows of a sheet; every column is text.

    The whole sheet is checked before a row is given. Errors: DataError with the row of the sheet for whatever makes it
    another table than its layout says; MeshError for a sheet that is not there or not named where there are several.
    """
    return streamed(path, binding, lambda: _table(path, binding), numbered=False)


def read_excel_lines(path: Path, binding: Binding) -> pl.LazyFrame:
    """The same with a column ``__line``, the row of the sheet, from 1."""
    return streamed(path, binding, lambda: _table(path, binding), numbered=True)


def _table(path: Path, binding: Binding) -> _Table:
    book = open_book(path, binding.uri)
    return _Table(book, chosen(book, binding), binding)


def chosen(book: Book, binding: Binding) -> Sheet:
    """The sheet that the binding names, or the only one that is not hidden.

    Errors: MeshError, naming the sheets; DataError for a workbook without any.
    """
    sheets, wanted = book.sheets, binding.sheet
    if not sheets:
        raise DataError("source.empty", "the workbook has no sheet", where=binding.uri, next_step="ask for it again")
    if wanted is None:
        shown = [sheet for sheet in sheets if sheet.visible]
        if len(shown) == 1:
            return shown[0]
        what = f"the workbook has {len(shown)} sheets" if shown else "all sheets of the workbook are hidden"
        mend = f"write sheet: NAME in the entry of the source; it has {listed(sheet.name for sheet in sheets)}"
        raise MeshError("source.sheet", what, where=binding.uri, next_step=mend)
    if isinstance(wanted, int):
        if 1 <= wanted <= len(sheets):
            return sheets[wanted - 1]
        what = f"it has no sheet {wanted}, it has {len(sheets)}"
        raise MeshError("source.sheet", what, where=binding.uri, next_step="mend sheet, they are counted from 1")
    found = next((sheet for sheet in sheets if sheet.name == wanted), None)
    if found is None:
        names = [sheet.name for sheet in sheets]
        mend = or_near(wanted, names, f"it has {listed(names)}")
        raise MeshError("source.sheet", f"it has no sheet '{wanted}'", where=binding.uri, next_step=mend)
    return found


@dataclass
class _Table:
    """One pass over one sheet."""

    book: Book
    sheet: Sheet
    binding: Binding

    def __post_init__(self) -> None:
        self.rules = Rules(self.binding, self.binding.uri)
        self._cleans = cleans(self.binding)
        self._looks = bool(self.binding.skip or self.binding.footer)
        self._names: tuple[str, ...] = ()
        self._identifiers: tuple[tuple[int, str], ...] = ()
        self._grouped: tuple[tuple[int, str], ...] = ()

    def batches(self) -> Iterator[Batch]:
        """The rows, and at the end whether all was found that should be there."""
        lines: list[int] = []
        rows: list[list[str | None]] = []
        for row in self._with_blank_rows(self.book.rows(self.sheet)):
            if (fields := self._fields(row)) is None:
                continue
            lines.append(row.number)
            rows.append(fields)
            if len(rows) == _ROWS:
                yield Batch(self._names, lines, rows)
                lines, rows = [], []
        yield Batch(self._names, lines, rows)

    def _fields(self, row: SheetRow) -> list[str | None] | None:
        """The fields of a row of the table; None for any other row of the sheet."""
        text = self._text(row)
        if not self.rules.begun:
            if not self.rules.is_header(row.number, text):
                return None
            header = self._header(row) if self.rules.has_header else []
            self._begin(self.rules.named(header, row.number))
            if self.rules.has_header:
                return None
        if self._looks and FORMULA in row.kinds and not self.rules.ended and not text.strip():
            # It only looks blank: what should stand in it is not in the file.
            self._refuse_lost(row)
        if self.rules.ends(row.number, text) or self.rules.skips(text, lambda: self._header(row)):
            return None
        return self._row(row)

    def _begin(self, names: tuple[str, ...]) -> None:
        self._names = names
        given = identifier_columns(self.binding)
        self._identifiers = tuple((at, name) for at, name in enumerate(names) if name in given)
        self._grouped = tuple((at, name) for at, name in enumerate(names) if self._grouped_by_points(name))

    def _grouped_by_points(self, name: str) -> bool:
        """True if a point parts thousands in the texts of a column of the sheet."""
        meant = meant_by(self.binding.mapping, name)
        return any(said_of(self.binding, one, "grouping") == "." for one in meant)

    def _text(self, row: SheetRow) -> str:
        """What rules look at: the cells up to the last one that holds something, parted by tabs."""
        if self.rules.begun and not self._looks:
            return ""
        texts = _filled(row.texts)
        if self._cleans:
            return "\t".join(cleaned_text(text, self.binding) if text else "" for text in texts)
        return "\t".join(text or "" for text in texts)

    def _header(self, row: SheetRow) -> list[str]:
        """The names that a row has for columns; one without a name goes by its position."""
        width = max(len(_filled(row.texts)), *(at + 1 for at in self.binding.positions.values()), 0)
        texts = [*row.texts, *[None] * (width - len(row.texts))][:width]
        return [(text and cleaned_text(text, self.binding)) or f"column {at + 1}" for at, text in enumerate(texts)]

    def _row(self, row: SheetRow) -> list[str | None]:
        texts, width = row.texts, self.rules.width
        if not any(texts):
            self._refuse_lost(row)
            what = "an empty row stands between the rows"
            raise DataError("source.row", what, where=self.rules.at(row.number), next_step="write skip: [blank]")
        if len(texts) > width:
            texts = [*texts[:width], *_filled(texts[width:])]
        if len(texts) < width:
            texts = [*texts, *[None] * (width - len(texts))]
        self._refuse_lost(row)
        fields = list(self.rules.fitting(row.number, texts))
        if self._cleans:
            kinds = row.kinds
            return [
                cleaned_value(text, self.binding) if at < len(kinds) and kinds[at] == TEXT else text
                for at, text in enumerate(fields)
            ]
        return fields

    def _refuse_lost(self, row: SheetRow) -> None:
        """Refuse a row of which the file does not hold what was meant."""
        for at, name in self._identifiers:
            if at < len(row.kinds) and row.kinds[at] in _DAMAGED:
                raise number_cell(name, self.rules.place, row.number)
        for at, name in self._grouped:
            if at < len(row.kinds) and row.kinds[at] == NUMBER and _THREE_DECIMALS.fullmatch(row.texts[at] or ""):
                what = f"column '{name}' has a number cell there whose point would be read as one of thousands"
                mend = "write its decimal: '.' and grouping: none under mapping, or have the column written in one way"
                raise DataError("source.number", what, where=self.rules.at(row.number), next_step=mend)
        if ERROR in row.kinds or FORMULA in row.kinds:
            for at, (text, kind) in enumerate(zip(row.texts, row.kinds, strict=True)):
                name = self._names[at] if at < len(self._names) else f"column {at + 1}"
                if kind == FORMULA:
                    what = f"column '{name}' has a formula there whose value the file does not hold"
                    mend = "open the workbook in Excel, let it compute, and save it"
                    raise DataError("source.formula", what, where=self.rules.at(row.number), next_step=mend)
                if kind == ERROR and not self._means_nothing(text, name):
                    what = f"column '{name}' has an error of a formula there"
                    mend = "mend the workbook, or write null_words with the error's text if it means no value"
                    raise DataError("source.formula", what, where=self.rules.at(row.number), next_step=mend)

    def _means_nothing(self, text: str | None, name: str) -> bool:
        """True if a null word of the source or of the column stands for the error."""
        words = self.binding.mapping
        return any(text in words.null_words.get(one, self.binding.null_words) for one in meant_by(words, name))

    def _with_blank_rows(self, rows: Iterable[SheetRow]) -> Iterator[SheetRow]:
        """The rows and the empty ones between them, of which a file need not say anything.

        Empty rows behind the last one are formatted and nothing else: they are dropped, unless a rule counts them or
        waits for them.
        """
        words = self.binding
        waits = any(rule.blank for rule in words.skip) or (words.footer is not None and words.footer.blank_line)
        last, pending = 0, 0
        for row in rows:
            if any(kind != EMPTY for kind in row.kinds):
                for number in range(last + 1, row.number):
                    yield SheetRow(number, [], [])
                yield row
                last, pending = row.number, 0
            else:
                pending = row.number
        if waits and self.rules.begun:
            for number in range(last + 1, pending + 1):
                yield SheetRow(number, [], [])


def _filled(texts: list[str | None]) -> list[str | None]:
    """The cells up to the last one that holds something."""
    end = len(texts)
    while end and not texts[end - 1]:
        end -= 1
    return texts[:end]
