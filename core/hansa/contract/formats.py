"""How dates and times are written: patterns of the JDK's DateTimeFormatter, as ODCS wants them, to strptime.

Source of the letters: java.time.format.DateTimeFormatter (Java 8), which ODCS names for ``format``.
"""

from __future__ import annotations

import datetime as dt
import re

from hansa.contract.model import LogicalType

_LETTERS = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "uu": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "E": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
    "Z": "%z",
    "xx": "%z",
    "XX": "%z",
    "xxx": "%:z",
    "XXX": "%:z",
}
_FRACTIONS = {3: "3f", 6: "6f", 9: "9f"}
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", re.DOTALL)
_OFFSET = ("%z", "%:z", "%+")

#: ISO 8601 with an offset or ``Z``; the plain directives read no ``Z``.
_ISO_WITH_OFFSET = re.compile(r"%Y-%m-%dT%H:%M:%S(%\.[369]f)?(%:z|Z)")


def strptime_of(pattern: str) -> str:
    """The strptime form of a JDK pattern.

    Errors: ValueError naming the letters that have no counterpart.
    """
    made = ""
    for token in _TOKEN.finditer(pattern):
        made = _joined(made, token)
    return "%+" if _ISO_WITH_OFFSET.fullmatch(made) else made


def _joined(made: str, token: re.Match[str]) -> str:
    text = token[0]
    if token[1] is not None:
        return made + (token[1].replace("''", "'") or "'").replace("%", "%%")
    if not token[2]:
        return made + text.replace("%", "%%")
    if token[2] == "S" and len(text) in _FRACTIONS:
        point = made.endswith(".")
        return made.removesuffix(".") + ("%." if point else "%") + _FRACTIONS[len(text)]
    if text not in _LETTERS:
        raise ValueError(f"'{text}' of the format has no counterpart here")
    return made + _LETTERS[text]


def check_format(pattern: str, logical_type: LogicalType) -> None:
    """Write a day, a time or a time of day in the strptime ``pattern`` and read it back.

    Errors: ValueError with a reason that completes "the format ...", if it is not the same again.
    """
    import polars as pl

    if "%" not in pattern:
        raise ValueError("holds no directive such as %Y")
    try:
        wanted, again = (_same_clock if logical_type == "time" else _same_day)(pattern, logical_type)
    except pl.exceptions.PolarsError:
        hint = "; a time of day needs logicalType: timestamp" if logical_type == "date" else ""
        raise ValueError(f"cannot write a {logical_type}{hint}") from None
    if again != wanted:
        what = "the hour and minute" if logical_type == "time" else "the day, month and year"
        raise ValueError(f"does not tell {what}")


def _same_day(pattern: str, logical_type: LogicalType) -> tuple[object, object]:
    import polars as pl

    day = dt.date(2001, 2, 3)
    if logical_type == "date":
        return day, pl.Series([day]).dt.to_string(pattern).str.to_date(pattern, strict=False).item()
    aware = any(offset in pattern for offset in _OFFSET)
    time = dt.datetime(2001, 2, 3, 4, 5, 6, tzinfo=dt.UTC if aware else None)
    written = pl.Series([time]).dt.to_string(pattern)
    zone = "UTC" if aware else None
    again = written.str.to_datetime(pattern, time_unit="us", time_zone=zone, strict=False).item()
    return day, again.date() if again is not None else None


def _same_clock(pattern: str, _: LogicalType) -> tuple[object, object]:
    """A pattern may leave the seconds out, but not hour and minute, nor mix up the halves of the day."""
    import polars as pl

    times = [dt.time(16, 5), dt.time(4, 5)]
    return times, pl.Series(times).dt.to_string(pattern).str.to_time(pattern, strict=False).to_list()
