"""From a time without zone to the moment that it is: by a declared zone, or by what another column says of each row.

An hour that comes twice is one moment only if the source says which; one that never comes is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from hansa.cast.nulls import nothing, when
from hansa.cast.reading import Fold, ZoneColumn
from hansa.cast.signs import is_one_of

_OFFSET = r"^([+-])([01][0-9]):?([0-5][0-9])$"
_NO_OFFSET = ("Z", "UTC")


@dataclass(frozen=True)
class Clock:
    """Whose clock showed a time that carries no zone."""

    zone: str | None = None
    column: ZoneColumn | None = None
    fold: Fold | None = None


def minutes_of(offset: str) -> int | None:
    """The minutes east of UTC of an offset such as ``+01:00``, ``Z`` or ``UTC``; None for what is none."""
    if offset in _NO_OFFSET:
        return 0
    found = re.match(_OFFSET, offset)
    return int(f"{found[1]}{int(found[2]) * 60 + int(found[3])}") if found else None


def localised(value: pl.Expr, clock: Clock) -> pl.Expr:
    """Give times without zone their moment in UTC; null where there is none, or where it may be one of two."""
    if clock.column is not None:
        return _by_column(value, clock.column, clock.fold)
    return _in_zone(value, clock.zone, clock.fold) if clock.zone is not None else nothing(pl.Datetime("us", "UTC"))


def _in_zone(value: pl.Expr, zone: str, fold: Fold | None) -> pl.Expr:
    return value.dt.replace_time_zone(zone, ambiguous=_which(fold), non_existent="null").dt.convert_time_zone("UTC")


def _which(fold: Fold | None) -> pl.Expr:
    """Which of two moments is meant, in the engine's words."""
    if fold is None:
        return pl.lit("null")
    if fold.always:
        return pl.lit("earliest" if fold.always == "first" else "latest")
    flag = pl.col(fold.column).cast(pl.String)
    first, second = (is_one_of(flag, words) for words in (fold.first, fold.second))
    return pl.when(first).then(pl.lit("earliest")).when(second).then(pl.lit("latest")).otherwise(pl.lit("null"))


def _by_column(value: pl.Expr, by: ZoneColumn, fold: Fold | None) -> pl.Expr:
    """By the offset or the declared word of each row; a word that nobody declared names no zone."""
    word = pl.col(by.column).cast(pl.String)
    parts = word.str.extract_groups(_OFFSET).struct
    hours, minutes = (parts.field(at).cast(pl.Int64, strict=False) for at in ("2", "3"))
    east = (hours * 60 + minutes) * pl.when(parts.field("1") == "-").then(-1).otherwise(1)
    east = pl.when(word.is_in(_NO_OFFSET)).then(0).otherwise(east)
    fixed = {name: known for name, told in by.names.items() if (known := minutes_of(told)) is not None}
    for name, offset in fixed.items():
        east = pl.when(word == name).then(offset).otherwise(east)
    zones = {name: told for name, told in by.names.items() if name not in fixed}
    # A declared word goes before what the word would say by itself.
    east = when(~word.is_in(list(zones)), east) if zones else east
    moved = (value - pl.duration(minutes=east, time_unit="us")).dt.replace_time_zone("UTC")
    return pl.coalesce(moved, *_named(value, word, zones, fold))


def _named(value: pl.Expr, word: pl.Expr, zones: Mapping[str, str], fold: Fold | None) -> list[pl.Expr]:
    return [when(word == name, _in_zone(value, zone, fold)) for name, zone in zones.items()]
