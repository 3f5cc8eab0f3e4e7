"""What a binding declares of how its file writes values, as a ``Reading`` for the gate.

A value may stand in several columns of the file: its number in one, its sign in another. The others travel in helper
columns of the frame, as they came, so that a refused row can be read again by what the mesh file says later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hansa.cast import Flag, Fold, Offset, Reading, TwoColumns, ZoneColumn
from hansa.cast.reading import Word
from hansa.cast.years import has_two_digit_year
from hansa.contract.model import Column, Contract
from hansa.sources.binding import Binding, MappingWords
from hansa.sources.numbers import number_forms, said_of
from hansa.sources.value_words import FoldWords, SignWords

#: Begins the name of a column that is in a frame only because a time is offset from it.
HELPER = "__offset_"
DAYS = frozenset({"date", "timestamp"})
_CLOCKS = frozenset({"date", "timestamp", "time"})


def helper(word: str, name: str) -> str:
    """The column of the frame that holds what the file says of the column ``name`` elsewhere."""
    return f"__{word}_{name}"


def beside(words: MappingWords) -> Iterator[tuple[str, str, str, str]]:
    """Helper column, column of the contract, word and column of the file, for each value that stands in several."""
    for name, sign in words.sign.items():
        if sign.flag is not None:
            yield helper("flag", name), name, "sign.{}.flag", sign.flag
        elif (two := sign.two_columns) is not None:
            yield helper("plus", name), name, "sign.{}.plus", two[0]
            yield helper("minus", name), name, "sign.{}.minus", two[1]
    for name, column in words.zone_column.items():
        yield helper("zone", name), name, "zone_column.{}", column
    for name, fold in words.fold.items():
        if fold.column is not None:
            yield helper("fold", name), name, "fold.{}.column", fold.column


def declared_reading(binding: Binding, contract: Contract) -> Reading:
    """How the values of a frame of this binding are read. The origin of an offset is a column of the contract, or a
    helper; formats and zone of a helper are those given for the column that is offset from it.
    """
    words, known = binding.mapping, contract.by_name
    return Reading(
        formats=dict(words.formats),
        zones=dict(words.timezone),
        offsets={
            name: Offset(told.column if told.column in known else HELPER + told.column, told.by)
            for name, told in words.offset.items()
        },
        binary_noise=frozenset(words.binary_noise),
        numbers=number_forms(binding, contract),
        before=dict(words.take_before),
        digits=_digits(binding, contract),
        years=_years(binding, contract),
        signs={name: _sign(name, sign) for name, sign in words.sign.items() if sign.unmarked is None},
        zone_columns={
            name: ZoneColumn(helper("zone", name), dict(words.zone_names.get(name, {}))) for name in words.zone_column
        },
        folds={name: _fold(name, fold) for name, fold in words.fold.items()},
    )


def only_of_texts(reading: Reading, texts: frozenset[str]) -> Reading:
    """The reading without the forms of columns that hold no texts: these are read as the values that they are."""
    return replace(reading, numbers={name: form for name, form in reading.numbers.items() if name in texts})


def formats_of(binding: Binding, column: Column) -> tuple[str, ...]:
    """The patterns by which a day or time is read, those of the mapping before those of the contract."""
    return binding.mapping.formats.get(column.name) or column.formats


def window_of(binding: Binding, column: Column) -> int | None:
    """The first year of two digits, if a pattern of the column has such a year and the binding says it."""
    if not any(has_two_digit_year(pattern) for pattern in formats_of(binding, column)):
        return None
    found: int | None = said_of(binding, column.name, "two_digit_years")
    return found


def _years(binding: Binding, contract: Contract) -> dict[str, int]:
    windows = {c.name: window_of(binding, c) for c in contract.columns if c.logical_type in DAYS}
    return {name: first for name, first in windows.items() if first is not None}


def _digits(binding: Binding, contract: Contract) -> dict[str, str]:
    """Of days and times; those of numbers belong to their form."""
    of = {c.name: said_of(binding, c.name, "digits") for c in contract.columns if c.logical_type in _CLOCKS}
    return {name: script for name, script in of.items() if script}


def _sign(name: str, sign: SignWords) -> Flag | TwoColumns:
    if sign.flag is None:
        return TwoColumns(helper("plus", name), helper("minus", name), sign.minus_written == "negative")
    plus, minus = _listed(sign.plus), _listed(sign.minus)
    return Flag(helper("flag", name), plus, minus, sign.none, sign.own_sign == "turned")


def _listed(words: tuple[Word, ...] | str | None) -> tuple[Word, ...]:
    return words if isinstance(words, tuple) else ()


def _fold(name: str, fold: FoldWords) -> Fold:
    if fold.column is None:
        return Fold(always=fold.always or "")
    return Fold(column=helper("fold", name), first=fold.first, second=fold.second)
