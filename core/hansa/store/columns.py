"""A contract's columns as an Iceberg schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.contract.model import Column, Contract

if TYPE_CHECKING:
    from pyiceberg.schema import Schema
    from pyiceberg.types import IcebergType


def _iceberg_type(column: Column) -> IcebergType:
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
        case "boolean":
            return types.BooleanType()


def iceberg_schema(contract: Contract) -> Schema:
    """The contract's columns as an Iceberg schema, numbered from 1, with their descriptions."""
    from pyiceberg.schema import Schema
    from pyiceberg.types import NestedField

    fields = [
        NestedField(
            number, column.name, _iceberg_type(column), required=column.required, doc=column.description or None
        )
        for number, column in enumerate(contract.columns, start=1)
    ]
    return Schema(*fields)
