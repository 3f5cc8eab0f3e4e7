"""Is a text file what a CSV reader takes it for? One quick pass, a block at a time, before anything is read.

Polars fills a short row with nulls and quotes a cell when it stumbles over a quotation mark. So encoding, quoting
(RFC 4180) and the number of fields in each row are checked here, at the speed of the disk: a block holds whole rows,
and only a block in which something is odd is walked line by line.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hansa.errors import DataError
from hansa.sources.ahead import looked_ahead
from hansa.sources.bulk import count, is_utf8, may_begin_a_line
from hansa.sources.files import CHECK_DELIVERY, OTHER_KINDS, listed
from hansa.sources.shape import Counted, Shape

MARK = b"\xef\xbb\xbf"
_QUOTE = ord('"')
USUAL_SEPARATORS = {";": "';'", ",": "','", "|": "'|'", "\t": "tab"}
_BLOCK = 1 << 21
#: For the rest of a block's last row; a longer one takes a copy.
_ROOM = 1 << 16
_LONGEST_ROW = 9 << 20
_CONVERT = (
    "convert it from its own encoding to UTF-8 (GB18030 for most Chinese exports, CP1252 or ISO-8859-1 for Western "
    "ones): iconv -f ENCODING -t UTF-8 FILE > NEW"
)


@dataclass(frozen=True)
class CsvText:
    """What the pass found: the header's names, the number of rows, whether empty lines follow them.

    ``returns_inside``: a carriage return and a line feed may stand inside of a quoted text.
    """

    names: tuple[str, ...]
    rows: int
    empty_lines_follow: bool
    returns_inside: bool


def examine(path: Path, separator: str, place: str) -> CsvText:
    """Pass over the file once.

    Errors: DataError with the line for another encoding or kind of file, NUL bytes, an unclosed or misplaced quotation
    mark, a doubled column name, a row with more or fewer fields than the header, an empty line between rows;
    SeparatorError before any fault in the quoting.
    """
    with path.open("rb") as file:
        return _Pass(separator, place).over(file)


class SeparatorError(DataError):
    """The header is one column and holds another usual separator; ``entry`` is the binding's place in the mesh file."""

    def __init__(self, word: str, place: str, entry: str = "") -> None:
        self.word = word
        self.place = place
        super().__init__(
            "source.separator",
            f"its header is one column, the separator seems to be {word}",
            where=place,
            next_step=f"write separator: {word} under {entry}" if entry else f"set --separator {word}",
        )

    def under(self, entry: str) -> SeparatorError:
        """The same for a file that ``entry`` binds, or that no mesh file binds if it is empty."""
        return SeparatorError(self.word, self.place, entry)


def other_separator(header: str, separator: str) -> str | None:
    """The word for another usual separator, if the header holds it outside of quotation marks, and not its own."""
    outside = "".join(header.split('"')[::2])
    if separator in outside:
        return None
    return next((word for sign, word in USUAL_SEPARATORS.items() if sign in outside), None)


def _may_be_marked(block: bytes | bytearray) -> bool:
    """False if no line begins with a byte order mark."""
    return block.startswith(MARK) or (may_begin_a_line(block, MARK[0]) and b"\n" + MARK in block)


