"""Texts, numbers and truth values: cast so that the way back gives what came."""

from __future__ import annotations

import sys

import polars as pl

from hansa.cast.nulls import nothing, when


def to_text(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    """A text; numbers that are exact and days are written out, doubles are not."""
    if raw == pl.String:
        return source
    if isinstance(raw, pl.Categorical | pl.Enum):
        return source.cast(pl.String)
    if raw.is_integer() or isinstance(raw, pl.Decimal | pl.Date):
        return source.cast(pl.String)
    return nothing(pl.String)


#: Up to here a float tells neighbouring integers apart (2^11 for the smaller ones).
_EXACT_UP_TO: dict[pl.DataType, int] = {pl.Float64(): 2**53, pl.Float32(): 2**24}


def to_integer(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    """A whole number of 64 bits."""
    if raw == pl.String:
        return when(source.str.contains(r"^[+-]?[0-9]+$"), source.str.strip_prefix("+").cast(pl.Int64, strict=False))
    if raw == pl.Int64:
        return source
    if raw.is_integer():
        return source.cast(pl.Int64, strict=False)
    if raw.is_float():
        exact = (source == source.round(0)) & (source.abs() <= _EXACT_UP_TO.get(raw, 2**11))
        return when(exact, source.cast(pl.Int64, strict=False))
    if isinstance(raw, pl.Decimal):
        value = source.cast(pl.Int64, strict=False)
        return when(value.cast(raw, strict=False) == source, value)
    return nothing(pl.Int64)


#: What a few additions or multiplications in doubles may leave beside the number that is meant, relative to it.
_NOISE = 2.0**-49
#: So many digits write any double.
_DOUBLE_DIGITS = 17


def to_decimal(source: pl.Expr, raw: pl.DataType, precision: int, scale: int, *, noisy: bool) -> pl.Expr:
    """A decimal; ``noisy`` lets a double stand a hair beside the number that is meant."""
    dtype = pl.Decimal(precision, scale)
    if raw == pl.String:
        alone = rf"[0-9]{{1,{scale}}}0*" if scale else "0+"
        plain = source.str.contains(rf"^[+-]?([0-9]+(\.[0-9]{{0,{scale}}}0*)?|\.{alone})$")
        value = when(plain, source.cast(dtype, strict=False))
        return pl.coalesce(value, _without_noise(source, precision, scale)) if noisy else value
    if raw.is_integer():
        return source.cast(dtype, strict=False)
    if raw.is_float():
        told_apart = source.is_finite() & (source.abs() * 10**scale <= _EXACT_UP_TO.get(raw, 2**11))
        value = when(told_apart, source).cast(dtype, strict=False)
        if noisy:
            return when((value.cast(pl.Float64) - source).abs() <= source.abs() * _NOISE, value)
        return when(value.cast(pl.Float64).cast(raw) == source, value)
    if isinstance(raw, pl.Decimal):
        value = source.cast(dtype, strict=False)
        return when(value.cast(raw, strict=False) == source, value)
    return nothing(dtype)


def _without_noise(text: pl.Expr, precision: int, scale: int) -> pl.Expr:
    """The decimal that is meant by a double which was written out, as that of a cell of a workbook."""
    written = text.str.contains(r"^[+-]?[0-9]+\.[0-9]+$") & (_digits(text).str.len_chars() <= _DOUBLE_DIGITS)
    double = when(written, text).cast(pl.Float64, strict=False)
    return to_decimal(double, pl.Float64(), precision, scale, noisy=True)


def to_double(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    """A double that is finite and comes back as the text that it was."""
    if raw == pl.String:
        value = source.cast(pl.Float64, strict=False)
        digits = _digits(source)
        # Fifteen digits survive a double and come back; more only if they are the double's own shortest form.
        survives = (digits.str.len_chars() <= 15) & (value.abs() >= sys.float_info.min)
        value = when(survives | (digits == _digits(value.cast(pl.String))), value)
    elif raw.is_integer():
        value = source.cast(pl.Float64)
        value = when(value.cast(raw, strict=False) == source, value)
    elif raw.is_float():
        value = source.cast(pl.Float64)
    elif isinstance(raw, pl.Decimal):
        value = source.cast(pl.Float64)
        value = when(value.cast(raw, strict=False) == source, value)
    else:
        return nothing(pl.Float64)
    # Not a number and infinity are no numbers; a negative zero is zero.
    return pl.when(value == 0).then(pl.lit(0.0)).when(value.is_finite()).then(value)


def _digits(text: pl.Expr) -> pl.Expr:
    """The significant digits of a number's text, without sign, point, exponent and outer zeros."""
    return text.str.replace(r"[eE].*$", "").str.replace_all(r"[^0-9]", "").str.strip_chars("0")


def to_boolean(source: pl.Expr, raw: pl.DataType) -> pl.Expr:
    """True or false, by their English words or 1 and 0."""
    if raw == pl.Boolean:
        return source
    if raw.is_integer():
        return when(source.is_in([0, 1]), source == 1)
    if raw == pl.String:
        word = source.str.to_lowercase()
        return when(word.is_in(["true", "false", "1", "0"]), word.is_in(["true", "1"]))
    return nothing(pl.Boolean)
