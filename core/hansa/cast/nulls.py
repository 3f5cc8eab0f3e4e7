"""What every cast is made of."""

from __future__ import annotations

import polars as pl


def nothing(dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """A constant null of this type."""
    return pl.lit(None, dtype=dtype)


def when(condition: pl.Expr, value: pl.Expr) -> pl.Expr:
    """The value where the condition holds, and null elsewhere."""
    return pl.when(condition).then(value)
