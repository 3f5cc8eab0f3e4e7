"""Batches of rows as a lazy frame: what the engine asks of a source besides its rows is answered here, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl


def lazily(
    schema: Mapping[str, pl.DataType], batches: Callable[[Sequence[str]], Iterator[pl.DataFrame]], *, pure: bool = True
) -> pl.LazyFrame:
    """A frame of ``schema`` that streams ``batches`` each time it is collected.

    ``batches`` takes the columns that are needed (of none, any will do) and gives frames that have at least these.
    ``pure`` says that two readings give the same rows.
    """
    from polars.io.plugins import register_io_source

    def pull(
        columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(schema) if columns is None else columns
        needed = wanted if predicate is None else list(dict.fromkeys([*wanted, *predicate.meta.root_names()]))
        left = limit
        for frame in batches(needed):
            # The engine counts the first rows before it chooses among them.
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            if predicate is not None:
                frame = frame.filter(predicate)
            # Without a column there would be no rows: where none is wanted, some are given all the same.
            yield frame.select(wanted) if wanted else frame
            if left == 0:
                return

    return register_io_source(pull, schema=dict(schema), is_pure=pure)


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of change: another one as soon as the file was written again."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns
