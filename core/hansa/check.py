"""Row rules in one pass: which row of a typed batch breaks which rule."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import ContractError
from hansa.schema import absent, must_have, pandera_schema, polars_schema, row_conditions

if TYPE_CHECKING:
    import pandera.errors

#: Batches are checked in several threads, of which Pandera promises nothing.
_ONE_AT_A_TIME = Lock()


class RowCheck:
    """The contract's row rules, applied to batch after batch: all in one query, then what is broken by Pandera.

    ``absent`` says, by rule, the path whose missing values leave the rule undecided, and an expression that counts the
    rows of a batch without a value there.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._conditions = row_conditions(contract)
        self._types = polars_schema(contract)
        self._required = {f"{c.name}.required": c for c in contract.columns if must_have(c)}
        inner = [path for c in contract.columns for path, one in c.walk() if path != c.name and one.required]
        self._inner = {f"{path}.required": path for path in inner}
        missing = ("nullValues", "missingValues")
        self._inner |= {r.name: r.columns[0] for r in contract.rules if r.per_row and r.metric in missing}
        self.absent = absent(contract)

    def broken(self, batch: pl.DataFrame, unreadable: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
        """One Boolean mask a broken rule. ``unreadable`` marks, by path, the rows whose value could not be cast."""
        found = {f"{name}.type": mask for name, mask in unreadable.items() if mask.any()}
        for name, mask in self._failures(batch).items():
            excuse = self._excuse(name, batch, unreadable)
            mask = mask if excuse is None else mask & ~excuse
            if mask.any():
                found[name] = mask
        return found

    def _excuse(self, rule: str, batch: pl.DataFrame, unreadable: Mapping[str, pl.Series]) -> pl.Series | None:
        """Rows that a rule of missing values must not blame: an unreadable value is no missing one.

        A business date is missing because its time is, which is reported under the time's own name.
        """
        if rule in self._inner:
            return unreadable.get(self._inner[rule])
        column = self._required.get(rule)
        if column is None:
            return None
        origin = column.business_date_of
        if origin is not None and must_have(self._contract.by_name[origin]):
            absent = batch[origin].is_null()
            # A date of its own may have come, in a text that is none.
            return absent | unreadable[column.name] if column.name in unreadable else absent
        return unreadable.get(origin or column.name)

    def _failures(self, batch: pl.DataFrame) -> dict[str, pl.Series]:
        kept = self._kept(batch)
        columns = self._in_question(batch, kept)
        if columns is not None and not columns:
            return {}
        import pandera.errors
        from pandera.config import ValidationDepth, config_context

        schema = pandera_schema(self._contract, self._conditions, columns, kept)
        # Both set here, because Pandera also takes them from the environment, which could switch the gate off.
        asked = config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA)
        try:
            with _ONE_AT_A_TIME, asked:
                schema.validate(batch if columns is None else batch.select(columns), lazy=True)
        except pandera.errors.SchemaErrors as errors:
            failed = errors.schema_errors
        else:
            return {}
        # Outside the handler: the library's error quotes values, and would be printed as the context of ours.
        return dict(self._named(error) for error in failed)

    def _kept(self, batch: pl.DataFrame) -> pl.DataFrame | None:
        """Which row keeps which rule; None where one cannot be evaluated, which each rule on its own will tell."""
        rules = [rule for conditions in self._conditions.values() for rule in conditions.items()]
        try:
            return batch.lazy().select(condition.fill_null(True).alias(name) for name, condition in rules).collect()
        except pl.exceptions.PolarsError:
            return None

    def _in_question(self, batch: pl.DataFrame, kept: pl.DataFrame | None) -> list[str] | None:
        """The columns of which something is to be said, mostly none; None where the batch is to be judged as a whole.

        That is where a rule cannot be evaluated, or where its columns are not those of the contract.
        """
        if kept is None or batch.schema != self._types:
            return None
        required = {column.name for column in self._required.values()}
        return [
            name
            for name, conditions in self._conditions.items()
            if not all(kept[rule].all() for rule in conditions) or (name in required and batch[name].null_count())
        ]

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
