"""A table of a database tried: read once, in one transaction that can only read, batch by batch; nothing is copied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from hansa.cast import Cast, casts
from hansa.contract.model import Contract
from hansa.errors import DataError, MeshError
from hansa.source_draft.database import looked_at
from hansa.source_draft.drafted import contract_of
from hansa.source_draft.reasons import refused_value
from hansa.source_draft.trial import SUMMED, Refusal, Trial, given_by, refusal_of
from hansa.source_draft.trial_types import renamed
from hansa.sources import Binding
from hansa.sources.database import DatabaseSource, open_database


def tried_database(binding: Binding, base: Path, entry: str, contract: Contract | None, zone: str) -> Trial:
    """Read the table or query of a binding under a contract, or under the types that the server says.

    The rows of a database have no order, so that there is no last one. Errors: MeshError for the words, WorldError for
    the server; what is wrong with the rows is an answer.
    """
    if contract is None:
        looked = looked_at(binding, base, entry)
        contract = contract_of(looked.columns)
        # A watermark wants a contract with a key.
        binding = renamed(binding, looked.columns, {one.name: one.dtype for one in looked.sent})
        binding = binding.model_copy(update={"watermark": None})
    try:
        source = open_database(binding, contract, base, entry)
    except DataError as error:
        return Trial(binding.uri, refusal=refusal_of(error, binding))
    if not isinstance(source, DatabaseSource):
        what = "its uri is no address of a database"
        raise MeshError("source.scheme", what, where=f"{entry}.uri", next_step="write one, or name a file")
    made = casts(contract, source.frame.collect_schema(), source.reading, zone)
    seen = _Seen(source, contract, binding, made)
    try:
        for batch in source.rows(None):
            seen.add(batch)
    except DataError as error:
        return Trial(source.place, refusal=refusal_of(error, binding))
    return seen.trial


@dataclass
class _Seen:
    """What was counted of the batches that have passed."""

    source: DatabaseSource
    contract: Contract
    binding: Binding
    made: Mapping[str, Cast]
    trial: Trial = field(init=False)

    def __post_init__(self) -> None:
        summed = [c.name for c in self.contract.columns if c.logical_type in SUMMED and c.name in self.made]
        self.trial = Trial(
            self.source.place,
            self.contract.columns,
            sums=dict.fromkeys(summed, Decimal(0)),
            nulls=dict.fromkeys(self.made, 0),
            identifiers=tuple(self.binding.mapping.identifiers),
        )

    def add(self, batch: pl.DataFrame) -> None:
        """Count one batch in."""
        failed = pl.any_horizontal(pl.lit(False), *(cast.failed for cast in self.made.values()))
        values = batch.select(*(cast.value.alias(name) for name, cast in self.made.items()), failed.alias("__failed"))
        good = values.filter(~pl.col("__failed")).drop("__failed")
        had = self.trial
        self.trial = replace(
            had,
            rows=had.rows + good.height,
            refused_rows=had.refused_rows + values.height - good.height,
            sums={name: total + _sum(good[name]) for name, total in had.sums.items()},
            nulls={name: count + good[name].null_count() for name, count in had.nulls.items()},
            first=had.first if had.first is not None or not good.height else good.row(0, named=True),
            refusal=had.refusal or self._refusal(batch, values["__failed"]),
        )

    def _refusal(self, batch: pl.DataFrame, failed: pl.Series) -> Refusal | None:
        at = failed.arg_true()
        if not len(at):
            return None
        row = batch.slice(at[0], 1)
        name = next(name for name, cast in self.made.items() if row.select(cast.failed).item())
        given = given_by(self.binding, name)
        column = self.contract.by_name[name]
        error = refused_value(column, row, self.source.reading, self.binding, given, self.source.place)
        return Refusal(error.code, error.sentence(), None, given, error.next_step)


def _sum(values: pl.Series) -> Any:
    """Exact for decimals and whole numbers: each is added as the number that it is written as."""
    total = values.sum()
    if isinstance(total, float):
        return Decimal(repr(total)) if values.is_finite().all() else Decimal("NaN")
    return Decimal(total)
