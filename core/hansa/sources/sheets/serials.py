"""Dates in a workbook: numbers that count days, and formats of numbers that say that they are dates.

By the 1900 system day 1 is 1900-01-01 and day 60 the 29th of February of that year, which never was; by the 1904 system
day 0 is 1904-01-01. A time is the fraction of a day.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import lru_cache

#: What a format makes of a number: a number, a date or time, a time of day, hours that may be more than a day, or,
#: where it depends on the country, whichever fits the number.
PLAIN, MOMENT, CLOCK, ELAPSED, EITHER = "plain", "moment", "clock", "elapsed", "either"

#: Formats that a workbook names by number alone; 27 to 36 and 50 to 58 are another one in China, Japan and Korea.
_BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, 22), MOMENT),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), CLOCK),
    46: ELAPSED,
    **dict.fromkeys((*range(27, 37), *range(50, 59)), EITHER),
}
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_HALF_OF_DAY = re.compile(r"am/pm|a/p|上午/下午|午前/午後|오전/오후", re.IGNORECASE)
_DAY = 86_400_000_000
#: What a number of fifteen digits, five of them days, may be off, in microseconds; with six, ten times as much.
_NOISE = 5
_USUAL_DIGITS = 5
_FALSE_LEAP_DAY = 60
_EPOCH_1900 = dt.date(1899, 12, 31)
_EPOCH_1904 = dt.date(1904, 1, 1)


def built_in(number: int) -> str:
    """What the format of this number makes of a number."""
    return _BUILT_IN.get(number, PLAIN)


@lru_cache(maxsize=1024)
def format_kind(code: str) -> str:
    """What a format such as ``yyyy-mm-dd hh:mm`` makes of a number, by its first section."""
    bare = _QUOTED.sub("", code).split(";", 1)[0]
    if _ELAPSED.search(bare):
        return ELAPSED
    bare = _BRACKETS.sub("", bare)
    without_half = _HALF_OF_DAY.sub("", bare)
    letters = set(without_half.lower())
    if without_half.strip().lower() in {"general", "@", ""}:
        return PLAIN
    if letters & set("yd") or ("e" in letters and "m" in letters):
        return MOMENT
    if letters & set("hs") or without_half != bare:
        return CLOCK
    return MOMENT if "m" in letters else PLAIN


def serial_text(serial: float, kind: str, *, from_1904: bool) -> str | None:
    """The date or time in ISO 8601 that a serial number is under a format of ``kind``: a date alone at midnight.

    None if it is none: a negative one, the day that never was, a year after 9999. Times are to the millisecond, as far
    as the number is within its noise of one, else to the microsecond.
    """
    if not 0 <= serial < 2_958_466 or not math.isfinite(serial):
        return None
    days = math.floor(serial)
    micros = round((serial - days) * _DAY)
    near = round(micros / 1000) * 1000
    if abs(near - micros) <= _NOISE * 10 ** max(len(str(days)) - _USUAL_DIGITS, 0):
        micros = near
    if micros == _DAY:
        days, micros = days + 1, 0
    if kind == ELAPSED:
        return _clock(days * _DAY + micros)
    if days == 0 and kind in {CLOCK, EITHER}:
        return _clock(micros)
    day = _date(days, from_1904)
    if day is None:
        return None
    return f"{day.isoformat()}T{_clock(micros)}" if micros else day.isoformat()


def iso_text(value: str) -> str:
    """A date or time that is written in ISO 8601 already, as this room writes it: no empty fraction, no midnight."""
    if "." in value:
        value = value.rstrip("0").rstrip(".")
    return value.removesuffix("T00:00:00")


def _date(days: int, from_1904: bool) -> dt.date | None:
    try:
        if from_1904:
            return _EPOCH_1904 + dt.timedelta(days=days)
        if days in {0, _FALSE_LEAP_DAY}:
            return None
        return _EPOCH_1900 + dt.timedelta(days=days if days < _FALSE_LEAP_DAY else days - 1)
    except OverflowError:
        return None


def _clock(micros: int) -> str:
    seconds, rest = divmod(micros, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour:02}:{minute:02}:{second:02}"
    if not rest:
        return text
    return f"{text}.{rest // 1000:03}" if rest % 1000 == 0 else f"{text}.{rest:06}"
