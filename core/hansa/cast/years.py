"""Years of two digits: which of the hundred years of a declared window is meant."""

from __future__ import annotations

import re

import polars as pl

#: ``%D`` and ``%x`` are a month, a day and two digits of a year.
_TWO_DIGITS = re.compile(r"%[-_0]?[yDxg]")
_YEAR = re.compile(r"%[-_0]?[YGyDxgCcFsv+]")
#: The engine takes two digits as a year of these hundred.
_ENGINE = 1970


def has_two_digit_year(pattern: str) -> bool:
    """True if a pattern leaves the century open."""
    return bool(_TWO_DIGITS.search(pattern)) and "%C" not in pattern


def has_year(pattern: str) -> bool:
    """True if a pattern tells a year at all."""
    return bool(_YEAR.search(pattern))


def in_window(value: pl.Expr, pattern: str, first: int | None) -> pl.Expr:
    """A day or time, its year of two digits taken from the hundred years that begin with ``first``.

    The value itself where nothing is declared or the pattern has no such year. The 29th of February that the year does
    not have becomes the 28th: the caller's comparison with the text refuses it.
    """
    if first is None or not has_two_digit_year(pattern):
        return value
    begin = _ENGINE + (first - _ENGINE) % 100
    earlier, later = first + 100 - begin, first - begin
    # Of the engine's years those before ``begin`` are the end of the window, the others its beginning.
    return pl.when(value.dt.year() < begin).then(_moved(value, earlier)).otherwise(_moved(value, later))


def _moved(value: pl.Expr, years: int) -> pl.Expr:
    return value.dt.offset_by(f"{years}y") if years else value
