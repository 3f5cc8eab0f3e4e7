"""Columns of a contract as Polars has them. This room loads Polars; the rest of the contract does not need it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from hansa.contract.model import Column


def polars_type(column: Column) -> pl.DataType:
    """The Polars type in which a column is checked, written and read."""
    match column.logical_type:
        case "string":
            return pl.String()
        case "integer":
            return pl.Int64()
        case "number":
            return pl.Float64() if column.scale is None else pl.Decimal(column.precision, column.scale)
        case "date":
            return pl.Date()
        case "timestamp":
            return pl.Datetime("us", "UTC" if column.zoned else None)
        case "time":
            return pl.Time()
        case "boolean":
            return pl.Boolean()
        case "object":
            return pl.Struct({one.name: polars_type(one) for one in column.fields})
        case "array":
            return pl.List(polars_type(entries(column)))


def entries(column: Column) -> Column:
    """What an array holds."""
    assert column.items is not None  # noqa: S101 - a contract's array says of what
    return column.items


def value_at(path: str) -> pl.Expr:
    """The value at a path that goes through objects alone."""
    first, *fields = path.split(".")
    value = pl.col(first)
    for name in fields:
        value = value.struct.field(name)
    return value


def no_rows(columns: Iterable[Column]) -> pl.LazyFrame:
    """A frame with these columns and without rows."""
    return pl.LazyFrame(schema={column.name: polars_type(column) for column in columns})
