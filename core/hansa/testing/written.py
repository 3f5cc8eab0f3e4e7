"""Values as texts, as a CSV file of the contract's own formats has them, and texts that are no value of a type."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from hansa.contract.model import Column

#: No number, no day, no truth value and no JSON.
NO_VALUE = "~no value~"


def written(column: Column, value: Any) -> str | None:
    """The value as text: days and times by the first format of the contract, nested values as JSON."""
    if value is None or isinstance(value, str):
        return value
    if column.nested:
        return json.dumps(_plain(column, value), ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date | dt.time):
        return _timely(column, value)
    return repr(value)


def _timely(column: Column, value: dt.date | dt.time) -> str:
    if not column.formats:
        return value.isoformat()
    pattern = column.formats[0]
    if isinstance(value, dt.datetime) and value.tzinfo is not None and not pattern.endswith("z"):
        value = value.astimezone(ZoneInfo(column.zone or "UTC")).replace(tzinfo=None)
    made: str = pl.Series([value]).dt.to_string(pattern).item()
    return made


def _plain(column: Column, value: Any) -> Any:
    """A nested value as JSON has it; numbers keep their own characters."""
    if value is None:
        return None
    if column.items is not None:
        return [_plain(column.items, one) for one in value]
    if column.fields:
        return {one.name: _plain(one, value[one.name]) for one in column.fields}
    if column.logical_type in ("integer", "boolean"):
        return value
    return written(column, value)


def unreadable(column: Column, value: Any) -> Iterator[tuple[str, str]]:
    """For each part of the column that a text can fail to be: its path, and the text of the whole column."""
    yield column.name, NO_VALUE
    if column.nested:
        whole = _plain(column, value)
        for path, made in _spoiled(column, whole, column.name):
            yield path, json.dumps(made, ensure_ascii=False)


def _spoiled(column: Column, whole: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The whole with one part of it in the place of which something of another kind stands."""
    if column.items is not None:
        for at, inner in _inner(column.items, whole[0] if whole else None, f"{path}[]"):
            yield at, [inner, *whole[1:]] if whole else [inner]
        return
    for one in column.fields:
        rest = whole or {}
        for at, inner in _inner(one, rest.get(one.name), f"{path}.{one.name}"):
            yield at, {**rest, one.name: inner}


def _inner(column: Column, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if column.nested:
        yield path, NO_VALUE
        yield from _spoiled(column, value, path)
    else:
        yield path, {"no": "value"} if column.logical_type in ("string", "boolean") else NO_VALUE
