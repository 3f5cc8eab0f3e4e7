"""The words that a mapping gives, held against the words that the contract allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import polars as pl

from hansa.cast.parts import cast_column
from hansa.contract.allowed import told_words
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.near import near
from hansa.schema import written_values
from hansa.sources.binding import Binding
from hansa.sources.declared import declared_reading

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class _Words:
    """What one rule allows of a column: ``error`` where a row with another word is refused."""

    severity: Severity
    allowed: tuple[str, ...]


def word_faults(binding: Binding, contract: Contract) -> Iterator[tuple[Severity, MeshError]]:
    """A fault for each word of ``value_map`` and ``constant`` that the column's enum or lists do not allow.

    A word is read as the gate would read it, in the form that the binding declares. Columns that the contract does not
    have are no matter of this: opening the source names them.
    """
    words = binding.mapping
    given: dict[str, dict[str, list[str]]] = {
        "value_map": {name: list(dict.fromkeys(targets.values())) for name, targets in words.value_map.items()},
        "constant": {name: [value] for name, value in words.constant.items() if isinstance(value, str)},
    }
    for word, columns in given.items():
        for name, targets in columns.items():
            column = contract.by_name.get(name)
            if column is not None and not column.nested:
                where = f"sources.{contract.id}.mapping.{word}.{name}"
                for severity, what, mend in _faults(column, targets, _lists(contract, column), binding, contract):
                    yield severity, MeshError("source.word", what, where=where, next_step=mend)


def _lists(contract: Contract, column: Column) -> list[_Words]:
    """The lists of a column, those that refuse rows first."""
    found = [_Words("error", column.enum)] if column.enum else []
    for rule in contract.rules:
        if rule.valid_values and rule.columns == (column.name,):
            found.append(_Words("error" if rule.per_row and rule.severity == "error" else "warning", rule.valid_values))
    return sorted(found, key=lambda one: one.severity)


def _faults(
    column: Column, targets: list[str], lists: list[_Words], binding: Binding, contract: Contract
) -> Iterator[tuple[Severity, str, str]]:
    """Severity, problem and mend of each target once, by the first list that does not allow it."""
    told: set[str] = set()
    for words in lists:
        kept = _kept(column, targets, words.allowed, binding, contract)
        for target in targets:
            if target not in kept and target not in told:
                told.add(target)
                what = f"'{target}' is no word that the contract allows in column '{column.name}'"
                yield words.severity, what, _mend(column, target, words)


def _kept(
    column: Column, targets: list[str], allowed: tuple[str, ...], binding: Binding, contract: Contract
) -> set[str]:
    """The targets that the gate would read as a value that is allowed; a text is one as it is written."""
    if column.logical_type == "string":
        return {*targets} & {*allowed}
    frame = pl.DataFrame({column.name: targets}, schema={column.name: pl.String})
    cast = cast_column(column, column.name, pl.String(), declared_reading(binding, contract))
    value = frame.select(cast.value.alias("value"))["value"]
    kept = value.is_in(written_values(column, allowed).implode()).fill_null(False).to_list()
    return {target for target, keeps in zip(targets, kept, strict=True) if keeps}


def _mend(column: Column, target: str, words: _Words) -> str:
    listed = told_words(words.allowed)
    lower = {word.casefold(): word for word in words.allowed}
    close = lower.get(target.casefold()) or near(target, words.allowed)
    return f"did you mean '{close}'? {column.name} allows {listed}" if close else f"write one of {listed}"
