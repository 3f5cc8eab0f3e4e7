"""The text of an OFX file: its header, and its tags one after the other, in SGML (1.x) and XML (2.x) alike."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hansa.errors import DataError

from hansa_statements import text as encodings

_KEYS = "OFXHEADER|DATA|VERSION|SECURITY|ENCODING|CHARSET|COMPRESSION|OLDFILEUID|NEWFILEUID"
_SAID = re.compile(rf"({_KEYS})\s*:\s*(.*?)\s*(?=(?:{_KEYS})\s*:|$|[\r\n<])")
_XML = re.compile(r"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
# A tag, a declaration in front, a comment, or text that is kept as it stands.
_TAG = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9_.:-]*)\s*(/?)>|<\?[^>]*\?>|<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|(<!DOCTYPE)", re.S
)
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
_LONGEST = 1 << 20


class Tag(NamedTuple):
    """A tag with the text behind it; ``closing`` for ``</NAME>``."""

    closing: bool
    name: str
    text: str
    line: int


def declared(path: Path, place: str) -> str | None:
    """The encoding that the header declares; None if it declares none. Errors: DataError for a packed file."""
    head = encodings.beginning(path).decode("latin-1")
    if found := _XML.match(head.lstrip()):
        return found[1]
    said = dict(_SAID.findall(head.partition("<OFX")[0]))
    if said.get("COMPRESSION", "NONE").upper() not in {"", "NONE"}:
        raise DataError(
            "statement.kind", "its header says that it is compressed", where=place, next_step="unpack it before"
        )
    encoding, charset = said.get("ENCODING", "").upper(), said.get("CHARSET", "").upper()
    if encoding in {"UTF-8", "UTF8", "UNICODE"}:
        return "utf-8"
    if charset in {"", "NONE"}:
        return "ascii" if encoding == "USASCII" else None
    if charset.isdecimal():
        return f"cp{charset}"
    return _known(charset) or _known(f"iso-{charset}") or charset


def _known(name: str) -> str | None:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def tags(path: Path, codec: str, place: str) -> Iterator[Tag]:
    """The tags of the file with the text behind each, its entities resolved once.

    Errors: DataError with the line for a document type, for a text without end, for text behind the last tag.
    """
    held, line = "", 1
    waiting: tuple[bool, str, str, int] | None = None
    for block in itertools.chain(encodings.blocks(path, codec), [None]):
        held += block or ""
        end = 0
        for found in _TAG.finditer(held, 0, _whole(held)):
            # What stands at the very end may go on in the next block.
            if block is not None and found.end() == len(held):
                break
            before = held[end : found.start()]
            if waiting is not None:
                waiting = (*waiting[:2], waiting[2] + plain(before), waiting[3])
            line += before.count("\n")
            if found[5]:
                raise _doctype(place, line)
            if found[4] is not None and waiting is not None:
                waiting = (*waiting[:2], waiting[2] + found[4], waiting[3])
            if found[2]:
                if waiting is not None:
                    yield Tag(waiting[0], waiting[1], waiting[2].strip(), waiting[3])
                waiting = (bool(found[1]), found[2].upper(), "", line)
                if found[3]:
                    yield Tag(False, waiting[1], "", line)
                    waiting = (True, waiting[1], "", line)
            line += found[0].count("\n")
            end = found.end()
        held = held[end:]
        if len(held) > 2 * _LONGEST:
            raise _too_long(place, line)
    if waiting is not None:
        yield Tag(waiting[0], waiting[1], (waiting[2] + plain(held)).strip(), waiting[3])


def _whole(held: str) -> int:
    """Up to where a comment, or text that is kept as it stands, has its end; it may come with the next block."""
    for start, end in (("<!--", "-->"), ("<![CDATA[", "]]>")):
        if (at := held.rfind(start)) >= 0 and held.find(end, at) < 0:
            return at
    return len(held)


def plain(text: str) -> str:
    """The text with its entities resolved; an ``&`` that begins none stays, as many banks write it."""
    return _ENTITY.sub(_resolved, text) if "&" in text else text


def _resolved(found: re.Match[str]) -> str:
    name = found[1]
    if not name.startswith("#"):
        return _ENTITIES[name]
    number = int(name[2:], 16) if name[1] == "x" else int(name[1:])
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]


def _doctype(place: str, line: int) -> DataError:
    return DataError(
        "statement.doctype",
        "it has a document type, which no statement has",
        where=f"{place}:{line}",
        next_step="ask who made it, and do not read it",
    )


def _too_long(place: str, line: int) -> DataError:
    return DataError(
        "statement.xml", "a text is longer than any of OFX", where=f"{place}:{line}", next_step="ask for the file again"
    )
