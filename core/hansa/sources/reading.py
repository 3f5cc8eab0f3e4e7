"""A bound source under a contract: its columns under the contract's names, its values as they came."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from hansa.cast import Reading
from hansa.contract.model import Contract
from hansa.errors import DataError, MeshError
from hansa.near import or_near
from hansa.sources.binding import Binding, negative_marks, one_decimal, one_grouping, one_separator, positive_marks
from hansa.sources.csv_text import SeparatorError
from hansa.sources.drift import columns_told
from hansa.sources.files import fingerprint, listed, located, translate, unreadable, value_like
from hansa.sources.formats import Reader
from hansa.sources.identifiers import refuse_damaged_identifiers
from hansa.sources.layout_file import with_layout
from hansa.sources.mapping import Mapped, untold_type
from hansa.sources.remote import fetched, is_remote
from hansa.sources.spelling import meant, misspelled
from hansa.sources.told import Told, listening, together

if TYPE_CHECKING:
    from hansa.store.settings import StoreSettings

_Given = TypeVar("_Given")
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class SourceFrame:
    """A source, ready for the gate.

    ``frame`` has the contract's columns that the source gives, in the contract's order, and the helper columns that
    ``reading.offsets`` names. ``place`` is the path as the user wrote it; ``absent`` the columns that the source does
    not give and the contract does not require (they are not in ``frame``); ``surplus`` the file's columns that nothing
    takes, and fields within its columns that the contract does not know; ``fingerprint`` changes when the file is
    written again; ``skipped`` counts the rows or lines that are none, by the name of their rule, and ``notes`` are what
    the reader tells; ``columns`` are the file's own, with types.
    """

    frame: pl.LazyFrame
    reading: Reading
    place: str
    absent: tuple[str, ...]
    surplus: tuple[str, ...]
    fingerprint: str
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """Sentences for a person: what of the file is no row, by which rule, and what else its reader tells."""
        return Told(skipped=self.skipped, notes=self.notes).lines


def open_source(
    binding: Binding,
    contract: Contract,
    base: Path,
    readers: Mapping[str, Reader],
    store: StoreSettings | None = None,
) -> SourceFrame:
    """Open what a mesh file in the folder ``base`` binds to the product of ``contract``.

    ``store`` says how a bucket is reached. Errors: MeshError, naming the entry, for a mapping that does not fit
    contract and file; DataError for the file; WorldError for the store.
    """
    from hansa.sources.database import open_database

    entry = f"sources.{contract.id}"
    binding = with_layout(binding, base, entry)
    if (opened := open_database(binding, contract, base, entry)) is not None:
        return opened
    if is_remote(binding.uri):
        path, seen = fetched(binding.uri, f"{entry}.uri", store)
        return _opened(path, binding, contract, readers, entry, seen)
    return _opened(located(binding.uri, base, f"{entry}.uri"), binding, contract, readers, entry)


def open_file(
    path: Path,
    contract: Contract,
    readers: Mapping[str, Reader],
    *,
    separator: str = ",",
    decimal: str = ".",
    grouping: str = "none",
    negative: Sequence[str] = (),
    positive: Sequence[str] = (),
    null_words: Sequence[str] = (),
) -> SourceFrame:
    """Open a file whose columns have the contract's names; the words are those of a ``Binding``.

    Errors: DataError for the file, MeshError for the signs.
    """
    try:
        sign = one_separator(separator)
    except ValueError as error:
        problem, _, mend = str(error).partition("; ")
        raise MeshError("source.separator", f"it is {problem}", where="--separator", next_step=mend) from None
    point = _sign(decimal, one_decimal, "--decimal")
    thousands = _sign(grouping, one_grouping, "--grouping") or "none"
    binding = Binding(
        uri=str(path),
        separator=sign,
        decimal=point,
        grouping=thousands,
        negative=_sign(negative, negative_marks, "--negative"),
        positive=_sign(positive, positive_marks, "--positive"),
        null_words=tuple(null_words),
    )
    return _opened(path, binding, contract, readers, "")


def open_bound(
    path: Path, binding: Binding, contract: Contract, readers: Mapping[str, Reader], entry: str
) -> SourceFrame:
    """Open a file of this machine by the words of a binding, whatever address that has; ``entry`` names it.

    Errors: as ``open_source``; MeshError for words of a database.
    """
    from hansa.sources.database import open_database

    bound = binding.model_copy(update={"uri": str(path)})
    open_database(bound, contract, Path(), entry)
    return _opened(path, bound, contract, readers, entry)


def _sign(value: _Given, check: Callable[[_Given], _Read], option: str) -> _Read:
    try:
        return check(value)
    except ValueError as error:
        problem, _, mend = str(error).partition("; ")
        raise MeshError("source.sign", f"it is {problem}", where=option, next_step=mend) from None


def _opened(
    path: Path, binding: Binding, contract: Contract, readers: Mapping[str, Reader], entry: str, seen: str | None = None
) -> SourceFrame:
    place = binding.uri
    reader = _reader(path, binding, readers, entry)
    seen = seen or fingerprint(path, place)
    try:
        with listening() as heard:
            frame = reader(path, binding)
        schema = frame.collect_schema()
    except SeparatorError as fault:
        raise fault.under(entry) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise translate(error, place) or unreadable(place) from None
    mapped = Mapped(binding, contract, schema, entry)
    _refuse_missing(mapped, contract, schema, place, entry)
    _refuse_misspelled(mapped, schema, place, entry)
    _refuse_untold(mapped, schema, place)
    refuse_damaged_identifiers(frame, path, binding, contract, mapped.taken)
    told = together(heard)
    return SourceFrame(
        frame=mapped.over(frame),
        reading=mapped.reading(),
        place=place,
        absent=mapped.absent(),
        surplus=(*mapped.surplus(), *mapped.unknown_fields()),
        fingerprint=seen,
        skipped=told.skipped,
        notes=told.notes,
        columns=columns_told(schema),
    )


def _reader(path: Path, binding: Binding, readers: Mapping[str, Reader], entry: str) -> Reader:
    name = (binding.format or path.suffix.removeprefix(".")).lower()
    if name in readers:
        return readers[name]
    known = f"known are {', '.join(sorted(readers))}"
    if binding.format:
        mend = or_near(name, readers, known)
        raise MeshError("source.format", f"nothing reads the format '{name}'", where=f"{entry}.format", next_step=mend)
    # A folder or a missing file is told before the ending of its name.
    fingerprint(path, binding.uri)
    what = f"the ending '.{name}' names no format" if name else "its name has no ending that names a format"
    mend = f"write {entry}.format, {known}" if entry else f"rename it, {known}"
    raise DataError("source.format", what, where=binding.uri, next_step=mend)


def _refuse_missing(
    mapped: Mapped, contract: Contract, schema: Mapping[str, pl.DataType], place: str, entry: str
) -> None:
    """Refuse a file that lacks a required column, or has none at all of the contract's."""
    missing = mapped.missing()
    if not missing and (mapped.taken or mapped.binding.mapping.sign or mapped.binding.mapping.join):
        return
    lacking = ", ".join(f"'{name}'" for name in missing)
    what = f"it lacks the required columns {lacking}" if missing else f"it has no column of {contract.id}"
    surplus = mapped.surplus()
    close = next(((name, found) for name in missing if (found := _close_to(name, mapped, surplus))), None)
    mend = f"did you mean {_called(close[1], schema)}? " if close else ""
    if not entry:
        mend += "give its header the contract's names"
    elif close and len(missing) == 1 and close[0] not in mapped.binding.mapping.join and _named(close[1]):
        mend += f"write {close[0]}: {close[1]} under {entry}.mapping.rename"
    else:
        mend += f"map them under {entry}.mapping"
    raise DataError("source.columns", f"{what}; it has {listed(schema)}", where=place, next_step=mend)


