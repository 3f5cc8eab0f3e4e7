"""A feature over time is defined once, as a Window, and read in two ways that give the same integers.

``Window.over_history`` is a Polars expression over a whole history; ``Timeline`` is a fold over the events of one key,
one by one, in whatever order they arrive. Everything before the last division is an integer (counts, minor units), so
the two readings are compared with ``==``.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

#: One day of a window, in seconds: 24 hours, whatever the clocks of the zone do.
DAY = 86_400
#: The column of a history that orders it: when an event became known, or when a question is asked (UTC).
CLOCK = "clock"
#: The value column that is 1 for a transaction and 0 for anything else, so that its sum is a count.
COUNT = "event"


@dataclass(frozen=True)
class Value:
    """What an event adds to a sum: 1, or its number ``of``; and nothing unless the flag ``where`` holds for it."""

    of: str = ""
    where: str = ""

    def over_columns(self) -> pl.Expr:
        """The integers of a frame of events that has the columns ``of`` and ``where``."""
        import polars as pl

        number = pl.col(self.of) if self.of else pl.lit(1, pl.Int64)
        return pl.when(self.where).then(number).otherwise(pl.lit(0, pl.Int64)) if self.where else number

    def of_row(self, row: Mapping[str, Any]) -> int:
        """The integer of one event."""
        if self.where and not row[self.where]:
            return 0
        return int(row[self.of]) if self.of else 1


@dataclass(frozen=True)
class Window:
    """The sum of ``value`` over the events of one ``key`` with ``t - delay - length <= clock < t - delay``.

    ``length`` and ``delay`` are seconds. What happens at ``t`` itself, the asking transaction included, is outside.
    """

    name: str
    key: str
    value: str
    length: int
    delay: int = 0

    def over_history(self) -> pl.Expr:
        """The sums for each row of a frame that holds events and questions together; null where the key is null.

        The frame has the columns ``clock`` (Datetime), the key and the integer ``value``, which is 0 on rows that
        only ask. A delayed window is the difference of two that reach back from ``t``: exact for integers.
        """
        import polars as pl

        total = _reaching_back(self, self.length + self.delay)
        if self.delay:
            total = total - _reaching_back(self, self.delay)
        return pl.when(pl.col(self.key).is_not_null()).then(total).alias(self.name)


def _reaching_back(window: Window, seconds: int) -> pl.Expr:
    """The sum of the window's value over ``[t - seconds, t)``."""
    import polars as pl

    value = pl.col(window.value)
    return value.rolling_sum_by(CLOCK, f"{seconds}s", closed="left", min_samples=0).over(window.key)


@dataclass(frozen=True)
class Since:
    """Whole seconds from the key's last event in ``[t - length, t)`` to ``t``; null if there is none."""

    name: str
    key: str
    length: int

    def over_history(self) -> pl.Expr:
        """The seconds for each row of the same frame as ``Window.over_history``, sorted by ``clock``; ``event`` is 1
        on events."""
        import polars as pl

        moment = pl.col(CLOCK).dt.epoch("us")
        last = latest(pl.when(pl.col(COUNT) == 1).then(moment), self.length).over(self.key)
        known = pl.col(self.key).is_not_null() & (last >= moment - self.length * 1_000_000)
        return pl.when(known).then((moment - last) // 1_000_000).alias(self.name)


def latest(seen: pl.Expr, length: int) -> pl.Expr:
    """Within rows of one key sorted by ``clock``: the last ``seen`` that is not null and stands before the instant of
    a row. It may be older than ``length``, the caller asks; where no row at all lies within ``length`` it is null.
    """
    import polars as pl

    # The maximum runs over growing numbers: over nulls or equal ones it would take the square of the window.
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    return seen.forward_fill().gather(row.rolling_max_by(CLOCK, f"{length}s", closed="left", min_samples=1))


@dataclass
class Timeline:
    """The events of one key in the order of their clock; a late one is put where it belongs.

    Integers all through: clocks are microseconds since 1970 (UTC), values whole numbers.
    """

    clocks: dict[str, list[int]] = field(default_factory=dict)
    totals: dict[str, list[int]] = field(default_factory=dict)

    def add(self, clock: dt.datetime, values: Mapping[str, int]) -> None:
        """Take in one event; ``values`` names what it adds, ``{"event": 1, "minor": 1999}``."""
        for name, value in values.items():
            self._add(name, microseconds(clock), value)

    def _add(self, name: str, clock: int, value: int) -> None:
        clocks, totals = self.clocks.setdefault(name, []), self.totals.setdefault(name, [0])
        place = bisect_left(clocks, clock)
        insort(clocks, clock)
        totals.insert(place + 1, totals[place])
        for later in range(place + 1, len(totals)):
            totals[later] += value

    def total(self, at: dt.datetime, window: Window) -> int:
        """What ``window`` gives to a question asked at ``at``."""
        upper = microseconds(at) - window.delay * 1_000_000
        clocks, totals = self.clocks.get(window.value, []), self.totals.get(window.value, [0])
        return totals[bisect_left(clocks, upper)] - totals[bisect_left(clocks, upper - window.length * 1_000_000)]

    def seconds_since(self, at: dt.datetime, since: Since) -> int | None:
        """What ``since`` gives to a question asked at ``at``."""
        clocks, moment = self.clocks.get(COUNT, []), microseconds(at)
        before = bisect_left(clocks, moment)
        if not before or clocks[before - 1] < moment - since.length * 1_000_000:
            return None
        return (moment - clocks[before - 1]) // 1_000_000


def microseconds(moment: dt.datetime) -> int:
    """Microseconds since 1970 of an instant with a zone, exactly."""
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
