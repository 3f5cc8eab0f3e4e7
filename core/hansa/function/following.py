"""What follows from a source product whose object was written: its own days, and all that is made from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import polars as pl

from hansa.errors import HansaError, WorldError
from hansa.extents import partition_expression
from hansa.plan import Step, default_day, delivered, make_plan, spans
from hansa.run import Run
from hansa.scope import horizon
from hansa.sources import translate

if TYPE_CHECKING:
    from hansa.deliveries import Deliveries
    from hansa.mesh import Mesh, MeshProduct
    from hansa.standing import Standing


class Following:
    """The steps that an object asks for: first ``own``, then ``downstream``, which looks at what stands by then."""

    def __init__(self, mesh: Mesh, standing: Standing, source: MeshProduct, uri: str = "") -> None:
        self._mesh, self._standing, self._source = mesh, standing, source
        #: Products that cannot be run yet, each with what it waits for.
        self.waiting: dict[str, str] = {}
        self._deliveries = standing.deliveries(source.id)
        self._own: list[Step] = []
        self._found = self._deliveries.inbox.named(uri) if self._deliveries is not None else ""
        if self._deliveries is not None:
            self._days = self._delivered(self._deliveries)
        else:
            self._days = self._held_days() if source.daily else set()

    def _delivered(self, deliveries: Deliveries) -> set[dt.date]:
        """The days of the one file that the object is; other files have events of their own."""
        for left in deliveries.left:
            if left.name == self._found:
                self.waiting[self._source.id] = f"{left.name}: {left.why}"
        for one in deliveries.pending:
            if one.name == self._found:
                self._own = [delivered(self._source.id, one)]
                return {day for day in one.days if day >= self._mesh.file.start}
        return set()

    def moved(self) -> bool:
        """True if the file was replaced while it was published, and has to be read anew."""
        from hansa.standing import Standing

        fresh = Standing(self._mesh).deliveries(self._source.id)
        before, now = (
            next((one.stamp for one in looked.listing.files if one.name == self._found), None) if looked else None
            for looked in (self._deliveries, fresh)
        )
        return now is not None and now != before

    def _held_days(self) -> set[dt.date]:
        """The days that have rows in the object. A day without any is no day of it, and is left as it stands.

        Days that lie too far ahead wait, as the gate would have it: an object says by itself which days it brings.
        """
        opened = self._standing.source(self._source.id)
        day = partition_expression(self._source, opened, self._mesh.file.time_zone)
        try:
            found = opened.frame.select(day=day).unique().drop_nulls().collect(engine="streaming")["day"]
        except (pl.exceptions.PolarsError, OSError) as error:
            raise translate(error, opened.place) or error from None
        days = {one for one in found.to_list() if one >= self._mesh.file.start}
        today = Run(self._source.id, self._mesh.file.time_zone).today
        last = horizon(self._source.contract, "file", None, today)
        ahead = {one for one in days if last is not None and one > last}
        if ahead:
            self.waiting[self._source.id] = f"{len(ahead)} days of its object lie after {last}, such as {min(ahead)}"
        return days - ahead

    def own(self) -> list[Step]:
        """Steps of the source product itself: what is published of this very object already is left out."""
        if self._deliveries is not None:
            return self._own
        id, right = self._source.id, self._standing.right
        if not self._source.daily:
            return [] if right(id, None) else [Step(id, None, None, "asked")]
        return [Step(id, *span, "asked") for span in spans(day for day in self._days if not right(id, day))]

    def downstream(self) -> Iterator[list[Step]]:
        """Plans of what is made from it, those that reach furthest first; each is made when it is asked for.

        A product for whose day another source has not come waits: the event of that source will bring it.
        """
        ends = self._ends()
        for end, group in groupby(sorted(ends, key=lambda id: (-ends[id].toordinal(), id)), key=lambda id: ends[id]):
            asked = set(group)
            days = {day for day in self._days if day <= end} if self._source.daily else {end}
            for first, last in spans(days):
                steps = make_plan(self._mesh, self._standing, asked, first, last).steps
                yield [one for step in steps for one in self._not_again(step)]

    def _ends(self) -> dict[str, dt.date]:
        """For each product downstream the last day that all of its sources hold; those that wait are noted."""
        found: dict[str, dt.date] = {}
        for id in self._mesh.downstream(self._source.id):
            try:
                end = default_day(self._mesh, self._standing, [id])
            except WorldError:
                raise
            except HansaError as error:
                self.waiting[id] = error.sentence()
                continue
            if self._source.daily and self._days and end < min(self._days):
                self.waiting[id] = f"another of its sources ends with {end}"
            else:
                found[id] = end
        return found

    def _not_again(self, step: Step) -> Iterator[Step]:
        """The step without days of the source that were tried: a day that was held would be held again."""
        if step.delivery and step.product == self._source.id:
            return
        if step.product != self._source.id:
            yield step
        elif step.days:
            yield from (replace(step, first=a, last=b) for a, b in spans(_without(step.days, self._days)))


def _without(days: Iterable[dt.date], tried: Collection[dt.date]) -> list[dt.date]:
    return [day for day in days if day not in tried]
