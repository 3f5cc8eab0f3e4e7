"""A file that is read row by row: checked as a whole first, then given in batches whenever its frame is collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from hansa.sources.binding import Binding
from hansa.sources.clean import cleaned_frame
from hansa.sources.layout import LayoutWords
from hansa.sources.lazily import lazily, stamp
from hansa.sources.rules import Rules
from hansa.sources.text.reader import LINE
from hansa.sources.text.sums import Sums
from hansa.sources.told import Told, tell

#: Cells of a file that is kept as it was checked.
_KEPT = 1_000_000


@dataclass(frozen=True)
class Batch:
    """Some rows, in their order, each with its line; ``unclean`` is the layout whose cleaning is still to be done."""

    names: tuple[str, ...]
    lines: list[int]
    rows: Sequence[Sequence[str | None]]
    unclean: LayoutWords | None = None

    def frame(self) -> pl.DataFrame:
        """The rows as columns of text, with their lines."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.names)
        given = dict(zip(self.names, columns, strict=True))
        made = pl.DataFrame(given, schema=dict.fromkeys(self.names, pl.String()), strict=True)
        if self.unclean is not None:
            made = cleaned_frame(made, self.unclean)
        return made.with_columns(pl.Series(LINE, self.lines, dtype=pl.Int64))


@dataclass(frozen=True)
class Survey:
    """What the first pass found; ``kept`` are all rows of a small file, None of a large one."""

    names: tuple[str, ...]
    told: Told
    stamp: tuple[int, int]
    kept: pl.DataFrame | None


def _surveyed(path: Path, binding: Binding, rules: Rules, batches: Callable[[], Iterator[Batch]]) -> Survey:
    """Go over a file once, and hold what it says of itself against its rows.

    Errors: those of ``batches``, and DataError for a header, footer or control number that the rows do not bear out.
    """
    seen = stamp(path)
    sums: Sums | None = None
    names: tuple[str, ...] = ()
    kept: list[pl.DataFrame] = []
    cells, keeps = 0, True
    for batch in batches():
        names = batch.names
        cells += len(batch.rows) * len(names)
        if cells > _KEPT:
            kept, keeps = [], False
        if rules.begun:
            sums = sums or Sums(binding, rules, names, binding.uri)
        if keeps or (sums is not None and sums.used):
            frame = batch.frame()
            if sums is not None and sums.used:
                sums.add(frame, frame[LINE])
            if keeps:
                kept.append(frame)
    told = rules.finished()
    notes = sums.finish() if sums is not None else ()
    whole = pl.concat(kept) if keeps else None
    return Survey(names, Told(told.rows, told.skipped, told.preamble, told.notes + notes), seen, whole)


def _frame_of(survey: Survey, path: Path, batches: Callable[[], Iterator[Batch]], *, numbered: bool) -> pl.LazyFrame:
    """The rows as a frame, with a column ``__line`` if they are ``numbered``; it may be collected again and again."""
    given = [*survey.names, LINE] if numbered else list(survey.names)
    if survey.kept is not None:
        return survey.kept.lazy().select(given)
    schema: dict[str, pl.DataType] = {name: pl.Int64() if name == LINE else pl.String() for name in given}

    def rows(_: Sequence[str]) -> Iterator[pl.DataFrame]:
        if stamp(path) != survey.stamp:
            raise pl.exceptions.ComputeError("CSV malformed: the file changed while it was read")
        return (batch.frame() for batch in batches())

    return lazily(schema, rows)


class Table(Protocol):
    """A file that was opened: the rules of its rows, and these in batches, once."""

    @property
    def rules(self) -> Rules:
        """Which rows are none."""
        ...

    def batches(self) -> Iterator[Batch]:
        """The rows."""
        ...


def streamed(path: Path, binding: Binding, opened: Callable[[], Table], *, numbered: bool) -> pl.LazyFrame:
    """The rows of a file that is opened anew for each reading, after one that looked at all of it and told of it.

    With ``numbered`` nothing is told, and ``__line`` says where each row stands.
    """
    table = opened()
    survey = _surveyed(path, binding, table.rules, table.batches)
    if not numbered:
        tell(survey.told)
    return _frame_of(survey, path, lambda: opened().batches(), numbered=numbered)


__all__ = ["LINE", "Batch", "streamed"]
