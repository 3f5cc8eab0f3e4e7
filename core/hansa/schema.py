"""A contract as other libraries see it: types of Polars, a schema of Pandera."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.contract.model import Column, Contract, Family, Rule

if TYPE_CHECKING:
    import pandera.polars as pa


def polars_type(column: Column) -> pl.DataType:
    """The Polars type in which a column is checked, written and read."""
    match column.logical_type:
        case "string":
            return pl.String()
        case "integer":
            return pl.Int64()
        case "number":
            return pl.Float64() if column.scale is None else pl.Decimal(column.precision, column.scale)
        case "date":
            return pl.Date()
        case "timestamp":
            return pl.Datetime("us", "UTC" if column.zoned else None)
        case "boolean":
            return pl.Boolean()


def polars_schema(contract: Contract) -> dict[str, pl.DataType]:
    """Column names and Polars types in the contract's order."""
    return {column.name: polars_type(column) for column in contract.columns}


def type_name(column: Column) -> str:
    """The type as a reader of a catalogue knows it: ``decimal(18,2)``, ``timestamp with time zone``."""
    if column.logical_type == "number":
        return "double" if column.scale is None else f"decimal({column.precision},{column.scale})"
    if column.logical_type == "timestamp":
        return "timestamp with time zone" if column.zoned else "timestamp"
    return column.logical_type


def column_conditions(column: Column) -> dict[str, pl.Expr]:
    """For each rule of the column's own options its name and the condition that a value keeps it (null: undecided)."""
    value, name = pl.col(column.name), column.name
    made: dict[str, pl.Expr] = {}
    if column.pattern is not None:
        made[f"{name}.pattern"] = value.str.contains(column.pattern)
    if column.min_length is not None:
        made[f"{name}.minLength"] = value.str.len_chars() >= column.min_length
    if column.max_length is not None:
        made[f"{name}.maxLength"] = value.str.len_chars() <= column.max_length
    for word, bound in _bounds(column).items():
        limit = pl.lit(bound, dtype=polars_type(column))
        made[f"{name}.{word}"] = {
            "minimum": value >= limit,
            "maximum": value <= limit,
            "exclusiveMinimum": value > limit,
            "exclusiveMaximum": value < limit,
        }[word]
    if column.enum:
        made[f"{name}.enum"] = value.is_in(written_values(column, column.enum).implode())
    return made


def must_have(column: Column) -> bool:
    """True if a row without a value is refused: asked for by the contract, or a partition, which no row can lack."""
    return column.required or column.partitioned


def _bounds(column: Column) -> dict[str, Any]:
    named = {
        "minimum": column.minimum,
        "maximum": column.maximum,
        "exclusiveMinimum": column.exclusive_minimum,
        "exclusiveMaximum": column.exclusive_maximum,
    }
    return {word: bound for word, bound in named.items() if bound is not None}


def written_values(column: Column, texts: tuple[str, ...]) -> pl.Series:
    """The author's own characters as values of the column's type; a text column keeps them as they are."""
    series = pl.Series(texts, dtype=pl.String)
    if column.logical_type == "string":
        return series
    if column.logical_type == "boolean":
        return series.str.to_lowercase() == "true"
    if column.logical_type == "date":
        return series.str.to_date("%Y-%m-%d")
    return series.cast(polars_type(column))


def rule_condition(rule: Rule, contract: Contract) -> pl.Expr:
    """The condition that one row keeps a countable rule (nullValues, missingValues, invalidValues)."""
    column = contract.by_name[rule.columns[0]]
    value = pl.col(column.name)
    if rule.metric == "nullValues":
        return value.is_not_null()
    if rule.metric == "missingValues":
        listed = rule.missing_values or ("",)
        return value.is_not_null() & ~value.is_in(written_values(column, listed).implode()).fill_null(False)
    conditions = []
    if rule.valid_values:
        conditions.append(value.is_in(written_values(column, rule.valid_values).implode()))
    if rule.pattern is not None:
        conditions.append(value.str.contains(rule.pattern))
    return pl.all_horizontal(conditions)


def families(contract: Contract) -> dict[str, Family]:
    """Every rule that the gate enforces by its name, with the family under which Dagster shows it."""
    made: dict[str, Family] = {}
    for column in contract.columns:
        made[f"{column.name}.type"] = "cast"
        if must_have(column):
            made[f"{column.name}.required"] = "required"
        made.update(dict.fromkeys(column_conditions(column), "values"))
        if column.unique:
            made[f"{column.name}.unique"] = "unique"
    if contract.partition is not None:
        made["window"] = "values"
    if contract.key:
        made["primaryKey"] = "unique"
        made["primaryKey.identical"] = "unique"
    elif any(column.unique for column in contract.columns):
        made["identical"] = "unique"
    for rule in contract.rules:
        made[rule.name] = "values" if rule.per_row else "table"
    return made


def pandera_schema(contract: Contract) -> pa.DataFrameSchema:
    """The row rules of a contract as one Pandera schema; each check carries the rule's name. Undecided rows pass."""
    import pandera.polars as pa

    conditions = {column.name: column_conditions(column) for column in contract.columns}
    for rule in contract.rules:
        if rule.per_row:
            conditions[rule.columns[0]][rule.name] = rule_condition(rule, contract)

    def check(name: str, condition: pl.Expr) -> pa.Check:
        return pa.Check(lambda data: data.lazyframe.select(condition.fill_null(True)), name=name)

    return pa.DataFrameSchema(
        {
            column.name: pa.Column(
                polars_type(column),
                nullable=not must_have(column),
                checks=[check(name, condition) for name, condition in conditions[column.name].items()],
            )
            for column in contract.columns
        },
        strict=True,
    )
