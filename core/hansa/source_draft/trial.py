"""A file read by a binding without publishing it: rows, sums, first and last row, nulls; or where it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from hansa.cast import Cast, casts
from hansa.contract.model import Column, Contract
from hansa.errors import DataError, HansaError, MeshError
from hansa.source_draft.numbered import LINE, numbered
from hansa.source_draft.reasons import refused_value
from hansa.source_draft.trial_types import by_values
from hansa.sources import Binding, Reader, open_source, translate
from hansa.sources.reading import SourceFrame
from hansa.sources.told import Told

SUMMED = frozenset({"number", "integer"})


@dataclass(frozen=True)
class Refusal:
    """Why the file, or the first of its rows, cannot be taken; ``line`` and ``column`` where they are known."""

    code: str
    sentence: str
    line: int | None = None
    column: str | None = None
    next_step: str = ""


@dataclass(frozen=True)
class Trial:
    """What a reading gave. ``refused_rows`` would wait in quarantine; the sums, nulls and rows are of the others."""

    place: str
    columns: tuple[Column, ...] = ()
    rows: int = 0
    refused_rows: int = 0
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    nulls: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, Any] | None = None
    last: Mapping[str, Any] | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    preamble: int = 0
    notes: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    refusal: Refusal | None = None

    @property
    def verdict(self) -> str:
        """``read`` or ``refused``: one refused row is enough, since the whole file was meant."""
        return "refused" if self.refusal is not None else "read"


def tried(
    path: Path,
    binding: Binding,
    readers: Mapping[str, Reader],
    contract: Contract | None = None,
    zone: str = "UTC",
    address: str = "",
) -> Trial:
    """Read the file at ``path`` under a contract, or, without one, under the types that its values bear out.

    ``zone`` is that of business days, ``address`` where the file came from, if ``path`` is a copy of it.
    Errors: MeshError for a binding that does not fit the file or contract. What is wrong with the file is an answer.
    """
    place = str(path)
    if address:
        return told_as(tried(path, binding, readers, contract, zone), place, address)
    binding = binding.model_copy(update={"uri": place})
    heard: list[Told] = []
    try:
        if contract is None:
            binding, contract = by_values(path, binding, readers)
        source = _opened(binding, contract, numbered(readers, heard))
        return _read(place, source, contract, binding, heard, zone)
    except (DataError, MeshError) as error:
        if isinstance(error, MeshError) and error.code not in _OF_THE_FILE:
            raise
        return Trial(place, refusal=refusal_of(error, binding))
    except (pl.exceptions.PolarsError, OSError) as error:
        told_error = translate(error, place)
        if told_error is None:
            raise
        return Trial(place, refusal=refusal_of(told_error, binding))


def told_as(trial: Trial, copy: str, address: str) -> Trial:
    """A trial of a copy as one of the object at ``address``."""
    refusal = trial.refusal
    if refusal is not None:
        refusal = replace(refusal, sentence=refusal.sentence.replace(copy, address))
    return replace(trial, place=address, refusal=refusal)


#: Faults of a binding that say what the file lacks, so that they are an answer to a trial.
_OF_THE_FILE = frozenset({"source.year"})


def refusal_of(error: HansaError, binding: Binding) -> Refusal:
    """An error of reading with its line and column, as far as it says them, or its place in the mapping."""
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    tail = error.where.rpartition(":")[2]
    if line is None and tail.isdecimal():
        line = int(tail)
    entry = re.fullmatch(r"sources\..*\.mapping\.\w+\.(.+)", error.where)
    if column is None and entry is not None:
        column = given_by(binding, entry[1])
    return Refusal(error.code, error.sentence(), line, column, error.next_step)


def _opened(binding: Binding, contract: Contract, readers: Mapping[str, Reader]) -> SourceFrame:
    with_line = replace(contract, columns=(*contract.columns, Column(LINE, "integer", 0)))
    return open_source(binding, with_line, Path(), readers)


def _read(place: str, source: SourceFrame, contract: Contract, binding: Binding, heard: list[Told], zone: str) -> Trial:
    made = casts(contract, source.frame.collect_schema(), source.reading, zone)
    failed = pl.any_horizontal(pl.lit(False), *(cast.failed for cast in made.values()))
    values = source.frame.select(
        *(cast.value.alias(name) for name, cast in made.items()), failed.alias("__failed"), pl.col(LINE)
    )
    good = values.filter(~pl.col("__failed"))
    summed = [column.name for column in contract.columns if column.logical_type in SUMMED]
    counts = good.select(
        pl.len().alias("__rows"),
        *(pl.col(name).null_count().alias(f"nulls {name}") for name in made),
        *(pl.col(name).sum().alias(f"sum {name}") for name in summed),
        *(pl.col(name).first().alias(f"first {name}") for name in made),
        *(pl.col(name).last().alias(f"last {name}") for name in made),
    )
    found = counts.collect(engine="streaming").row(0, named=True)
    places = _failures(source, made)
    rows = found["__rows"]
    return Trial(
        place,
        contract.columns,
        rows,
        places.rows,
        {name: found[f"sum {name}"] for name in summed},
        {name: found[f"nulls {name}"] for name in made},
        {name: found[f"first {name}"] for name in made} if rows else None,
        {name: found[f"last {name}"] for name in made} if rows else None,
        source.skipped,
        sum(told.preamble for told in heard),
        source.notes,
        tuple(binding.mapping.identifiers),
        _first_refusal(source, contract, binding, places, place),
    )


@dataclass(frozen=True)
class _Failures:
    """How many rows were refused, and the first one: its line, and the columns that refused it."""

    rows: int
    number: int | None
    line: int | None
    columns: tuple[str, ...]


def _failures(source: SourceFrame, made: Mapping[str, Cast]) -> _Failures:
    failed = source.frame.select(
        pl.int_range(pl.len()).alias("__number"),
        pl.col(LINE),
        *(cast.failed.alias(name) for name, cast in made.items()),
    ).filter(pl.any_horizontal(pl.lit(False), *(pl.col(name) for name in made)))
    rows = failed.select(pl.len()).collect(engine="streaming").item()
    if not rows:
        return _Failures(0, None, None, ())
    first = failed.head(1).collect().row(0, named=True)
    return _Failures(rows, first["__number"], first[LINE], tuple(name for name in made if first[name]))


def _first_refusal(
    source: SourceFrame, contract: Contract, binding: Binding, places: _Failures, place: str
) -> Refusal | None:
    if places.number is None:
        return None
    name = places.columns[0]
    row = source.frame.slice(places.number, 1).collect()
    given = given_by(binding, name)
    where = f"{place}:{places.line}" if places.line is not None else f"{place}, row {places.number + 1}"
    error = refused_value(contract.by_name[name], row, source.reading, binding, given, where)
    return Refusal(error.code, error.sentence(), places.line, given, error.next_step)


def given_by(binding: Binding, name: str) -> str:
    """The column of the file from which a column of the contract is read; of joined ones all."""
    if name in binding.mapping.join:
        return " + ".join(binding.mapping.join[name])
    sign = binding.mapping.sign.get(name)
    if sign is not None and (two := sign.two_columns) is not None:
        return two[0]
    return (sign.column if sign is not None else None) or binding.mapping.rename.get(name, name)
