"""A file read by the words of its source, its values written plainly, for the draft of a contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from hansa.cast import Cast, casts
from hansa.contract.model import Column
from hansa.contract_draft import Opened
from hansa.contract_draft.header import refuse_doubles, refuse_values
from hansa.source_draft.binding_file import Bound
from hansa.source_draft.trial_types import by_values
from hansa.sources import Reader, open_source, translate
from hansa.sources.files import unreadable

_TIME = "%Y-%m-%dT%H:%M:%S%.f"


def open_plain(path: Path, bound: Bound, readers: Mapping[str, Reader]) -> Opened:
    """The file at ``path`` by the words of ``bound``: its columns, renamed as the words say, with plain texts.

    A number, date or time that the words read stands as the gate has it by itself; what they do not read stands as it
    came, so that the draft counts it. Errors: as ``open_source``; DataError for a header that looks like values.
    """
    place = str(path)
    try:
        binding, contract = by_values(path, bound.binding.model_copy(update={"uri": place}), readers)
        source = open_source(binding, contract, Path(), readers)
        given = source.frame.collect_schema()
        made = casts(contract, given, source.reading, bound.zone)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise translate(error, place) or unreadable(place) from None
    frame = source.frame.select(_written(one, made[one.name], given) for one in contract.columns if one.name in made)
    own = {name: file for name, file in binding.mapping.rename.items() if name not in bound.binding.mapping.rename}
    schema = frame.collect_schema()
    names = tuple(own.get(name, name) for name in schema)
    refuse_doubles(names, place)
    refuse_values(names, place)
    return Opened("bound", place, frame, schema, names, source.notes)


def _written(column: Column, cast: Cast, given: pl.Schema) -> pl.Expr:
    """The value as plain text; a value that is no text in the file, or a text itself, as it is."""
    came = given.get(column.name)
    if column.logical_type == "string" or (came is not None and came != pl.String):
        return pl.col(column.name)
    text = _text(column, cast.value)
    raw = pl.col(column.name) if came is not None else pl.lit(None, dtype=pl.String)
    return pl.when(cast.failed).then(raw).otherwise(text).alias(column.name)


def _text(column: Column, value: pl.Expr) -> pl.Expr:
    if column.logical_type == "timestamp":
        return value.dt.strftime(_TIME + ("%:z" if column.zoned else ""))
    return value.dt.strftime("%Y-%m-%d") if column.logical_type == "date" else value.cast(pl.String)
