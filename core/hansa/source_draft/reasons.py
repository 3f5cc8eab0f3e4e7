"""Why a value was refused: a stable code, and a sentence that does not quote it."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Column, Contract
from hansa.errors import DataError
from hansa.source_draft.drafted import PRECISION, contract_of
from hansa.sources import Binding


def refused_value(
    column: Column, row: pl.DataFrame, reading: Reading, binding: Binding, given: str, where: str
) -> DataError:
    """The error for the one ``row`` whose ``column``, which the file calls ``given``, the gate's cast refuses."""
    if column.logical_type in ("number", "integer"):
        return _of_number(column, row, reading, binding, given, where)
    if column.logical_type == "timestamp" and column.zoned and _reads(replace(column, zoned=False), row, reading):
        if column.name not in reading.zones and column.name not in reading.zone_columns and column.zone is None:
            what = f"column '{given}' holds a time there without a zone, and none is said"
            return DataError(
                "source.date", what, where=where, next_step=f"write mapping.timezone: {{{column.name}: ZONE}}"
            )
        what = "holds a time there that comes twice, or never, in its zone, and nothing says which is meant"
        mend = "write mapping.fold if the file says it, or ask for times with their offset"
        return DataError("source.hour", f"column '{given}' {what}", where=where, next_step=mend)
    if column.logical_type in ("date", "time", "timestamp"):
        what = f"column '{given}' holds something there that is no date or time in the declared form"
        return DataError("source.date", what, where=where, next_step="declare its form under mapping.formats")
    what = f"column '{given}' holds something there that is no value of the contract's type"
    return DataError("source.value", what, where=where, next_step="mend the value, or the contract's type")


def _of_number(
    column: Column, row: pl.DataFrame, reading: Reading, binding: Binding, given: str, where: str
) -> DataError:
    scale = column.scale or 0
    if column.precision is not None or column.logical_type == "integer":
        wider = replace(column, logical_type="number", precision=PRECISION, scale=scale)
        if _reads(wider, row, reading):
            holds = f"precision {column.precision}, scale {scale}" if column.precision else "63 bits"
            what = f"column '{given}' holds a number there that is too large for {holds}"
            mend = "widen the type in the contract, or mend the value"
            return DataError("source.number", what, where=where, next_step=mend)
    finer = replace(column, logical_type="number", precision=PRECISION, scale=PRECISION // 2)
    if _reads(finer, row, reading):
        what = f"column '{given}' holds a number there with more decimals than the contract has"
        mend = "nothing is rounded: widen the contract, or mend the value"
        return DataError("source.number", what, where=where, next_step=mend)
    sign = binding.mapping.sign.get(column.name)
    if sign is None or not _reads_without_sign(finer, row, reading):
        what = f"column '{given}' holds something there that is no number in the declared form"
        return DataError("source.number", what, where=where, next_step="declare its form, or mend the value")
    what, mend = "has a word beside it there that no list of its sign names", "write the word under mapping.sign"
    if sign.two_columns is not None:
        what, mend = (
            "and its counterpart both have an amount there",
            "a row has one sign: look what the two amounts are",
        )
    return DataError("source.flag", f"column '{given}' {what}", where=where, next_step=mend)


def _reads_without_sign(column: Column, row: pl.DataFrame, reading: Reading) -> bool:
    """True if the number itself would be read, so that its sign is what was refused."""
    signs = {name: sign for name, sign in reading.signs.items() if name != column.name}
    alone = replace(reading, signs=signs)
    if column.name in row.columns:
        return _reads(column, row, alone)
    made = reading.signs.get(column.name)
    two = [getattr(made, word, "") for word in ("plus", "minus")]
    return all(_reads(column, row.rename({name: column.name}), alone) for name in two if name in row.columns)


def _reads(column: Column, row: pl.DataFrame, reading: Reading) -> bool:
    contract: Contract = contract_of((column,))
    made = casts(contract, row.schema, reading, "UTC")[column.name]
    return not row.select(made.failed).item()
