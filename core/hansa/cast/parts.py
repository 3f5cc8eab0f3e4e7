"""One column and everything within it: objects and arrays are cast part by part, each as strictly as a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from hansa.cast import values
from hansa.cast.digits import in_ascii, translated
from hansa.cast.exponents import without_exponent
from hansa.cast.json_text import JsonText
from hansa.cast.nulls import nothing
from hansa.cast.numbers import plain_number
from hansa.cast.reading import Reading
from hansa.cast.times import to_date, to_time, to_timestamp
from hansa.cast.zones import Clock
from hansa.contract.model import Column
from hansa.schema import polars_type

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

_Said = TypeVar("_Said")
_NUMBERS, _TIMES = ("integer", "number"), ("date", "timestamp", "time")


@dataclass(frozen=True)
class Cast:
    """The cast of one column: ``value`` has the contract's type, ``failed`` is true where a value could not be cast.

    Of a nested column ``inner`` says it of each part by its path; ``failed`` is true if any part failed. A column that
    is ``absent`` did not come at all. ``source`` is the raw column without a value of which there is none here, and no
    other value is missing unless it failed.
    """

    value: pl.Expr
    failed: pl.Expr
    inner: Mapping[str, pl.Expr] = field(default_factory=dict)
    absent: bool = False
    source: str | None = None

    def failures(self, name: str) -> Mapping[str, pl.Expr]:
        """Where the column ``name`` or a part of it could not be cast, by path."""
        return self.inner or {name: self.failed}

    def keeps(self, name: str) -> bool:
        """True if the raw column ``name`` stays as it came."""
        return self.value.meta == pl.col(name).meta


#: Makes of a mask of values one of rows: true if any entry of the array around them is.
_ByRow = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class _Part:
    """One part: its value, and by path where something could not be cast, by row."""

    value: pl.Expr
    failed: dict[str, pl.Expr]


def cast_column(column: Column, name: str, raw: pl.DataType, reading: Reading) -> Cast:
    """Cast the raw column ``name`` to what ``column`` wants; formats and zone are looked up under both names."""
    source = pl.col(name)
    if raw == pl.Null:
        return Cast(source.cast(polars_type(column)), pl.lit(False))
    if not column.nested:
        value = _scalar(column, (column.name, name), source, raw, reading)
        if value.meta == source.meta:
            # What stays as it came does not fail.
            return Cast(value, pl.lit(False))
        return Cast(value, source.is_not_null() & value.is_null(), source=name)
    if raw == pl.String or isinstance(raw, pl.Categorical | pl.Enum):
        # In a file of texts an object or an array is written as JSON.
        text = JsonText(column)
        read = source.cast(pl.String).map_batches(text, return_dtype=text.dtype)
        part = _cast(column, column.name, read.struct.field("value"), text.carrier, reading, _itself)
        bad = read.struct.field("bad")
        paths = [path for path, _ in column.walk()]
        failed = {path: bad.list.contains(path) | part.failed.get(path, pl.lit(False)) for path in paths}
    else:
        part = _cast(column, column.name, source, raw, reading, _itself)
        failed = part.failed
    inner = {path: mask.fill_null(False) for path, mask in failed.items()}
    return Cast(part.value, pl.any_horizontal(pl.lit(False), *inner.values()), inner)


def _itself(mask: pl.Expr) -> pl.Expr:
    return mask


def _said(words: Mapping[str, _Said], names: tuple[str, ...]) -> _Said | None:
    """What is said of the first of the names of which something is said."""
    return next((words[name] for name in names if words.get(name)), None)


def _text(column: Column, names: tuple[str, ...], source: pl.Expr, reading: Reading) -> pl.Expr:
    """What of a text is read, in the plain spelling of its kind; null for a number that does not fit its form."""
    if (end := _said(reading.before, names)) is not None:
        source = source.str.splitn(end, 2).struct.field("field_0")
    if column.logical_type in _TIMES and (script := _said(reading.digits, names)) is not None:
        return translated(source, in_ascii(script))
    form = reading.numbers.get(names[0])
    if form is None or column.logical_type not in _NUMBERS:
        return source
    if _counts_decimals(column, names, reading):
        form = replace(form, decimals=column.scale)
    source = plain_number(source, form)
    double = column.logical_type == "number" and column.scale is None
    return without_exponent(source) if form.scientific and not double else source


def _counts_decimals(column: Column, names: tuple[str, ...], reading: Reading) -> bool:
    """True if a number is looked at once, by a pattern of its form that also says how many decimals it may have."""
    form = reading.numbers.get(names[0])
    exact = column.logical_type == "number" and column.scale is not None and names[0] not in reading.binary_noise
    return exact and form is not None and form.ends_as_written


def _scalar(column: Column, names: tuple[str, ...], source: pl.Expr, raw: pl.DataType, reading: Reading) -> pl.Expr:
    formats = _said(reading.formats, names) or column.formats
    window = _said(reading.years, names)
    if raw == pl.String:
        source = _text(column, names, source, reading)
    match column.logical_type:
        case "string":
            return values.to_text(source, raw)
        case "integer":
            return values.to_integer(source, raw)
        case "number" if column.scale is not None:
            if raw == pl.String and _counts_decimals(column, names, reading):
                return source.cast(polars_type(column), strict=False)
            noisy = names[0] in reading.binary_noise
            return values.to_decimal(source, raw, column.precision or 38, column.scale, noisy=noisy)
        case "number":
            return values.to_double(source, raw)
        case "date":
            return to_date(source, raw, formats, window)
        case "timestamp":
            zone = _said(reading.zones, names) or column.zone
            clock = Clock(zone, _said(reading.zone_columns, names), _said(reading.folds, names))
            return to_timestamp(source, raw, formats, clock, zoned=column.zoned, window=window)
        case "time":
            return to_time(source, raw, formats)
        case "boolean":
            return values.to_boolean(source, raw)
        case _:
            return nothing(polars_type(column))


def _cast(column: Column, path: str, source: pl.Expr, raw: pl.DataType, reading: Reading, by_row: _ByRow) -> _Part:
    """One part of the raw type ``raw``; what is null stays null, and the value is as long as ``source`` is."""
    if raw == pl.Null:
        return _Part(_missing(column, source), {})
    if column.logical_type == "object" and isinstance(raw, pl.Struct):
        return _object(column, path, source, raw, reading, by_row)
    if column.items is not None and isinstance(raw, pl.List | pl.Array):
        return _array(column.items, path, source, raw, reading, by_row)
    if column.nested:
        return _Part(_missing(column, source), {path: by_row(source.is_not_null())})
    # Within an array a constant would have a length of its own.
    value = pl.when(source.is_not_null()).then(_scalar(column, (path,), source, raw, reading))
    return _Part(value, {path: by_row(source.is_not_null() & value.is_null())})


def _object(column: Column, path: str, source: pl.Expr, raw: pl.Struct, reading: Reading, by_row: _ByRow) -> _Part:
    """Field by field; one that did not come is null, and one that the contract does not name is no part of it."""
    came = {one.name: _instance(one.dtype) for one in raw.fields}
    fields: list[pl.Expr] = []
    failed: dict[str, pl.Expr] = {}
    for inner_path, one in column.inner(path):
        there = one.name in came
        inner = source.struct.field(one.name) if there else source
        part = _cast(one, inner_path, inner, came[one.name] if there else pl.Null(), reading, by_row)
        fields.append(part.value.alias(one.name))
        failed |= part.failed
    return _Part(pl.when(source.is_not_null()).then(pl.struct(fields)), failed)


def _array(
    items: Column, path: str, source: pl.Expr, raw: pl.List | pl.Array, reading: Reading, by_row: _ByRow
) -> _Part:
    """Entry by entry, in their order."""
    listed = source.arr.to_list() if isinstance(raw, pl.Array) else source

    def of_any(mask: pl.Expr) -> pl.Expr:
        return by_row(listed.list.eval(mask.fill_null(False)).list.any())

    part = _cast(items, f"{path}[]", pl.element(), _instance(raw.inner), reading, of_any)
    return _Part(listed.list.eval(part.value), part.failed)


def _instance(dtype: PolarsDataType) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype


def _missing(column: Column, source: pl.Expr) -> pl.Expr:
    return pl.when(source.is_null()).then(nothing(polars_type(column)))
