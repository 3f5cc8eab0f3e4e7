"""Digests: order-independent ones that reconcile rows, SHA-256 that proves files and values.

A row's hash is stable over versions of Polars (xxh3 of fixed text and fixed-width integers, mixed by an odd
multiplier per column). Two sides of a reconciliation compare count, sum and xor of their row hashes. These are no
proof against a forger; the SHA-256 of every data file is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_MIX = 0xD6E8FEB86659FD93
#: Digits of a decimal that 64 bits hold.
_SHORT = 18


@dataclass(frozen=True)
class RowDigest:
    """Count, sum modulo 2^64 and xor of the hashes of a set of rows; adding two digests unites disjoint sets."""

    rows: int = 0
    sum: int = 0
    xor: int = 0

    def __add__(self, other: RowDigest) -> RowDigest:
        return RowDigest(self.rows + other.rows, (self.sum + other.sum) & _MASK, self.xor ^ other.xor)

    def text(self) -> str:
        """``rows:sum:xor`` in hex, as receipts show it."""
        return f"{self.rows}:{self.sum:016x}:{self.xor:016x}"

    @classmethod
    def of(cls, hashes: pl.Series) -> RowDigest:
        """The digest of a column of row hashes (UInt64)."""
        if hashes.is_empty():
            return cls()
        made = hashes.to_frame("h").select(total=pl.col.h.sum(), xor=pl.col.h.bitwise_xor()).row(0)
        return cls(len(hashes), made[0] & _MASK, made[1])

    @classmethod
    def parse(cls, text: str) -> RowDigest:
        """Read ``text()`` back."""
        rows, total, xor = text.split(":")
        return cls(int(rows), int(total, 16), int(xor, 16))


def row_hashes(frame: pl.DataFrame, shared: Shared | None = None) -> pl.Series:
    """One UInt64 a row, from the position and the value of every column; null has a hash of its own.

    An object counts by the hash of its fields, an array by the hashes of its entries in their order. What ``shared``
    columns add is known already.
    """
    if not frame.width:
        return pl.Series("hash", [], dtype=pl.UInt64)
    if shared is None or not shared.columns:
        return _mixed(_sums(frame, ()))["hash"]
    own = _sums(frame, shared.columns)
    return _mixed(own.select(hash=pl.col.hash + shared.sums) if own.width else shared.sums.alias("hash").to_frame())[
        "hash"
    ]


@dataclass(frozen=True)
class Shared:
    """What columns that stand in two frames at the same places, with the same values, add to the hashes of both."""

    columns: frozenset[str]
    sums: pl.Series

    @classmethod
    def of(cls, frame: pl.DataFrame, columns: frozenset[str]) -> Shared:
        """The sums of these columns of ``frame``, one a row."""
        sums = _sums(frame, frozenset(frame.columns) - columns)
        return cls(columns, sums["hash"]) if sums.width else cls(frozenset(), pl.Series(dtype=pl.UInt64))

    def filter(self, mask: pl.Series) -> Shared:
        """Of the rows for which ``mask`` is true."""
        return Shared(self.columns, self.sums.filter(mask)) if self.columns else self


def _sums(frame: pl.DataFrame, without: Collection[str]) -> pl.DataFrame:
    """What the columns add to the hash of each row, in the column ``hash``; no column at all if none is left."""
    import polars_hash  # noqa: F401 - registers the namespace ``nchash``

    # A column called ``*`` or ``^a$`` would be taken for a pattern; only the position counts anyway.
    places = {name: str(at) for at, name in enumerate(frame.columns) if name not in without}
    frame = pl.DataFrame([frame[name].alias(place) for name, place in places.items()])
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    frame = _texts(frame.with_columns(_nested_hashes(frame[name]).alias(name) for name in nested))
    # The stages are apart because an eager select computes a shared sub-expression once for each use.
    spread = frame.select(_spread(int(name), name, dtype).alias(name) for name, dtype in frame.schema.items())
    return spread.select(hash=pl.sum_horizontal(_part(int(name)) for name in frame.columns)) if places else spread


def _mixed(sums: pl.DataFrame) -> pl.DataFrame:
    """Hashes from the column ``hash``, each bit of which depends on all bits of the sum."""
    for _ in range(2):
        sums = sums.select(hash=(pl.col.hash ^ (pl.col.hash // 2**32)) * pl.lit(_MIX, pl.UInt64))
    return sums.select(hash=pl.col.hash ^ (pl.col.hash // 2**32))


def _nested_hashes(values: pl.Series) -> pl.Series:
    """One UInt64 a value, null where it is null."""
    if isinstance(values.dtype, pl.Struct):
        # An object without fields has no frame; it is there or it is not.
        empty = not values.dtype.fields
        hashes = pl.repeat(0, len(values), dtype=pl.UInt64, eager=True) if empty else row_hashes(values.struct.unnest())
    else:
        listed = values.arr.to_list() if isinstance(values.dtype, pl.Array) else values
        hashes = _list_hashes(listed)
    return pl.select(pl.when(values.is_not_null()).then(hashes)).to_series()


def _list_hashes(lists: pl.Series) -> pl.Series:
    """One UInt64 a list: the sum of its entries' hashes, each mixed with its place. Null has any value."""
    filled = (lists.list.len() > 0).fill_null(False)
    full = lists.filter(filled)
    lengths = full.list.len().cast(pl.UInt64)
    ends = lengths.cum_sum()
    entries = row_hashes(full.explode(empty_as_null=False).alias("entry").to_frame())
    places = pl.int_range(len(entries), dtype=pl.UInt64, eager=True) - (ends - lengths).repeat_by(lengths).explode()
    mixed = _mixed((entries + (places + 1) * pl.Series([_GOLDEN], dtype=pl.UInt64)).alias("hash").to_frame())["hash"]
    # The sum of each list is the difference of two running sums; both wrap around at 2^64, and so does it.
    running = mixed.cum_sum().gather(ends - 1)
    sums = running - running.shift(1, fill_value=0)
    whole = pl.repeat(0, len(lists), dtype=pl.UInt64, eager=True).scatter(filled.arg_true(), sums)
    return _mixed((whole + lists.list.len().fill_null(0).cast(pl.UInt64) + 1).alias("hash").to_frame())["hash"]


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with text in the place of every type that has neither 64 bits nor a text of its own."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    return _texts(frame.with_columns(_as_text(frame[name]) for name in nested))


