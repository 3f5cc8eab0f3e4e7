"""What each column holds, and the words that say how it is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hansa.contract.model import LogicalType
from hansa.source_draft.cells import FileColumn
from hansa.source_draft.days import Days, days_of, without_year
from hansa.source_draft.finding import Finding, Sure, counted
from hansa.source_draft.identities import holds_identifiers, is_identifier, names_identifier, rounded
from hansa.source_draft.numerals import FORMS, Form, Numbers, numbers_of

_CLOCK = re.compile(r"([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]")
_DAY_OR_MONTH = "which comes first, the day or the month?"


@dataclass(frozen=True)
class Kind:
    """The type of a column and its evidence; ``identifier`` is a text of digits, ``damaged`` one that lost some."""

    column: FileColumn
    type: LogicalType
    days: Days | None = None
    numbers: Numbers | None = None
    identifier: bool = False
    damaged: int = 0
    no_year: bool = False

    @property
    def scale(self) -> int:
        """Decimals of its numbers, at most."""
        if self.numbers is None:
            return 0
        return max((-int(value.as_tuple().exponent) for value in self.numbers.values), default=0)


def kind_of(column: FileColumn, flag: FileColumn | None) -> Kind:
    """What the column holds, by all of its values."""
    texts = column.filled
    if not texts or (flag is not None and column.name == flag.name):
        return Kind(column, "string")
    damaged = rounded(texts)
    if damaged and (names_identifier(column.header) or damaged < len(texts)) and numbers_of(texts) is None:
        return Kind(column, "string", identifier=True, damaged=damaged)
    if damaged and names_identifier(column.header):
        return Kind(column, "string", identifier=True, damaged=damaged)
    days = days_of(texts)
    if days is not None:
        kind: LogicalType = "date" if days.kind == "date" else "time" if days.kind == "time" else "timestamp"
        return Kind(column, kind, days=days)
    if without_year(texts):
        return Kind(column, "string", no_year=True)
    if is_identifier(column.header, texts) or holds_identifiers(texts):
        return Kind(column, "string", identifier=True)
    numbers = numbers_of(texts)
    if numbers is not None:
        return Kind(column, "number", numbers=numbers)
    return Kind(column, "string")


def settled(kinds: Sequence[Kind]) -> tuple[list[Kind], Form, bool]:
    """The kinds with one form of numbers for the source where that reads them, that form, and whether it is a guess."""
    found = [kind.numbers for kind in kinds if kind.numbers is not None]
    if not found:
        return list(kinds), Form(), False
    votes = {form: sum(form in numbers.forms for numbers in found) for form in FORMS}
    best = max(FORMS, key=lambda form: votes[form])
    guessed = all(_reads_two_ways(numbers, best) or len(numbers.forms) == len(FORMS) - 1 for numbers in found) and any(
        _reads_two_ways(numbers, best) for numbers in found
    )
    made = []
    for kind in kinds:
        if kind.numbers is not None and best in kind.numbers.forms:
            kind = Kind(kind.column, kind.type, numbers=kind.numbers.under(best))
        made.append(kind)
    return made, best, guessed


def _reads_two_ways(numbers: Numbers, form: Form) -> bool:
    return form in numbers.forms and numbers.under(form).ambiguous


def of_days(kinds: Sequence[Kind]) -> list[Finding]:
    """Patterns, zones, years, and what is not known of them."""
    made = []
    dated = [kind for kind in kinds if kind.days is not None]
    for kind in dated:
        made += _of_days(kind, kind.days, dated) if kind.days is not None else []
    if any(kind.days is not None and kind.days.two_digits for kind in dated):
        seen = "years have two digits, and are taken as 1970 to 2069"
        made.append(Finding(("two_digit_years",), 1970, seen, "likely"))
    for day, clock in pairwise(kinds):
        if day.type == "date" and (clock.type == "time" or _are_clocks(clock.column.filled)):
            seen = f"'{day.column.header}' holds days and '{clock.column.header}' times of day"
            question = (
                "are they one time? then join them in its column, {COLUMN: [DAY, TIME]}, with its format and zone"
            )
            question += ", and leave out what is said of the two alone"
            made.append(Finding(("mapping", "join"), None, seen, "unsure", question))
    for kind in (kind for kind in kinds if kind.no_year):
        seen = f"the days of '{kind.column.header}' have no year"
        question = "where does the year come from? no word of a source says it"
        made.append(Finding(("mapping", "formats", kind.column.name), None, seen, "unsure", question))
    return made


def _are_clocks(texts: Sequence[str]) -> bool:
    """True for times of day that are written in digits alone, ``080910``."""
    return bool(texts) and all(_CLOCK.fullmatch(text) for text in texts)


def _of_days(kind: Kind, days: Days, dated: Sequence[Kind]) -> list[Finding]:
    name = kind.column.name
    made = []
    if days.pattern and days.kind != "time" and not days.pattern.startswith(("with", "without")):
        pattern, finding = days.pattern, None
        if days.rivals:
            sister = next(
                (o.days.pattern for o in dated if o.days and not o.days.rivals and o.days.pattern in days.rivals), ""
            )
            same = any(o.days and not o.days.rivals and o.days.pattern == pattern for o in dated)
            pattern = sister or pattern
            sure: Sure = "likely" if sister or same else "unsure"
            seen = "all its values are days either way" + (
                ", another column of the file shows which" if sure == "likely" else ""
            )
            finding = Finding(
                ("mapping", "formats", name), [pattern], seen, sure, "" if sure == "likely" else _DAY_OR_MONTH
            )
        made.append(finding or Finding(("mapping", "formats", name), [pattern], "all its values are written so"))
    if days.before:
        made.append(
            Finding(("mapping", "take_before", name), days.before, "some values go on with a second date", "likely")
        )
    if days.kind == "timestamp" and not days.zoned:
        seen, question = "its times carry no zone", "in which zone are they written?"
        made.append(Finding(("mapping", "timezone", name), None, seen, "unsure", question))
    if days.odd:
        seen = _odd(kind.column, days.odd, "are no dates in this form")
        made.append(
            Finding(
                ("mapping", "formats", name), made[0].value if made else None, seen, "unsure", "how are those meant?"
            )
        )
    return made


def of_identifiers(kinds: Sequence[Kind]) -> list[Finding]:
    """The list of identifiers, and what has been done to them."""
    found = [kind.column.name for kind in kinds if kind.identifier]
    if not found:
        return []
    finding = Finding(
        ("mapping", "identifiers"),
        found,
        "numbers of things: leading zeros, many digits, check digits, or the header says so",
        "likely",
    )
    damaged = [kind for kind in kinds if kind.damaged]
    if damaged:
        names = ", ".join(f"'{kind.column.header}'" for kind in damaged)
        times = counted(sum(kind.damaged for kind in damaged), "value")
        seen = f"a program has rounded {times} of {names}: the file will be refused"
        finding = finding.doubted(seen, "can its owner export the file as text?")
    return [finding]


def _odd(column: FileColumn, odd: Sequence[int], what: str) -> str:
    lines = [line for line, value in zip(column.lines, column.values, strict=False) if value is not None]
    place = f", the first in line {lines[odd[0]]}" if odd[0] < len(lines) else ""
    return f"{len(odd)} of its {len(column.filled)} values {what}{place}"


def odd_numbers(kind: Kind) -> str:
    """What is said of the values that are no numbers in the column's form."""
    return _odd(kind.column, kind.numbers.odd if kind.numbers else (), "are no numbers in this form")
