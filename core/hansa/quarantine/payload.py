"""The payload of an envelope: one row as it came, so that it can be given to the gate again exactly as it came.

A payload is a JSON object of the row's values by the position of their columns; a ``Shape`` beside it says names and
types. What JSON cannot hold without loss is written as what lies below it: floats by their bits, times and durations by
their number of units, decimals and integers of 128 bits by their digits, bytes in base 64.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from hansa.digest import plain

#: Types without parameters by the name that stands in a shape. These names never change.
_SIMPLE: dict[str, pl.DataType] = {
    str(dtype): dtype
    for dtype in (
        pl.String(),
        pl.Binary(),
        pl.Boolean(),
        pl.Int8(),
        pl.Int16(),
        pl.Int32(),
        pl.Int64(),
        pl.Int128(),
        pl.UInt8(),
        pl.UInt16(),
        pl.UInt32(),
        pl.UInt64(),
        pl.UInt128(),
        pl.Float16(),
        pl.Float32(),
        pl.Float64(),
        pl.Date(),
        pl.Time(),
        pl.Null(),
    )
}
_BITS: dict[pl.DataType, pl.DataType] = {
    pl.Float16(): pl.Int16(),
    pl.Float32(): pl.Int32(),
    pl.Float64(): pl.Int64(),
}
Shape = dict[str, pl.DataType]


def shape_text(shape: Shape) -> str:
    """Names and types of the columns as JSON, in their order."""
    return json.dumps([[name, _told(dtype)] for name, dtype in shape.items()], ensure_ascii=False)


def shape_of(text: str | bytes) -> Shape:
    """Read ``shape_text`` back."""
    return {name: _dtype(told) for name, told in json.loads(text)}


def _told(dtype: pl.DataType) -> Any:
    told: Any = str(dtype)
    if isinstance(dtype, pl.Struct):
        told = ["Struct", [[field.name, _told(_made(field.dtype))] for field in dtype.fields]]
    elif isinstance(dtype, pl.Array):
        told = ["Array", _told(_made(dtype.inner)), dtype.size]
    elif isinstance(dtype, pl.List):
        told = ["List", _told(_made(dtype.inner))]
    elif isinstance(dtype, pl.Decimal):
        told = ["Decimal", dtype.precision, dtype.scale]
    elif isinstance(dtype, pl.Datetime):
        told = ["Datetime", dtype.time_unit, dtype.time_zone]
    elif isinstance(dtype, pl.Duration):
        told = ["Duration", dtype.time_unit]
    elif isinstance(dtype, pl.Enum):
        told = ["Enum", dtype.categories.to_list()]
    elif isinstance(dtype, pl.Categorical):
        told = ["Categorical"]
    elif told not in _SIMPLE:
        raise TypeError(f"no row can be kept with a column of type {told.partition('(')[0]}")
    return told


def _dtype(told: Any) -> pl.DataType:
    if isinstance(told, str):
        return _SIMPLE[told]
    kind, *rest = told
    if kind == "Struct":
        return pl.Struct([pl.Field(name, _dtype(inner)) for name, inner in rest[0]])
    if kind in ("List", "Array"):
        return pl.List(_dtype(rest[0])) if kind == "List" else pl.Array(_dtype(rest[0]), rest[1])
    made: pl.DataType = getattr(pl, kind)(*rest)
    return made


def _made(dtype: Any) -> pl.DataType:
    """Fields of a struct may name a type by its class alone."""
    made: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return made


def encoded(raw: pl.DataFrame) -> pl.Series:
    """Each row as the text of its payload."""
    # By place, because a name such as * would mean something else to the engine.
    numbered = pl.DataFrame({str(at): column for at, column in enumerate(raw.get_columns())})
    values = [_plain(pl.col(name), dtype).alias(name) for name, dtype in numbered.schema.items()]
    if not values:
        return pl.Series("payload", ["{}"]).new_from_index(0, raw.height)
    return numbered.select(pl.struct(values).struct.json_encode().alias("payload"))["payload"]


def decoded(texts: Sequence[str], shape: Shape) -> pl.DataFrame:
    """The rows that ``encoded`` was given, with the same names, types and values."""
    if not shape:
        return pl.DataFrame(height=len(texts))
    schema = {str(at): _plain_type(dtype) for at, dtype in enumerate(shape.values())}
    rows = pl.Series("row", texts, dtype=pl.String).str.json_decode(pl.Struct(schema)).struct.unnest()
    # Columns are restored one by one: an expression that yields a constant would else shrink to one row.
    columns = {
        name: rows.select(_restored(pl.col(str(at)), dtype)).to_series()
        for at, (name, dtype) in enumerate(shape.items())
    }
    return pl.DataFrame(columns)


def _plain_type(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.Struct):
        return pl.Struct([pl.Field(str(at), _plain_type(_made(f.dtype))) for at, f in enumerate(dtype.fields)])
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(_plain_type(_inner(dtype)))
    if dtype.is_float():
        return _BITS[dtype]
    if dtype.is_integer() and dtype not in (pl.Int128, pl.UInt128):
        return dtype
    if dtype.is_temporal():
        return pl.Int32() if dtype == pl.Date else pl.Int64()
    return pl.Boolean() if dtype in (pl.Boolean, pl.Null) else pl.String()


def _plain(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Struct):
        fields = [_plain(value.struct[at], _made(f.dtype)).alias(str(at)) for at, f in enumerate(dtype.fields)]
        whole = pl.struct(fields) if fields else pl.lit(None, dtype=pl.Struct([]))
        return pl.when(value.is_not_null()).then(whole)
    if isinstance(dtype, pl.List | pl.Array):
        listed = value.arr.to_list() if isinstance(dtype, pl.Array) else value
        return listed.list.eval(_plain(pl.element(), _inner(dtype)))
    if dtype.is_float():
        return value.reinterpret(dtype=_BITS[dtype])
    if dtype == pl.Binary:
        return value.bin.encode("base64")
    if dtype.is_temporal():
        return value.to_physical()
    return value.cast(_plain_type(dtype))


def _restored(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Struct):
        fields = [_restored(value.struct[at], _made(f.dtype)).alias(f.name) for at, f in enumerate(dtype.fields)]
        whole = pl.struct(fields) if fields else pl.lit(None, dtype=pl.Struct([]))
        return pl.when(value.is_not_null()).then(whole)
    if isinstance(dtype, pl.List | pl.Array):
        listed = value.list.eval(_restored(pl.element(), _inner(dtype)))
        return listed.list.to_array(dtype.size) if isinstance(dtype, pl.Array) else listed
    if dtype.is_float():
        return value.reinterpret(dtype=dtype)
    if dtype == pl.Binary:
        return value.str.decode("base64")
    return value.cast(dtype)


def _inner(dtype: pl.List | pl.Array) -> pl.DataType:
    """The type of the entries; of an array of several dimensions the array that is one entry."""
    if isinstance(dtype, pl.Array) and len(dtype.shape) > 1:
        base = dtype
        while isinstance(base, pl.Array):
            base = base.inner  # type: ignore[assignment]
        return pl.Array(base, dtype.shape[1:])
    return _made(dtype.inner)


def readable(rows: pl.DataFrame) -> list[dict[str, str | None]]:
    """Each row as texts for a person: a number that JSON does not know, and a date, keep their own characters."""
    texts = plain(rows)
    spans = [name for name, dtype in texts.schema.items() if dtype == pl.Duration]
    texts = texts.with_columns(pl.col(name).dt.to_string("iso") for name in spans)
    return texts.select(pl.all().cast(pl.String)).to_dicts()
