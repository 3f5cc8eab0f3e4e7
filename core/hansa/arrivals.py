"""Files that a calendar expects: which are missing, which came late, which early."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from hansa.calendar import Calendar
    from hansa.deliveries import Deliveries

#: By the date in a file's name when the first one came, and its name.
Came = Mapping[dt.date, tuple[dt.datetime, str]]
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Arrival:
    """A file that did not come in its time. ``due`` and ``came`` are in the mesh's zone."""

    day: dt.date
    state: Literal["missing", "late", "early"]
    due: dt.datetime
    came: dt.datetime | None = None
    name: str = ""

    def sentence(self) -> str:
        """``the file of 2026-03-05 is missing: it was due by 2026-03-06 09:00``."""
        if self.came is None:
            return f"the file of {self.day} is missing: it was due by {_told(self.due)}"
        due = f", it was due by {_told(self.due)}" if self.state == "late" else ""
        return f"the file of {self.day} came {self.state}: {self.name} was written {_told(self.came)}{due}"

    def as_json(self) -> dict[str, Any]:
        """The arrival as ``--json`` prints it."""
        came = self.came.isoformat() if self.came else None
        return {"day": str(self.day), "state": self.state, "due": self.due.isoformat(), "came": came, "file": self.name}


def arrivals(deliveries: Deliveries, calendar: Calendar, product: str, zone: str, start: dt.date) -> list[Arrival]:
    """What did not come in its time, by day: of every day since the first that is expected, until now.

    Empty where nothing is expected. Errors: MeshError for a calendar that says nothing.
    """
    words = deliveries.binding.expects
    if words is None:
        return []
    came = deliveries.came_by_day()
    first = words.since or min(came, default=start)
    days = calendar.expected(product, words, first, deliveries.today) if first <= deliveries.today else []
    due = {day: calendar.due(product, words, day, zone).astimezone(ZoneInfo(zone)) for day in days}
    found = [*_expected(due, came, deliveries.now), *_early(came, zone)]
    return sorted(found, key=lambda one: one.day)


def _expected(due_by: Mapping[dt.date, dt.datetime], came: Came, now: dt.datetime) -> Iterator[Arrival]:
    for day, due in due_by.items():
        if day in came:
            at, name = came[day]
            if at > due:
                yield Arrival(day, "late", due, at.astimezone(due.tzinfo), name)
        elif now > due:
            yield Arrival(day, "missing", due)


def _early(came: Came, zone: str) -> Iterator[Arrival]:
    """Files that were written before their day began."""
    local = ZoneInfo(zone)
    for day, (at, name) in came.items():
        begin = dt.datetime.combine(day, dt.time(), local)
        if at < begin:
            yield Arrival(day, "early", begin + _ONE_DAY, at.astimezone(local), name)


def _told(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
