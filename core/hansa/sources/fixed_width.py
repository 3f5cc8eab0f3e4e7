"""Text of fixed width: each line is a record, each column a range of its bytes, as ``columns: {NAME: 1-8}`` says.

Bytes are counted and not characters, in the encoding that is declared: a Chinese letter takes two. A range that cuts
one in half is refused, and so is a line that is longer or shorter than its columns. What stands in a range is the value
as it came, with its blanks and zeros; ``trim`` takes the blanks away.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from hansa.errors import DataError, MeshError
from hansa.sources.binding import Binding
from hansa.sources.encodings import has_controls, is_wide
from hansa.sources.files import OTHER_KINDS
from hansa.sources.rules import Rules
from hansa.sources.streams import Batch, streamed

_ROWS = 20_000
_LONGEST_LINE = 1 << 20
_CONTROLS = bytes(range(0x80, 0xA0))
_MARK = codecs.BOM_UTF8


def read_fixed(path: Path, binding: Binding) -> pl.LazyFrame:
    """The records of a text of fixed width; every column is text.

    The whole file is checked before a row is given. Errors: DataError with the line, and where one is at fault the
    column, for whatever makes the file another one than its layout says; MeshError for a layout without columns.
    """
    return streamed(path, binding, lambda: _Records(path, binding), numbered=False)


def read_fixed_lines(path: Path, binding: Binding) -> pl.LazyFrame:
    """The same with a column ``__line``, the line of each record, from 1."""
    return streamed(path, binding, lambda: _Records(path, binding), numbered=True)


@dataclass(frozen=True)
class _Cut:
    """One column of a record: bytes from ``start`` up to ``end``."""

    name: str
    start: int
    end: int


class _Records:
    """One pass over one file."""

    def __init__(self, path: Path, binding: Binding) -> None:
        self.rules = Rules(binding, binding.uri)
        self._path = path
        self._words = binding
        self._place = binding.uri
        self._cuts = _cuts(binding)
        self._names = tuple(cut.name for cut in self._cuts)
        self._size = max(cut.end for cut in self._cuts)
        self._slices = [slice(cut.start, cut.end) for cut in self._cuts]
        self._edges = sorted({0, *(cut.start for cut in self._cuts), *(cut.end for cut in self._cuts)})
        # Where there is no word for a header, the first line is a record: ranges have the names already.
        self._has_header = binding.header is not None and self.rules.has_header
        self.rules.width = len(self._cuts)

    def batches(self) -> Iterator[Batch]:
        """The records, and at the end whether all was found that should be there."""
        lines: list[int] = []
        rows: list[list[str]] = []
        with self._path.open("rb") as file:
            self._check_kind(file)
            for number, raw in self._lines(file):
                if (fields := self._fields(number, raw)) is None:
                    continue
                lines.append(number)
                rows.append(fields)
                if len(rows) == _ROWS:
                    yield Batch(self._names, lines, rows, self._words)
                    lines, rows = [], []
        yield Batch(self._names, lines, rows, self._words)

    def _check_kind(self, file: BinaryIO) -> None:
        head = file.peek(4)[:4]  # type: ignore[attr-defined]
        for magic, (kind, mend) in OTHER_KINDS.items():
            if head.startswith(magic):
                raise self._refused("kind", f"it is {kind}, no text of fixed width", 0, mend)

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each line, without its end and without the mark of UTF-8."""
        number = 0
        while raw := file.readline(_LONGEST_LINE):
            number += 1
            if len(raw) == _LONGEST_LINE and not raw.endswith(b"\n"):
                mend = "look whether its records are parted by line ends at all"
                raise self._refused("row", "a line is longer than 1 MiB", number, mend)
            if number == 1 and self._words.encoding == "utf-8":
                raw = raw.removeprefix(_MARK)
            if b"\0" in raw:
                mend = "it was cut or is no text file: send it again"
                raise self._refused("nul", "a NUL byte stands in it", number, mend)
            yield number, raw.removesuffix(b"\n").removesuffix(b"\r")

    def _fields(self, number: int, raw: bytes) -> list[str] | None:
        """The fields of a record; None for any other line."""
        text = self._decoded(raw, number)
        if not self.rules.begun and (not self.rules.is_header(number, text) or self._has_header):
            return None
        if self.rules.ends(number, text) or self.rules.skips(text, lambda: [text]):
            return None
        raw = self._whole(raw, text, number)
        self.rules.rows += 1
        # In ASCII a byte is a letter.
        return [text[cut] for cut in self._slices] if raw.isascii() else self._cut(raw, number)

    def _decoded(self, raw: bytes, number: int) -> str:
        encoding = self._words.encoding
        if has_controls(encoding) and len(raw.translate(None, _CONTROLS)) != len(raw):
            what = f"a byte of the line is a control character in {encoding}"
            raise self._refused("encoding", what, number, "it is probably cp1252 or another of cp1250 to cp1258")
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            what = f"byte {error.start + 1} of the line is not {encoding}"
            raise self._refused("encoding", what, number, "mend encoding, or have the file written again") from None

    def _whole(self, raw: bytes, text: str, number: int) -> bytes:
        """The bytes of a record that has all of its columns and no more."""
        if len(raw) > self._size and self._words.extra_fields == "empty" and not raw[self._size :].strip():
            return raw[: self._size]
        if len(raw) != self._size:
            what = "the line is empty" if not text.strip() else f"the record has {len(raw)} bytes"
            mend = "write skip: [blank], or mend the file" if not text.strip() else "mend the record, or columns"
            raise self._refused("row", f"{what}, its columns take {self._size}", number, mend)
        return raw

    def _cut(self, raw: bytes, number: int) -> list[str]:
        """Each range on its own. From one edge to the next no letter may be cut, also where no column is."""
        for start, end in zip(self._edges, self._edges[1:], strict=False):
            try:
                raw[start:end].decode(self._words.encoding)
            except UnicodeDecodeError:
                raise self._halved(start, end, number) from None
        return [raw[cut.start : cut.end].decode(self._words.encoding) for cut in self._cuts]

    def _halved(self, start: int, end: int, number: int) -> DataError:
        name = next((cut.name for cut in self._cuts if cut.start <= start < cut.end), None)
        where = f"column '{name}', bytes" if name else "bytes"
        what = f"{where} {start + 1} to {end} of the line cut a letter of {self._words.encoding} in half"
        return self._refused("fixed", what, number, "mend the ranges under columns, or have the file written again")

    def _refused(self, code: str, what: str, line: int, mend: str) -> DataError:
        where = f"{self._place}:{line}" if line else self._place
        return DataError(f"source.{code}", what, where=where, next_step=mend)


def _cuts(binding: Binding) -> tuple[_Cut, ...]:
    """The columns in the order of the binding. Errors: MeshError if it has none, or its encoding no single bytes."""
    ranges = binding.byte_ranges
    if not ranges:
        what = "a text of fixed width has its columns from ranges of bytes"
        raise MeshError("source.fixed", what, where=binding.uri, next_step="write columns: {name: 1-8, other: 9-16}")
    if is_wide(binding.encoding):
        what = f"the bytes of {binding.encoding} are no single letters, its ranges would mean nothing"
        raise MeshError("source.fixed", what, where=binding.uri, next_step="have the file written in another encoding")
    return tuple(_Cut(name, start, end) for name, (start, end) in ranges.items())
