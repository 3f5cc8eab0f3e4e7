"""Rows of texts as a lazy frame that streams, after one pass over the file that may refuse it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from hansa.errors import DataError
from hansa.sources.lazily import lazily, stamp
from hansa.sources.told import Told, tell

#: One row, as many values as there are columns.
Row = tuple[str | None, ...]
_BATCH = 10_000
#: Rows of a file that is kept as it was read.
_KEPT = 20_000


@dataclass
class Findings:
    """What the first pass over a file finds besides its rows: entries that are none, by rule, and notes."""

    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def checked(
    columns: Sequence[str],
    rows: Callable[[bool], Iterator[Row]],
    path: Path,
    place: str,
    findings: Findings | None = None,
) -> pl.LazyFrame:
    """The rows that ``rows(True)`` gives, each time anew from the file, all columns text.

    They are all gone through once before, by ``rows(False)``, which may leave them empty and fills ``findings``: a
    balance that is wrong at the end of a file must not be found after its first rows were published. Memory holds a
    batch. Errors: those of ``rows``; when the frame is collected, DataError for a file that was written again.
    """
    seen = stamp(path)
    number = sum(1 for _ in rows(False))
    found = findings or Findings()
    tell(Told(number, dict(found.skipped), notes=tuple(found.notes)))
    schema = dict.fromkeys(columns, pl.String())
    if number <= _KEPT:
        return _frame(list(rows(True)), schema).lazy()

    def batches(_: Sequence[str]) -> Iterator[pl.DataFrame]:
        if stamp(path) != seen:
            raise DataError(
                "source.damaged",
                "the file changed while it was read",
                where=place,
                next_step="run it again, and do not write the file meanwhile",
            )
        return (_frame(batch, schema) for batch in _batches(rows(True), _BATCH))

    return lazily(schema, batches)


def _frame(rows: list[Row], schema: dict[str, pl.String]) -> pl.DataFrame:
    values = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame(dict(zip(schema, values, strict=True)), schema=schema)


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most ``size`` rows; one that is empty if there are no rows at all."""
    batch = list(itertools.islice(rows, size))
    yield batch
    while len(batch) == size and (batch := list(itertools.islice(rows, size))):
        yield batch
