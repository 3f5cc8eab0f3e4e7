"""Types of Polars, and names of types for people."""

from __future__ import annotations

import polars as pl

from hansa.contract.frame import entries, polars_type
from hansa.contract.model import Column, Contract

__all__ = ["entries", "polars_schema", "polars_type", "type_name"]


def polars_schema(contract: Contract) -> dict[str, pl.DataType]:
    """Column names and Polars types in the contract's order."""
    return {column.name: polars_type(column) for column in contract.columns}


def type_name(column: Column) -> str:
    """The type as a reader of a catalogue knows it: ``decimal(18,2)``, ``struct<city: string>``, ``array<date>``."""
    match column.logical_type:
        case "number":
            return "double" if column.scale is None else f"decimal({column.precision},{column.scale})"
        case "timestamp":
            return "timestamp with time zone" if column.zoned else "timestamp"
        case "object":
            return f"struct<{', '.join(f'{one.name}: {type_name(one)}' for one in column.fields)}>"
        case "array":
            return f"array<{type_name(entries(column))}>"
        case _:
            return column.logical_type
