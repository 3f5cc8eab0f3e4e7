"""Looks over a whole block of bytes at once, by Polars: many bytes a step, and without the interpreter's lock.

Each says exactly what the slow way beside it says, or that the slow way is to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa

LINE_END = ord("\n")
_RETURN = ord("\r")
_DIGITS = ord("0")
#: Below this many bytes the calls cost more than they spare, and PyArrow is not imported for them.
SMALL = 1 << 16


class _Lent:
    """An array that Polars takes over by Arrow's own interface: as PyArrow's it would import half of that library."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        made: tuple[object, object] = self._array.__arrow_c_array__(requested_schema)
        return made


def signs(data: bytes | bytearray) -> pl.Series:
    """The bytes as numbers, without a copy."""
    import pyarrow as pa

    return pl.Series(_Lent(pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])))


def packed(numbers: pl.Series) -> bytes:
    """The other way round."""
    if not len(numbers):
        return b""
    held = numbers.to_arrow()
    return bytes(held.buffers()[1].slice(held.offset, len(held)))


def is_utf8(data: bytes | bytearray) -> bool:
    """True if the bytes are UTF-8. Polars looks many times faster than a decoder that makes a text of them."""
    if len(data) < SMALL:
        made = pl.Series([data], dtype=pl.Binary)
    else:
        import pyarrow as pa

        ends = b"".join(end.to_bytes(8, "little") for end in (0, len(data)))
        one = pa.Array.from_buffers(pa.large_binary(), 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])
        made = pl.Series(_Lent(one))
    try:
        made.cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def count(data: bytes | bytearray, sign: int) -> int:
    """How often a byte stands there."""
    if len(data) < SMALL:
        return data.count(sign)
    return int((signs(data) == sign).sum())


def may_begin_a_line(data: bytes | bytearray, sign: int) -> bool:
    """False if no line but the first begins with this byte."""
    if sign not in data:
        return False
    if len(data) < SMALL:
        return True
    given = signs(data)
    return bool(((given[:-1] == LINE_END) & (given[1:] == sign)).any())


def with_line_feeds(data: bytes) -> bytes:
    """The bytes with ``\\n`` in the place of each ``\\r\\n``."""
    if len(data) < SMALL or data.endswith(b"\r"):
        return data.replace(b"\r\n", b"\n")
    given = signs(data)
    returns = given == _RETURN
    if not returns.any():
        return data
    if (returns[:-1] & (given[1:] != LINE_END)).any():
        return data.replace(b"\r\n", b"\n")
    return packed(given.filter(~returns))


def may_hold_utf8_line(data: bytes) -> bool:
    """False if each line has a byte that begins a letter of UTF-8 and is not followed by one that goes on with it."""
    if len(data) < SMALL:
        return True
    given = signs(data)
    first = given >= 0xC0
    following = (given >= 0x80) & ~first
    broken = first[:-1] & ~following[1:]
    before = given[:-1]
    ends = before.filter(broken | (before == LINE_END)) == LINE_END
    # Two line ends in a row: between them stands nothing that is broken.
    return not len(ends) or ends[0] or ends[-1] or bool((ends[:-1] & ends[1:]).any())


def shape_of(data: bytes | bytearray, separator: int, quote: int | None) -> tuple[bytes, int] | None:
    """The separators and line ends outside of quotation marks, in their order, and the number of all line ends.

    None if a mark is not where it belongs or a NUL byte stands there. Without ``quote`` no sign is a mark.
    """
    given = signs(data)
    # Few bytes of a text are below its letters and digits: one look finds them, and all else is asked of those.
    highest = max(separator, LINE_END, quote or 0)
    low = given.filter(given <= highest) if highest < _DIGITS else given
    if low.min() == 0:
        return None
    ends = low == LINE_END
    marks = (low == separator) | ends
    if quote is None or not (quotes := low == quote).any():
        return packed(low.filter(marks)), int(ends.sum())
    if not _well_quoted(given, given == quote, separator, quote):
        return None
    shape = low.filter(marks | quotes)
    found = shape == quote
    return packed(shape.filter(~_odd(found) & ~found)), int(ends.sum())


def _well_quoted(given: pl.Series, quotes: pl.Series, separator: int, quote: int) -> bool:
    """True if the marks are even in number, and each stands at the start of a field, at its end, or beside another."""
    if quotes.sum() % 2:
        return False
    # The first byte has none before it, the last none behind it.
    opening = given[:-1].filter(quotes[1:]).gather_every(2, 1 if quotes[0] else 0)
    closing = given[1:].filter(quotes[:-1]).gather_every(2, 1)
    opens = (opening == separator) | (opening == LINE_END) | (opening == quote)
    returns = closing == _RETURN
    closes = (closing == separator) | (closing == LINE_END) | returns | (closing == quote)
    if not (opens.all() and closes.all()):
        return False
    if not returns.any():
        return True
    # A carriage return is a line end only with its line feed, or where the data end.
    behind = given[2:].filter(quotes[:-2]).gather_every(2, 1)
    return bool(((behind == LINE_END) | ~returns.head(len(behind))).all())


def _odd(given: pl.Series) -> pl.Series:
    """For each place whether the number of true ones up to it is odd."""
    import pyarrow as pa

    held = given.to_arrow()
    whole = (1 << len(held)) - 1
    bits = (int.from_bytes(held.buffers()[1], "little") >> held.offset) & whole
    # Each bit takes up those below it, in steps that double: a running sum goes one by one and takes ten times as long.
    step = 1
    while step < len(held):
        bits ^= bits << step
        step *= 2
    buffer = pa.py_buffer((bits & whole).to_bytes(len(held) // 8 + 1, "little"))
    return pl.Series(_Lent(pa.Array.from_buffers(pa.bool_(), len(held), [None, buffer])))