def _texts(frame: pl.DataFrame) -> pl.DataFrame:
    binary = [name for name, dtype in frame.schema.items() if dtype == pl.Binary]
    wide = [name for name, dtype in frame.schema.items() if dtype in (pl.Int128, pl.UInt128)]
    return frame.with_columns(
        *[pl.col(name).bin.encode("hex") for name in binary],
        *[pl.col(name).cast(pl.String) for name in wide],
    )


def _as_text(values: pl.Series) -> pl.Series:
    """Lists and structs as JSON text; a value in them that JSON does not know keeps its own characters."""
    texts = [None if value is None else json.dumps(_simple(value), default=str, sort_keys=True) for value in values]
    return pl.Series(values.name, texts, dtype=pl.String)


def _simple(value: Any) -> Any:
    return value.to_list() if isinstance(value, pl.Series) else value


def _spread(index: int, name: str, dtype: pl.DataType) -> pl.Expr:
    """A value's 64 bits. Small integers are spread, or neighbouring columns would cancel each other in the sum."""
    value = pl.col(name)
    if dtype.is_float():
        bits = value.cast(pl.Float64).reinterpret(dtype=pl.UInt64)
    elif dtype == pl.Boolean or dtype.is_unsigned_integer():
        bits = value.cast(pl.UInt64)
    elif dtype.is_integer() or dtype.is_temporal():
        bits = value.to_physical().cast(pl.Int64).reinterpret(dtype=pl.UInt64)
    else:
        bits = value.cast(pl.String).nchash.xxh3_64(seed=index)  # type: ignore[attr-defined]
    if isinstance(dtype, pl.Decimal):
        # By its smallest units while they fit, whatever precision the type has.
        units = value.to_physical().cast(pl.Int64, strict=False).reinterpret(dtype=pl.UInt64)
        bits = units if dtype.precision <= _SHORT else pl.coalesce(units, bits)
    return (bits + pl.lit(index + 1, pl.UInt64)) * pl.lit((_GOLDEN * (2 * index + 1)) & _MASK, pl.UInt64)


def _part(index: int) -> pl.Expr:
    """What the column adds to the sum of its row; null has a number of its own."""
    spread = pl.col(str(index))
    return (spread ^ (spread // 2**29)).fill_null(pl.lit((_GOLDEN ^ (index * _MIX)) & _MASK, pl.UInt64))


def sha256(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def sha256_of(chunks: Iterable[bytes]) -> str:
    """SHA-256 in hex of bytes that come in pieces."""
    made = hashlib.sha256()
    for chunk in chunks:
        made.update(chunk)
    return made.hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no blanks: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
