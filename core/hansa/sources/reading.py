"""A bound source under a contract: its columns under the contract's names, its values as they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from hansa.cast import Reading
from hansa.contract.model import Contract
from hansa.errors import DataError, MeshError
from hansa.near import or_near
from hansa.sources.binding import Binding, one_separator
from hansa.sources.csv_text import SeparatorError
from hansa.sources.files import SAVE_AS_CSV, fingerprint, listed, located, translate, unreadable
from hansa.sources.formats import Reader
from hansa.sources.mapping import Mapped
from hansa.sources.spelling import meant, misspelled

_WORKBOOKS = frozenset({"xlsx", "xls", "xlsm", "xlsb"})


@dataclass(frozen=True)
class SourceFrame:
    """A source, ready for the gate.

    ``frame`` has the contract's columns that the source gives, in the contract's order, and the helper columns that
    ``reading.offsets`` names. ``place`` is the path as the user wrote it; ``absent`` the columns that the source does
    not give and the contract does not require (they are not in ``frame``); ``surplus`` the file's columns that nothing
    takes; ``fingerprint`` changes when the file is written again.
    """

    frame: pl.LazyFrame
    reading: Reading
    place: str
    absent: tuple[str, ...]
    surplus: tuple[str, ...]
    fingerprint: str


def open_source(binding: Binding, contract: Contract, base: Path, readers: Mapping[str, Reader]) -> SourceFrame:
    """Open what a mesh file in the folder ``base`` binds to the product of ``contract``.

    Errors: MeshError, naming the entry, for a mapping that does not fit contract and file; DataError for the file.
    """
    entry = f"sources.{contract.id}"
    return _opened(located(binding.uri, base, f"{entry}.uri"), binding, contract, readers, entry)


def open_file(path: Path, contract: Contract, readers: Mapping[str, Reader], *, separator: str = ",") -> SourceFrame:
    """Open a file whose columns have the contract's names.

    Errors: DataError for the file, MeshError for the separator.
    """
    try:
        sign = one_separator(separator)
    except ValueError as error:
        problem, _, mend = str(error).partition("; ")
        raise MeshError("source.separator", f"it is {problem}", where="--separator", next_step=mend) from None
    return _opened(path, Binding(uri=str(path), separator=sign), contract, readers, "")


def _opened(path: Path, binding: Binding, contract: Contract, readers: Mapping[str, Reader], entry: str) -> SourceFrame:
    place = binding.uri
    reader = _reader(path, binding, readers, entry)
    seen = fingerprint(path, place)
    try:
        frame = reader(path, binding)
        schema = frame.collect_schema()
    except SeparatorError as fault:
        raise fault.under(entry) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise translate(error, place) or unreadable(place) from None
    mapped = Mapped(binding, contract, schema, entry)
    _refuse_missing(mapped, contract, schema, place, entry)
    _refuse_misspelled(mapped, place, entry)
    return SourceFrame(
        frame=mapped.over(frame),
        reading=mapped.reading(),
        place=place,
        absent=mapped.absent(),
        surplus=mapped.surplus(),
        fingerprint=seen,
    )


def _reader(path: Path, binding: Binding, readers: Mapping[str, Reader], entry: str) -> Reader:
    name = (binding.format or path.suffix.removeprefix(".")).lower()
    if name in readers:
        return readers[name]
    known = f"known are {', '.join(sorted(readers))}"
    if binding.format:
        mend = SAVE_AS_CSV if name in _WORKBOOKS else or_near(name, readers, known)
        raise MeshError("source.format", f"nothing reads the format '{name}'", where=f"{entry}.format", next_step=mend)
    # A folder or a missing file is told before the ending of its name.
    fingerprint(path, binding.uri)
    if name in _WORKBOOKS:
        raise DataError("source.kind", "it is an Excel workbook", where=binding.uri, next_step=SAVE_AS_CSV)
    what = f"the ending '.{name}' names no format" if name else "its name has no ending that names a format"
    mend = f"write {entry}.format, {known}" if entry else f"rename it, {known}"
    raise DataError("source.format", what, where=binding.uri, next_step=mend)


def _refuse_missing(
    mapped: Mapped, contract: Contract, schema: Mapping[str, pl.DataType], place: str, entry: str
) -> None:
    """Refuse a file that lacks a required column, or has none at all of the contract's."""
    missing = mapped.missing()
    if not missing and mapped.taken:
        return
    lacking = ", ".join(f"'{name}'" for name in missing)
    what = f"it lacks the required columns {lacking}" if missing else f"it has no column of {contract.id}"
    surplus = mapped.surplus()
    close = next((found for name in missing if (found := meant(name, surplus))), None)
    mend = f"did you mean '{close}'? " if close else ""
    mend += f"map them under {entry}.mapping" if entry else "give its header the contract's names"
    raise DataError("source.columns", f"{what}; it has {listed(schema)}", where=place, next_step=mend)


def _refuse_misspelled(mapped: Mapped, place: str, entry: str) -> None:
    """Refuse a file whose column seems to be one that need not be there: left out, it would be published as nulls."""
    found = misspelled(mapped.absent(), mapped.surplus())
    if found is None:
        return
    wanted, given = found
    what = f"the file has '{given}', the contract wants '{wanted}'"
    mend = f"rename it in the file or under {entry}.mapping.rename" if entry else "rename it in the file"
    raise DataError("source.columns", what, where=place, next_step=mend)
