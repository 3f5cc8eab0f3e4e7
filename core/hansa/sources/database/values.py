"""What a database sends, made into columns: exact, and of a type that does not depend on the driver.

PostgreSQL sends texts, which are read here by the type of their column, so that no digit passes through a float and no
instant through a zone of this machine. Other drivers send objects of Python, which are written out as texts, and the
contract's cast reads those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import polars as pl

from hansa.errors import DataError

Kind = Literal["integer", "number", "float", "boolean", "date", "timestamp", "instant", "time", "text", "json", "any"]

#: By the name of PostgreSQL's type. A type of its own, such as an enumeration, is sent as the text that it is.
_KINDS: dict[str, Kind] = {
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "oid": "integer",
    "numeric": "number",
    "float4": "float",
    "float8": "float",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "instant",
    "time": "time",
}
#: What is no single value of a contract, or is written by settings of the server, and how to have it all the same.
_UNREAD = {
    "bytea": "bytes",
    "money": "written as the server's country has it",
    "interval": "no value of a contract",
    "timetz": "no value of a contract",
    "record": "no single value",
}
_CAST = "leave the column out of the contract, or write a query that casts it"


@dataclass(frozen=True)
class Sent:
    """A column as it is sent: its name in the database, its kind, and whether it is an array, which comes as JSON."""

    name: str
    kind: Kind
    array: bool = False

    @property
    def dtype(self) -> pl.DataType:
        """The type of the column in a frame."""
        return _TYPES.get(self.kind, pl.String())

    @property
    def said(self) -> pl.DataType:
        """The type for the words of a binding: a number comes as a text, and is none to what is said of texts."""
        return pl.Decimal(38, 10) if self.kind == "number" else self.dtype


_TYPES: dict[str, pl.DataType] = {
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "instant": pl.Datetime("us", "UTC"),
    "time": pl.Time(),
}


def sent(name: str, type_name: str, *, array: bool, place: str) -> Sent:
    """A column of PostgreSQL by the name of its type. Errors: DataError for one that cannot be read."""
    if not array and type_name in _UNREAD:
        what = f"column '{name}' is of type {type_name}: {_UNREAD[type_name]}"
        raise DataError("database.type", what, where=place, next_step=_CAST)
    return Sent(name, "json", True) if array else Sent(name, _KINDS.get(type_name, "text"))


def frame_of(
    rows: Sequence[Sequence[Any]], columns: Sequence[Sent], numbered: Collection[str], place: str
) -> pl.DataFrame:
    """A batch as a frame. ``numbered`` are columns of which the binding says how their texts are written as numbers.

    Errors: DataError, naming the column, for a value that none of a frame's types holds.
    """
    parts = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pl.DataFrame([_series(one, part, numbered, place) for one, part in zip(columns, parts, strict=True)])


def _series(column: Sent, values: Sequence[Any], numbered: Collection[str], place: str) -> pl.Series:
    if column.kind == "any":
        strict = column.name in numbered
        return pl.Series(column.name, [_plain(value, column.name, strict, place) for value in values], dtype=pl.String)
    text = pl.Series(column.name, values, dtype=pl.String)
    if column.dtype == pl.String:
        return text
    made = _typed(text, column.kind)
    if made.null_count() != text.null_count():
        what = f"column '{column.name}' holds a value that no {_SPOKEN[column.kind]} of a contract can be"
        what += (
            " (infinity, or a year before 1 or after 9999)" if column.kind in ("date", "timestamp", "instant") else ""
        )
        raise DataError("database.type", what, where=place, next_step="write a query that says what it means")
    return made


_SPOKEN = {
    "integer": "whole number",
    "float": "number",
    "boolean": "truth value",
    "date": "date",
    "timestamp": "time",
    "instant": "time",
    "time": "time of day",
}


def _typed(text: pl.Series, kind: Kind) -> pl.Series:
    match kind:
        case "integer":
            return text.cast(pl.Int64, strict=False)
        case "float":
            return text.cast(pl.Float64, strict=False)
        case "boolean":
            return pl.select(pl.when(text == "t").then(True).when(text == "f").then(False).alias(text.name)).to_series()
        case "date":
            return text.str.to_date("%Y-%m-%d", strict=False)
        case "timestamp":
            return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
        case "instant":
            bare = text.str.strip_suffix("+00")
            made = bare.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
            return made.dt.replace_time_zone("UTC")
        case _:
            return text.str.to_time("%H:%M:%S%.f", strict=False)


def _plain(value: Any, name: str, strict: bool, place: str) -> str | None:
    """One value of a driver as the text that a contract's cast reads. Errors: DataError for one of another kind."""
    if value is None or isinstance(value, str):
        return value
    if strict:
        what = f"column '{name}' holds numbers, and the mesh says how its texts are written as numbers"
        raise DataError("database.type", what, where=place, next_step="remove the words, or cast it to text in a query")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | UUID):
        return str(value)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    what = f"column '{name}' holds values of Python's type {type(value).__name__}"
    raise DataError("database.type", what, where=place, next_step=_CAST)
