"""Row rules in one pass: which row of a typed batch breaks which rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import ContractError
from hansa.schema import column_conditions, pandera_schema

if TYPE_CHECKING:
    import pandera.errors
    import pandera.polars as pa


class RowCheck:
    """The contract's row rules, built once and applied to batch after batch.

    ``judged`` names, by rule, the column whose missing values leave the rule undecided.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schema: pa.DataFrameSchema = pandera_schema(contract)
        self.judged = {name: column.name for column in contract.columns for name in column_conditions(column)}
        self.judged |= {r.name: r.columns[0] for r in contract.rules if r.per_row and r.metric == "invalidValues"}

    def broken(self, batch: pl.DataFrame, unreadable: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
        """One Boolean mask a broken rule. ``unreadable`` marks, by column, the rows whose value could not be cast."""
        found = {f"{name}.type": mask for name, mask in unreadable.items() if mask.any()}
        for name, mask in self._failures(batch).items():
            column, _, word = name.rpartition(".")
            if word == "required":
                # A value that is there but unreadable is no missing value, nor is what is derived from it.
                origin = self._contract.by_name[column].business_date_of
                excuse = batch[origin].is_null() if origin else unreadable.get(column)
                mask = mask & ~excuse if excuse is not None else mask
            if mask.any():
                found[name] = mask
        return found

    def _failures(self, batch: pl.DataFrame) -> dict[str, pl.Series]:
        import pandera.errors

        try:
            self._schema.validate(batch, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            return dict(self._named(error) for error in errors.schema_errors)
        return {}

    def _named(self, error: pandera.errors.SchemaError) -> tuple[str, pl.Series]:
        """Name and mask of one failed check. A failure without rows is a fault of the rule, not of a row."""
        name = error.check if isinstance(error.check, str) else error.check.name
        if error.check_output is None:
            raise ContractError(
                "contract.rule",
                f"rule '{name}' of column '{error.schema.name}' cannot be evaluated",
                where=str(self._contract.path),
                next_step="mend the rule's option or the column's type",
            )
        mask = ~error.check_output.to_series()
        return (f"{error.schema.name}.required" if name == "not_nullable" else str(name)), mask
