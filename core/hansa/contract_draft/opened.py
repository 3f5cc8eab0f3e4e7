"""FILE of ``hansa contract draft``: a CSV, Parquet or Excel file, or a published product, as a lazy frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from hansa.contract_draft.excel import WORKBOOKS, read_sheet
from hansa.contract_draft.header import refuse_doubles, refuse_values
from hansa.errors import DataError, MeshError
from hansa.near import or_near
from hansa.sources.binding import Binding, one_separator
from hansa.sources.files import fingerprint, translate, unreadable
from hansa.sources.formats import built_in_readers
from hansa.store.door import Door

#: Endings of names that are files and no products.
ENDINGS = WORKBOOKS | {"csv", "txt", "parquet", "tsv"}


@dataclass(frozen=True)
class Opened:
    """Rows to draft from. ``kind`` is csv, parquet, excel, table or bound; ``place`` is what the user wrote.

    ``names`` are the columns' as they stand there, in the frame's order; ``notes`` sentences for the head of the draft;
    ``separator`` that of a CSV file.
    """

    kind: str
    place: str
    frame: pl.LazyFrame
    schema: pl.Schema
    names: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    separator: str = ","


def open_data_file(path: Path, *, separator: str = ",", sheet: str | None = None) -> Opened:
    """Open a file of this machine.

    Errors: DataError for the file, also for a header that looks like values; MeshError for the options; WorldError if
    Excel is not installed.
    """
    place = str(path)
    fingerprint(path, place)
    ending = path.suffix.removeprefix(".").lower()
    if ending in WORKBOOKS:
        frame, names, notes = read_sheet(path, sheet)
        opened = Opened("excel", place, frame.lazy(), frame.schema, names, notes)
    elif sheet is not None:
        raise MeshError("draft.sheet", "only an Excel file has sheets", where=place, next_step="leave --sheet out")
    else:
        opened = _text_or_parquet(path, ending, _sign(separator))
    refuse_doubles(opened.names, place)
    refuse_values(opened.names, place)
    return opened


def _sign(separator: str) -> str:
    try:
        return one_separator(separator)
    except ValueError as error:
        problem, _, mend = str(error).partition("; ")
        raise MeshError("source.separator", f"it is {problem}", where="--separator", next_step=mend) from None


def _text_or_parquet(path: Path, ending: str, separator: str) -> Opened:
    place = str(path)
    readers = built_in_readers()
    if ending not in readers:
        known = sorted({*readers, *WORKBOOKS})
        what = f"the ending '.{ending}' names no format" if ending else "its name has no ending that names a format"
        mend = or_near(ending, known, f"rename it, known are {', '.join(known)}")
        raise DataError("source.format", what, where=place, next_step=mend)
    try:
        frame = readers[ending](path, Binding(uri=place, separator=separator))
        schema = frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise translate(error, place) or unreadable(place) from None
    if ending == "parquet":
        return Opened("parquet", place, frame, schema, tuple(schema.names()))
    return Opened("csv", place, frame, schema, tuple(schema.names()), separator=separator)


def open_table(door: Door, product: str, major: int) -> Opened:
    """Open the published rows of a product. Errors: as ``Door.open``."""
    frame = door.open(product, major).frame
    schema = frame.collect_schema()
    return Opened("table", product, frame, schema, tuple(schema.names()))
