"""Rows in files by the number of their part: what is too much at once is worked off part by part."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa

_PART = "__part"


class Parted:
    """Rows in a folder of their own; a part is taken whole, and once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self._folder = folder
        self._empty: pl.DataFrame | None = None

    def add(self, rows: pl.DataFrame, part: pl.Expr) -> None:
        """Put rows to their parts; ``part`` gives each its number."""
        if self._empty is None:
            self._empty = rows.clear()
        numbered = rows.with_columns(part.cast(pl.Int64).alias(_PART))
        for (number,), of_part in numbered.partition_by(_PART, as_dict=True, include_key=False).items():
            table = of_part.to_arrow()
            # One stream behind the other: a writer that stays open would hold a file for each part.
            with (self._folder / str(number)).open("ab") as file, pa.ipc.new_stream(file, table.schema) as stream:
                stream.write_table(table)

    def take(self, part: int) -> pl.DataFrame:
        """The rows of a part, which are gone from the folder then; none of a part that never had any."""
        assert self._empty is not None  # noqa: S101 - whoever takes has added, be it no row
        path, frames = self._folder / str(part), [self._empty]
        if path.exists():
            with path.open("rb") as file:
                while file.peek(1):
                    frames.append(pl.DataFrame(pa.ipc.open_stream(file).read_all()))
            path.unlink()
        return pl.concat(frames)

    @property
    def parts(self) -> list[int]:
        """The numbers of the parts that have rows."""
        return sorted(int(path.name) for path in self._folder.iterdir())
