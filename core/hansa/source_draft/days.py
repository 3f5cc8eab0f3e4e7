"""How dates and times are written, tried with the gate's own cast; day and month are a question where both would do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from hansa.cast.spellings import (
    CLOCK_LIKE,
    DAYS,
    NAIVE,
    TIME_LIKE,
    TIMES,
    ZONED,
    day_and_month_swapped,
    fails,
    shape_of,
    two_digit_year,
)  # fmt: skip
from hansa.source_draft.numerals import western

#: From this share of dates on a column is one of dates, and what is none is odd.
_DATES = 0.7
_YEARS = ("1900", "2099")
#: A day and a month without a year; 1.5 is a number.
_NO_YEAR = re.compile(r"[0-9]{1,2}[-/][0-9]{1,2}|[0-9]{1,2}\.[0-9]{1,2}\.|[0-9]{2}\.[0-9]{2}|[0-9]{1,2}月[0-9]{1,2}日")
_PATTERNS = (*((day, "date") for day in DAYS), *((time, "timestamp") for time in TIMES))


@dataclass(frozen=True)
class Days:
    """Dates or times of one column. ``kind`` is date, timestamp or time; an empty ``pattern`` is the gate's own form.

    ``rivals`` are other patterns that read all of the same values, as other days; ``before`` is what parts a date from
    what is not taken; ``odd`` are the indices of the values that are no date.
    """

    kind: str
    pattern: str
    rivals: tuple[str, ...] = ()
    before: str = ""
    odd: tuple[int, ...] = ()

    @property
    def two_digits(self) -> bool:
        """True if the century is not written."""
        return two_digit_year(self.pattern)

    @property
    def zoned(self) -> bool:
        """True if the times carry their offset."""
        return self.pattern == ZONED or self.pattern.endswith("%z")


def days_of(texts: Sequence[str]) -> Days | None:
    """The texts as dates or times; None if too few of them are."""
    plain = [western(text).strip() for text in texts]
    if not plain:
        return None
    if sum(re.match(CLOCK_LIKE, text) is not None for text in plain) == len(plain):
        return Days("time", "")
    before = _before(plain)
    taken = [text.split(before)[0] for text in plain] if before else plain
    if sum(re.match(TIME_LIKE, text) is not None for text in taken) < _DATES * len(taken):
        return None
    found = _patterns(taken)
    return replace(found, before=before) if found else None


def without_year(texts: Sequence[str]) -> bool:
    """True if the texts are days of a year that is not said."""
    plain = [western(text).strip() for text in texts]
    return len(plain) > 1 and all(_NO_YEAR.fullmatch(text) and _may_be_day(text) for text in plain)


def _may_be_day(text: str) -> bool:
    first, second = (int(part) for part in re.findall("[0-9]+", text))
    return 0 < min(first, second) <= 12 and max(first, second) <= 31


def _before(texts: Sequence[str]) -> str:
    """Words between two dates of one field, such as `` as of ``, where some fields have them."""
    parts = {found[1] for text in texts if (found := re.fullmatch(r"[0-9/.-]{8,10}(\s[^0-9]+\s)[0-9/.-]{8,10}", text))}
    return parts.pop() if len(parts) == 1 else ""


def _patterns(texts: Sequence[str]) -> Days | None:
    """The first pattern that reads most of the texts, and those that read as many as other days."""
    series = pl.Series("value", texts, dtype=pl.String)
    frame = pl.DataFrame([series])
    best: tuple[int, str, str, list[bool]] | None = None
    reading: list[tuple[str, str]] = []
    for pattern, kind in _PATTERNS:
        if sum(re.match(shape_of(pattern), text) is not None for text in texts[:50]) < _DATES * len(texts[:50]):
            continue
        failed = frame.select(fails(kind, pattern)).to_series().to_list()
        if pattern.startswith("%Y%m%d"):
            failed = [bad or not _YEARS[0] <= text[:4] <= _YEARS[1] for bad, text in zip(failed, texts, strict=True)]
        good = len(texts) - sum(failed)
        if best is None or good > best[0]:
            best, reading = (good, pattern, kind, failed), []
        elif good == best[0]:
            reading.append((pattern, kind))
    if best is None or best[0] < _DATES * len(texts):
        return None
    good, pattern, kind, failed = best
    if pattern.endswith("%.f") and not any(re.search(r":[0-9]{2}\.[0-9]", text) for text in texts):
        pattern = pattern.removesuffix("%.f")
    other = day_and_month_swapped(pattern)
    rivals = (
        tuple(one for one, _ in reading if _loose(one) == _loose(other) != _loose(pattern)) if _differ(texts) else ()
    )
    odd = tuple(at for at, bad in enumerate(failed) if bad)
    return Days(kind, "" if pattern in (NAIVE, "%Y-%m-%d") else pattern, rivals, odd=odd)


def _loose(pattern: str) -> str:
    return pattern.replace("%-", "%")


def _differ(texts: Sequence[str]) -> bool:
    """True if any of the texts means another day when day and month are changed."""
    return any(len(set(re.findall("[0-9]+", text)[:2])) > 1 for text in texts)
