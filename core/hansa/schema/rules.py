"""The rules of a contract by their names: what the gate enforces, and one Pandera schema of all row rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import polars as pl

from hansa.contract.model import Column, Contract, Family, Rule, top_of
from hansa.schema.conditions import must_have, own_conditions, written_values
from hansa.schema.parts import part_at, parts
from hansa.schema.types import polars_type

if TYPE_CHECKING:
    import pandera.polars as pa


def column_conditions(column: Column) -> dict[str, pl.Expr]:
    """For each rule of the column's own options its name and the condition that a row keeps it (null: undecided).

    What lies within a nested column has rules of its own, called by the path: ``address.city.pattern``. A field that
    is required is so only where the object around it is there.
    """
    made: dict[str, pl.Expr] = {}
    for part in parts(column):
        if part.path != column.name and part.column.required:
            made[f"{part.path}.required"] = part.by_row(part.present)
        for word, condition in own_conditions(part.column, part.value).items():
            made[f"{part.path}.{word}"] = part.by_row(condition)
    return made


def absent(contract: Contract) -> dict[str, tuple[str, pl.Expr]]:
    """For each row rule that a missing value leaves undecided its path, and the count of rows that miss a value there.

    Within an array a row misses a value if one of its entries does.
    """
    made: dict[str, tuple[str, pl.Expr]] = {}
    for column in contract.columns:
        for part in parts(column):
            missing = _missing(part.path, contract)
            made |= {f"{part.path}.{word}": (part.path, missing) for word in own_conditions(part.column, part.value)}
    for rule in contract.rules:
        if rule.per_row and rule.metric == "invalidValues":
            made[rule.name] = (rule.columns[0], _missing(rule.columns[0], contract))
    return made


def _missing(path: str, contract: Contract) -> pl.Expr:
    if path in contract.by_name:
        return pl.col(path).null_count()
    part = part_at(contract, path)
    # Null where an array is missing, which is a missing value too.
    return (~part.by_row(part.value.is_not_null()).fill_null(False)).sum()


def rule_condition(rule: Rule, contract: Contract) -> pl.Expr:
    """The condition that one row keeps a countable rule (nullValues, missingValues, invalidValues)."""
    part = part_at(contract, rule.columns[0])
    value = part.value
    if rule.metric == "nullValues":
        return part.by_row(part.present)
    if rule.metric == "missingValues":
        listed = written_values(part.column, rule.missing_values or ("",)).implode()
        return part.by_row(part.present & ~value.is_in(listed).fill_null(False))
    conditions = []
    if rule.valid_values:
        conditions.append(value.is_in(written_values(part.column, rule.valid_values).implode()))
    if rule.pattern is not None:
        conditions.append(value.str.contains(rule.pattern))
    return part.by_row(pl.all_horizontal(conditions))


def families(contract: Contract) -> dict[str, Family]:
    """Every rule that the gate enforces by its name, with the family under which Dagster shows it."""
    made: dict[str, Family] = {}
    for column in contract.columns:
        made[f"{column.name}.type"] = "cast"
        if must_have(column):
            made[f"{column.name}.required"] = "required"
        for path, inner in list(column.walk())[1:]:
            made[f"{path}.type"] = "cast"
            if inner.required:
                made[f"{path}.required"] = "required"
        made.update((name, "values") for name in column_conditions(column) if name not in made)
        if column.tokenise is not None:
            made[f"{column.name}.normalForm"] = "values"
        if column.unique:
            made[f"{column.name}.unique"] = "unique"
    if contract.partition is not None:
        made["window"] = made["late"] = made[f"{contract.partition}.future"] = "values"
    if contract.key:
        made["primaryKey"] = "unique"
        made["primaryKey.identical"] = "unique"
    elif any(column.unique for column in contract.columns):
        made["identical"] = "unique"
    for rule in contract.rules:
        made[rule.name] = "values" if rule.per_row else "table"
    made.update((group.name, "values") for group in contract.groups)
    if contract.volume is not None:
        made[contract.volume.name] = "table"
    return made


def row_conditions(contract: Contract) -> dict[str, dict[str, pl.Expr]]:
    """By column, for each row rule its name and the condition that a row keeps it (null: undecided, which passes)."""
    conditions = {column.name: column_conditions(column) for column in contract.columns}
    for rule in contract.rules:
        if rule.per_row:
            conditions[top_of(rule.columns[0])][rule.name] = rule_condition(rule, contract)
    return conditions


def pandera_schema(
    contract: Contract,
    conditions: Mapping[str, Mapping[str, pl.Expr]],
    columns: Collection[str] | None = None,
    kept: pl.DataFrame | None = None,
) -> pa.DataFrameSchema:
    """The row rules of a contract as one Pandera schema; each check carries the rule's name. Undecided rows pass.

    ``conditions`` are those of ``row_conditions``. It is of these ``columns`` alone. ``kept`` are the answers of a
    batch that are known already, by rule; without them each check asks for its own.
    """
    import pandera.polars as pa

    def check(name: str, condition: pl.Expr) -> pa.Check:
        if kept is None:
            return pa.Check(lambda data: data.lazyframe.select(condition.fill_null(True)), name=name)
        # By its column and not by its name, which an engine may take for a pattern.
        return pa.Check(lambda data: kept[name].to_frame().lazy(), name=name)

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                polars_type(column),
                nullable=not must_have(column),
                checks=[check(name, condition) for name, condition in conditions[column.name].items()],
            )
            for column in contract.columns
            if columns is None or column.name in columns
        },
        strict=True,
    )
