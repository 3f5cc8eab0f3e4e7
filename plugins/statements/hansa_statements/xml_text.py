"""XML an element at a time, with lines, by the parser of the standard library (Expat).

A document type is refused before anything in it is read: no statement has one, and entities that grow come with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from xml.parsers import expat

from hansa.errors import DataError

from hansa_statements import text as encodings

_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_DEEPEST = 64
_LONGEST = 1 << 20


class Walker(Protocol):
    """What takes the elements: their local names, their namespaces, and the text of those that hold no element."""

    def opened(self, name: str, space: str, attributes: dict[str, str], line: int) -> None:
        """An element begins."""

    def closed(self, name: str, text: str | None, line: int) -> None:
        """It ends; ``text`` is None where it holds elements."""


def declared(path: Path) -> str | None:
    """The encoding that the file's XML declaration names."""
    found = _DECLARED.match(encodings.beginning(path).lstrip())
    return found[1].decode("ascii") if found else None


def walk(path: Path, codec: str, place: str, walker: Walker) -> Iterator[None]:
    """Hand the file to the walker, a block at a time; control comes back after each of them.

    Errors: DataError with the line for what is no XML, a document type, elements that are too deep or too long.
    """
    parser = _Parser(place, walker)
    first = True
    for block in encodings.blocks(path, codec):
        parser.feed(block.lstrip() if first else block, final=False)
        first = first and not block.strip()
        yield
    parser.feed("", final=True)
    yield


class _Parser:
    def __init__(self, place: str, walker: Walker) -> None:
        self._place, self._walker = place, walker
        self._text: list[str] = []
        self._length = 0
        self._leaf = False
        self._depth = 0
        self._names: dict[str, tuple[str, str]] = {}
        self._expat = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, block: str, *, final: bool) -> None:
        """Parse a part. Errors: DataError with the line."""
        try:
            self._expat.Parse(block, final)
        except expat.ExpatError as error:
            what = "it ends in the middle" if final else "it is no well-formed XML"
            raise DataError(
                "statement.xml", what, where=f"{self._place}:{error.lineno}", next_step="ask for the file again"
            ) from None

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        if self._text and not "".join(self._text).isspace():
            raise self._refused("text stands beside elements")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refused("its elements are nested deeper than any statement's")
        if (known := self._names.get(full)) is None:
            space, _, name = full.rpartition(" ")
            known = self._names[full] = (name, space)
        self._text, self._length, self._leaf = [], 0, True
        self._walker.opened(known[0], known[1], attributes, self._expat.CurrentLineNumber)

    def _end(self, full: str) -> None:
        self._depth -= 1
        text = "".join(self._text).strip()
        if text and not self._leaf:
            raise self._refused("text stands beside elements")
        line = self._expat.CurrentLineNumber
        self._walker.closed(self._names[full][0], text if self._leaf else None, line)
        self._text, self._length, self._leaf = [], 0, False

    def _data(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST:
            raise self._refused("an element is longer than any of a statement")
        self._text.append(text)

    def _doctype(self, *_: object) -> None:
        raise DataError(
            "statement.doctype",
            "it has a document type, which no statement has and by which a file can be made to grow without end",
            where=f"{self._place}:{self._expat.CurrentLineNumber}",
            next_step="ask who made it, and do not read it",
        )

    def _refused(self, what: str) -> DataError:
        return DataError(
            "statement.xml",
            what,
            where=f"{self._place}:{self._expat.CurrentLineNumber}",
            next_step="ask for the file again",
        )
