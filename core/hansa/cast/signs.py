"""Numbers whose sign does not stand beside their digits: in a flag of another column, or by which column they are in.

A number is turned as the value that it is, a decimal or a whole number, so that nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from hansa.cast.nulls import when
from hansa.cast.reading import Flag, TwoColumns, Word


def is_one_of(source: pl.Expr, words: tuple[Word, ...]) -> pl.Expr:
    """True where a text is one of the words, to the letter; None among them is a text that is empty or missing."""
    found = source.is_in([word for word in words if word]).fill_null(False)
    return found | (source.fill_null("") == "") if None in words or "" in words else found


def by_flag(value: pl.Expr, failed: pl.Expr, flag: pl.Expr, sign: Flag) -> tuple[pl.Expr, pl.Expr]:
    """Value and failure of a number with a flag: one that no list names says nothing, so that the row is refused."""
    plus, minus, none = (is_one_of(flag, words) for words in (sign.plus, sign.minus, sign.none))
    signed = when(plus | minus, pl.when(minus).then(_turned(value)).otherwise(value))
    wrong = failed | ~(plus | minus | none)
    if not sign.turned:
        wrong |= (plus | minus) & (value < 0).fill_null(False)
    return when(~wrong, signed), wrong


def by_two_columns(of: Callable[[str], tuple[pl.Expr, pl.Expr]], sign: TwoColumns) -> tuple[pl.Expr, pl.Expr]:
    """Value and failure of a number that stands in one of two columns; ``of`` reads a column as the number that it is.

    Where both hold one that is not zero, nobody knows which is meant, and the row is refused.
    """
    (plus, plus_failed), (minus, minus_failed) = of(sign.plus), of(sign.minus)
    received, paid = ((value != 0).fill_null(False) for value in (plus, minus))
    unfit = (plus < 0).fill_null(False) | (minus > 0 if sign.written else minus < 0).fill_null(False)
    wrong = plus_failed | minus_failed | (received & paid) | unfit
    value = pl.when(paid).then(minus if sign.written else _turned(minus)).otherwise(pl.coalesce(plus, minus))
    return when(~wrong, value), wrong


def _turned(value: pl.Expr) -> pl.Expr:
    """The number with the other sign; a zero has none."""
    return pl.when(value == 0).then(value).otherwise(-value)
