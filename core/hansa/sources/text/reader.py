"""The reader of delimited text: one walk checks the whole file, and its frame walks again whenever it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hansa.sources.ahead import one_ahead
from hansa.sources.binding import Binding
from hansa.sources.clean import cleaned_frame
from hansa.sources.lazily import lazily, stamp
from hansa.sources.rules import Rules
from hansa.sources.text.kept import Held, Kept
from hansa.sources.text.sums import Sums
from hansa.sources.text.walk import Even, Part, Records, Walk
from hansa.sources.told import Told, tell

#: The column of ``read_lines`` that has the physical line of a row, from 1.
LINE = "__line"


@dataclass(frozen=True)
class Survey:
    """What the walk that checked a file found; ``even`` are the blocks that need not be looked at again.

    ``rules`` are those of that walk, which know the columns; ``kept`` are blocks that need not be read again either.
    """

    rules: Rules
    even: dict[int, tuple[int, int]]
    told: Told
    stamp: tuple[int, int]
    kept: Kept

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return self.rules.names


def read_text(path: Path, binding: Binding) -> pl.LazyFrame:
    """The rows of a text file as its layout says; every column is text, an empty field is null, ``""`` the empty text.

    The whole file is checked before a row is given. Errors: DataError with the line for whatever makes the file another
    one than its layout says; MeshError for a word of the layout that does not fit the file.
    """
    survey = surveyed(path, binding)
    tell(survey.told)
    return _frame(path, binding, survey, numbered=False)


def read_lines(path: Path, binding: Binding) -> pl.LazyFrame:
    """The same with a column ``__line``, the physical line of each row: to tell where a value stands."""
    return _frame(path, binding, surveyed(path, binding, numbered=True), numbered=True)


def surveyed(path: Path, binding: Binding, *, numbered: bool = False) -> Survey:
    """Walk over the file once, and hold what it says of itself against its rows. Errors: as ``read_text``."""
    seen = stamp(path)
    adds = binding.control is not None and bool(binding.control.sum or binding.control.balance)
    # A sum that is wrong is told with its line, so lines are counted where there is one.
    walk = Walk(path, binding, binding.uri, numbered=numbered or adds)
    sums: Sums | None = None
    kept, keeps = Kept(), not numbered
    for part in walk.parts():
        sums = sums or Sums(binding, walk.rules, walk.names, binding.uri)
        if sums.used:
            frame = _made(part, walk, binding, sums.columns)
            sums.add(frame, _lines(part, frame.height))
        if keeps and isinstance(part, Even) and part.block.stretch is not None:
            keeps = Kept.has_room(len(part.data))
            if keeps:
                kept.add(Held(part.block.stretch, part.data))
    told = walk.rules.finished()
    notes = sums.finish() if sums is not None else ()
    return Survey(walk.rules, walk.even, Told(told.rows, told.skipped, told.preamble, told.notes + notes), seen, kept)


def _frame(path: Path, binding: Binding, survey: Survey, *, numbered: bool) -> pl.LazyFrame:
    schema: dict[str, pl.DataType] = {name: pl.String() for name in survey.names}
    if numbered:
        schema[LINE] = pl.Int64()

    return lazily(schema, lambda columns: _frames(path, binding, survey, columns, numbered))


def _frames(
    path: Path, binding: Binding, survey: Survey, columns: Sequence[str], numbered: bool
) -> Iterator[pl.DataFrame]:
    if stamp(path) != survey.stamp:
        raise changed()
    kept, begun = survey.kept.blocks, survey.rules
    walk = Walk(path, binding, binding.uri, known=survey.even, numbered=numbered, held=kept, begun=begun)
    for part in one_ahead(_in_utf8(walk.parts())):
        # A frame without columns would have no rows either.
        frame = _made(part, walk, binding, tuple(name for name in columns if name in walk.names) or walk.names[:1])
        if numbered:
            frame = frame.with_columns(_lines(part, frame.height).alias(LINE))
        yield frame


def _in_utf8(parts: Iterator[Part]) -> Iterator[Part]:
    """The parts; what Polars is to parse is encoded here, where nobody waits for it."""
    for part in parts:
        if isinstance(part, Even):
            _ = part.data
        yield part


def _made(part: Part, walk: Walk, binding: Binding, columns: tuple[str, ...]) -> pl.DataFrame:
    """The rows of a part as a frame of texts: some of the columns, cleaned."""
    places = {name: walk.names.index(name) for name in columns}
    made = _parsed(part, walk, binding, places) if isinstance(part, Even) else _split(part, places)
    return cleaned_frame(made, binding)


def _parsed(part: Even, walk: Walk, binding: Binding, places: dict[str, int]) -> pl.DataFrame:
    given = [f"c{at}" for at in range(part.width)]
    # Without a column Polars would not count the rows.
    positions = sorted(set(places.values())) or [0]
    frame = pl.read_csv(
        part.data,
        has_header=False,
        separator=walk.separator,
        quote_char=binding.quote_sign or None,
        schema=dict.fromkeys(given, pl.String()),
        columns=positions,
    )
    if frame.height != part.rows:
        raise changed()
    return frame.select(pl.col(given[at]).alias(name) for name, at in places.items())


def _split(part: Records, places: dict[str, int]) -> pl.DataFrame:
    columns = list(zip(*part.fields, strict=True)) if part.fields else []
    given = {name: columns[at] if columns else () for name, at in places.items()}
    return pl.DataFrame(given, schema=dict.fromkeys(places, pl.String()), strict=True)


def _lines(part: Part, height: int) -> pl.Series:
    """The physical line of each row. A part for Polars whose fields hold line breaks has none that is exact."""
    if isinstance(part, Records):
        return pl.Series(LINE, part.lines, dtype=pl.Int64)
    return pl.int_range(part.before + 1, part.before + 1 + height, eager=True, dtype=pl.Int64).alias(LINE)


def changed() -> Exception:
    """The file is not the one that was checked."""
    return pl.exceptions.ComputeError("CSV malformed: the file changed while it was read")
