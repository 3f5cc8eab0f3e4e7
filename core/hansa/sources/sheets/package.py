"""The parts of a workbook that is a zip archive: found by name, read as streams, never unpacked whole.

A part is bounded by what a workbook can hold, and by how far it was packed: a small file cannot fill the machine.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.parsers import expat

from hansa.errors import DataError
from hansa.sources.sheets.cells import damaged, too_large

#: Bytes of a sheet of a million rows, and of the texts that all sheets share, which are in memory.
LARGEST_PART = 16 << 30
LARGEST_STRINGS = 1 << 30
#: What XML of a real sheet is packed to is about a tenth; equal bytes are packed to a thousandth.
_FREE = 64 << 20
_MOST_PACKED = 400
_BLOCK = 1 << 18
#: A tag or an attribute that does not end is held in memory by the parser.
_LONGEST_TOKEN = 16 << 20
_USUAL = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})

_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, EOFError),
    *(ValueError, KeyError, IndexError, StopIteration, NotImplementedError),
)


class Package:
    """The parts of one archive. ``place`` is the file as the user wrote it."""

    def __init__(self, path: Path, place: str) -> None:
        self.place = place
        self._path = path
        with self._open() as archive:
            # Some programs write other cases and strokes than the parts refer to.
            self._parts = {_plain(info.filename): info for info in archive.infolist()}

    def has(self, name: str) -> bool:
        """True if there is a part of this name."""
        return _plain(name) in self._parts

    def names(self) -> tuple[str, ...]:
        """The names of all parts."""
        return tuple(self._parts)

    def blocks(self, name: str, most: int = LARGEST_PART) -> Iterator[bytes]:
        """A part, a block at a time. Errors: DataError if it is damaged, locked, or unpacks to too much."""
        info = self._parts.get(_plain(name))
        if info is None:
            damaged(self.place)
        if info.flag_bits & 1:
            raise locked(self.place)
        if info.file_size > most or info.file_size > max(_FREE, _MOST_PACKED * info.compress_size):
            too_large(self.place)
        if info.compress_type not in _USUAL:
            damaged(self.place)
        with self._open() as archive, archive.open(info) as part:
            yield from _read(part)

    @contextmanager
    def _open(self) -> Iterator[zipfile.ZipFile]:
        with faults(self.place), zipfile.ZipFile(self._path) as archive:
            yield archive

    def parsed(self, name: str, handler: XmlHandler, most: int = LARGEST_PART) -> Iterator[None]:
        """Pass a part through a handler; after each block the caller has its turn."""
        with faults(self.place):
            parser = _parser(handler, self.place)
            seen = 0
            for block in self.blocks(name, most):
                parser.Parse(block, False)
                seen += len(block)
                if seen - parser.CurrentByteIndex > _LONGEST_TOKEN:
                    too_large(self.place)
                yield
            parser.Parse(b"", True)
            yield

    def read_through(self, name: str, handler: XmlHandler, most: int = LARGEST_PART) -> None:
        """Pass a whole part through a handler."""
        for _ in self.parsed(name, handler, most):
            pass


class XmlHandler:
    """What is done at each element; names come without their prefix, if the first one has one."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        """Characters between elements."""


def _parser(handler: XmlHandler, place: str) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = handler.text

    def first(name: str, attributes: dict[str, str]) -> None:
        """Most programs write no prefixes: then the handler is called at once, which is half of the time."""
        if ":" in name:
            parser.StartElementHandler = lambda name, given: handler.start(name.rpartition(":")[2], given)
            parser.EndElementHandler = lambda name: handler.end(name.rpartition(":")[2])
        else:
            parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
        handler.start(name.rpartition(":")[2], attributes)

    parser.StartElementHandler = first

    # No workbook defines entities, and they can make much of little.
    def refuse(*_: object) -> None:
        damaged(place)

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _read(part: IO[bytes]) -> Iterator[bytes]:
    while block := part.read(_BLOCK):
        yield block


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


@contextmanager
def faults(place: str) -> Iterator[None]:
    """Say what is wrong with a workbook in one sentence, whatever the libraries raise."""
    try:
        yield
    except _FAULTS:
        damaged(place)


def locked(place: str) -> DataError:
    """The sentence for a workbook with a password."""
    mend = "save it without a password; a mesh holds no passwords of files"
    return DataError("source.password", "the workbook is protected by a password", where=place, next_step=mend)
