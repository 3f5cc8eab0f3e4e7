"""Dates, times and times of day: read by their formats alone, and only if the format writes them back as they came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from hansa.cast.nulls import nothing, when
from hansa.cast.years import in_window
from hansa.cast.zones import Clock, localised


def to_date(source: pl.Expr, raw: pl.DataType, formats: Sequence[str], window: int | None = None) -> pl.Expr:
    """A day from year 1 to 9999; a time is one only at midnight. ``window`` is the first year of two digits."""
    if raw == pl.Date:
        value = source
    elif isinstance(raw, pl.Datetime) and raw.time_zone is None:
        value = when(source.dt.truncate("1d") == source, source.dt.date())
    elif raw == pl.String:
        patterns = formats or ("%Y-%m-%d",)
        value = pl.coalesce(_same_text(source, in_window(_naive_date(source, p), p, window), p) for p in patterns)
    else:
        return nothing(pl.Date)
    return when(value.is_between(pl.lit(dt.date.min), pl.lit(dt.date.max)), value)


def _naive_date(source: pl.Expr, pattern: str) -> pl.Expr:
    return source.str.to_date(pattern, strict=False)


#: Forms of a time without zone that are read where a contract or a binding names a zone but no format.
NAIVE_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
#: Forms of a time of day that are read where no format is given.
CLOCK_FORMATS = ("%H:%M:%S%.f", "%H:%M")
_TOO_FINE = r"\.[0-9]{6}[0-9]*[1-9]"
_OFFSET = r"([Zz]|[+-][0-9]{2}:?[0-9]{2})$"
#: Seconds end at 59: the engine would carry a leap second into the next minute, and so into the next day.
_RFC_3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?" + _OFFSET
_TIME_CODES = ("%H", "%I", "%-H", "%-I", "%k", "%l", "%T", "%R", "%r", "%X", "%c", "%s")


def to_timestamp(
    source: pl.Expr,
    raw: pl.DataType,
    formats: Sequence[str],
    clock: Clock,
    *,
    zoned: bool,
    window: int | None = None,
) -> pl.Expr:
    """A time to the microsecond: an instant in UTC where the column is ``zoned``, else as it was written.

    ``clock`` places a time that carries no zone; ``window`` is the first year of two digits.
    """
    if isinstance(raw, pl.Datetime):
        value = source
        if raw.time_unit != "us":
            value = source.dt.cast_time_unit("us")
            value = when(value.dt.cast_time_unit(raw.time_unit) == source, value)
        if raw.time_zone is None:
            value = localised(value, clock) if zoned else value
        else:
            value = value.dt.convert_time_zone("UTC") if zoned else nothing(pl.Datetime("us"))
    elif raw == pl.String:
        tries = [_parsed(source, pattern, clock, zoned, window) for pattern in formats]
        tries = tries or _default_times(source, clock, zoned)
        value = when(~source.str.contains(_TOO_FINE), pl.coalesce(tries))
    else:
        return nothing(pl.Datetime("us", "UTC") if zoned else pl.Datetime("us"))
    dtype = pl.Datetime("us", "UTC" if zoned else None)
    first, last = pl.lit(dt.datetime.min, dtype=dtype), pl.lit(dt.datetime.max, dtype=dtype)
    return when(value.is_between(first, last), value)


def _default_times(source: pl.Expr, clock: Clock, zoned: bool) -> list[pl.Expr]:
    naive = [_same_text(source, _naive(source, pattern), pattern) for pattern in NAIVE_FORMATS]
    if not zoned:
        return naive
    if clock.column is not None:
        # An offset of its own could say something else than the column does.
        return [localised(value, clock) for value in naive]
    return [_instant(source), *(localised(value, clock) for value in naive if clock.zone is not None)]


def _instant(source: pl.Expr) -> pl.Expr:
    written = when(source.str.contains(_RFC_3339), source)
    return written.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _parsed(source: pl.Expr, pattern: str, clock: Clock, zoned: bool, window: int | None) -> pl.Expr:
    """A time by one pattern of a contract or a binding, if the pattern writes it back as it came."""
    offset = next((code for code in ("%:z", "%z", "%+") if pattern.endswith(code)), None)
    if "%Z" in pattern or (offset is None and "%+" in pattern) or (offset is not None and not zoned):
        # The engine skips a zone's name, and an offset in the middle cannot be written back.
        return nothing(pl.Datetime("us", "UTC") if zoned else pl.Datetime("us"))
    if offset == "%+":
        return _instant(source)
    if offset is not None:
        stem = pattern.removesuffix(offset)
        bare = source.str.replace(_OFFSET, "")
        value = source.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
        local = _naive(bare, stem)
        placed = in_window(local, stem, window)
        # The window is one of the years that were written, which are those of the local time.
        moved = value if placed is local else value + (placed - local)
        return when(_same_text(bare, placed, stem).is_not_null(), moved)
    value = _same_text(source, in_window(_naive(source, pattern), pattern, window), pattern)
    if not zoned:
        return value
    # Seconds since 1970 are an instant already.
    return localised(value, Clock("UTC") if "%s" in pattern else clock)


def _naive(source: pl.Expr, pattern: str) -> pl.Expr:
    if any(code in pattern for code in _TIME_CODES):
        return source.str.to_datetime(pattern, time_unit="us", strict=False)
    return _naive_date(source, pattern).cast(pl.Datetime("us"))


def _same_text(source: pl.Expr, value: pl.Expr, pattern: str) -> pl.Expr:
    """Keep a date or time only if its pattern writes it as it came; case of names, zeros of a fraction may differ."""
    written = value.dt.to_string(pattern)
    if "%.f" in pattern:
        source, written = (_without_outer_zeros(text) for text in (source, written))
    if any(code in pattern for code in ("%a", "%A", "%b", "%B", "%h", "%p", "%P")):
        source, written = source.str.to_lowercase(), written.str.to_lowercase()
    return when(written == source, value)


def _without_outer_zeros(text: pl.Expr) -> pl.Expr:
    shorter = text.str.replace(r"\.([0-9]*?)0+$", ".$1")
    return shorter.str.replace(r"\.$", "")


def to_time(source: pl.Expr, raw: pl.DataType, formats: Sequence[str]) -> pl.Expr:
    """A time of day, which the table keeps to the microsecond."""
    if raw == pl.Time:
        return when(source.to_physical() % 1000 == 0, source)
    if raw != pl.String:
        return nothing(pl.Time)
    tries = [
        _same_text(source, source.str.to_time(pattern, strict=False), pattern) for pattern in formats or CLOCK_FORMATS
    ]
    return when(~source.str.contains(_TOO_FINE), pl.coalesce(tries))
