"""Objects and arrays that came as JSON text, as in a CSV file.

Numbers keep their own characters, so that they are cast as strictly as a text of a flat column: nothing passes through
a double. A text is refused whole if it is no JSON, says a key twice, or holds what is no Unicode; a part is refused if
it is of another kind than the contract's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

import polars as pl

from hansa.cast.remembered import Remembered
from hansa.contract.model import Column


class _Number(str):
    """The characters of a number, which is no text in quotes."""


class _BadTextError(ValueError):
    """A text that is no JSON as the standard (RFC 8259) and a table want it."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _BadTextError
    return made


def _refused(_: str) -> NoReturn:
    raise _BadTextError


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_Number, parse_int=_Number, parse_constant=_refused, strict=True
)


def _carrier(column: Column) -> pl.DataType:
    if column.items is not None:
        return pl.List(_carrier(column.items))
    if column.fields:
        return pl.Struct({one.name: _carrier(one) for one in column.fields})
    return pl.String()


class JsonText:
    """Reads a column of JSON texts to ``dtype``: ``value`` as a ``carrier`` of texts, and paths that are ``bad``."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self.carrier = _carrier(column)
        self.dtype = pl.Struct({"value": self.carrier, "bad": pl.List(pl.String)})
        self._remembered = Remembered(self._read)

    def __call__(self, texts: pl.Series) -> pl.Series:
        """One struct a text; a missing text has a missing value."""
        return self._remembered(texts)

    def _read(self, texts: Iterable[str | None]) -> pl.Series:
        return pl.Series([self._one(text) for text in texts], dtype=self.dtype)

    def _one(self, text: str | None) -> dict[str, Any]:
        bad: set[str] = set()
        try:
            # A byte order mark or another blank than JSON's is refused by the decoder.
            value = None if text is None else _DECODER.decode(text)
            return {"value": _decoded(self._column, value, self._column.name, bad), "bad": sorted(bad)}
        except (ValueError, RecursionError):
            return {"value": None, "bad": [self._column.name]}


def _decoded(column: Column, value: Any, path: str, bad: set[str]) -> Any:
    """The value as the carrier holds it; a part of another kind is null, and its path is bad."""
    if value is None:
        return None
    if column.fields and isinstance(value, dict):
        return {one.name: _decoded(one, value.get(one.name), inner, bad) for inner, one in column.inner(path)}
    if column.items is not None and isinstance(value, list):
        return [_decoded(column.items, one, f"{path}[]", bad) for one in value]
    text = None if column.nested else _scalar(column, value)
    if text is None:
        bad.add(path)
    return text


def _scalar(column: Column, value: Any) -> str | None:
    """The characters of a single value, or None if its kind is not the column's."""
    kind = column.logical_type
    if isinstance(value, bool):
        return ("true" if value else "false") if kind == "boolean" else None
    if isinstance(value, _Number):
        whole = value.lstrip("-").isdecimal()
        fits = kind in ("integer", "number") or (whole and kind in ("string", "boolean"))
        return str(value) if fits else None
    if not isinstance(value, str):
        return None
    # A lone surrogate can be escaped in JSON and is no character.
    value.encode()
    return value
