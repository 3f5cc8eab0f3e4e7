"""Ways in which text files write numbers, dates and times, each tried with the gate's own cast."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import polars as pl

from hansa.cast.columns import casts
from hansa.cast.numbers import NumberForm, plain_number
from hansa.cast.reading import Reading
from hansa.contract.model import Column, Contract

#: strptime patterns of days, the usual first. Those with a year of two digits are counted and never proposed.
DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%Y/%-m/%-d", "%Y-%-m-%-d", "%-d.%-m.%Y", "%-d/%-m/%Y", "%-m/%-d/%Y", "%Y年%m月%d日", "%Y年%-m月%-d日",
    "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%d-%b-%y",
)  # fmt: skip

#: The gate's own forms of a time, which need no pattern: with a zone (RFC 3339), and without.
ZONED, NAIVE = "with an offset (RFC 3339)", "without zone (ISO 8601)"

_CLOCKS = (" %H:%M:%S%.f", " %H:%M")
#: Patterns of times beside the gate's own forms.
TIMES = (
    ZONED,
    NAIVE,
    *(
        day + clock
        for day in (
            "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%-m/%-d", "%-m/%-d/%Y",
            "%-d/%-m/%Y", "%-d.%-m.%Y", "%Y年%m月%d日", "%d-%b-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
        )
        for clock in _CLOCKS
    ),
    "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y%m%dT%H%M%S", "%Y%m%d %H:%M:%S", "%Y-%m-%d %H.%M.%S", "%d.%m.%Y %H.%M.%S",
    "%Y-%m-%d-%H.%M.%S%.6f",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S %z", "%Y%m%dT%H%M%S%z",
)  # fmt: skip

_SHAPES = {
    "%Y": "[0-9]{4}", "%y": "[0-9]{2}", "%m": "[0-9]{2}", "%d": "[0-9]{2}", "%-m": "[0-9]{1,2}", "%-d": "[0-9]{1,2}",
    "%b": "[A-Za-z]{3}", "%H": "[0-9]{2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}", "%I": "[0-9]{2}", "%p": "[AaPp][Mm]",
    "%.f": r"(\.[0-9]+)?", "%.6f": r"\.[0-9]{6}", "%z": r"[+-][0-9]{2}:?[0-9]{2}",
}  # fmt: skip
_DIRECTIVE = re.compile(r"%-?\.?6?[a-zA-Z]")
#: Whatever could be a day or a time at all.
TIME_LIKE = (
    r"^[0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,4}|^[0-9]{8}([0-9]{6}|[ T][0-9].*)?$"
    r"|^[0-9]{1,2}[- ][A-Za-z]{3}[- ][0-9]{2}|^[A-Za-z]{3} [0-9]{2}, "
)

CLOCK_LIKE = r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$"

NUMBER_LIKE = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
PLAIN = r"^[+-]?[0-9]+(\.[0-9]*)?$"
WHOLE = r"^[+-]?[0-9]+$"
#: Thousands marks, a decimal comma, a currency sign or a minus at the end: a number that the gate does not read.
MARKED_NUMBER = (
    r"^[-+(]?\s*[¥￥$€£]?\s*[-+]?"
    r"([0-9]{1,3}([,.'’ \x{a0}\x{202f}][0-9]{3})+([.,][0-9]+)?|[0-9]+,[0-9]+|[0-9]+(\.[0-9]+)?)"
    r"\s*(%|[¥￥$€£]|元|-|\)|CR|DR)?$"
)
_NEGATIVE = ("-", "()")
#: Ways to write numbers that a source may declare; the first is the plain one, but for the marks of a sign.
FORMS = tuple(
    NumberForm(decimal, grouping, _NEGATIVE)
    for decimal, groupings in ((".", ("",)), (",", ("", ".", "space", "'")), (".", (",", "space", "'")))
    for grouping in groupings
)
#: A minus behind a number, or parentheses around it.
BEHIND, AROUND = r"[-\x{2212}]\s*$", r"^\s*\("
#: Words that mean no value; compared without blanks around and in lower case.
NULL_WORDS = (
    "null", "(null)", "<null>", "n/a", "#n/a", "na", "nan", "nil", "none", "\\n", "-", "--", "?", "nat", "无", "空",
)  # fmt: skip


def two_digit_year(pattern: str) -> bool:
    """True if a pattern leaves the century to a guess."""
    return "%y" in pattern


def day_and_month_swapped(pattern: str) -> str:
    """The pattern with day and month changed for each other."""
    swap = {"%d": "%m", "%m": "%d", "%-d": "%-m", "%-m": "%-d"}
    return _DIRECTIVE.sub(lambda found: swap.get(found[0], found[0]), pattern)


@cache
def shape_of(pattern: str) -> str:
    """A regular expression for whatever the pattern could have written."""
    if pattern in (ZONED, NAIVE):
        return r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:" + ("" if pattern == NAIVE else r".*([Zz]|[0-9]{2})$")
    made, last = "^", 0
    for found in _DIRECTIVE.finditer(pattern):
        made += re.escape(pattern[last : found.start()]) + _SHAPES[found[0]]
        last = found.end()
    return made + re.escape(pattern[last:]) + "$"


def in_form(texts: pl.Series, form: NumberForm) -> pl.Series:
    """True for each text that the gate reads as a number of this form."""
    return pl.select(plain_number(pl.lit(texts), form).is_not_null()).to_series()


@cache
def fails(kind: str, pattern: str = "") -> pl.Expr:
    """The gate's cast of the text column ``value`` to ``kind`` (of a Column): true where it fails."""
    formats = () if pattern in ("", ZONED, NAIVE) else (pattern,)
    zoned = pattern == ZONED or pattern.endswith("%z")
    column = Column("value", kind, 1, formats=formats, zoned=zoned)  # type: ignore[arg-type]
    one = Contract("draft.one", "0.1.0", (column,), Path(), "")
    return casts(one, {"value": pl.String()}, Reading(), "UTC")["value"].failed
