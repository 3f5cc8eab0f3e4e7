"""From what was seen of a column to the type that is proposed for it, with the reasons as comments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hansa.cast import spellings
from hansa.contract.model import LogicalType
from hansa.contract_draft.evidence import Evidence
from hansa.contract_draft.figures import counted, percent
from hansa.contract_draft.nested import inner_property
from hansa.contract_draft.personal import any_c3, personal, within

#: Whole numbers of one length, from so many digits on, are identifiers until their owner says otherwise.
_IDENTIFIER_FROM = 6


@dataclass
class Proposal:
    """One property of the draft. ``parts`` is what lies within an object or array, as ODCS has it.

    ``comments`` are facts, ``decide`` what the owner is asked. ``present`` are the values that are not null, ``taken``
    those of them that the gate's cast took over the whole file. ``marked`` says that most values are numbers in a form
    that a source has to declare.
    """

    name: str
    source_name: str
    logical_type: LogicalType
    physical_type: str | None = None
    zoned: bool | None = None
    formats: tuple[str, ...] = ()
    parts: dict[str, Any] = field(default_factory=dict)
    classification: str | None = None
    tokenise: str | None = None
    recognised: str | None = None
    comments: list[str] = field(default_factory=list)
    decide: list[str] = field(default_factory=list)
    present: int = 0
    taken: int = 0
    marked: bool = False

    @property
    def type_in_words(self) -> str:
        """``DECIMAL(12,2)``, ``date %d.%m.%Y``, ``timestamp without zone``."""
        if self.logical_type == "timestamp":
            return " ".join(["timestamp", "with zone" if self.zoned else "without zone", *self.formats])
        return self.physical_type or " ".join([self.logical_type, *self.formats])

    def as_text(self, reason: str) -> None:
        """Fall back to text, which takes whatever came as text."""
        self.comments.append(reason)
        self.logical_type, self.physical_type, self.zoned, self.formats = "string", None, None, ()


def propose(name: str, seen: Evidence, kind: str) -> Proposal | None:
    """The proposal for one column of a file of ``kind`` (see ``Opened``); None if no contract can have it.

    Only a text file's types are found by what casts; elsewhere the type is a fact, and what casts is a comment.
    """
    dtype = seen.dtype
    made = Proposal(name, seen.name, "string", present=seen.rows - seen.nulls)
    if _is_text(dtype):
        _for_text(made, seen, fact=kind not in ("csv", "bound"))
    elif not _for_type(made, seen, excel=kind == "excel"):
        return None
    _for_identity(made, seen)
    return made


def _is_text(dtype: pl.DataType) -> bool:
    return dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum)


def _for_type(made: Proposal, seen: Evidence, *, excel: bool) -> bool:
    """The type of a typed column; False for one that no contract can have."""
    dtype = seen.dtype
    if dtype == pl.Null:
        made.logical_type = "string"
    elif dtype == pl.Boolean:
        made.logical_type = "boolean"
    elif dtype.is_integer():
        made.logical_type = "integer"
    elif isinstance(dtype, pl.Decimal):
        made.logical_type, made.physical_type = "number", f"DECIMAL({dtype.precision},{dtype.scale})"
    elif dtype.is_float():
        _for_floats(made, seen, excel=excel)
    elif dtype == pl.Date:
        made.logical_type = "date"
    elif dtype == pl.Time:
        made.logical_type = "time"
    elif isinstance(dtype, pl.Datetime):
        _for_times(made, seen, excel=excel)
    elif dtype.is_nested() and (inner := inner_property(dtype)) is not None:
        made.logical_type = inner["logicalType"]
        made.parts = {word: value for word, value in inner.items() if word != "logicalType"}
    else:
        return False
    return True


def _for_floats(made: Proposal, seen: Evidence, *, excel: bool) -> None:
    made.logical_type, made.physical_type = "number", "DOUBLE"
    if seen.beyond_exact:
        made.comments.append(
            f"{counted(seen.beyond_exact, 'number')} beyond 2^53, of which a floating number has lost the last digits"
        )
        made.decide.append("If they are identifiers, have them exported as text")
    elif excel and seen.filled and not seen.fractions:
        # A sheet knows no whole numbers.
        made.logical_type, made.physical_type = "integer", None
    elif seen.filled and seen.fractions and not seen.beyond_cents:
        made.comments.append("at most 2 decimal places")
        made.decide.append("If it is an amount, write physicalType: DECIMAL(18,2), which is exact")
    if seen.not_finite:
        made.comments.append(f"{counted(seen.not_finite, 'value')} not finite (NaN or infinite)")
        made.decide.append("The gate refuses rows with a number that is not finite: have them delivered as null")


def _for_times(made: Proposal, seen: Evidence, *, excel: bool) -> None:
    assert isinstance(seen.dtype, pl.Datetime)  # noqa: S101 - told by the caller
    all_midnight = seen.filled > 0 and seen.midnight == seen.filled
    if all_midnight and excel:
        # A sheet keeps a day as a time at midnight.
        made.logical_type = "date"
        return
    made.logical_type, made.zoned = "timestamp", seen.dtype.time_zone is not None
    if all_midnight:
        made.comments.append("every time is midnight")
        made.decide.append("If it is a day, write logicalType: date")
    if not made.zoned:
        _without_zone(made)


def _without_zone(made: Proposal) -> None:
    made.comments.append("the times carry no time zone")
    made.decide.append(
        "If all were taken in one zone, write it instead of timezone: false, such as defaultTimezone: Asia/Shanghai"
    )


def _for_text(made: Proposal, seen: Evidence, *, fact: bool) -> None:
    """A type only if every value casts to it, and only in a text file; else the best share in words."""
    total = seen.non_empty
    if not total:
        return
    reason = _identifier(seen)
    found = None if reason and not _is_day(seen) else _whole_column(seen)
    if found is None and reason:
        made.comments.append(reason)
        made.decide.append("It is kept as text, as an identifier is. If it is a quantity, write logicalType: integer")
    elif found is None:
        _best_share(made, seen)
    elif fact:
        made.comments.append(f"text in the file, of which all values can be read as {found.type_in_words}")
        made.decide.append("If that is what it means, write that type for string")
    else:
        made.logical_type, made.physical_type = found.logical_type, found.physical_type
        made.zoned, made.formats = found.zoned, found.formats
        made.comments += found.comments
        made.decide += found.decide


def _is_day(seen: Evidence) -> bool:
    """Eight or fourteen digits throughout that are all days or times."""
    return seen.non_empty in (seen.days["%Y%m%d"], seen.times["%Y%m%d%H%M%S"])


def _identifier(seen: Evidence) -> str | None:
    """Why a column of digits stays text."""
    if seen.leading_zeros and seen.decimal * 2 >= seen.filled:
        return f"{counted(seen.leading_zeros, 'value')} with leading zeros"
    if seen.long_digits and seen.decimal * 2 >= seen.filled:
        return f"{counted(seen.long_digits, 'number')} of 15 digits and more, or with a country code"
    if seen.spreadsheet:
        return f"{counted(seen.spreadsheet, 'number')} with an exponent, as a spreadsheet writes an identifier"
    same = seen.shortest == seen.longest and seen.longest >= _IDENTIFIER_FROM
    if same and seen.digits_only == seen.filled and seen.filled:
        return "digits of one length"
    return None


def _whole_column(seen: Evidence) -> Proposal | None:
    """The one type that all values cast to, None if there is none or more than one reading."""
    total = seen.non_empty
    made = Proposal("", "", "string")
    if seen.boolean == total:
        made.logical_type = "boolean"
    elif seen.clocks == total:
        made.logical_type = "time"
    elif _is_day(seen):
        return _time(seen)
    elif seen.whole == total:
        made.logical_type = "integer"
    elif seen.decimal == total and 0 < seen.before + seen.after <= 38:
        made.logical_type = "number"
        made.physical_type = f"DECIMAL({seen.before + seen.after},{seen.after})"
        made.comments.append(f"{seen.before} digits before the point and {seen.after} behind it at most")
        made.decide.append("The type holds just that: write a wider one, such as DECIMAL(18,2), if more may come")
    elif seen.decimal + seen.double == total and seen.double:
        made.logical_type, made.physical_type = "number", "DOUBLE"
    else:
        return _time(seen)
    return made


def _time(seen: Evidence) -> Proposal | None:
    days = _unambiguous([p for p in spellings.DAYS if seen.days[p] == seen.non_empty])
    if days:
        return Proposal("", "", "date", formats=() if days == "%Y-%m-%d" else (days,))
    times = _unambiguous([p for p in spellings.TIMES if seen.times[p] == seen.non_empty])
    if not times:
        return None
    zoned = times == spellings.ZONED or times.endswith("%z")
    formats = () if times in (spellings.ZONED, spellings.NAIVE) else (times,)
    made = Proposal("", "", "timestamp", zoned=zoned, formats=formats)
    if not zoned:
        _without_zone(made)
    return made


def _unambiguous(patterns: list[str]) -> str | None:
    """The first pattern that leaves no century, and no order of day and month, to a guess."""
    for pattern in patterns:
        swapped = spellings.day_and_month_swapped(pattern)
        if not spellings.two_digit_year(pattern) and (swapped == pattern or swapped not in patterns):
            return pattern
    return None


def _best_share(made: Proposal, seen: Evidence) -> None:
    """What a part, or an ambiguous whole, of the values can be read as, the most first."""
    total = seen.non_empty
    found = [
        (seen.boolean, "boolean"),
        (seen.clocks, "time"),
        (seen.whole, "integer"),
        (seen.decimal if seen.decimal > seen.whole else 0, f"DECIMAL({seen.before + seen.after},{seen.after})"),
        (seen.decimal + seen.double if seen.double else 0, "DOUBLE"),
        *((count, f"date {pattern}") for pattern, count in seen.days.items()),
        *((count, f"timestamp {pattern}") for pattern, count in seen.times.items()),
    ]
    shares = sorted((one for one in found if one[0]), key=lambda one: -one[0])[:3]
    made.comments += [f"{percent(count, total)} can be read as {words}" for count, words in shares]
    whole = sum(count == total for count, _ in shares)
    if whole > 1:
        made.decide.append("More than one of these fits all values: write the one that is meant")
    elif whole:
        made.decide.append(
            "The century, or which number is the day, does not show: write the type with the customProperty formats"
        )
    elif shares and shares[0][0] * 2 > total:
        made.decide.append("It stays text until the other values are mended at the source, or named as null_words")
    if seen.marked > seen.decimal + seen.double and seen.marked * 2 > total:
        made.comments.append(
            f"{percent(seen.marked, total)} look like numbers with thousands marks, a decimal comma or a sign"
        )
        made.marked = True


def _for_identity(made: Proposal, seen: Evidence) -> None:
    """Class and token of a column of identifiers; a token is made of text only."""
    if made.parts:
        _for_parts(made, seen)
        return
    found = personal(seen, made.logical_type)
    if found is None:
        return
    made.classification = found.classification
    if found.kind is None:
        made.comments += found.seen
        made.decide += found.decide
        return
    made.recognised = found.kind
    if found.token is None:
        made.comments = [*found.seen, *made.comments]
        made.decide = found.decide
    else:
        # What else could be said of the type does not matter any more.
        made.comments, made.decide = found.seen, found.decide
        made.logical_type, made.physical_type, made.zoned, made.formats = "string", None, None, ()
        made.tokenise, made.marked = found.token, False


def _for_parts(made: Proposal, seen: Evidence) -> None:
    found = within(seen.kinds)
    if not found:
        return
    made.classification = "C3" if any_c3(found) else "C2"
    made.comments += [f"{counted(count, 'value')} within: {kind}" for kind, count in found.items()]
    made.decide.append("Make it a column of its own beside the nested one: only such a column can be tokenised")
