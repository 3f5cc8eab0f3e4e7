"""Where a card was last, and how far that is: from the merchants' coordinates, for movements with somebody present.

A place is a row of the table of merchants with coordinates, sorted by ``merchant_id``; its number is the row's. Of two
events of one instant the one with the higher number is the later, so the order in which they come decides nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hansa_risk.derived import kilometres
from hansa_risk.windows import CLOCK, latest, microseconds

#: The column of a history with the number of an event's place; null where it has none, and on rows that only ask.
PLACE = "place"
#: What the last place adds to a row: its distance, and the time since.
KM, ELAPSED = "km_from_last", "microseconds_from_last"
_TABLE = {"merchant_id": pl.String, "x": pl.Float64, "y": pl.Float64, "z": pl.Float64, PLACE: pl.Int64}


def places(merchants: pl.LazyFrame | None) -> pl.DataFrame:
    """``merchant_id``, its point (``x``, ``y``, ``z``) on the unit sphere, and the place's number.

    A merchant without both coordinates is in no place; without merchants the table is empty.
    """
    if merchants is None:
        return pl.DataFrame(schema=_TABLE)
    degrees = ("latitude", "longitude")
    known = merchants.select("merchant_id", pl.col(degrees).cast(pl.Float64)).filter(
        pl.all_horizontal(pl.col(degrees).is_finite()), pl.col("merchant_id").is_not_null()
    )
    north, east = (pl.col(name).radians() for name in degrees)
    points = known.select("merchant_id", x=north.cos() * east.cos(), y=north.cos() * east.sin(), z=north.sin())
    # A row twice would be two places of one merchant: the products' key rules it out, a bare frame may not.
    once = points.unique("merchant_id", keep="any").sort("merchant_id")
    return once.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(PLACE)).collect()


@dataclass(frozen=True)
class LastPlace:
    """The place of the key's last event in ``[t - length, t)`` that has one."""

    key: str
    length: int

    def added(self, history: pl.DataFrame, asked: str, table: pl.DataFrame) -> pl.DataFrame:
        """``history`` with ``KM`` and ``ELAPSED``, where the column ``asked`` has the number of the asking place.

        ``history`` has ``clock``, the key and ``PLACE``, and its rows are sorted by key, clock and ``PLACE``.
        """
        moment = pl.col(CLOCK).dt.epoch("us")
        placed = pl.col(PLACE).is_not_null()
        last = {
            "_then": latest(pl.when(placed).then(moment), self.length),
            "_there": latest(pl.col(PLACE), self.length),
        }
        found = history.with_columns(**{name: expression.over(self.key) for name, expression in last.items()})
        near = pl.col("_then") >= moment - self.length * 1_000_000
        there = found.with_columns(pl.when(near & pl.col(asked).is_not_null()).then(name).alias(name) for name in last)
        here, back = (_points(table, there.get_column(name)) for name in (asked, "_there"))
        # Columns and no expression: one that names its parts so often would be a tree of many thousand leaves.
        km = kilometres(here, back, pl.Series.sqrt, lambda values, bound: values.clip(upper_bound=bound)).alias(KM)
        return there.with_columns(km, (moment - pl.col("_then")).alias(ELAPSED)).drop("_there", "_then")


def _points(table: pl.DataFrame, numbers: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """The points of places, null for null."""
    x, y, z = (table.get_column(axis).gather(numbers) for axis in "xyz")
    return x, y, z


@dataclass
class Whereabouts:
    """The places of one key in the order of time: ``LastPlace``, event by event. Clocks are microseconds since 1970."""

    seen: list[tuple[int, int]] = field(default_factory=list)

    def add(self, clock: Any, place: int) -> None:
        """Take in one event at a place."""
        insort(self.seen, (microseconds(clock), place))

    def last(self, at: Any, length: int) -> tuple[int, int] | None:
        """Moment and place of the last event in ``[at - length, at)``."""
        moment = microseconds(at)
        before = bisect_left(self.seen, (moment, -1))
        if not before or self.seen[before - 1][0] < moment - length * 1_000_000:
            return None
        return self.seen[before - 1]


def distance(here: tuple[float, float, float], there: tuple[float, float, float]) -> float:
    """Kilometres between two points of the unit sphere."""
    return float(kilometres(here, there, math.sqrt, min))
