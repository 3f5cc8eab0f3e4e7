"""From the values as they came to the contract's types: nothing is rounded, cut or guessed.

Every cast is a pair of Polars expressions, so the same cast serves a lazy filter and a batch in the gate.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from hansa.contract.model import Column, Contract
from hansa.schema import polars_type


@dataclass(frozen=True)
class Offset:
    """A time that a source does not have: ``column`` plus ``by``."""

    column: str
    by: dt.timedelta


@dataclass(frozen=True)
class Reading:
    """How one source writes its values, where the contract does not say: by column name of the contract.

    ``formats`` are strptime patterns of dates and timestamps, tried in order; ``zones`` the zone of times that carry
    none; ``offsets`` the columns that are another time plus a declared delay; ``binary_noise`` the decimals that the
    source computed in doubles, so that they stand a hair beside the number that is meant.
    """

    formats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    offsets: Mapping[str, Offset] = field(default_factory=dict)
    binary_noise: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cast:
    """The cast of one column: ``value`` has the contract's type, ``failed`` is true where a value could not be cast."""

    value: pl.Expr
    failed: pl.Expr


def casts(contract: Contract, schema: Mapping[str, pl.DataType], reading: Reading, zone: str) -> dict[str, Cast]:
    """The cast of every column of the contract over a frame of ``schema``; a column that is absent becomes null.

    ``zone`` is the mesh's zone, in which a business date is the local day of the time that it belongs to.
    """
    made: dict[str, Cast] = {}
    for column in contract.columns:
        offset = reading.offsets.get(column.name)
        if column.name in schema:
            made[column.name] = _cast(column, column.name, schema[column.name], reading)
        elif offset is not None and offset.column in schema:
            made[column.name] = _shifted(column, offset, contract, schema, reading)
        elif column.business_date_of is None:
            made[column.name] = Cast(pl.lit(None, dtype=polars_type(column)), pl.lit(False))
    for column in contract.columns:
        if column.name not in made and column.business_date_of is not None:
            moment = made[column.business_date_of].value
            if contract.by_name[column.business_date_of].zoned:
                moment = moment.dt.convert_time_zone(zone)
            # A time that is missing or unreadable is reported under its own name; the date is then just absent.
            made[column.name] = Cast(moment.dt.date(), pl.lit(False))
    return {column.name: made[column.name] for column in contract.columns}


def _shifted(
    column: Column, offset: Offset, contract: Contract, schema: Mapping[str, pl.DataType], reading: Reading
) -> Cast:
    origin = contract.by_name.get(offset.column, column)
    cast = _cast(replace(origin, name=column.name), offset.column, schema[offset.column], reading)
    return Cast(cast.value + offset.by, cast.failed)


def _cast(column: Column, name: str, raw: pl.DataType, reading: Reading) -> Cast:
    """Cast the raw column ``name`` to what ``column`` wants; formats and zone are looked up under both names."""
    source = pl.col(name)
    if raw == pl.Null:
        return Cast(source.cast(polars_type(column)), pl.lit(False))
    zone = reading.zones.get(column.name) or reading.zones.get(name) or column.zone
    formats = reading.formats.get(column.name) or reading.formats.get(name) or column.formats
    match column.logical_type:
        case "string":
            value = _to_text(source, raw)
        case "integer":
            value = _to_integer(source, raw)
        case "number" if column.scale is not None:
            noisy = column.name in reading.binary_noise
            value = _to_decimal(source, raw, column.precision or 38, column.scale, noisy=noisy)
        case "number":
            value = _to_double(source, raw)
        case "date":
            value = _to_date(source, raw, formats)
        case "timestamp":
            value = _to_timestamp(source, raw, formats, zone, zoned=column.zoned)
        case "boolean":
            value = _to_boolean(source, raw)
    return Cast(value, source.is_not_null() & value.is_null())


