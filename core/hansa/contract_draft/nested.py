"""Objects and arrays of a typed file: the property that fits their type, and the texts that stand within them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from hansa.contract_draft.header import is_name


def inner_property(dtype: pl.DataType) -> dict[str, Any] | None:
    """Type and parts of a property as ODCS has them; None where a part is of a type, or has a name, that none can have.

    Names within are facts too: there is no mapping that could mend them.
    """
    if isinstance(dtype, pl.List | pl.Array):
        entry = inner_property(_instance(dtype.inner))
        return None if entry is None else {"logicalType": "array", "items": entry}
    if isinstance(dtype, pl.Struct):
        return _object(dtype)
    return _flat(dtype)


def _object(dtype: pl.Struct) -> dict[str, Any] | None:
    names = [one.name for one in dtype.fields]
    inner = [inner_property(_instance(one.dtype)) for one in dtype.fields]
    different = len({name.casefold() for name in names}) == len(names)
    if not names or not different or not all(is_name(name) for name in names) or None in inner:
        return None
    parts = [{"name": name, **(one or {})} for name, one in zip(names, inner, strict=True)]
    return {"logicalType": "object", "properties": parts}


def _flat(dtype: pl.DataType) -> dict[str, Any] | None:
    if dtype in (pl.String, pl.Null) or isinstance(dtype, pl.Categorical | pl.Enum):
        return {"logicalType": "string"}
    if dtype.is_integer():
        return {"logicalType": "integer"}
    if isinstance(dtype, pl.Decimal):
        return {"logicalType": "number", "physicalType": f"DECIMAL({dtype.precision},{dtype.scale})"}
    if dtype.is_float():
        return {"logicalType": "number", "physicalType": "DOUBLE"}
    if isinstance(dtype, pl.Datetime):
        return {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": dtype.time_zone is not None}}
    return {"logicalType": word} if (word := _PLAIN.get(dtype)) else None


_PLAIN: dict[pl.DataType, str] = {pl.Date(): "date", pl.Boolean(): "boolean", pl.Time(): "time"}


def texts_within(values: pl.Series) -> Iterator[pl.Series]:
    """The texts and whole numbers that stand anywhere within nested ``values``, as text, a series for each part."""
    dtype = values.dtype
    if isinstance(dtype, pl.List | pl.Array):
        yield from texts_within(values.explode().drop_nulls())
    elif isinstance(dtype, pl.Struct):
        for one in dtype.fields:
            yield from texts_within(values.struct.field(one.name).drop_nulls())
    elif dtype == pl.String or dtype.is_integer() or isinstance(dtype, pl.Categorical | pl.Enum):
        yield values.cast(pl.String)


def _instance(dtype: Any) -> pl.DataType:
    made: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return made
