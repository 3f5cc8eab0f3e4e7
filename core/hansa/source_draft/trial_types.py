"""The types of a source's columns where no contract says them: what its words say, and what its values bear out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from hansa.cast.numbers import plain_number
from hansa.contract.model import Column, Contract
from hansa.contract_draft.header import mended
from hansa.source_draft.cells import FileColumn
from hansa.source_draft.drafted import PRECISION, Drafted, amount_of, column_of, contract_of
from hansa.source_draft.kinds import kind_of
from hansa.sources import Binding, Reader
from hansa.sources.mapping import joined_texts
from hansa.sources.numbers import number_forms

#: Rows whose values say the types.
_ROWS = 5000
#: From this share on the values of a column are numbers of a declared form.
_MOSTLY = 0.7
_TIMES = ("%H", "%I", "%s", "%+", "%T", "%R")


def by_values(path: Path, binding: Binding, readers: Mapping[str, Reader]) -> tuple[Binding, Contract]:
    """The types that the values bear out, and the binding with the names that those columns got."""
    from hansa.sources.reading import _reader

    frame = _reader(path, binding, readers, "")(path, binding)
    columns = columns_by_values(frame, binding)
    return renamed(binding, columns, frame.collect_schema()), contract_of(columns)


def columns_by_values(frame: pl.LazyFrame, binding: Binding) -> tuple[Column, ...]:
    """The columns of a contract that the values of a file would fit, under the names that the mapping gives them."""
    words = binding.mapping
    schema = frame.collect_schema()
    shown = frame.head(_ROWS).collect()
    named = {file: name for name, file in words.rename.items()}
    names = dict(zip(schema, mended(list(schema)), strict=True))
    joined = {file for files in words.join.values() for file in files} - named.keys()
    made = []
    for position, (file, dtype) in enumerate(schema.items(), 1):
        name = named.get(file) or (file if _spoken_of(file, words.model_dump()) else names[file])
        if file not in joined:
            made.append(_column(name, file, position, shown[file], dtype, binding))
    made = [column for column in made if column.name not in words.join]
    made += [column for name in words.join if (column := _joined(name, shown, binding)) is not None]
    known = {column.name for column in made}
    for name, sign in words.sign.items():
        if name not in known:
            sources = tuple(named.get(file, names.get(file, file)) for file in _sources(sign.model_dump()))
            made.append(amount_of(name, tuple(made), sources))
    return tuple(made)


def renamed(binding: Binding, columns: tuple[Column, ...], schema: Mapping[str, Any]) -> Binding:
    """The binding with the file's columns under the names that their columns got."""
    files = list(schema)
    rename = {
        column.name: files[column.line - 1]
        for column in columns
        if 0 < column.line <= len(files) and column.name != files[column.line - 1]
    }
    mapping = binding.mapping.model_copy(update={"rename": rename | binding.mapping.rename})
    return binding.model_copy(update={"mapping": mapping})


def typed_by_values(path: Path, draft: Drafted, readers: Mapping[str, Reader]) -> Drafted:
    """The draft of a statement with the columns of its format."""
    from hansa.errors import HansaError

    binding = Binding(uri=draft.place, **draft.words)
    try:
        frame = readers[draft.words["format"]](path, binding)
        return replace(draft, columns=columns_by_values(frame, binding))
    except HansaError:
        # Its reading is tried again, and says the sentence.
        return draft


def _joined(name: str, shown: pl.DataFrame, binding: Binding) -> Column | None:
    """The column that columns of the file are joined to; None where they cannot be, which the reading refuses."""
    words, files = binding.mapping, list(binding.mapping.join[name])
    kinds = [shown.schema.get(file) for file in files]
    if kinds == [pl.Date, pl.Time]:
        return Column(name, "timestamp", 0, zoned=name in words.timezone or name in words.zone_column)
    if any(kind != pl.String for kind in kinds):
        return None
    nulls = words.null_words.get(name, binding.null_words)
    values = shown.select(
        joined_texts([pl.when(~pl.col(file).is_in(list(nulls))).then(pl.col(file)) for file in files])
    )
    return _column(name, files[0], 0, values.to_series(), pl.String(), binding)


def _sources(sign: Mapping[str, Any]) -> list[str]:
    return [value for word in ("column", "plus", "minus") if isinstance(value := sign.get(word), str)]


def _spoken_of(name: str, words: Mapping[str, Any]) -> bool:
    """True if a word of the mapping is about a column of this name."""
    return any(name in said for said in words.values() if isinstance(said, dict | list | tuple))


def _column(name: str, file: str, position: int, values: pl.Series, dtype: pl.DataType, binding: Binding) -> Column:
    words = binding.mapping
    if dtype != pl.String:
        return _native(name, position, dtype)
    if name in words.identifiers:
        return Column(name, "string", position)
    if name in words.formats:
        pattern = "".join(words.formats[name])
        if not any(code in pattern for code in _TIMES):
            return Column(name, "date", position)
        zoned = (
            name in words.timezone
            or name in words.zone_column
            or "%z" in pattern
            or "%:z" in pattern
            or "%+" in pattern
        )
        return Column(name, "timestamp", position, zoned=zoned)
    nulls = frozenset(words.null_words.get(name, binding.null_words))
    found = kind_of(FileColumn(name, file, position, tuple(values.to_list())).without(nulls), None)
    column = replace(column_of(found), name=name)
    if column.logical_type == "string" and (number := _declared_number(column, values, nulls, binding)) is not None:
        return number
    if name in words.implied_decimals:
        return Column(name, "number", position, precision=PRECISION, scale=words.implied_decimals[name])
    if column.logical_type == "timestamp" and name in words.timezone:
        return replace(column, zoned=True)
    # Dates that no word describes are texts, but for the gate's own form.
    described = found.days is None or not found.days.pattern or column.zoned
    return column if described else Column(name, "string", position)


def _declared_number(column: Column, values: pl.Series, nulls: frozenset[str], binding: Binding) -> Column | None:
    """The column as a number, where the form that the binding declares reads what is no plain number; else None."""
    number = replace(column, logical_type="number", precision=PRECISION, scale=0)
    form = number_forms(binding, contract_of((number,))).get(column.name)
    texts = values.filter(values.is_not_null() & ~values.is_in(list(nulls)) & (values != ""))
    if form is None or not len(texts):
        return None
    plain = pl.select(plain_number(pl.lit(texts), form)).to_series()
    read = plain.is_not_null()
    # Runs of digits alone may be identifiers, whatever is declared of numbers.
    if read.sum() < _MOSTLY * len(texts) or not (texts.filter(read) != plain.filter(read)).any():
        return None
    decimals = plain.filter(read).str.extract(r"\.([0-9]*)$").drop_nulls()
    return replace(number, scale=max(map(len, decimals), default=0))


def _native(name: str, position: int, dtype: pl.DataType) -> Column:
    if isinstance(dtype, pl.Decimal):
        return Column(name, "number", position, precision=dtype.precision or PRECISION, scale=dtype.scale)
    if dtype.is_integer():
        return Column(name, "integer", position)
    if dtype.is_float():
        return Column(name, "number", position)
    if dtype == pl.Date:
        return Column(name, "date", position)
    if isinstance(dtype, pl.Datetime):
        return Column(name, "timestamp", position, zoned=dtype.time_zone is not None)
    if dtype == pl.Time:
        return Column(name, "time", position)
    if dtype == pl.Boolean:
        return Column(name, "boolean", position)
    return Column(name, "string", position)
