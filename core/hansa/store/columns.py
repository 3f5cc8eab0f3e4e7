"""A contract's columns as an Iceberg schema.

Top-level columns are numbered first, from 1 in the contract's order, then what lies within them: as PyIceberg numbers
a new table, so that the first data files have the table's own ids. Ids of a later version are the table's alone: match
columns by name, and let it number what is new.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from hansa.contract.model import Column, Contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType, NestedField


def _iceberg_type(column: Column, ids: Iterator[int]) -> IcebergType:
    from pyiceberg import types

    match column.logical_type:
        case "string":
            return types.StringType()
        case "integer":
            return types.LongType()
        case "number" if column.scale is not None:
            return types.DecimalType(column.precision or 38, column.scale)
        case "number":
            return types.DoubleType()
        case "date":
            return types.DateType()
        case "timestamp":
            return types.TimestamptzType() if column.zoned else types.TimestampType()
        case "time":
            return types.TimeType()
        case "boolean":
            return types.BooleanType()
        case "object":
            return types.StructType(*_fields(column.fields, ids, top=False))
        case "array":
            assert column.items is not None  # noqa: S101 - a contract's array says of what
            number = next(ids)
            return types.ListType(number, _iceberg_type(column.items, ids), element_required=False)


def _fields(columns: tuple[Column, ...], ids: Iterator[int], *, top: bool) -> list[NestedField]:
    """Fields of one level, numbered before what lies within them.

    What lies within is never required in the table, since writers cannot keep it within an object that is missing; the
    gate asks for it row by row.
    """
    from pyiceberg.types import NestedField

    numbers = [next(ids) for _ in columns]
    return [
        NestedField(
            number,
            column.name,
            _iceberg_type(column, ids),
            required=top and column.required,
            doc=column.description or None,
        )
        for number, column in zip(numbers, columns, strict=True)
    ]


def iceberg_fields(contract: Contract) -> dict[str, NestedField]:
    """The contract's columns by name, for whoever matches them by name; the ids are of no meaning beside a table."""
    return {one.name: one for one in _fields(contract.columns, count(1), top=True)}


def iceberg_schema(contract: Contract) -> Schema:
    """The schema of a new table, with the columns' descriptions."""
    from pyiceberg.schema import Schema

    return Schema(*iceberg_fields(contract).values())
