"""Every column of a contract, cast from what a frame has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from hansa.cast.parts import Cast, cast_column
from hansa.cast.reading import Offset, Reading
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
    made: dict[str, Cast] = {}
    for column in contract.columns:
        offset = reading.offsets.get(column.name)
        if column.name in schema:
            made[column.name] = cast_column(column, column.name, schema[column.name], reading)
        elif offset is not None and offset.column in schema:
            made[column.name] = _shifted(column, offset, contract, schema, reading)
        elif column.business_date_of is None:
            made[column.name] = Cast(pl.lit(None, dtype=polars_type(column)), pl.lit(False), absent=True)
    return made


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
