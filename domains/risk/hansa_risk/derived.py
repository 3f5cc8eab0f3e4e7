"""What is made of a row's integers: one division, one comparison, one distance, each written once for both readings.

A number is a Polars column or a Python number; both are IEEE 754 doubles under ``+ - * /`` and the square root, which
are rounded in one way only, so a whole column and a single row give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

#: A Python float, or a Polars expression or column of floats.
Number = Any
#: Mean radius of the earth in kilometres (IUGG).
EARTH = 6371.0088


@dataclass(frozen=True)
class Ratio:
    """``over`` multiplied, by ``times``, over ``under`` multiplied, by ``per``; null if ``under`` is not above zero."""

    name: str
    over: tuple[str, ...]
    under: tuple[str, ...]
    times: int = 1
    per: int = 1

    def over_columns(self) -> pl.Expr:
        """The ratio of each row of a frame."""
        import polars as pl

        top, bottom = self._terms(lambda name: pl.col(name).cast(pl.Float64))
        return pl.when(bottom > 0).then(top / bottom).alias(self.name)

    def of_row(self, row: Mapping[str, Any]) -> float | None:
        """The ratio of one row."""
        if any(row[name] is None for name in (*self.over, *self.under)):
            return None
        top, bottom = self._terms(lambda name: float(row[name]))
        return float(top / bottom) if bottom > 0 else None

    def _terms(self, take: Callable[[str], Number]) -> tuple[Number, Number]:
        """Numerator and denominator, multiplied from left to right."""
        return _product(self.over, take) * float(self.times), _product(self.under, take) * float(self.per)


def _product(names: tuple[str, ...], take: Callable[[str], Number]) -> Number:
    product = take(names[0])
    for name in names[1:]:
        product = product * take(name)
    return product


@dataclass(frozen=True)
class Flag:
    """True if the count ``none`` is zero and, where it is named, the count ``some`` is not; null if one is missing."""

    name: str
    none: str
    some: str = ""

    def over_columns(self) -> pl.Expr:
        """The flag of each row of a frame."""
        import polars as pl

        flag = pl.col(self.none) == 0
        return (flag & (pl.col(self.some) > 0) if self.some else flag).alias(self.name)

    def of_row(self, row: Mapping[str, Any]) -> bool | None:
        """The flag of one row."""
        if row[self.none] is None:
            return None
        return row[self.none] == 0 and (not self.some or row[self.some] > 0)


def kilometres(
    here: tuple[Number, Number, Number],
    there: tuple[Number, Number, Number],
    root: Callable[[Number], Number],
    least: Callable[[Number, float], Number],
) -> Number:
    """Great circle distance in kilometres between two points of the unit sphere.

    From the chord c, the angle is 2 arcsin(c / 2). ``arcsin`` of a library may differ in the last bit from another's,
    so the angle is halved three times by sin(a / 2) = sin(a) / sqrt(2 (1 + cos(a))) and taken from the series of
    arcsin, whose rest is below a nanoradian there.
    """
    squares = [(a - b) * (a - b) for a, b in zip(here, there, strict=True)]
    half_chord = root(least((squares[0] + squares[1] + squares[2]) / 4.0, 1.0))
    sine = half_chord
    for _ in range(3):
        cosine = root(1.0 - least(sine * sine, 1.0))
        sine = sine / root(2.0 * (1.0 + cosine))
    square = sine * sine
    series = 1.0 + square * (
        1 / 6 + square * (3 / 40 + square * (5 / 112 + square * (35 / 1152 + square * (63 / 2816))))
    )
    return sine * series * (16.0 * EARTH)
