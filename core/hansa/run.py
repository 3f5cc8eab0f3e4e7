"""Run: the only source of time, zone, seed, threads and settings for a product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from hansa.contract.model import Column, Contract


def each_day(first: dt.date, last: dt.date) -> list[dt.date]:
    """The days from ``first`` to ``last``, both included."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


class Artefacts(Protocol):
    """Content-addressed bytes in the warehouse: what is read back is what was written, or an error."""

    def put(self, content: bytes) -> str:
        """Store ``content`` and return its SHA-256 in hex."""
        ...

    def get(self, digest: str) -> bytes:
        """Return the bytes whose SHA-256 is ``digest``; refuse if they are absent or differ."""
        ...


@dataclass(frozen=True)
class Run:
    """One computation of one product over the business days ``first`` to ``last`` (None: not by day).

    ``zone`` is the mesh's time zone, ``settings`` the module's settings with defaults filled in.
    """

    id: str
    zone: str
    first: dt.date | None = None
    last: dt.date | None = None
    seed: int = 20260101
    threads: int = 2
    settings: Mapping[str, Any] = field(default_factory=dict)
    artefacts: Artefacts | None = None
    #: The instant that the run takes for now; None: that of the clock.
    now: dt.datetime | None = None
    #: The contracts of the inputs, by the parameters that receive them.
    contracts: Mapping[str, Contract] = field(default_factory=dict)

    @property
    def today(self) -> dt.date:
        """The business day that it is now in the mesh's zone."""
        return (self.now or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(self.zone)).date()

    def tagged(self, parameter: str, tag: str) -> tuple[Column, ...]:
        """The columns of an input that its contract, or an institution's overlay of it, tags with ``tag``."""
        contract = self.contracts.get(parameter)
        return tuple(column for column in contract.columns if tag in column.tags) if contract else ()

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Each business day of the run, ascending; empty for a product that is not kept by day."""
        if self.first is None or self.last is None:
            return ()
        return tuple(each_day(self.first, self.last))

    def start_of(self, day: dt.date) -> dt.datetime:
        """The instant (UTC) at which the business day ``day`` begins in the mesh's zone."""
        return dt.datetime.combine(day, dt.time(), ZoneInfo(self.zone)).astimezone(dt.UTC)
