"""Dates as statements write them, given back as ISO text. What is no date stays as it is, for the gate to refuse."""

from __future__ import annotations

import datetime as dt
import re

#: The window that SWIFT gives to years of two digits begins here.
SWIFT_WINDOW = 1980
_HALF_A_YEAR = 183
_XML = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_OFX = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})"
    r"(?:([0-9]{2})([0-9]{2})(?:([0-9]{2})(\.[0-9]{1,9})?)?)?"
    r"\s*(?:\[\s*([+-]?[0-9]{1,2})(?:\.([0-9]{1,2}))?\s*(?::[^\]]*)?\])?"
)
#: Parts of an hour behind the point of an offset: as a fraction or as minutes; no zone of the world has others.
_PARTS = {"": 0, "0": 0, "00": 0, "5": 30, "50": 30, "30": 30, "25": 15, "15": 15, "75": 45, "45": 45}


def swift_day(text: str, window: int) -> str:
    """``230131`` with the year in the hundred years that begin at ``window``, as ``2023-01-31``, real or not."""
    year = window + (int(text[:2]) - window) % 100
    return f"{year:04d}-{text[2:4]}-{text[4:6]}"


def beside(month_day: str, day: str) -> str | None:
    """``0102``, a day without a year, in the year in which it lies nearest to ``day``: entries cross the year's end.

    None if two years are equally near, or no year has such a day near it.
    """
    try:
        near = dt.date.fromisoformat(day)
    except ValueError:  # 30 February, as some banks write it: its row is refused, the year is still known
        near = dt.date(int(day[:4]), min(max(int(day[5:7]), 1), 12), 28)
    month, number = int(month_day[:2]), int(month_day[2:])
    found = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            other = dt.date(year, month, number)
        except ValueError:
            continue
        found.append((abs((other - near).days), other))
    found.sort()
    if not found or found[0][0] > _HALF_A_YEAR or (len(found) > 1 and found[0][0] == found[1][0]):
        return None
    return found[0][1].isoformat()


def xml_day(text: str | None) -> tuple[str | None, str | None]:
    """The local day as it is written and, if a time is written, the moment: ``2023-01-13T23:30:00+01:00`` is both."""
    if not text:
        return None, None
    found = _XML.fullmatch(text)
    if found is None:
        return text, text
    return found[1], text if found[2] else None


def ofx_day(text: str | None) -> tuple[str | None, str | None]:
    """The same of ``20230103100000.000[-3:BRT]``: day and moment, the latter with its offset if one is written."""
    if not text:
        return None, None
    found = _OFX.fullmatch(text)
    if found is None:
        return text, text
    year, month, number, hour, minute, second, part, offset, fraction = found.groups()
    day = f"{year}-{month}-{number}"
    if hour is None:
        return day, None
    zone = ""
    if offset is not None:
        minutes = _PARTS.get(fraction or "")
        if minutes is None or abs(int(offset)) > 14:
            return day, text
        zone = f"{'-' if offset.startswith('-') else '+'}{abs(int(offset)):02d}:{minutes:02d}"
    return day, f"{day}T{hour}:{minute}:{second or '00'}{_shortened(part)}{zone}"


def _shortened(part: str | None) -> str:
    """Thousandths that are zero say nothing."""
    return part if part and part.strip(".0") else ""