def _close_to(name: str, mapped: Mapped, surplus: Sequence[str]) -> str | None:
    """The column of the file that may be meant for one of the contract: under its name, or that which the file had."""
    had = mapped.binding.mapping.rename.get(name, name)
    return meant(had, surplus) or meant(name, surplus)


def _refuse_misspelled(mapped: Mapped, schema: Mapping[str, pl.DataType], place: str, entry: str) -> None:
    """Refuse a file whose column seems to be one that need not be there: left out, it would be published as nulls."""
    found = misspelled(mapped.absent(), mapped.surplus())
    if found is None:
        return
    wanted, given = found
    what = f"the file has {_called(given, schema)}, the contract wants '{wanted}'"
    mend = "rename it in the file"
    if entry:
        mend += f", or write {wanted}: {given} under {entry}.mapping.rename" if _named(given) else f" or under {entry}"
    raise DataError("source.columns", what, where=place, next_step=mend)


def _refuse_untold(mapped: Mapped, schema: Mapping[str, pl.DataType], place: str) -> None:
    """Refuse a column of a type that nothing here can read, whatever its values are."""
    for name, given in mapped.taken.items():
        if kind := untold_type(schema[given]):
            mend = f"have it written as text, so that the gate reads '{name}' by the contract"
            what = f"{_called(given, schema)} has {kind}, which cannot be read"
            raise DataError("source.type", what, where=place, next_step=mend)


def _called(name: str, schema: Mapping[str, pl.DataType]) -> str:
    """A column of the file for a sentence: by its name if it looks like one, else by its position.

    Where a file has no header its first row stands in the place of the names, and a value is never shown.
    """
    return f"'{name}'" if _named(name) else f"column {list(schema).index(name) + 1}"


def _named(name: str) -> bool:
    """True for what looks like the name of a column."""
    return (name[:1].isalpha() or name.startswith("_")) and not value_like(name)
