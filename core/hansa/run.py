"""Run: the only source of time, zone, seed, threads and settings for a product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import polars as pl

    from hansa.contract.model import Column, Contract
    from hansa.scorer import Work


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


class Scores(Protocol):
    """Does work on an input of a run, wherever the mesh wants it done."""

    def score(self, frame: pl.LazyFrame, work: Work) -> pl.LazyFrame:
        """See ``Run.score``."""
        ...


@dataclass(frozen=True)
class Before:
    """A day of the product as it stood published before a run, and its inputs as its receipt names them.

    ``input`` gives all rows of an input at the snapshot that was read; None if it was not read or has expired.
    """

    rows: pl.LazyFrame
    input: Callable[[str], pl.LazyFrame | None]


def _nothing(day: dt.date) -> Before | None:
    return None


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
    #: What stood of the product for a business day before this run; None for a day that was never published.
    before: Callable[[dt.date], Before | None] = field(default=_nothing, compare=False, repr=False)
    #: Who does the work of ``score``; None: this process.
    scoring: Scores | None = field(default=None, compare=False, repr=False)

    @property
    def today(self) -> dt.date:
        """The business day that it is now in the mesh's zone."""
        return (self.now or dt.datetime.now(dt.UTC)).astimezone(ZoneInfo(self.zone)).date()

    def tagged(self, parameter: str, tag: str) -> tuple[Column, ...]:
        """The columns of an input that its contract, or an institution's overlay of it, tags with ``tag``."""
        contract = self.contracts.get(parameter)
        return tuple(column for column in contract.columns if tag in column.tags) if contract else ()

    def score(self, frame: pl.LazyFrame, work: Work) -> pl.LazyFrame:
        """The rows that ``work`` makes of an input, in no particular order; who does it is the choice of the mesh.

        ``frame`` is the input as the product's function was given it: workers open the same rows by themselves.
        Errors: PluginError for another frame, or for work that cannot be done; those of the work itself.
        """
        if self.scoring is not None:
            return self.scoring.score(frame, work)
        from hansa.scorer import applied, no_artefacts

        return applied(frame, work, self.artefacts.get if self.artefacts else no_artefacts, self.threads)

    @property
    def days(self) -> tuple[dt.date, ...]:
        """Each business day of the run, ascending; empty for a product that is not kept by day."""
        if self.first is None or self.last is None:
            return ()
        return tuple(each_day(self.first, self.last))

    def start_of(self, day: dt.date) -> dt.datetime:
        """The instant (UTC) at which the business day ``day`` begins in the mesh's zone."""
        return dt.datetime.combine(day, dt.time(), ZoneInfo(self.zone)).astimezone(dt.UTC)
