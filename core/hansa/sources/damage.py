"""Identifiers that a program has damaged on the way: a spreadsheet takes a long number for a number.

An account or identity number has no arithmetic: whoever makes a double of it loses leading zeros and every digit past
the fifteenth, for good. Such a file is refused as a whole, by line and column; no value is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import comb

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import DataError
from hansa.sources.binding import Binding
from hansa.sources.streams import LINE

#: ``1.10101E+17``: a number as programs shorten it. A code such as 4E10 is none, they write a mark or a plus.
_SHORTENED_FORM = r"^[+-]?[0-9](?:[.,][0-9]*[Ee][+-]?[0-9]{1,3}|[Ee][+][0-9]{1,3})$"
_HASHES_FORM = r"^#{2,}$"
_POINT_FORM = r"^[0-9]{8,}\.0+$"
#: Decimal digits that any double keeps.
_KEPT = 15
_LONG_FORM = rf"^[0-9]{{{_KEPT + 1},}}$"
_TAIL_FORM = rf"^[1-9][0-9]{{{_KEPT - 1}}}0+$"
#: How rarely chance alone must end so many numbers in zeros, that a program must have done it.
_CHANCE = 0.01
_MANY = 50
_ROW = "__row"
_MEND = "ask for the file again, written by the system itself; do not open and save it in a spreadsheet"

_SHORTENED = "holds a number there that a program has rounded: digits are lost"
_HASHES = "holds number signs there instead of the value: its column was too narrow when it was saved"
_POINT = "holds a number with decimals there: a program has made a number of the identifier"
_SHORT = "has too few digits there for the contract's length: leading zeros are lost"
_TAIL = "ends in zeros past the fifteenth digit there: a program has made a number of it, digits are lost"


class DamagedError(DataError):
    """An identifier is damaged at ``line`` in ``column`` of the file."""

    def __init__(self, what: str, place: str, line: int | None, column: str) -> None:
        self.line = line
        self.column = column
        where = place if line is None else f"{place}:{line}"
        super().__init__("source.identifier", f"column '{column}' {what}", where=where, next_step=_MEND)


def identifier_columns(binding: Binding) -> dict[str, str]:
    """Column of the file: column of the contract, of those that the mapping calls identifiers."""
    words = binding.mapping
    return {words.rename.get(name, name): name for name in words.identifiers}


def fixed_lengths(contract: Contract, names: Mapping[str, str]) -> dict[str, int | None]:
    """Column of the file: how many characters each of its values has by the contract; None if that is open."""
    made: dict[str, int | None] = {}
    for given, name in names.items():
        column = contract.by_name.get(name)
        fixed = column is not None and column.min_length is not None and column.min_length == column.max_length
        made[given] = column.min_length if column is not None and fixed else None
    return made


def number_cell(column: str, place: str, row: int) -> DamagedError:
    """The refusal of a cell of a workbook that is a number, or a date, where an identifier should stand."""
    what = "is a number cell there and should be text: leading zeros and the digits past the fifteenth are lost"
    return DamagedError(what, place, row, column)


def refuse_damaged(
    frame: pl.LazyFrame,
    lengths: Mapping[str, int | None],
    place: str,
    *,
    null_words: Sequence[str] = (),
    lines: Callable[[], pl.LazyFrame] | None = None,
) -> None:
    """Refuse a file of which a value in one of these columns is damaged, at the first such row.

    ``frame`` has the columns; those that are no text are left to whoever casts them. ``lines`` opens the same rows with
    a column ``__line``; it is asked only if there is damage. Errors: DamagedError.
    """
    schema = frame.collect_schema()
    texts = {name: length for name, length in lengths.items() if schema.get(name) == pl.String}
    if not texts or (found := _first(frame, texts, null_words)) is None:
        return
    row, column, what = found
    if lines is not None:
        line = lines().select(column, LINE).slice(row, 1).collect(engine="streaming").item(0, LINE)
        raise DamagedError(what, place, int(line), column)
    raise DamagedError(f"{what} (row {row + 1})", place, None, column)


def _first(
    frame: pl.LazyFrame, lengths: Mapping[str, int | None], null_words: Sequence[str]
) -> tuple[int, str, str] | None:
    """Row from 0, column and kind of the first damage."""
    # A number of the engine's own, and no filter: either would hold back every row until the last one is read.
    index = pl.col(_ROW)
    asked: list[pl.Expr] = []
    tests: dict[str, tuple[str, str]] = {}
    for name, length in lengths.items():
        text = pl.col(name).str.strip_chars()
        for what, test in _tests(text, length).items():
            key = str(len(tests))
            tests[key] = (name, what)
            meant = test & ~pl.col(name).is_in(list(null_words)) if null_words else test
            asked.append(pl.when(meant).then(index).min().alias(key))
    seen = frame.with_row_index(_ROW).select(asked).collect(engine="streaming").row(0, named=True)
    found = []
    for key, (name, what) in tests.items():
        row = seen[key]
        if row is not None and what == _TAIL:
            row = _tail(frame, name)
        if row is not None:
            found.append((int(row), name, what))
    return min(found, default=None)


def _tests(text: pl.Expr, length: int | None) -> dict[str, pl.Expr]:
    made = {
        _SHORTENED: text.str.contains(_SHORTENED_FORM),
        _HASHES: text.str.contains(_HASHES_FORM),
        _POINT: text.str.contains(_POINT_FORM),
        _TAIL: text.str.contains(_TAIL_FORM),
    }
    if length is not None:
        made[_SHORT] = text.str.contains("^[0-9]+$") & (text.str.len_chars() < length)
    return made


def _tail(frame: pl.LazyFrame, name: str) -> int | None:
    """The first row of a number that ends in zeros past the fifteenth digit, if more do than chance explains."""
    text = pl.col(name).str.strip_chars()
    zeros = pl.col("zeros")
    counted = (
        frame.select(
            text.str.len_chars().alias("length"), text.str.contains(_TAIL_FORM).alias("zeros"), text.alias("text")
        )
        .with_row_index("row")
        .filter(pl.col("text").str.contains(_LONG_FORM))
        .group_by("length")
        .agg(pl.len().alias("all"), zeros.sum(), pl.col("row").filter(zeros).min())
        .collect(engine="streaming")
    )
    rows = [
        int(row)
        for length, numbers, count, row in counted.select("length", "all", "zeros", "row").iter_rows()
        if row is not None and not by_chance(numbers, count, length)
    ]
    return min(rows, default=None)


def by_chance(numbers: int, zeros: int, length: int) -> bool:
    """True if ``zeros`` of so many numbers of a length may end in zeros past the fifteenth digit by chance alone.

    What is compared is the expected count of sets of so many numbers that do, which is at least the chance of one set.
    """
    expected = numbers * 10.0 ** (_KEPT - length)
    if zeros > _MANY:
        return zeros <= 2 * expected
    return comb(numbers, zeros) * 10.0 ** (zeros * (_KEPT - length)) > _CHANCE
