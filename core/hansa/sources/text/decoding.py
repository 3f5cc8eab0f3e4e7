"""A text file as blocks of whole lines, decoded strictly: what is not in the encoding is refused with its line."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from hansa.errors import DataError
from hansa.sources.bulk import LINE_END, count, may_hold_utf8_line, with_line_feeds
from hansa.sources.clean import without_ignored
from hansa.sources.encodings import has_controls, has_several_bytes, is_wide, usual_letters
from hansa.sources.files import OTHER_KINDS
from hansa.sources.layout import LayoutWords
from hansa.sources.text.kept import Held, Stretch

BLOCK = 1 << 22
LONGEST_ROW = 1 << 23
MARK = "\ufeff"
_MARKS_AT_STARTS = re.compile("(?m)^\ufeff+")
_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKED = {
    "utf-16": {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-32": {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"},
}


def _role(sign: int) -> int:
    """What a byte is in UTF-8: the first of two, three or four, a following one, or none of these."""
    if sign < 0x80:
        return sign
    if sign < 0xC0:
        return ord("c")
    if 0xC2 <= sign <= 0xF4:
        return ord("2" if sign < 0xE0 else "3" if sign < 0xF0 else "4")
    return ord("x")


_ROLES = bytes(_role(sign) for sign in range(256))
#: These are left out: a line is UTF-8 if all that is beyond them is.
_ASCII = bytes(sign for sign in range(128) if sign != ord("\n"))
#: A line of which all that is left are whole letters of UTF-8.
_LINE_OF_LETTERS = re.compile(rb"\n(?:2c|3cc|4ccc)+(?=\n)")
_BUT_CONTROLS = bytes(sign for sign in range(256) if not 0x80 <= sign < 0xA0)


@dataclass(frozen=True)
class Block:
    """Whole lines of a file: their text with line ends of ``\\n`` alone, and how many lines stand before it.

    ``raw`` is the same in the file's own encoding, if nothing was dropped from it and a line break is a byte there.
    ``stretch`` says where it stands, if it is as the file has it and reading may go on behind it. ``held`` is what an
    earlier walk made of it; it has no text then.
    """

    before: int
    text: str
    raw: bytes | None = None
    stretch: Stretch | None = None
    held: bytes | None = None

    @cached_property
    def data(self) -> bytes:
        """The same in UTF-8."""
        return self.text.encode()


class Decoding:
    """One file under one layout. ``place`` is the path as the user wrote it.

    ``checked``: an earlier pass found no fault, and looks for those that the decoder itself does not see are spared.
    ``held`` are blocks, by their number, that it kept.
    """

    def __init__(
        self,
        path: Path,
        words: LayoutWords,
        place: str,
        checked: bool = False,
        held: Mapping[int, Held] | None = None,
    ) -> None:
        self._held = held or {}
        self._before = 0  # lines before the block
        self._path = path
        self._checked = checked
        self._words = words
        self._place = place
        self._encoding = words.encoding
        self._codec = words.encoding

    def blocks(self) -> Iterator[Block]:
        """The file from its start. A block is decoded and checked before the next one is read.

        Errors: DataError with the line for bytes that are not of the encoding, lines of UTF-8 between others, NUL
        bytes, a byte order mark inside, a line that is too long; DataError for another kind of file.
        """
        with self._path.open("rb") as file:
            self._check_kind(file)
            texts = self._wide_texts(file) if is_wide(self._encoding) else self._narrow_texts(file)
            for index in itertools.count():
                if (held := self._held.get(index)) is not None:
                    file.seek(held.stretch.end)
                    yield Block(self._before, "", held=held.data)
                    self._before += held.stretch.lines
                    continue
                if (found := next(texts, None)) is None:
                    return
                text, raw, lines = found
                settled = self._settled(text, self._before)
                stretch = None if raw is None else Stretch(index, file.tell(), lines)
                yield Block(self._before, settled, raw if len(settled) == len(text) else None, stretch)
                self._before += lines

    def _check_kind(self, file: BinaryIO) -> None:
        head = file.peek(4)[:4]  # type: ignore[attr-defined]
        for magic, (kind, mend) in OTHER_KINDS.items():
            if not head.startswith(magic) or (magic in _OF_UTF_16 and is_wide(self._encoding)):
                continue
            mend = "write encoding: utf-16" if magic in _OF_UTF_16 else mend
            raise DataError(
                "source.kind", f"it is {kind}, not text in {self._encoding}", where=self._at(0), next_step=mend
            )
        if head.startswith(codecs.BOM_UTF8) and self._encoding != "utf-8":
            what = f"it begins with the mark of UTF-8 and is declared as {self._encoding}"
            raise DataError("source.encoding", what, where=self._at(1), next_step="write encoding: utf-8")
        if self._encoding in _MARKED and head:
            # The mark stays before the text, where it is dropped as that of any encoding.
            found = [name for mark, name in _MARKED[self._encoding].items() if head.startswith(mark)]
            if not found:
                what = "it has no mark that says which of the bytes of a character comes first"
                mend = f"write encoding: {self._encoding}-le or {self._encoding}-be"
                raise DataError("source.encoding", what, where=self._at(1), next_step=mend)
            self._codec = found[0]

    # ------------------------------------------------------------------ bytes to text
    def _narrow_texts(self, file: BinaryIO) -> Iterator[tuple[str, bytes | None, int]]:
        """A line break is a byte of its own: whole lines are read, and decoded at once."""
        # glibc takes what is larger than anything freed before from the system, page by page. A decoded text shrinks
        # before it is freed, so each one would be; what was freed here was never touched.
        bytes(4 * BLOCK)
        while raw := file.read(BLOCK):
            before = self._before
            if not raw.endswith(b"\n"):
                raw += file.readline(LONGEST_ROW)
            # Neither byte is a part of another character in any of these encodings.
            raw = with_line_feeds(raw)
            lines = count(raw, LINE_END)
            if not self._checked:
                self._check_length(raw.endswith(b"\n"), len(raw) - raw.rfind(b"\n", 0, -1), before + lines)
                self._check_bytes(raw, before)
            try:
                text = raw.decode(self._encoding)
            except UnicodeDecodeError as error:
                raise self._undecoded(raw, error, before) from None
            yield text, raw, lines

    def _wide_texts(self, file: BinaryIO) -> Iterator[tuple[str, bytes | None, int]]:
        """Two or four bytes a character: decoded as they come, cut behind the last line break."""
        decoder = codecs.getincrementaldecoder(self._codec)()
        before, rest = 0, ""
        while True:
            raw = file.read(BLOCK)
            try:
                text = rest + decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                held = error.object[: error.start].decode(self._codec)
                line = before + 1 + rest.count("\n") + held.count("\n")
                raise DataError(
                    "source.encoding",
                    f"a part of the line is not {self._encoding}",
                    where=self._at(line),
                    next_step=_mend(),
                ) from None
            cut = text.rfind("\n") + 1 if raw else len(text)
            text, rest = text[:cut].replace("\r\n", "\n"), text[cut:]
            self._check_length(not rest, len(rest), before + text.count("\n"))
            if (nul := text.find("\0")) >= 0:
                raise self._nul(before + 1 + text.count("\n", 0, nul))
            lines = text.count("\n")
            if text:
                yield text, None, lines
            before += lines
            if not raw:
                return

    def _check_length(self, ended: bool, size: int, lines: int) -> None:
        if size > LONGEST_ROW - (1 << 20):
            line = lines if ended else lines + 1
            raise DataError(
                "source.row",
                "a line is longer than 7 MiB",
                where=self._at(line),
                next_step="look whether it is a table at all",
            )

    def _check_bytes(self, raw: bytes, before: int) -> None:
        """Refuse what the decoder would take and what no text of this encoding holds."""
        if (nul := raw.find(b"\0")) >= 0:
            raise self._nul(before + 1 + raw.count(b"\n", 0, nul))
        if raw.isascii() or self._encoding == "utf-8":
            return
        if has_controls(self._encoding) and (found := raw.translate(None, _BUT_CONTROLS)):
            line = before + 1 + raw.count(b"\n", 0, raw.find(found[:1]))
            what = f"a byte of the line is a control character in {self._encoding}"
            raise DataError(
                "source.encoding",
                what,
                where=self._at(line),
                next_step="it is probably cp1252 or another of cp1250 to cp1258",
            )
        if (at := self._utf8_line(raw)) is not None:
            what = f"the line is written in UTF-8, the file is declared as {self._encoding}"
            mend = "write encoding: utf-8 if all of it is, else have it written again in one encoding"
            raise DataError(
                "source.encoding", what, where=self._at(before + 1 + raw.count(b"\n", 0, at)), next_step=mend
            )

    def _utf8_line(self, raw: bytes) -> int | None:
        """Where the first line begins that is UTF-8: the declared encoding often takes its bytes for other letters.

        In the East Asian encodings a letter of two bytes may look like one of UTF-8 by chance, one of three hardly.
        """
        if not may_hold_utf8_line(raw):
            return None
        roles = b"\n" + raw.translate(_ROLES, _ASCII) + b"\n"
        several = has_several_bytes(self._encoding)
        for found in _LINE_OF_LETTERS.finditer(roles):
            if several and b"3" not in found[0] and b"4" not in found[0]:
                continue
            start = _line_start(raw, roles.count(b"\n", 0, found.start()))
            if self._is_utf8(raw[start:].partition(b"\n")[0]):
                return start
        return None

    def _is_utf8(self, line: bytes) -> bool:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return False
        # A name of three letters may be whole letters of UTF-8 by chance. Then it is one of usual letters as it is
        # declared, and in UTF-8 one of letters that the language hardly has.
        usual = usual_letters(self._encoding)
        return usual is None or not _decodes(line, usual) or _encodes(text, usual)

    # ------------------------------------------------------------------ marks and line ends
    def _settled(self, text: str, before: int) -> str:
        """The text as rules see it: no carriage returns at line ends, no byte order marks, nothing that is ignored."""
        if not before:
            text = text.removeprefix(MARK)
        text = without_ignored(text, self._words)
        # Elsewhere in a line it is a letter of a value.
        if MARK in text and (found := _MARKS_AT_STARTS.search(text)) is not None:
            if self._words.byte_order_mark != "inside":
                line = before + 1 + text.count("\n", 0, found.start())
                mend = "write byte_order_mark: inside if files were joined and each line may begin with one"
                raise DataError(
                    "source.mark", "the line begins with a byte order mark", where=self._at(line), next_step=mend
                )
            text = _MARKS_AT_STARTS.sub("", text)
        return text if text.endswith("\n") else text.removesuffix("\r")

    # ------------------------------------------------------------------ refusals
    def _undecoded(self, raw: bytes, error: UnicodeDecodeError, before: int) -> DataError:
        line = before + 1 + raw.count(b"\n", 0, error.start)
        byte = error.start - raw.rfind(b"\n", 0, error.start)
        return DataError(
            "source.encoding",
            f"byte {byte} of the line is not {self._encoding}",
            where=self._at(line),
            next_step=_mend(),
        )

    def _nul(self, line: int) -> DataError:
        return DataError(
            "source.nul",
            "a NUL byte stands in it",
            where=self._at(line),
            next_step="it was cut or is no text file: send it again",
        )

    def _at(self, line: int) -> str:
        return f"{self._place}:{line}" if line else self._place


def _line_start(raw: bytes, number: int) -> int:
    """Where a line begins, counted from 0."""
    start = 0
    for _ in range(number):
        start = raw.find(b"\n", start) + 1
    return start


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _mend() -> str:
    return "mend encoding (gb18030 for most Chinese exports, cp1252 or iso-8859-1 for Western ones), or send it again"
