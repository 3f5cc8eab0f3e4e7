"""Is a block a table to the last byte: each row of the same number of fields, each quotation mark where it belongs?"""

from __future__ import annotations

from dataclasses import dataclass

from hansa.sources import bulk


@dataclass(frozen=True)
class Counted:
    """How many rows a block has, and how many lines end in it: more than rows where texts go over several."""

    rows: int
    lines: int


class Shape:
    """The bytes that make the shape of a table: one separator, one quotation mark or none, and line breaks."""

    def __init__(self, separator: bytes, quote: bytes) -> None:
        self.separator = separator
        self.quote = quote
        self._all_but_shape = bytes(sign for sign in range(256) if sign not in {*separator, *b"\n"})
        self._before = {b"", b"\n", separator}
        self._after = {b"", b"\n", separator}

    def parts(self, data: bytes) -> list[bytes]:
        """What stands between quotation marks; every other one, from the first, is outside of them."""
        return data.split(self.quote) if self.quote and self.quote in data else [data]

    def counted(self, data: bytes | bytearray, width: int) -> Counted | None:
        """What a block counts, if all its rows have ``width`` fields and are quoted well; else None.

        A block with a NUL byte is none.
        """
        outside = self._outside(data)
        if outside is None:
            return None
        shape, lines = outside
        shape = shape if data.endswith(b"\n") else shape + b"\n"
        rows = len(shape) // width
        return Counted(rows, lines) if shape == (self.separator * (width - 1) + b"\n") * rows else None

    def _outside(self, data: bytes | bytearray) -> tuple[bytes, int] | None:
        """Separators and line ends outside of quotation marks, and how many line ends there are in all.

        None if marks are not where they belong.
        """
        if len(data) >= bulk.SMALL and len(self.separator) == 1 and len(self.quote) < 2:
            return bulk.shape_of(data, self.separator[0], self.quote[0] if self.quote else None)
        parts = self.parts(bytes(data))
        if len(parts) % 2 == 0 or b"\0" in data or not self.well_quoted(parts):
            return None
        return b"".join(parts[::2]).translate(None, self._all_but_shape), data.count(b"\n")

    def first_width(self, parts: list[bytes]) -> int:
        """How many fields the first row has, if the block is even."""
        size = 1
        for part in parts[::2]:
            row, end, _ = part.partition(b"\n")
            size += row.count(self.separator)
            if end:
                break
        return size

    def well_quoted(self, parts: list[bytes]) -> bool:
        """True if each quotation mark opens at the start of a field, closes at its end or is doubled inside.

        The last mark may still be open.
        """
        if len(parts) == 1:
            return True
        # What stands outside begins behind a closing mark and ends before an opening one; nothing is a doubled mark.
        outside = parts[::2]
        closed = outside if len(parts) % 2 == 0 else outside[:-1]
        if not {part[-1:] for part in closed} <= self._before:
            return False
        behind = {part[:1] for part in outside[1:]}
        if b"\r" not in behind:
            return behind <= self._after
        # A carriage return is a line end only with its line feed, or where the data end.
        returned = all(part[:2] in (b"\r\n", b"\r") for part in outside[1:] if part[:1] == b"\r")
        return returned and behind <= {*self._after, b"\r"}
