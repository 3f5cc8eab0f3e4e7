"""The parts of a column as expressions: the column itself, the fields of an object, the entries of an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from hansa.contract.model import Column, Contract, top_of
from hansa.schema.types import entries


def _itself(condition: pl.Expr) -> pl.Expr:
    return condition


@dataclass(frozen=True)
class Part:
    """One part of a column by its ``path``.

    ``value`` is its expression and ``outer`` that of the object around it (None: there is none, or it is an entry);
    within an array both speak of one entry. ``by_row`` makes of a condition on ``value`` one on the whole row: every
    entry keeps it, or is undecided.
    """

    path: str
    column: Column
    value: pl.Expr
    outer: pl.Expr | None = None
    by_row: Callable[[pl.Expr], pl.Expr] = _itself

    @property
    def present(self) -> pl.Expr:
        """True where there is a value, and where nothing is missing since the object around it is not there."""
        there = self.value.is_not_null()
        return there if self.outer is None else self.outer.is_null() | there


def parts(column: Column) -> Iterator[Part]:
    """The column and everything within it, outer before inner."""
    yield from _walk(Part(column.name, column, pl.col(column.name)))


def _walk(part: Part) -> Iterator[Part]:
    yield part
    value, column = part.value, part.column
    for one in column.fields:
        inner = value.struct.field(one.name)
        yield from _walk(Part(f"{part.path}.{one.name}", one, inner, value, part.by_row))
    if column.logical_type == "array":

        def of_all(condition: pl.Expr) -> pl.Expr:
            return part.by_row(value.list.eval(condition.fill_null(True)).list.all())

        yield from _walk(Part(f"{part.path}[]", entries(column), pl.element(), None, of_all))


def part_at(contract: Contract, path: str) -> Part:
    """The part by its path. Errors: KeyError."""
    return {part.path: part for part in parts(contract.by_name[top_of(path)])}[path]
