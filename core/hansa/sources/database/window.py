"""Which rows of a table a run needs, as a condition that the database itself can apply."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from hansa.sources.database.values import Kind

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """The column in which the business day of a row lies, or the time of which it is the day.

    ``zone`` is that of times without one, where the contract wants an instant; None where it takes them as written.
    """

    column: str
    kind: Kind
    zone: str | None = None

    def bounds(self, first: dt.date, last: dt.date, zone: str) -> tuple[Any, Any]:
        """From where on, and before what, the days from ``first`` to ``last`` in the mesh's ``zone`` lie."""
        if self.kind == "date":
            return first, last + _DAY
        starts = [dt.datetime.combine(day, dt.time()) for day in (first, last + _DAY)]
        if self.kind == "timestamp" and self.zone is None:
            return starts[0], starts[1]
        moments = [start.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC) for start in starts]
        if self.kind == "instant":
            return moments[0], moments[1]
        local = [moment.astimezone(ZoneInfo(self.zone or zone)).replace(tzinfo=None) for moment in moments]
        return local[0], local[1]


@dataclass(frozen=True)
class Span:
    """The rows of some days, and, with ``dayless``, those whose day is none and that belong to no run in particular."""

    day: Day
    first: dt.date
    last: dt.date
    zone: str
    dayless: bool = True

    def condition(self) -> ColumnElement[bool]:
        """As SQL. A row whose day no calendar has is read with any other, so that nothing is passed over."""
        import sqlalchemy as sa

        column: ColumnElement[Any] = sa.column(self.day.column)
        kind = self.day.kind
        start, end = (bound(value, kind) for value in self.day.bounds(self.first, self.last, self.zone))
        inside = sa.and_(column >= start, column < end)
        if not self.dayless:
            return inside
        least, most = (bound(value, kind) for value in _ends(kind))
        return sa.or_(inside, column.is_(None), column < least, column > most)


@dataclass(frozen=True)
class Since:
    """The rows whose watermark is that of the last ones that were published, or greater."""

    column: str
    kind: Kind
    mark: str

    def condition(self) -> ColumnElement[bool]:
        """As SQL. Rows of the very same mark are read again: one may have come after the others."""
        import sqlalchemy as sa

        return sa.column(self.column) >= bound(parsed(self.mark, self.kind), self.kind)


def within_the_calendar(day: Day) -> ColumnElement[bool]:
    """Rows whose day can be one of a contract at all."""
    import sqlalchemy as sa

    least, most = (bound(value, day.kind) for value in _ends(day.kind))
    return sa.column(day.column).between(least, most)


def _ends(kind: Kind) -> tuple[Any, Any]:
    if kind == "date":
        return dt.date.min, dt.date.max
    zone = dt.UTC if kind == "instant" else None
    return dt.datetime.min.replace(tzinfo=zone), dt.datetime.max.replace(tzinfo=zone)


def bound(value: Any, kind: Kind) -> ColumnElement[Any]:
    """A value as a parameter of its own type, which the database does not have to guess."""
    import sqlalchemy as sa

    types: dict[str, Any] = {
        "date": sa.Date(),
        "timestamp": sa.DateTime(),
        "instant": sa.DateTime(timezone=True),
        "integer": sa.BigInteger(),
    }
    return sa.literal(value, types.get(kind))


def in_order(mark: str) -> bool:
    """True for a text that the database and we put in one order: a whole number, or an ISO date or time."""
    if mark.lstrip("-").isdecimal():
        return True
    try:
        dt.datetime.fromisoformat(mark)
    except ValueError:
        return False
    return True


def parsed(mark: str, kind: Kind) -> Any:
    """A mark as a value that can be compared: a whole number, a date or a time; other texts as they are."""
    if kind == "integer" or (kind == "any" and mark.lstrip("-").isdecimal()):
        return int(mark)
    if kind == "date":
        return dt.date.fromisoformat(mark)
    if kind in ("timestamp", "instant"):
        return dt.datetime.fromisoformat(mark)
    return mark
