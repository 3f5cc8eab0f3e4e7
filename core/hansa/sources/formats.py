"""The formats that come with Hansa: CSV and Parquet, each lazily. They register by the same hook as a plugin's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from hansa.errors import DataError
from hansa.hooks import hookimpl
from hansa.sources.binding import Binding
from hansa.sources.csv_text import examine
from hansa.sources.excel import WORKBOOKS, read_excel
from hansa.sources.files import CHECK_DELIVERY
from hansa.sources.fixed_width import read_fixed
from hansa.sources.text import read_text
from hansa.sources.told import Told, tell

#: Opens the file at a path: all its columns under their own names, its values as they came. ``Binding.uri`` is the
#: path as the user wrote it, for messages.
Reader = Callable[[Path, Binding], pl.LazyFrame]

_PARQUET = b"PAR1"


def built_in_readers() -> dict[str, Reader]:
    """The readers by format."""
    sheets = dict.fromkeys(WORKBOOKS, read_excel)
    return {"csv": read_csv, "txt": read_csv, "fixed": read_fixed, "parquet": read_parquet, **sheets}


@hookimpl
def hansa_sources() -> Mapping[str, Reader]:
    """The built-in formats, brought as any plugin brings its own."""
    return built_in_readers()


def read_csv(path: Path, binding: Binding) -> pl.LazyFrame:
    """A text file; every column is text, an empty field is null, ``""`` the empty text.

    One in UTF-8 whose first line is the header is checked and left to Polars; any other layout is read by
    ``hansa.sources.text``. Errors: DataError with the line, see ``hansa.sources.csv_text.examine`` and there.
    """
    if not binding.is_plain():
        return read_text(path, binding)
    found = examine(path, binding.separator, binding.uri)
    tell(Told(found.rows))
    frame = pl.scan_csv(
        path,
        separator=binding.separator,
        infer_schema=False,
        glob=False,
        # Polars would make a row of nulls of each empty line at the end.
        n_rows=found.rows if found.empty_lines_follow else None,
    )
    names = frame.collect_schema().names()
    if len(names) != len(found.names):
        raise DataError(
            "source.header", "its header cannot be read", where=binding.uri, next_step="look at its first line"
        )
    frame = frame.rename(dict(zip(names, found.names, strict=True)))
    # A line break inside of a text is one sign, whatever the file's line ends are.
    return frame.with_columns(pl.all().str.replace_all("\r\n", "\n", literal=True)) if found.returns_inside else frame


def read_parquet(path: Path, binding: Binding) -> pl.LazyFrame:
    """A Parquet file; the columns keep their types.

    Errors: DataError if it is another kind of file, cut or damaged as far as its footer tells.
    """
    _check_whole(path, binding.uri)
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def _check_whole(path: Path, place: str) -> None:
    """Refuse what Polars would stumble over: it panics on a column chunk that reaches over the end of the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(size - 4, 0))
        tail = file.read(4)
    if not size:
        raise DataError("source.empty", "the file is empty", where=place, next_step=CHECK_DELIVERY)
    if head != _PARQUET:
        raise DataError(
            "source.kind", "it is not a Parquet file", where=place, next_step="name the right file or format"
        )
    cut = DataError("source.cut", "the Parquet file is cut or damaged", where=place, next_step="send the file again")
    if tail != _PARQUET or size < 12:
        raise cut
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        raise cut from None
    groups = (footer.row_group(number) for number in range(footer.num_row_groups))
    if any(_end(group.column(number)) > size for group in groups for number in range(footer.num_columns)):
        raise cut


def _end(chunk: object) -> int:
    """The byte after a column chunk."""
    starts = [getattr(chunk, "data_page_offset", 0), getattr(chunk, "dictionary_page_offset", None)]
    return int(min(start for start in starts if start is not None)) + int(getattr(chunk, "total_compressed_size", 0))
