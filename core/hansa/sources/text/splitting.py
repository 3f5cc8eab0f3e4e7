"""Lines into records of fields, exactly: separators of several characters, quoting or none, line breaks in quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hansa.errors import DataError
from hansa.sources.layout import LayoutWords

#: One field as it came: None if nothing stands there, the empty text if it is quoted and empty.
Field = str | None


@dataclass(frozen=True)
class Open:
    """A record that is not closed where the lines end."""


class Misquoted(Exception):  # noqa: N818 - a finding, which becomes a refusal where the line is a row
    """A quotation mark stands inside a field, or text behind the mark that closes it."""


class Returned(Exception):  # noqa: N818 - a finding, which becomes a refusal where the line is a row
    """A carriage return stands alone outside of quotation marks: somebody's line end, or not."""


OPEN = Open()


class Splitting:
    """The fields of records under one layout."""

    def __init__(self, words: LayoutWords) -> None:
        self._separator = words.separator
        self._quote = words.quote_sign
        self._keeps = words.text_after_quote == "keep"
        self._formula = f"={self._quote}" if words.formula_text and self._quote else ""
        #: True if a carriage return may stand in the lines; that of a line end is gone.
        self.returns = True

    def record(self, lines: Sequence[str], start: int) -> tuple[list[Field], int] | Open:
        """The fields of the record that begins at a line, and the line after it; ``OPEN`` if the lines end before.

        Errors: Misquoted, Returned.
        """
        line = lines[start]
        if not self._quote or self._quote not in line:
            if self.returns and "\r" in line:
                raise Returned
            return [field or None for field in line.split(self._separator)], start + 1
        return self._quoted(lines, start)

    def _quoted(self, lines: Sequence[str], start: int) -> tuple[list[Field], int] | Open:
        fields: list[Field] = []
        at, position, line = start, 0, lines[start]
        while True:
            formula = bool(self._formula) and line.startswith(self._formula, position)
            if formula or line.startswith(self._quote, position):
                closed = self._inside(lines, at, position + len(self._quote) + formula)
                if closed is None:
                    return OPEN
                text, at, position = closed
                line = lines[at]
                after, end = self._plain(line, position)
                if after and not self._keeps:
                    raise Misquoted
                fields.append(f"={self._quote}{text}{self._quote}{after}" if formula else text + after)
            else:
                text, end = self._plain(line, position)
                if self._quote in text and not self._keeps:
                    raise Misquoted
                fields.append(text or None)
            if end < 0:
                return fields, at + 1
            position = end + len(self._separator)

    def _plain(self, line: str, position: int) -> tuple[str, int]:
        """What stands up to the next separator, and where that is; -1 at the line's end."""
        end = line.find(self._separator, position)
        text = line[position:] if end < 0 else line[position:end]
        if self.returns and "\r" in text:
            raise Returned
        return text, end

    def _inside(self, lines: Sequence[str], at: int, position: int) -> tuple[str, int, int] | None:
        """The text of a quoted field from behind its mark, the line where it closes, the position behind the mark."""
        mark, parts, line = self._quote, [], lines[at]
        while True:
            found = line.find(mark, position)
            if found < 0:
                parts += [line[position:], "\n"]
                at, position = at + 1, 0
                if at >= len(lines):
                    return None
                line = lines[at]
            elif line.startswith(mark, found + 1):
                parts.append(line[position : found + 1])
                position = found + 2
            else:
                parts.append(line[position:found])
                return "".join(parts), at, found + 1


def misquoted(place: str, line: int) -> DataError:
    """The refusal of a row in which a quotation mark stands where none can."""
    return DataError(
        "source.quote",
        "a quotation mark stands inside a field",
        where=f"{place}:{line}",
        next_step='put the field in quotation marks and double the mark: "5"" disk"',
    )


def unclosed(place: str, line: int) -> DataError:
    """The refusal of a row that is open where the file ends."""
    return DataError(
        "source.quote",
        "a quotation mark that opens here is not closed",
        where=f"{place}:{line}",
        next_step="close it, or double it",
    )
