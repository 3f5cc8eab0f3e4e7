"""Is any of these values anywhere in what was written, in any form in which it could still be read?

``find_clear(values, roots)`` decodes every file under the folders (``decoding``) and searches it for every value in
every form of ``FORMS``; ``find_clear_in_bucket`` does the same with an object store. Values shorter than ``SHORTEST``
characters stand in too much that is no leak and are refused, so that nobody believes they were searched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import polars as pl

from machinery.decoding import Piece, pieces, sqlite_rows

if TYPE_CHECKING:
    from machinery.object_store import Bucket

#: Bytes of UTF-8 that a value must have to be searched: two Chinese characters, or five of ASCII.
SHORTEST = 5
#: Bytes of any other form of a value; a shorter one turns up in compressed bytes by chance.
_SHORTEST_FORM = 6
#: Iceberg keeps the first 16 characters of a text as a column's bound, the last of them raised in an upper one.
_BOUND = 15
#: A number of fewer digits turns up within longer numbers by chance: it has to stand alone, but for a country code.
_LONG_NUMBER = 13
_CHUNK = 1 << 20
_BATCH = 64 << 20


@dataclass(frozen=True)
class Hit:
    """A value that was found: its place in the values, the file, where in it and in which form. Never the value."""

    value_index: int
    path: str
    where: str
    form: str


def _full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _in_base64(content: bytes) -> list[bytes]:
    """What base64 makes of these bytes wherever they begin in a longer text, without what their neighbours decide."""
    made = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + content)
        whole = len(shift * b"0" + content) // 3 * 4
        made.append(encoded[(0, 2, 3)[shift] : whole])
    return made


def _hexdigest(name: str) -> Callable[[str], list[bytes]]:
    return lambda text: [hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest().encode()]


#: Form -> the byte strings that betray a value. A digest without a key is one: all mobile numbers are soon tried.
FORMS: dict[str, Callable[[str], list[bytes]]] = {
    "clear": lambda text: [text.encode()],
    "cut": lambda text: [text[:_BOUND].encode()] if len(text) > _BOUND else [],
    "UTF-16": lambda text: [text.encode("utf-16-le"), text.encode("utf-16-be")],
    "full width": lambda text: [_full_width(text).encode()],
    "base64": lambda text: _in_base64(text.encode()),
    "JSON": lambda text: [json.dumps(text)[1:-1].encode()],
    "URL": lambda text: [quote(text, safe="").encode()],
    "hex": lambda text: [text.encode().hex().encode()],
    "reversed": lambda text: [text[::-1].encode()],
    "MD5": _hexdigest("md5"),
    "SHA-1": _hexdigest("sha1"),
    "SHA-256": _hexdigest("sha256"),
}


class Search:
    """One automaton over all values in all forms; ``hits`` grow with what is fed to it."""

    def __init__(self, values: Iterable[str], forms: Mapping[str, Callable[[str], list[bytes]]] = FORMS) -> None:
        self.hits: list[Hit] = []
        self.bytes = self.files = 0
        self._meaning: dict[str, tuple[int, str]] = {}
        for index, value in enumerate(values):
            if len(value.encode()) < SHORTEST:
                raise ValueError(f"value {index} is too short to be searched")
            for form, spell in forms.items():
                spellings = (s for s in spell(value) if form == "clear" or len(s) >= _SHORTEST_FORM)
                for spelled in spellings:
                    self._meaning.setdefault(spelled.decode("latin-1"), (index, form))
        self._patterns = pl.Series(list(self._meaning), dtype=pl.String).implode()
        self._longest = max(map(len, self._meaning), default=0)
        self._waiting: list[tuple[str, str, str]] = []
        self._size = 0

    def feed(self, path: str, found: Iterator[Piece]) -> None:
        """Search a file: its name, then its pieces."""
        self.files += 1
        self._take(path, "name", path.encode())
        for where, content in found:
            self._take(path, where, content)

    def _take(self, path: str, where: str, content: bytes) -> None:
        text = content.decode("latin-1")
        self.bytes += len(text)
        for at in range(0, max(len(text), 1), _CHUNK):
            self._waiting.append((path, where, text[at : at + _CHUNK + self._longest]))
        self._size += len(text)
        if self._size >= _BATCH:
            self.finish()

    def finish(self) -> list[Hit]:
        """Search what is still waiting; all hits so far."""
        if not self._waiting or not self._meaning:
            return self.hits
        waiting, self._waiting, self._size = self._waiting, [], 0
        frame = pl.DataFrame(waiting, schema=["path", "where", "text"], orient="row")
        found = frame.filter(pl.col("text").str.contains_any(self._patterns)).with_columns(
            matches=pl.col("text").str.extract_many(self._patterns, overlapping=True)
        )
        seen = {(hit.value_index, hit.path, hit.where, hit.form) for hit in self.hits}
        for path, where, text, matches in found.iter_rows():
            for match in matches:
                index, form = self._meaning[match]
                if (index, path, where, form) not in seen and _stands_alone(match, text):
                    seen.add((index, path, where, form))
                    self.hits.append(Hit(index, path, where, form))
        return self.hits


def _stands_alone(match: str, text: str) -> bool:
    if len(match) >= _LONG_NUMBER or not (match.isascii() and match.isdigit()):
        return True
    return re.search(rf"(?<![0-9.])(86|0086)?{match}(?![0-9])", text) is not None


def find_clear(
    values: Iterable[str], roots: Iterable[Path], texts: Mapping[str, str] | None = None, without: Sequence[Path] = ()
) -> list[Hit]:
    """Every value that stands anywhere under ``roots``, but for what lies under ``without``, or in ``texts``."""
    search = Search(values)
    for root in roots:
        for path in sorted([root] if root.is_file() else root.rglob("*")):
            if path.is_file() and not any(path.is_relative_to(other) for other in without):
                search.feed(str(path), file_pieces(path))
    for name, text in (texts or {}).items():
        search.feed(name, pieces(text.encode()))
    return search.finish()


def find_clear_in_bucket(values: Iterable[str], bucket: Bucket) -> list[Hit]:
    """Every value that stands anywhere in a bucket."""
    search = Search(values)
    for name, content in bucket.objects().items():
        search.feed(f"{bucket.uri}/{name}", pieces(content))
    return search.finish()


def file_pieces(path: Path) -> Iterator[Piece]:
    """All that one file holds; of a SQLite file also what its write-ahead log adds to its tables."""
    content = path.read_bytes()
    if content[:16] == b"SQLite format 3\x00" and path.with_name(f"{path.name}-wal").exists():
        yield from sqlite_rows(path)
    yield from pieces(content)
