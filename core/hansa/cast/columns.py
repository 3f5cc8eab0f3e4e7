"""Every column of a contract, cast from what a frame has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from hansa.cast.nulls import nothing
from hansa.cast.parts import Cast, cast_column
from hansa.cast.reading import Flag, Offset, Reading, TwoColumns
from hansa.cast.signs import by_flag, by_two_columns
from hansa.contract.model import Column, Contract
from hansa.schema import polars_type


def casts(contract: Contract, schema: Mapping[str, pl.DataType], reading: Reading, zone: str) -> dict[str, Cast]:
    """The cast of every column of the contract over a frame of ``schema``; a column that is absent becomes null.

    ``zone`` is the mesh's zone, in which a business date is the local day of the time that it belongs to.
    """
    made = _read(contract, schema, reading)
    if reading.instead is not None:
        others = _read(contract, schema, reading.instead)
        made = {name: _or_else(made[name], other) if name in made else other for name, other in others.items()}
    for column in contract.columns:
        if column.name not in made and column.business_date_of is not None:
            moment = made[column.business_date_of].value
            if contract.by_name[column.business_date_of].zoned:
                moment = moment.dt.convert_time_zone(zone)
            # A time that is missing or unreadable is reported under its own name; the date is then just absent.
            made[column.name] = Cast(moment.dt.date(), pl.lit(False))
    return {column.name: made[column.name] for column in contract.columns}


def _read(contract: Contract, schema: Mapping[str, pl.DataType], reading: Reading) -> dict[str, Cast]:
    """The casts of the columns whose values are read and not derived."""
    made = {column.name: _one(column, contract, schema, reading) for column in contract.columns}
    return {name: cast for name, cast in made.items() if cast is not None}


def _one(column: Column, contract: Contract, schema: Mapping[str, pl.DataType], reading: Reading) -> Cast | None:
    """The cast of one column; None for a business date, if it is none of the frame."""
    name, offset, sign = column.name, reading.offsets.get(column.name), reading.signs.get(column.name)
    whole = all(other in schema for other in reading.beside(name))
    if isinstance(sign, TwoColumns) and whole:
        return _of_two_columns(column, sign, schema, reading)
    if name in schema and not whole:
        # These rows came when nothing was said of the other column: what it would say of them is not known.
        return Cast(nothing(polars_type(column)), pl.col(name).is_not_null())
    if name in schema:
        cast = cast_column(column, name, schema[name], reading)
        return Cast(*by_flag(cast.value, cast.failed, _words(sign), sign)) if isinstance(sign, Flag) else cast
    if offset is not None and offset.column in schema and whole:
        return _shifted(column, offset, contract, schema, reading)
    if column.business_date_of is not None:
        return None
    return Cast(pl.lit(None, dtype=polars_type(column)), pl.lit(False), absent=True)


def _words(sign: Flag) -> pl.Expr:
    return pl.col(sign.column).cast(pl.String)


def _of_two_columns(column: Column, sign: TwoColumns, schema: Mapping[str, pl.DataType], reading: Reading) -> Cast:
    def read(name: str) -> tuple[pl.Expr, pl.Expr]:
        cast = cast_column(column, name, schema[name], reading)
        return cast.value, cast.failed

    return Cast(*by_two_columns(read, sign))


def _or_else(first: Cast, second: Cast) -> Cast:
    """The first cast, and where that fails, or where its column did not come, the second one."""
    if first.absent or second.absent:
        return second if first.absent else first
    return Cast(
        pl.when(first.failed).then(second.value).otherwise(first.value),
        first.failed & second.failed,
        {path: first.failed & mask for path, mask in second.inner.items()},
    )


def _shifted(
    column: Column, offset: Offset, contract: Contract, schema: Mapping[str, pl.DataType], reading: Reading
) -> Cast:
    origin = contract.by_name.get(offset.column, column)
    cast = cast_column(replace(origin, name=column.name), offset.column, schema[offset.column], reading)
    return Cast(cast.value + offset.by, cast.failed)