class _Pass:
    def __init__(self, separator: str, place: str) -> None:
        self._separator = separator.encode()
        self._shape = Shape(self._separator, b'"')
        self._place = place
        self._names: tuple[str, ...] = ()
        self._rows = -1  # the header is a row as well
        self._line = 0  # physical lines before the block
        self._empty_from: int | None = None
        self._returns_inside = False

    def over(self, file: BinaryIO) -> CsvText:
        blocks = self._blocks(file)
        for block in itertools.islice(blocks, 1):
            self._look(block)
        for block, found in looked_ahead(blocks, self._plain):
            if found is not None and self._empty_from is None:
                self._rows += found.rows
                self._line += found.lines
            else:
                self._look(block)
        if not self._names:
            raise self._refused("empty", "the file is empty", mend=CHECK_DELIVERY)
        return CsvText(self._names, self._rows, self._empty_from is not None, self._returns_inside)

    def _plain(self, block: bytes | bytearray) -> Counted | None:
        """What ``_look`` finds in a block that has nothing odd; None if it is to look. It changes nothing."""
        if len(block) > _LONGEST_ROW or not block.endswith(b"\n"):
            return None
        if not block.isascii() and (_may_be_marked(block) or not is_utf8(block)):
            return None
        found = self._shape.counted(block, len(self._names))
        # More line ends than rows: some stand inside of a text, and may have a carriage return.
        return None if found is None or (found.lines != found.rows and b"\r\n" in block) else found

    def _look(self, given: bytes | bytearray) -> None:
        block = bytes(given)
        self._check_bytes(block)
        if not self._names:
            self._names = self._header(block)
        if not self._returns_inside and b'"' in block and b"\r\n" in block:
            self._returns_inside = any(b"\r\n" in part for part in block.split(b'"')[1::2])
        if not self._even(block):
            self._walk(block)
        self._line += block.count(b"\n")

    def _blocks(self, file: BinaryIO) -> Iterator[bytearray]:
        """Blocks that end where a row ends, the byte order mark left out."""
        head = file.read(len(MARK))
        block = b"" if head == MARK else head
        for magic, (kind, mend) in OTHER_KINDS.items():
            if (block + file.peek(4))[:4].startswith(magic):  # type: ignore[attr-defined]
                raise self._refused("kind", f"it is {kind}, not text in UTF-8", mend=mend)
        while True:
            # What its last row lacks is put behind it, where there is room: to join two parts would copy all of it.
            grown = bytearray(_BLOCK + _ROOM)
            size = file.readinto(memoryview(grown)[:_BLOCK])  # type: ignore[attr-defined]
            del grown[size:]
            if block:
                grown[:0], block = block, b""
            if not grown:
                return
            grown += self._rest_of_row(file, grown)
            yield grown

    def _rest_of_row(self, file: BinaryIO, block: bytearray) -> bytes:
        """What is to be read after ``block`` until a line ends outside of quotation marks; bounded."""
        lines: list[bytes] = []
        last: bytes | bytearray = block
        size = len(block)
        marks = count(block, _QUOTE) if b'"' in block else 0
        while (marks % 2 or not last.endswith(b"\n")) and size <= _LONGEST_ROW:
            last = file.readline(_BLOCK)
            if not last:
                break
            lines.append(last)
            marks += last.count(b'"')
            size += len(last)
        return b"".join(lines)

    def _check_bytes(self, block: bytes) -> None:
        nul = block.find(b"\0")
        if nul >= 0:
            line = self._line + 1 + block.count(b"\n", 0, nul)
            mend = "it was cut or is no text file: send it again"
            if not self._line and nul < 2 and block[nul + 2 : nul + 3] == b"\0":
                mend = f"if it is UTF-16 without a mark, write encoding: utf-16-{'le' if nul else 'be'} for its source"
            raise self._refused("nul", "a NUL byte stands in it", line, mend)
        if block.isascii():
            return
        # Elsewhere in a line it is a letter of a value, as it was before files began with it.
        mark = -1
        if _may_be_marked(block):
            mark = 0 if self._line and block.startswith(MARK) else block.find(b"\n" + MARK) + 1 or -1
        if mark >= 0:
            line = self._line + 1 + block.count(b"\n", 0, mark)
            mend = "write byte_order_mark: inside if files were joined and each line may begin with one"
            raise self._refused("mark", "the line begins with a byte order mark", line, mend)
        if not is_utf8(block):
            self._check_utf8(block)

    def _check_utf8(self, block: bytes) -> None:
        try:
            # A row that is too long is cut, maybe inside a character, and refused as such later.
            codecs.utf_8_decode(block, "strict", len(block) <= _LONGEST_ROW)
        except UnicodeDecodeError as error:
            line = self._line + 1 + block.count(b"\n", 0, error.start)
            byte = error.start - block.rfind(b"\n", 0, error.start)
            raise self._refused(
                "encoding",
                f"byte {byte} of the line is not UTF-8",
                line,
                _CONVERT,
            ) from None

    def _header(self, block: bytes) -> tuple[str, ...]:
        lines = block.decode("utf-8", "replace").split("\n", 1000)
        text = lines[0]
        for line in lines[1:]:
            if text.count('"') % 2 == 0:
                break
            text = f"{text}\n{line}"
        text = text.removesuffix("\r")
        if not text.strip():
            raise self._refused("header", "the line is empty, the header should stand there", 1, "remove the line")
        if "\r" in text and ('"' not in text or '"\r"' in text):
            raise self._refused(
                "line_ends", "its lines end in a carriage return alone", mend="save it with usual line ends"
            )
        word = other_separator(text, self._separator.decode())
        if word:
            raise SeparatorError(word, self._place)
        try:
            names = next(csv.reader(io.StringIO(text, newline=""), delimiter=self._separator.decode(), strict=True))
        except csv.Error:
            raise self._misquoted(1) from None
        double = [name for name in names if names.count(name) > 1]
        if double:
            told = listed(dict.fromkeys(double))
            raise self._refused("header", f"the header names a column twice: {told}", 1, "rename one of them")
        return tuple(names)

    def _even(self, block: bytes) -> bool:
        """Count the rows of a block in which each has the header's number of fields; False if one may not."""
        if self._empty_from is not None or len(block) > _LONGEST_ROW:
            return False
        found = self._shape.counted(block, len(self._names))
        self._rows += found.rows if found else 0
        return found is not None

    def _walk(self, block: bytes) -> None:
        """Line by line: raise what is wrong, or find that only empty lines are odd."""
        number, begun, start, end, marks = self._line, self._line, 0, 0, 0
        for line in io.BytesIO(block):
            number += 1
            if len(line) > _LONGEST_ROW - _BLOCK:
                raise self._refused("row", "a line is longer than 7 MiB", number, "look whether it is a table at all")
            if start == end:
                begun = number
                if not self._shape.well_quoted(line.split(b'"')):
                    raise self._misquoted(number)
            end += len(line)
            marks += line.count(b'"')
            if marks % 2 == 0:
                self._judge(block[start:end].removesuffix(b"\n").removesuffix(b"\r"), begun)
                start = end
        if start != end:
            raise self._refused(
                "quote", "a quotation mark that opens here is not closed", begun, "close it, or double it"
            )

    def _judge(self, row: bytes, line: int) -> None:
        expected = len(self._names)
        if not row and expected > 1:
            self._empty_from = self._empty_from or line
            return
        if self._empty_from is not None:
            raise self._refused("row", "an empty line stands between rows", self._empty_from, "remove it")
        parts = row.split(b'"')
        # A carriage return that is left is none of the line's end.
        if not self._shape.well_quoted(parts) or (len(parts) > 1 and parts[-1] == b"\r"):
            raise self._misquoted(line)
        fields = 1 + sum(part.count(self._separator) for part in parts[::2])
        if fields != expected:
            raise self._uneven(row, fields, line)
        self._rows += 1

    def _uneven(self, row: bytes, fields: int, line: int) -> DataError:
        """A row with more or fewer fields than the header: mostly a separator too many ends one of the two."""
        what, mend = f"the row has {fields} fields, the header {len(self._names)}", "mend the row, or quote its texts"
        if "" in self._names:
            what += f", of which field {self._names.index('') + 1} has no name"
            mend = "take the surplus separator out of the header, or mend the row"
        elif fields == len(self._names) + 1 and row.endswith(self._separator):
            mend = "if each row ends in a separator, write extra_fields: empty for its source; else mend the row"
        return self._refused("row", what, line, mend)

    def _misquoted(self, line: int) -> DataError:
        return self._refused(
            "quote",
            "a quotation mark stands inside a field",
            line,
            'put the field in quotation marks and double the mark: "5"" disk"',
        )

    def _refused(self, code: str, what: str, line: int = 0, mend: str = "") -> DataError:
        where = f"{self._place}:{line}" if line else self._place
        return DataError(f"source.{code}", what, where=where, next_step=mend)
