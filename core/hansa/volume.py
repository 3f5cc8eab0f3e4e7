"""Volume: how many rows a day is expected to have, by the product's own published receipts."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hansa.contract.model import VolumeRule

#: Rows by published day.
Evidence = Mapping[dt.date, int]


@dataclass(frozen=True)
class Expected:
    """Rows that a day is expected to have, and of how many days of which kind that is the median."""

    rows: float
    days: int
    kind: str

    def sentence(self) -> str:
        """What is expected, for a person."""
        return f"about {self.rows:.10g} were expected (median of {self.days} {self.kind})"


def _kind(day: dt.date) -> str:
    return "weekend days" if day.weekday() >= 5 else "workdays"


def expected(rule: VolumeRule, evidence: Evidence, day: dt.date | None) -> Expected | None:
    """What is expected of ``day`` (None: of the day that comes next), or None with too little history.

    Days of the same kind count where there are enough of them, else days of any kind.
    """
    before = sorted((one for one in evidence if day is None or one < day), reverse=True)
    kind = "days"
    if day is not None:
        same = [one for one in before if _kind(one) == _kind(day)]
        if len(same) >= rule.minimum:
            before, kind = same, _kind(day)
    newest = before[: rule.history]
    if len(newest) < rule.minimum:
        return None
    return Expected(float(statistics.median(evidence[one] for one in newest)), len(newest), kind)


def keeps(rule: VolumeRule, rows: int, wanted: Expected) -> bool:
    """True if a day of so many rows is as large as it is expected to be."""
    return abs(rows - Decimal(str(wanted.rows))) <= Decimal(str(rule.tolerance)) * Decimal(str(wanted.rows))
