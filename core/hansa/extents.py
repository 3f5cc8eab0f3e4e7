"""Which days a source holds, and how many of its rows lie on days that no run publishes. One reading tells both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from hansa.cast import casts
from hansa.errors import MeshError
from hansa.scope import horizon
from hansa.sources.database.source import DatabaseSource, span_of

if TYPE_CHECKING:
    from hansa.mesh import MeshProduct
    from hansa.sources import SourceFrame

_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """So many rows, dated from ``first`` to ``last``; how many there are of each day is not known."""

    rows: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Outside:
    """Rows of a source that lie before the mesh's ``start``, and those after ``until``, which is None without limit."""

    start: dt.date
    until: dt.date | None = None
    early: Stretch | None = None
    far: Stretch | None = None

    def sentence(self) -> str:
        """What of a source is not published; empty where nothing lies outside."""
        told = [
            f"{_rows(one)} {'lies' if one.rows == 1 else 'lie'} {where} ({one.first}..{one.last})"
            for one, where in ((self.early, f"before the mesh's start {self.start}"), (self.far, self._ahead))
            if one is not None
        ]
        return f"{' and '.join(told)}; no run publishes them" if told else ""

    def of_delivery(self, partition: str) -> str:
        """The same of a file that is published as a whole."""
        told = []
        if self.early is not None:
            span = f"({self.early.first}..{self.early.last})"
            told.append(f"{_rows(self.early)} dated before the mesh's start {self.start} {span} come with it")
        if self.far is not None:
            span = f"({self.far.first}..{self.far.last})"
            told.append(f"{_rows(self.far)} dated {self._ahead} {span} go to quarantine as {partition}.future")
        return "; ".join(told)

    @property
    def _ahead(self) -> str:
        return f"after {self.until}, which is tomorrow"


def _rows(one: Stretch) -> str:
    return f"{one.rows} row{'s' * (one.rows != 1)}"


def outside(counts: Mapping[dt.date, int], start: dt.date, until: dt.date | None) -> Outside:
    """What lies outside, where it is known how many rows each day has."""

    def stretch(days: list[dt.date]) -> Stretch | None:
        return Stretch(sum(counts[day] for day in days), min(days), max(days)) if days else None

    early = stretch([day for day in counts if day < start])
    return Outside(start, until, early, stretch([day for day in counts if until is not None and day > until]))


def extent_of(
    kept: MeshProduct, source: SourceFrame, zone: str, start: dt.date, today: dt.date
) -> tuple[tuple[dt.date, dt.date] | None, Outside]:
    """First and last business day of a source, None if it has no rows of a day, and what of it lies outside."""
    day, until = partition_expression(kept, source, zone), horizon(kept.contract, "file", None, today)
    by_database = isinstance(source, DatabaseSource) and source.day is not None
    frame = source.ends() if isinstance(source, DatabaseSource) else source.frame
    early, far = pl.col("day") < start, pl.col("day") > (until or dt.date.max)
    wanted = [
        *_ends("whole", pl.lit(value=True)),
        *([] if by_database else [*_ends("early", early), *_ends("far", far)]),
    ]
    found = frame.select(day=day).select(wanted).collect(engine="streaming").row(0, named=True)
    first, last = found["whole_first"], found["whole_last"]
    if first is None or last is None:
        return None, Outside(start, until)
    if by_database and isinstance(source, DatabaseSource):
        before = _counted(source, day, first, start - _ONE_DAY, zone) if first < start else None
        after = _counted(source, day, until + _ONE_DAY, last, zone) if until is not None and last > until else None
        return (first, last), Outside(start, until, before, after)
    parts = {
        name: Stretch(found[f"{name}_rows"], found[f"{name}_first"], found[f"{name}_last"])
        for name in ("early", "far")
        if found[f"{name}_rows"]
    }
    return (first, last), Outside(start, until, parts.get("early"), parts.get("far"))


def _ends(name: str, inside: pl.Expr) -> list[pl.Expr]:
    days = pl.col("day").filter(inside)
    return [days.count().alias(f"{name}_rows"), days.min().alias(f"{name}_first"), days.max().alias(f"{name}_last")]


def _counted(source: DatabaseSource, day: pl.Expr, first: dt.date, last: dt.date, zone: str) -> Stretch | None:
    """The rows of a stretch of days, counted by the database."""
    span = span_of(source, first, last, zone)
    assert span is not None  # noqa: S101 - asked only of a database that can compare days
    rows, frame = source.within(replace(span, dayless=False))
    least, most = frame.select(day=day).select(first=pl.col("day").min(), last=pl.col("day").max()).collect().row(0)
    return Stretch(rows, least, most) if rows else None


def partition_expression(kept: MeshProduct, source: SourceFrame, zone: str) -> pl.Expr:
    """The business day of each row of a source, as an expression over the rows as they came."""
    made = casts(kept.contract, source.frame.collect_schema(), source.reading, zone)
    return made[kept.contract.partition or ""].value


def refuse_ahead(kept: MeshProduct, last: dt.date, today: dt.date) -> None:
    """Refuse to run a day of a source that lies too far ahead for any of its rows to be published."""
    until = horizon(kept.contract, "file", None, today) if kept.daily else None
    if until is not None and last > until:
        raise MeshError(
            "days.ahead",
            f"{last} is after {until}, which is tomorrow; no row that is dated so far ahead is published",
            where=kept.id,
            state="nothing of it was published",
            next_step="ask for earlier days; a contract whose days may lie ahead says how far by a maximum of their "
            "column",
        )
