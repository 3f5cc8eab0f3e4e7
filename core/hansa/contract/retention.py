"""How long the rows that a product once published stay readable: its service level ``retention``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hansa.contract.place import Place

#: Days of each unit that authors write; the standard's text names d, day, days, y, yr and years, and others use more.
_DAYS = {
    "d": 1,
    "day": 1,
    "days": 1,
    "w": 7,
    "week": 7,
    "weeks": 7,
    "mo": 30,
    "month": 30,
    "months": 30,
    "y": 365,
    "yr": 365,
    "year": 365,
    "years": 365,
}
_DURATION = re.compile(r"P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?")
_NUMBER = re.compile(r"[0-9]{1,6}")


def retention_days(root: Place) -> int | None:
    """The longest retention that the contract names, in days; None if it names none that can be read as days.

    A value is a number with a unit, or an ISO 8601 duration. A month counts 30 days, a year 365.
    """
    days = [found for level in _levels(root) if (found := _days(level)) is not None]
    return max(days, default=None)


def unread_retentions(root: Place) -> Iterator[Place]:
    """The service levels ``retention`` that cannot be read as days, so that nothing follows from them."""
    yield from (level for level in _levels(root) if _days(level) is None)


def _levels(root: Place) -> list[Place]:
    return [level for level in root["slaProperties"].items() if (level["property"].text or "") == "retention"]


def _days(level: Place) -> int | None:
    text, unit = (level["value"].text or "").strip(), (level["unit"].text or "d").strip().lower()
    if _NUMBER.fullmatch(text):
        return int(text) * _DAYS[unit] if unit in _DAYS else None
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    return 365 * years + 30 * months + 7 * weeks + days
