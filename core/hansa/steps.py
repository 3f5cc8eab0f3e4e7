"""The steps of a plan: one product over a span of days, or one file that arrived."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hansa.deliveries import Delivery
from hansa.moves import ONE_DAY, Span
from hansa.run import each_day

#: The longest span of missing days that is computed and published in one piece.
HISTORY_DAYS = 62


@dataclass(frozen=True)
class Step:
    """One product over a span of days (None: not kept by day): asked for, needed by what was, or stale.

    ``watched`` steps are those that Dagster runs; history is published first and reported. A step of a ``delivery``
    publishes one file, by its name, with the days of its rows, which are ``own``.
    """

    product: str
    first: dt.date | None
    last: dt.date | None
    why: Literal["asked", "missing upstream", "stale"]
    watched: bool = False
    delivery: str = ""
    own: tuple[dt.date, ...] = ()

    @property
    def days(self) -> list[dt.date]:
        """Each day of the step."""
        if self.delivery:
            return [*self.own]
        return each_day(self.first, self.last) if self.first and self.last else []

    def title(self) -> str:
        """``risk.fraud_scores 2018-08-08``."""
        if self.delivery:
            return f"{self.product} {self.delivery}"
        if self.first is None:
            return self.product
        return f"{self.product} {self.first}" + (f"..{self.last}" if self.last != self.first else "")


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which they run; ``right`` counts the asked partitions that need nothing."""

    first: dt.date
    last: dt.date
    steps: tuple[Step, ...]
    right: int


def delivered(product: str, one: Delivery, why: Literal["asked", "missing upstream"] = "asked") -> Step:
    """The step that publishes one file."""
    own = tuple(sorted(one.days))
    first, last = (own[0], own[-1]) if own else (None, None)
    return Step(product, first, last, why, delivery=one.name, own=own)


def spans(days: Iterable[dt.date], longest: int = HISTORY_DAYS) -> list[Span]:
    """Consecutive days as first and last, at most ``longest`` days each."""
    found: list[Span] = []
    for day in sorted(set(days)):
        if found and day == found[-1][1] + ONE_DAY and (day - found[-1][0]).days < longest:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
