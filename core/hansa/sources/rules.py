"""Which lines of a file are rows: its header, its footer, the rules that skip lines, and how many fields a row has.

One ``Rules`` goes over one file, from its first line to its last. A line is what a reader takes for one: a line of a
text (without its line end), or a row of a sheet, whose text is that of its first cell. Usage::

    rules = Rules(binding, place)
    for line, text in lines:
        if not rules.begun:
            if rules.is_header(line, text):      # True also where the first row stands and there is no header
                names = rules.named(fields of the line, or [] where there is none, line)
            ...
        elif rules.ends(line, text):             # the footer began: its lines are told to it, they have no fields
            continue
        elif rules.skips(text, fields):          # the fields may be given as a function, they are split when needed
            continue
        else:
            row = rules.fitting(line, fields)
    told = rules.finished()
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from hansa.errors import DataError, MeshError
from hansa.near import near
from hansa.sources.clean import cleaned_text
from hansa.sources.control import Counts
from hansa.sources.files import CHECK_DELIVERY, listed
from hansa.sources.layout import LayoutWords
from hansa.sources.layout_words import SkipWords
from hansa.sources.told import Told

#: The fields of a line as they came; None is an empty one.
Fields = Sequence[str | None]


class Rules:
    """The rules of one layout over the lines of one file.

    ``begun`` is True from the header on, ``ended`` from the footer on; ``rows`` counts what ``fitting`` took. ``place``
    is the file as the user wrote it, for messages.
    """

    def __init__(self, words: LayoutWords, place: str) -> None:
        self.words = words
        self.place = place
        self.begun = False
        self.ended = False
        self.rows = 0
        self.names: tuple[str, ...] = ()
        self.header: tuple[str, ...] | None = None
        #: The header's line as it stands in a text; empty for a sheet.
        self.header_line = ""
        self.skipped: Counter[str] = Counter()
        self.width = 0
        self.preamble = 0
        self.counts = Counts(words.control, place, words.encoding)
        self._tests = [(rule.name, _test(rule, self)) for rule in words.skip]

    # ------------------------------------------------------------------ before the rows
    def is_header(self, line: int, text: str) -> bool:
        """True if this line is the header, or, where there is none, the first row; else it is a line before it."""
        words = self.words.header
        if words is None or words.none:
            self.begun = True
        elif words.starts_with is not None:
            self.begun = text.startswith(words.starts_with)
        else:
            self.begun = line == (words.line or words.first_row)
        if not self.begun:
            self.preamble += 1
            self.counts.look(line, text, "preamble")
        return self.begun

    @property
    def has_header(self) -> bool:
        """True if a line of the file is its header."""
        return self.words.header is None or not self.words.header.is_absent

    def named(self, fields: Fields, line: int) -> tuple[str, ...]:
        """The names of the columns: those of the header, cleaned, or those that ``columns`` gives in their place.

        Errors: DataError for a name that stands twice, or another number of names than ``columns`` gives; MeshError
        where there is no header and no ``columns``.
        """
        words = self.words
        if not self.has_header:
            if words.names is None:
                what = "a file without header has the names of its columns from columns"
                raise MeshError("source.header", what, where=self.place, next_step="write columns: [name, name]")
            names: tuple[str, ...] = words.names
        else:
            self.header = tuple(cleaned_text(name or "", words) for name in fields)
            names = self._renamed(self.header, line)
        self.names, self.width = names, len(names)
        return names

    def as_begun(self, other: Rules) -> tuple[str, ...]:
        """Begin where the rules of an earlier walk over the file began; the names of the columns."""
        self.begun, self.preamble = True, other.preamble
        self.names, self.header, self.width = other.names, other.header, other.width
        self.header_line = other.header_line
        return self.names

    def _renamed(self, header: tuple[str, ...], line: int) -> tuple[str, ...]:
        given, positions = self.words.names, self.words.positions
        if given is not None:
            if len(given) != len(header):
                what = f"the header has {len(header)} fields, columns names {len(given)}"
                raise DataError(
                    "source.header", what, where=self.at(line), next_step="write one name for each field under columns"
                )
            return given
        names = list(header)
        for name, position in positions.items():
            if position >= len(names):
                what = f"columns names position {position + 1}, the header has {len(names)} fields"
                raise DataError("source.header", what, where=self.at(line), next_step="mend the position")
            names[position] = name
        if positions:
            # What columns does not name may be nameless or doubled: it goes by its position, nothing can mean it.
            free = [at for at in range(len(names)) if at not in positions.values()]
            for at in free:
                if not names[at] or names.count(names[at]) > 1:
                    names[at] = f"column {at + 1}"
        double = dict.fromkeys(name for name in names if names.count(name) > 1)
        if double:
            mend = "rename one of them, or name them by position: columns: {NAME: 5}"
            raise DataError(
                "source.header",
                f"the header names a column twice: {listed(double)}",
                where=self.at(line),
                next_step=mend,
            )
        return tuple(names)

    # ------------------------------------------------------------------ from the header on
    def ends(self, line: int, text: str) -> bool:
        """True if the line is the footer's first, or stands after it.

        Errors: DataError if the header stands there again: the rows behind it would be lost.
        """
        words = self.words.footer
        if not self.ended and words is not None:
            self.ended = not text.strip() if words.blank_line else text.startswith(words.starts_with or "")
        if self.ended:
            if self.header_line and text == self.header_line:
                what = "the header stands again after the footer: files may have been joined"
                raise DataError("source.footer", what, where=self.at(line), next_step="part them, and send each")
            self.skipped["footer"] += 1
            self.counts.look(line, text, "footer")
        return self.ended

    def skips(self, text: str, fields: Fields | Callable[[], Fields]) -> bool:
        """True if a rule says that the line is no row; it is counted under the first rule that does."""
        for name, test in self._tests:
            if test(text, fields):
                self.skipped[name] += 1
                return True
        return False

    def fitting(self, line: int, fields: Fields) -> Fields:
        """The fields of a row, as many as there are columns, and one row more is counted.

        Errors: DataError with the line for more or fewer fields; more are cut where ``extra_fields`` says so.
        """
        if len(fields) > self.width and self.words.extra_fields == "empty":
            if all(not field or not field.strip() for field in fields[self.width :]):
                fields = fields[: self.width]
            else:
                what = f"the row has {len(fields)} fields, the header {self.width}, and not all that are more are empty"
                raise DataError(
                    "source.row", what, where=self.at(line), next_step="mend the row, or name the columns under columns"
                )
        if len(fields) != self.width:
            what = f"the row has {len(fields)} fields, the header {self.width}"
            mend = "mend the row, or quote its texts"
            if len(fields) == self.width + 1 and not fields[-1]:
                mend = "if each row ends in a separator, write extra_fields: empty; else mend the row"
            raise DataError("source.row", what, where=self.at(line), next_step=mend)
        self.rows += 1
        return fields

    def finished(self) -> Told:
        """What there is to tell, after the last line.

        Errors: DataError if header or footer were not found, or the file holds another number of rows than it says.
        """
        if not self.begun:
            raise self._without_header()
        if self.words.footer is not None and not self.ended:
            raise self._without_footer()
        notes = self.counts.check_count(self.rows)
        return Told(self.rows, dict(self.skipped), self.preamble, notes)

    def _without_header(self) -> DataError:
        words = self.words.header
        if words is not None and words.starts_with is not None:
            what = f"no line starts with '{words.starts_with}', the header should"
            return DataError(
                "source.header",
                what,
                where=self.place,
                next_step="mend header.starts_with, or look whether the file is whole",
            )
        if words is not None and (number := words.line or words.first_row):
            what = (
                f"it has {self.preamble} lines, the {'header' if words.line else 'first row'} should be line {number}"
            )
            return DataError(
                "source.header", what, where=self.place, next_step="mend header, or look whether the file is whole"
            )
        return DataError("source.empty", "the file is empty", where=self.place, next_step=CHECK_DELIVERY)

    def _without_footer(self) -> DataError:
        words = self.words.footer
        text = words.starts_with if words is not None else None
        what = f"no line after the rows starts with '{text}'" if text else "no blank line ends its rows"
        return DataError(
            "source.footer", f"{what}: it may be cut", where=self.place, next_step="send the file again, or mend footer"
        )

    def at(self, line: int) -> str:
        """A line of the file, for a message."""
        return f"{self.place}:{line}"


def _test(rule: SkipWords, rules: Rules) -> Callable[[str, Fields | Callable[[], Fields]], bool]:
    """A rule as a test of a line."""
    if rule.starts_with is not None:
        start = rule.starts_with
        return lambda text, fields: text.startswith(start)
    if rule.matches is not None:
        search = re.compile(rule.matches).search
        return lambda text, fields: search(text) is not None
    if rule.header:
        return lambda text, fields: (
            rules.header is not None
            and rules.header
            == tuple(cleaned_text(field or "", rules.words) for field in (fields() if callable(fields) else fields))
        )
    return lambda text, fields: (
        not text.strip() and (callable(fields) or all(not field or not field.strip() for field in fields))
    )


def known_column(name: str, names: Sequence[str], place: str) -> int:
    """The position of a column that ``control`` names. Errors: MeshError with the near name."""
    if name in names:
        return names.index(name)
    close = near(name, names)
    mend = f"did you mean '{close}'?" if close else f"it has {listed(names)}"
    raise MeshError("source.control", f"the file has no column '{name}'", where=place, next_step=mend)