def _nothing(dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    return pl.lit(None, dtype=dtype)


def _when(condition: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(value)


def _to_text(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    if raw == pl.String or isinstance(raw, pl.Categorical | pl.Enum):
        return source.cast(pl.String)
    if raw.is_integer() or isinstance(raw, pl.Decimal | pl.Date):
        return source.cast(pl.String)
    return _nothing(pl.String)


#: Up to here a float tells neighbouring integers apart (2^11 for the smaller ones).
_EXACT_UP_TO: dict[pl.DataType, int] = {pl.Float64(): 2**53, pl.Float32(): 2**24}


def _to_integer(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    if raw == pl.String:
        return _when(source.str.contains(r"^[+-]?[0-9]+$"), source.str.strip_prefix("+").cast(pl.Int64, strict=False))
    if raw.is_integer():
        return source.cast(pl.Int64, strict=False)
    if raw.is_float():
        exact = (source == source.round(0)) & (source.abs() <= _EXACT_UP_TO.get(raw, 2**11))
        return _when(exact, source.cast(pl.Int64, strict=False))
    if isinstance(raw, pl.Decimal):
        value = source.cast(pl.Int64, strict=False)
        return _when(value.cast(raw, strict=False) == source, value)
    return _nothing(pl.Int64)


#: What a few additions or multiplications in doubles may leave beside the number that is meant, relative to it.
_NOISE = 2.0**-49


def _to_decimal(source: pl.Expr, raw: pl.DataType, precision: int, scale: int, *, noisy: bool) -> pl.Expr:
    dtype = pl.Decimal(precision, scale)
    if raw == pl.String:
        plain = source.str.contains(rf"^[+-]?[0-9]+(\.[0-9]{{0,{scale}}}0*)?$")
        return _when(plain, source.str.strip_prefix("+").cast(dtype, strict=False))
    if raw.is_integer():
        return source.cast(dtype, strict=False)
    if raw.is_float():
        told_apart = source.is_finite() & (source.abs() * 10**scale <= _EXACT_UP_TO.get(raw, 2**11))
        value = _when(told_apart, source).cast(dtype, strict=False)
        if noisy:
            return _when((value.cast(pl.Float64) - source).abs() <= source.abs() * _NOISE, value)
        return _when(value.cast(pl.Float64).cast(raw) == source, value)
    if isinstance(raw, pl.Decimal):
        value = source.cast(dtype, strict=False)
        return _when(value.cast(raw, strict=False) == source, value)
    return _nothing(dtype)


def _to_double(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    if raw == pl.String:
        value = source.cast(pl.Float64, strict=False)
        digits = _digits(source)
        # Fifteen digits survive a double and come back; more only if they are the double's own shortest form.
        survives = (digits.str.len_chars() <= 15) & (value.abs() >= sys.float_info.min)
        value = _when(survives | (digits == _digits(value.cast(pl.String))), value)
    elif raw.is_integer():
        value = source.cast(pl.Float64)
        value = _when(value.cast(raw, strict=False) == source, value)
    elif raw.is_float():
        value = source.cast(pl.Float64)
    elif isinstance(raw, pl.Decimal):
        value = source.cast(pl.Float64)
        value = _when(value.cast(raw, strict=False) == source, value)
    else:
        return _nothing(pl.Float64)
    # Not a number and infinity are no numbers; a negative zero is zero.
    return pl.when(value == 0).then(pl.lit(0.0)).when(value.is_finite()).then(value)


def _digits(text: pl.Expr) -> pl.Expr:
    """The significant digits of a number's text, without sign, point, exponent and outer zeros."""
    return text.str.replace(r"[eE].*$", "").str.replace_all(r"[^0-9]", "").str.strip_chars("0")


def _to_date(source: pl.Expr, raw: pl.DataType, formats: Sequence[str]) -> pl.Expr:
    if raw == pl.Date:
        value = source
    elif isinstance(raw, pl.Datetime) and raw.time_zone is None:
        value = _when(source.dt.truncate("1d") == source, source.dt.date())
    elif raw == pl.String:
        value = pl.coalesce(_same_text(source, _naive_date(source, p), p) for p in formats or ("%Y-%m-%d",))
    else:
        return _nothing(pl.Date)
    return _when(value.dt.year().is_between(1, 9999), value)


def _naive_date(source: pl.Expr, pattern: str) -> pl.Expr:
    return source.str.to_date(pattern, strict=False)


#: Forms of a time without zone that are read where a contract or a binding names a zone but no format.
NAIVE_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_TOO_FINE = r"\.[0-9]{6}[0-9]*[1-9]"
_OFFSET = r"([Zz]|[+-][0-9]{2}:?[0-9]{2})$"
#: Seconds end at 59: the engine would carry a leap second into the next minute, and so into the next day.
_RFC_3339 = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]+)?" + _OFFSET
_TIME_CODES = ("%H", "%I", "%k", "%l", "%T", "%R", "%r", "%X", "%c", "%s")


def _to_timestamp(
    source: pl.Expr, raw: pl.DataType, formats: Sequence[str], zone: str | None, *, zoned: bool
) -> pl.Expr:
    if isinstance(raw, pl.Datetime):
        value = source.dt.cast_time_unit("us")
        value = _when(value.dt.cast_time_unit(raw.time_unit) == source, value)
        if raw.time_zone is None:
            value = _localised(value, zone) if zoned else value
        else:
            value = value.dt.convert_time_zone("UTC") if zoned else _nothing(pl.Datetime("us"))
    elif raw == pl.String:
        tries = [_parsed(source, pattern, zone, zoned) for pattern in formats] or _default_times(source, zone, zoned)
        value = _when(~source.str.contains(_TOO_FINE), pl.coalesce(tries))
    else:
        return _nothing(pl.Datetime("us", "UTC") if zoned else pl.Datetime("us"))
    return _when(value.dt.year().is_between(1, 9999), value)


def _default_times(source: pl.Expr, zone: str | None, zoned: bool) -> list[pl.Expr]:
    naive = [_same_text(source, _naive(source, pattern), pattern) for pattern in NAIVE_FORMATS]
    if not zoned:
        return naive
    return [_instant(source), *(_localised(value, zone) for value in naive if zone is not None)]


def _instant(source: pl.Expr) -> pl.Expr:
    written = _when(source.str.contains(_RFC_3339), source)
    return written.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _parsed(source: pl.Expr, pattern: str, zone: str | None, zoned: bool) -> pl.Expr:
    """A time by one pattern of a contract or a binding, if the pattern writes it back as it came."""
    offset = next((code for code in ("%:z", "%z", "%+") if pattern.endswith(code)), None)
    if "%Z" in pattern or (offset is None and "%+" in pattern) or (offset is not None and not zoned):
        # The engine skips a zone's name, and an offset in the middle cannot be written back.
        return _nothing(pl.Datetime("us", "UTC") if zoned else pl.Datetime("us"))
    if offset == "%+":
        return _instant(source)
    if offset is not None:
        stem = pattern.removesuffix(offset)
        bare = source.str.replace(_OFFSET, "")
        value = source.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
        return _when(_same_text(bare, _naive(bare, stem), stem).is_not_null(), value)
    value = _same_text(source, _naive(source, pattern), pattern)
    if not zoned:
        return value
    # Seconds since 1970 are an instant already.
    return _localised(value, "UTC" if "%s" in pattern else zone)


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
    return _when(written == source, value)


def _without_outer_zeros(text: pl.Expr) -> pl.Expr:
    shorter = text.str.replace(r"\.([0-9]*?)0+$", ".$1")
    return shorter.str.replace(r"\.$", "")


def _localised(value: pl.Expr, zone: str | None) -> pl.Expr:
    """Give a time without zone its zone; one that the clock change made ambiguous or impossible becomes null."""
    if zone is None:
        return _nothing(pl.Datetime("us", "UTC"))
    placed = value.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    return placed.dt.convert_time_zone("UTC")


def _to_boolean(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    if raw == pl.Boolean:
        return source
    if raw.is_integer():
        return _when(source.is_in([0, 1]), source == 1)
    if raw == pl.String:
        word = source.str.to_lowercase()
        return _when(word.is_in(["true", "false", "1", "0"]), word.is_in(["true", "1"]))
    return _nothing(pl.Boolean)
