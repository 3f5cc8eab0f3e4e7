"""What a contract asks of one value, as conditions in Polars: true, false, or null where nothing can be said."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import polars as pl

from hansa.contract.model import Column
from hansa.contract.text_formats import LONGEST, LONGEST_LOCAL_PART, TEXT_FORMATS, WITH_A_DAY
from hansa.contract.types import typed
from hansa.schema.types import polars_type


def must_have(column: Column) -> bool:
    """True if a row without a value is refused: asked for by the contract, or a partition, which no row can lack."""
    return column.required or column.partitioned


def own_conditions(column: Column, value: pl.Expr) -> dict[str, pl.Expr]:
    """For each option of the column itself its word and the condition that ``value`` keeps it (null: undecided)."""
    made: dict[str, pl.Expr] = {}
    if column.pattern is not None:
        made["pattern"] = value.str.contains(column.pattern)
    if column.min_length is not None:
        made["minLength"] = value.str.len_chars() >= column.min_length
    if column.max_length is not None:
        made["maxLength"] = value.str.len_chars() <= column.max_length
    if column.text_format is not None:
        made["format"] = _has_form(value, column.text_format)
    made |= _bounds(column, value)
    if column.multiple_of is not None:
        made["multipleOf"] = _is_multiple(value, column, column.multiple_of)
    if column.enum:
        made["enum"] = value.is_in(written_values(column, column.enum).implode())
    return made | _counts(column, value)


def _has_form(value: pl.Expr, form: str) -> pl.Expr:
    kept = value.str.contains(TEXT_FORMATS[form])
    if form in LONGEST:
        kept = kept & (value.str.len_chars() <= LONGEST[form])
    if form == "email":
        kept = kept & (value.str.replace("@[^@]*$", "").str.len_chars() <= LONGEST_LOCAL_PART)
    if form in WITH_A_DAY:
        kept = kept & value.str.head(10).str.to_date("%Y-%m-%d", strict=False).is_not_null()
    # A day that does not exist is no date: what could not be read of a text that is there is no doubt.
    return pl.when(value.is_not_null()).then(kept.fill_null(False))


def _bounds(column: Column, value: pl.Expr) -> dict[str, pl.Expr]:
    dtype = polars_type(column)
    made: dict[str, pl.Expr] = {}
    if column.minimum is not None:
        made["minimum"] = value >= pl.lit(column.minimum, dtype=dtype)
    if column.maximum is not None:
        made["maximum"] = value <= pl.lit(column.maximum, dtype=dtype)
    if column.exclusive_minimum is not None:
        made["exclusiveMinimum"] = value > pl.lit(column.exclusive_minimum, dtype=dtype)
    if column.exclusive_maximum is not None:
        made["exclusiveMaximum"] = value < pl.lit(column.exclusive_maximum, dtype=dtype)
    return made


def _is_multiple(value: pl.Expr, column: Column, multiple: Decimal) -> pl.Expr:
    """Exact: by the remainder of whole numbers of 128 bits."""
    numerator, denominator = multiple.as_integer_ratio()
    if column.logical_type == "integer":
        whole, shift = value, 1
    elif column.scale is not None:
        # A decimal is a whole number of its smallest unit.
        whole, shift = value.to_physical(), 10**column.scale
    else:
        # The denominator is a power of two, so that the product is exact. What is greater than any money is refused.
        scaled = value * float(denominator)
        whole = scaled.cast(pl.Int128, strict=False)
        kept = (scaled == scaled.round(0)) & _divides(numerator, whole)
        return pl.when(value.is_not_null()).then(kept.fill_null(False))
    # value / shift is a multiple of numerator / denominator where value is one of this:
    return _divides(numerator * shift // math.gcd(numerator * shift, denominator), whole)


def _divides(divisor: int, whole: pl.Expr) -> pl.Expr:
    if divisor >= 2**126:
        return whole == 0
    return whole.cast(pl.Int128) % pl.lit(divisor, dtype=pl.Int128) == 0


def _counts(column: Column, value: pl.Expr) -> dict[str, pl.Expr]:
    """How many entries or fields there are."""
    made: dict[str, pl.Expr] = {}
    if column.min_items is not None:
        made["minItems"] = value.list.len() >= column.min_items
    if column.max_items is not None:
        made["maxItems"] = value.list.len() <= column.max_items
    if column.unique_items:
        made["uniqueItems"] = value.list.n_unique() == value.list.len()
    if column.min_properties is not None:
        made["minProperties"] = _filled(column, value) >= column.min_properties
    if column.max_properties is not None:
        made["maxProperties"] = _filled(column, value) <= column.max_properties
    return made


def _filled(column: Column, value: pl.Expr) -> pl.Expr:
    """How many fields of an object have a value; null where there is no object."""
    filled = pl.sum_horizontal(value.struct.field(one.name).is_not_null() for one in column.fields)
    return pl.when(value.is_not_null()).then(filled)


def written_values(column: Column, texts: tuple[str, ...]) -> pl.Series:
    """The author's own characters as values of the column's type; a text column keeps them as they are."""
    dtype = polars_type(column)
    values: list[Any] = list(texts)
    match column.logical_type:
        case "boolean":
            values = [text == "true" for text in texts]
        case "date" | "timestamp" | "time":
            values = [typed(column, text) for text in texts]
        case "integer" | "number":
            return pl.Series(texts, dtype=pl.String).cast(dtype)
    return pl.Series(values, dtype=dtype)
