"""Readers that give each row its place in the file, for a trial that says where a value stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from hansa.sources import Binding, Reader
from hansa.sources.told import Told, listening, tell, together

#: The column of a row's physical line, or row of a sheet, from 1; null where a format has no lines.
LINE = "__line"


def numbered(readers: Mapping[str, Reader], heard: list[Told]) -> dict[str, Reader]:
    """The readers, each with the column ``__line``; what each tells of its file is put into ``heard``."""
    known = _known()
    return {name: _numbered(reader, known.get(name), heard) for name, reader in readers.items()}


def _known() -> dict[str, Reader]:
    from hansa.sources.excel import WORKBOOKS, read_excel_lines
    from hansa.sources.fixed_width import read_fixed_lines
    from hansa.sources.text import read_lines

    workbooks: dict[str, Reader] = dict.fromkeys(WORKBOOKS, read_excel_lines)
    return {"csv": read_lines, "txt": read_lines, "fixed": read_fixed_lines, **workbooks}


def _numbered(reader: Reader, lines: Reader | None, heard: list[Told]) -> Reader:
    def read(path: Path, binding: Binding) -> pl.LazyFrame:
        with listening() as now:
            frame = reader(path, binding)
        heard.append(together(now))
        tell(heard[-1])
        return lines(path, binding) if lines else frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(LINE))

    return read
