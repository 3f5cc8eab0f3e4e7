"""One walk over a file: its blocks become parts of a table, even ones as bytes for Polars, odd ones as records.

A walk that finds a block even says so (``even``); a later walk over the same file is told and looks no more. Which
part a block becomes is decided by what stands in it and by the layout's words alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from hansa.errors import DataError
from hansa.sources.ahead import one_ahead
from hansa.sources.csv_text import SeparatorError, other_separator
from hansa.sources.layout import LayoutWords
from hansa.sources.rules import Rules
from hansa.sources.shape import Shape
from hansa.sources.text.decoding import LONGEST_ROW, Block, Decoding
from hansa.sources.text.kept import Held
from hansa.sources.text.splitting import Field, Misquoted, Open, Returned, Splitting, misquoted, unclosed

#: Stands for a separator of several bytes, where a block does not hold it.
STAND_IN = b"\x1f"
#: So far from its start a header is looked for first.
_NEAR = 1 << 14


@dataclass(frozen=True)
class Even:
    """Whole rows for Polars: ``width`` fields each, parted by ``sign``, which becomes one byte if it is more."""

    block: Block
    sign: bytes
    width: int
    rows: int

    @property
    def before(self) -> int:
        """How many lines stand before it."""
        return self.block.before

    @cached_property
    def data(self) -> bytes:
        """The rows in UTF-8."""
        if self.block.held is not None:
            return self.block.held
        data = self.block.data
        return data if len(self.sign) == 1 else data.replace(self.sign, STAND_IN)


@dataclass(frozen=True)
class Records:
    """Rows that were split here, and the physical line of each."""

    fields: list[Sequence[Field]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


Part = Even | Records


class Walk:
    """A walk over one file. ``names`` are the columns, from the first part on; ``rules`` counts.

    ``known`` says of the blocks that an earlier walk found even how many fields and rows they have, and ``held`` has
    some of them; where that is the first one too, ``begun`` are the rules of that walk. ``numbered``: parts have the
    line of each row, so that blocks with quoted line breaks are split here.
    """

    def __init__(
        self,
        path: Path,
        words: LayoutWords,
        place: str,
        known: Mapping[int, tuple[int, int]] | None = None,
        numbered: bool = False,
        held: Mapping[int, Held] | None = None,
        begun: Rules | None = None,
    ) -> None:
        self.rules = Rules(words, place)
        self.names: tuple[str, ...] = ()
        if begun is not None and held and 0 in held:
            self.names = self.rules.as_begun(begun)
        self.even: dict[int, tuple[int, int]] = {}
        self._decoding = Decoding(path, words, place, checked=known is not None, held=held)
        self._splitting = Splitting(words)
        self._words = words
        self._place = place
        self._known = known or {}
        self._numbered = numbered
        self._sign = words.separator.encode()
        separator = self._sign if len(self._sign) == 1 else STAND_IN
        self._shape = Shape(separator, words.quote_sign.encode())
        self._raw_has_shape = all(sign < 0x30 or 0x3A <= sign < 0x40 for sign in self._sign + self._shape.quote)
        self._starts = [rule.starts_with for rule in words.skip if rule.starts_with]
        if words.footer is not None and words.footer.starts_with:
            self._starts.append(words.footer.starts_with)
        self._matches = [re.compile(rule.matches).search for rule in words.skip if rule.matches]
        self._blanks = any(rule.blank for rule in words.skip) or bool(words.footer and words.footer.blank_line)
        self._headers = any(rule.header for rule in words.skip)
        self._header_open = False
        self._open_at = 0
        self._empty_from = 0

    @property
    def separator(self) -> str:
        """The one byte that parts the fields of an even block."""
        return self._shape.separator.decode()

    def parts(self) -> Iterator[Part]:
        """The rows of the file, in their order.

        Errors: DataError with the line for whatever makes the file another one than its layout says.
        """
        carry = ""
        for index, block in enumerate(one_ahead(self._decoding.blocks())):
            if carry:
                block = Block(block.before - carry.count("\n"), carry + block.text)
            if not self.names:
                stretch = block.stretch
                block, carry = self._begun(block)
                if not self.names:
                    continue
                if not index and not carry:
                    # It may be kept like any other: who reads it again knows the header from this walk.
                    block = replace(block, stretch=stretch)
            if self.rules.ended:
                self._footer(_lines(block.text), block.before)
                continue
            if (part := self._even(index, block, alone=not carry)) is not None:
                carry = ""
                yield part
            else:
                records, carry = self._exact(block)
                yield records
        if carry:
            raise unclosed(self._place, self._open_at)

    # ------------------------------------------------------------------ before the rows
    def _begun(self, block: Block) -> tuple[Block, str]:
        """What follows the header in the block, and what is carried to the next one; names are set if it was found."""
        position, line = 0, block.before
        while position < len(block.text):
            end = block.text.find("\n", position)
            end = len(block.text) if end < 0 else end
            line += 1
            text = block.text[position:end]
            if self._header_open or self.rules.is_header(line, text):
                return self._headed(Block(line - 1, block.text[position:]), text)
            position = end + 1
        return Block(line, ""), ""

    def _headed(self, block: Block, text: str) -> tuple[Block, str]:
        line = block.before + 1
        if not self.rules.has_header:
            self.names = self.rules.named([], line)
            return Block(block.before, block.text), ""
        if not text.strip():
            what = "the line is empty, the header should stand there"
            raise DataError("source.header", what, where=f"{self._place}:{line}", next_step="remove the line")
        # Mostly the header ends in its line: a whole block is split only where it does not.
        near = block.text[: block.text.find("\n", _NEAR) + 1] or block.text
        lines = _lines(near)
        found = self._record(lines, 0, line)
        if isinstance(found, Open) and len(near) < len(block.text):
            lines = _lines(block.text)
            found = self._record(lines, 0, line)
        if isinstance(found, Open):
            self._header_open = True
            self._check_carry(block.text, line)
            return Block(block.before, ""), block.text
        fields, after = found
        self._header_open = False
        if len(fields) == 1 and (word := other_separator(text, self._words.separator)):
            raise SeparatorError(word, self._place)
        self.names = self.rules.named(fields, line)
        self.rules.header_line = text
        behind = sum(len(one) + 1 for one in lines[:after])
        return Block(block.before + after, block.text[behind:]), ""

    # ------------------------------------------------------------------ blocks that are even
    def _even(self, index: int, block: Block, *, alone: bool) -> Even | None:
        """The block for Polars, if each line of it is a row and each row is plain."""
        if not block.text and block.held is None:
            return None
        found = self._known.get(index) if alone else None
        if found is None:
            found = self._measured(block)
            if found is None:
                return None
            if alone:
                self.even[index] = found
        width, rows = found
        self.rules.rows += rows
        return Even(block, self._sign, width, rows)

    def _with_one_byte(self, block: Block) -> bytes | None:
        """The block with one byte as separator; None if that, or its quoting, is beyond Polars."""
        quote = self._shape.quote
        quoted = bool(quote) and self._words.quote_sign in block.text
        if quoted and (len(quote) > 1 or self._numbered or len(self._sign) > 1):
            return None
        if len(self._sign) == 1:
            # The bytes of the file itself have the same shape, where these signs are never a part of another letter.
            return block.raw if block.raw is not None and self._raw_has_shape else block.data
        return None if STAND_IN in block.data else block.data.replace(self._sign, STAND_IN)

    def _measured(self, block: Block) -> tuple[int, int] | None:
        """Fields and rows of a block that is even to the last byte, and none of whose lines is one of a rule."""
        text = block.text
        if self._empty_from or "\r" in text or self._ruled(text):
            return None
        data = self._with_one_byte(block)
        if data is None:
            return None
        width = self.rules.width
        found = self._shape.counted(data, width)
        if found is None and self._words.extra_fields:
            parts = self._shape.parts(data)
            width = self._shape.first_width(parts)
            found = self._shape.counted(data, width) if width > self.rules.width else None
            tail = self._shape.separator * (width - self.rules.width) + b"\n"
            around = self._shape.quote.join(parts[::2]).removesuffix(b"\n") + b"\n"
            if found is not None and around.count(tail) != found.rows:
                return None
        return None if found is None else (width, found.rows)

    def _ruled(self, text: str) -> bool:
        """True if a line of the block may be one of a rule: it is looked at line by line then."""
        if any(text.startswith(start) or f"\n{start}" in text for start in self._starts):
            return True
        if self._headers and self._may_hold_header(text):
            return True
        # A blank line has no separator, unless that is a blank itself or there is one column.
        blanks = self._blanks and (self.rules.width == 1 or self._words.separator.isspace())
        if not blanks and not self._matches:
            return False
        lines = _lines(text)
        if blanks and not all(line.strip() for line in lines):
            return True
        return any(search(line) for search in self._matches for line in lines)

    def _may_hold_header(self, text: str) -> bool:
        """True if a line may be the header again: it holds all its names, but for those that are written otherwise."""
        quote = self._words.quote_sign
        names = [name for name in self.rules.header or () if not quote or quote not in name]
        if not all(name in text for name in names):
            return False
        return any("\n" in name for name in names) or any(all(n in line for n in names) for line in _lines(text))

    # ------------------------------------------------------------------ blocks that are odd
    def _exact(self, block: Block) -> tuple[Records, str]:
        """The records of a block, and the text of the last one if it is still open."""
        lines = _lines(block.text)
        self._splitting.returns = "\r" in block.text
        made, at = Records(), 0
        while at < len(lines):
            line, text = block.before + at + 1, lines[at]
            if self.rules.ends(line, text):
                self._footer(lines[at + 1 :], line)
                break
            found = self._row(lines, at, line)
            if isinstance(found, Open):
                carry = "\n".join(lines[at:]) + ("\n" if block.text.endswith("\n") else "")
                self._check_carry(carry, line)
                return made, carry
            fields, at = found
            if fields is not None:
                made.fields.append(self.rules.fitting(line, fields))
                made.lines.append(line)
        return made, ""

    def _row(self, lines: Sequence[str], at: int, line: int) -> tuple[Sequence[Field] | None, int] | Open:
        """The fields of the row that begins at a line, None if it is none, and the line after it."""
        text = lines[at]
        # Where any text may follow a mark, a mark in a skipped line would draw the next rows into its record.
        if self._words.text_after_quote and self._words.skip and self.rules.skips(text, []):
            return None, at + 1
        try:
            found = self._splitting.record(lines, at)
        except (Misquoted, Returned):
            # A line that a rule skips has no fields, whatever stands in it.
            if self._words.skip and self.rules.skips(text, []):
                return None, at + 1
            found = self._record(lines, at, line)
        if isinstance(found, Open):
            return found
        fields, after = found
        if self._words.skip and self.rules.skips(text, fields):
            return None, after
        if not text and self.rules.width > 1:
            self._empty_from = self._empty_from or line
            return None, after
        if self._empty_from:
            where = f"{self._place}:{self._empty_from}"
            mend = "remove it, or write skip: [blank]"
            raise DataError("source.row", "an empty line stands between rows", where=where, next_step=mend)
        return fields, after

    def _record(self, lines: Sequence[str], at: int, line: int) -> tuple[list[Field], int] | Open:
        """A record that must be one. Errors: DataError."""
        try:
            return self._splitting.record(lines, at)
        except Misquoted:
            raise misquoted(self._place, line) from None
        except Returned:
            what = "a carriage return stands alone in the line"
            where = f"{self._place}:{line}"
            raise DataError("source.line_ends", what, where=where, next_step="save it with usual line ends") from None

    def _footer(self, lines: Sequence[str], before: int) -> None:
        """Lines behind the footer's first."""
        for number, text in enumerate(lines, before + 1):
            self.rules.ends(number, text)

    def _check_carry(self, carry: str, line: int) -> None:
        self._open_at = line
        if len(carry) > LONGEST_ROW:
            raise unclosed(self._place, line)


def _lines(text: str) -> list[str]:
    """The lines of a text; behind its last line end stands none."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines
