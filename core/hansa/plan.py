"""What has to run, in what order, over which partitions, and why.

A plan starts from what was asked and completes it by what is missing upstream within lookbacks and training spans.
What is published and still follows from its inputs is not run again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

from hansa.deliveries import Delivery
from hansa.errors import MeshError
from hansa.extents import partition_expression, refuse_ahead
from hansa.mesh import Mesh, MeshProduct
from hansa.moves import ONE_DAY, Span, input_span
from hansa.near import or_near
from hansa.products import Input, Product
from hansa.run import Run, each_day
from hansa.schema import column_conditions
from hansa.scope import horizon
from hansa.standing import Standing
from hansa.steps import HISTORY_DAYS, Plan, Step, delivered, spans

_UPSTREAM: Literal["missing upstream"] = "missing upstream"

__all__ = ["HISTORY_DAYS", "ONE_DAY", "Plan", "Span", "Step", "default_day", "input_span", "longest_lookahead"]
__all__ += ["delivered", "longest_span", "make_plan", "refuse_findings", "selected", "spans"]


def longest_span(product: Product) -> int:
    """How many days are computed in one piece; a product that may not read its own days has pieces of one."""
    return HISTORY_DAYS if product.every is None and all(given.own_days for given in product.requires) else 1


def selected(mesh: Mesh, selection: Sequence[str]) -> set[str]:
    """The products that names of modules or products mean; nothing named means all of them."""
    if not selection:
        return set(mesh.products)
    found: set[str] = set()
    for name in selection:
        if (module := mesh.module_of(name)) is not None:
            found |= {p.id for p in module.products if p.id in mesh.products}
        elif name in mesh.products:
            found.add(name)
        elif name in mesh.left_out:
            raise MeshError(
                "product.left_out", f"{name} is left out: {mesh.left_out[name]}", next_step="see: hansa check"
            )
        else:
            known = sorted([*(module.name for module in mesh.modules), *mesh.products])
            raise MeshError(
                "selection.unknown",
                f"no enabled module and no product is named '{name}'",
                where=str(mesh.path),
                next_step=or_near(name, known, "see: hansa modules"),
            )
    return found


def refuse_findings(mesh: Mesh, selection: Sequence[str]) -> None:
    """Refuse to run what the check of the mesh has found wrong."""
    wanted = selection or [*(module.name for module in mesh.modules), *mesh.file.modules]
    errors = mesh.errors_for(wanted)
    if errors:
        others = f" (and {len(errors) - 1} more: hansa check)" if len(errors) > 1 else ""
        raise MeshError("mesh.findings", f"{errors[0].sentence()}{others}", where=str(mesh.path))


def default_day(mesh: Mesh, standing: Standing, asked: Iterable[str]) -> dt.date:
    """The newest day that every daily source behind the asked products holds, see ``_newest``."""
    ends = [day for id in _source_ends(mesh, standing, asked) if (day := _newest(mesh, standing, id)) is not None]
    return min(ends) if ends else dt.datetime.now(ZoneInfo(mesh.file.time_zone)).date() - ONE_DAY


def _newest(mesh: Mesh, standing: Standing, id: str) -> dt.date | None:
    """The newest day of a daily source that its contract lets pass; None if it holds none.

    A day that lies too far ahead, or that the rules of its own column refuse, is no day of the source: one mistyped
    year moves no run. Who wants such a day asks for it by name.
    """
    kept, extent, zone = mesh.products[id], standing.extent(id), mesh.file.time_zone
    name = kept.contract.partition
    if extent is None or name is None:
        return None
    last = horizon(kept.contract, "file", None, Run(id, zone).today)
    allowed = [condition.fill_null(True) for condition in column_conditions(kept.contract.by_name[name]).values()]
    allowed += [pl.col(name) <= last] if last is not None else []
    if not allowed or pl.DataFrame({name: [extent[1]]}).filter(allowed).height:
        return extent[1]
    if (deliveries := standing.deliveries(id)) is not None:
        found = pl.DataFrame({name: sorted(deliveries.days | standing.days(id))}).filter(allowed)[name].max()
        return found if isinstance(found, dt.date) else None
    source = standing.source(id)
    days = source.frame.select(partition_expression(kept, source, zone).alias(name)).filter(allowed)
    newest: dt.date | None = days.max().collect(engine="streaming").item()
    return newest


def _source_ends(mesh: Mesh, standing: Standing, asked: Iterable[str]) -> dict[str, dt.date]:
    """The last day of each daily source behind the asked products that holds any."""
    wanted = set(asked)
    wanted |= {id for product in asked for id in mesh.upstream(product)}
    daily = [id for id in sorted(wanted) if mesh.products[id].product.from_source and mesh.products[id].daily]
    return {id: extent[1] for id in daily if (extent := standing.extent(id)) is not None}


def longest_lookahead(mesh: Mesh, asked: Iterable[str]) -> int:
    """The most days after its own that one of the asked products reads."""
    kept = [mesh.products[id] for id in asked]
    return max((given.lookahead.resolve(one.settings) for one in kept for given in one.product.requires), default=0)


def make_plan(mesh: Mesh, standing: Standing, asked: set[str], first: dt.date, last: dt.date) -> Plan:
    """Complete what was asked over ``first`` to ``last`` by what is missing upstream, and order it."""
    _refuse_days(mesh, standing, asked, first, last)
    planner = _Planner(mesh, standing, asked, first, last)
    return planner.plan()


def _refuse_days(mesh: Mesh, standing: Standing, asked: Iterable[str], first: dt.date, last: dt.date) -> None:
    """A day that no source holds yet would be published empty, and never be filled when its rows come."""
    if last < first:
        raise MeshError("days.order", f"--to {last} is before --from {first}", next_step="exchange them")
    if first < mesh.file.start:
        what = f"{first} is before the mesh's start {mesh.file.start}"
        raise MeshError("days.start", what, where=str(mesh.path), next_step="ask for later days")
    ends = _source_ends(mesh, standing, asked)
    for id in ends:
        refuse_ahead(mesh.products[id], last, Run(id, mesh.file.time_zone).today)
    # A holiday brings no rows: it needs none to be published as the empty day that it is.
    if ends and last > max(standing.calendar.after(id, day) for id, day in ends.items()):
        what = f"{last} is after {max(ends.values())}, the last day that a source holds"
        raise MeshError("days.end", what, where=str(mesh.path), next_step="ask for earlier days, or bring the file")


class _Planner:
    def __init__(self, mesh: Mesh, standing: Standing, asked: set[str], first: dt.date, last: dt.date) -> None:
        self._mesh, self._standing, self._asked = mesh, standing, asked
        self._first, self._last = first, last
        self._range = set(each_day(first, last))
        self._demanded: dict[str, set[dt.date]] = {id: set() for id in mesh.products}
        self._wholes: set[str] = set()
        self._todo: dict[str, set[dt.date | None]] = {}

    def plan(self) -> Plan:
        for id in reversed(self._mesh.order):
            self._demand_upstream(self._mesh.products[id])
        right = 0
        for id in self._mesh.order:
            todo = self._decide(self._mesh.products[id])
            self._todo[id] = todo
            if id in self._asked:
                right += len(self._wanted(self._mesh.products[id]) - todo)
        return Plan(self._first, self._last, tuple(self._ordered()), right)

    def _wanted(self, kept: MeshProduct) -> set[dt.date | None]:
        """The partitions that asking for a product means; which days want a model is not known before."""
        if not kept.daily:
            return {None}
        return set() if kept.product.every is not None else {*self._range}

    # --- what is needed -------------------------------------------------------------------------------------------

    def _base_days(self, kept: MeshProduct) -> set[dt.date]:
        """The days of a product that may be computed: asked ones, and demanded ones that are not published."""
        wanted = set(self._range) if kept.id in self._asked else set()
        if kept.product.every is not None:
            return self._due(kept, wanted | self._demanded[kept.id])
        return wanted | (self._demanded[kept.id] - self._standing.days(kept.id))

    def _due(self, kept: MeshProduct, days: set[dt.date]) -> set[dt.date]:
        """Days on which a product with a cadence is computed, so that each of ``days`` has a newest partition.

        A day for which none of the cadence's span exists, and, where it was asked for, an existing partition that no
        longer follows from its inputs, code and settings.
        """
        due, serving = self._by_cadence(kept, days)
        if kept.id not in self._asked:
            return due
        # One that was right is made again for a change in this plan only if all that it learned from is there.
        return due | {
            day
            for day in serving
            if not self._standing.right(kept.id, day) or (self._touched(kept, day) and self._complete(kept, day))
        }

    def _complete(self, kept: MeshProduct, day: dt.date) -> bool:
        """True if every day that is read for ``day`` is published or planned."""
        for given in kept.product.requires:
            there = self._standing.days(given.product) | {d for d in self._todo.get(given.product, ()) if d is not None}
            if self._mesh.products[given.product].daily and not self._input_days(kept, given, {day}) <= there:
                return False
        return True

    def _by_cadence(self, kept: MeshProduct, days: set[dt.date]) -> tuple[set[dt.date], set[dt.date]]:
        """For ``days``, those on which a product with a cadence is missing, and the published ones that serve them."""
        assert kept.product.every is not None  # noqa: S101 - asked only for a product with a cadence
        every = max(kept.product.every.resolve(kept.settings), 1)
        known, due, serving = self._standing.days(kept.id), set[dt.date](), set[dt.date]()
        for day in sorted(days):
            newest = next((day - ONE_DAY * back for back in range(every) if day - ONE_DAY * back in known), None)
            if newest is None:
                known.add(day)
                due.add(day)
            elif newest not in due:
                serving.add(newest)
        return due, serving

    def _moved(self, kept: MeshProduct, day: dt.date) -> bool:
        """True if a published day no longer follows from what it was made of, or will not after this plan."""
        return not self._standing.right(kept.id, day) or self._touched(kept, day)

    def _demand_upstream(self, kept: MeshProduct) -> None:
        if kept.daily:
            days = self._base_days(kept)
        else:
            wanted = kept.id in self._asked or (kept.id in self._wholes and not self._standing.current(kept.id))
            days = set(self._range) if wanted else set()
        if not days:
            return
        for given in kept.product.requires:
            upstream = self._mesh.products[given.product]
            if not upstream.daily:
                self._wholes.add(upstream.id)
            elif given.newest:
                self._demanded[upstream.id] |= days
            else:
                self._demanded[upstream.id] |= self._input_days(kept, given, days)

    def _input_days(self, kept: MeshProduct, given: Input, days: set[dt.date]) -> set[dt.date]:
        found: set[dt.date] = set()
        for first, last in spans(days, len(days) + 1):
            # A product that reads only what lies before its own days is computed day by day.
            for start, end in [(first, last)] if given.own_days else [(day, day) for day in each_day(first, last)]:
                if (span := input_span(kept, given, start, end)) is not None:
                    found |= set(each_day(max(span[0], self._mesh.file.start), span[1]))
        later = {day for day in found if day > self._last}
        return found - later | {day for day in later if self._lies_ahead(given.product, day)}

    def _lies_ahead(self, product: str, day: dt.date) -> bool:
        """True if a source already holds that later day: what became known since may be measured, not waited for."""
        if not self._mesh.products[product].product.from_source:
            return False
        extent = self._standing.extent(product)
        return extent is not None and extent[0] <= day <= extent[1]

    def _files(self, id: str) -> list[Delivery]:
        """The files that wait to be published to a product that was asked for, or of which one is made that was."""
        involved = id in self._asked or any(id in self._mesh.upstream(asked) for asked in self._asked)
        deliveries = self._standing.deliveries(id) if involved else None
        return deliveries.pending if deliveries is not None else []

    def _brought(self, id: str) -> set[dt.date | None]:
        """What these files bring."""
        if not self._mesh.products[id].daily:
            return {None} if self._files(id) else set()
        return {day for one in self._files(id) for day in one.days}

    # --- what is to do --------------------------------------------------------------------------------------------

    def _decide(self, kept: MeshProduct) -> set[dt.date | None]:
        if self._standing.deliveries(kept.id) is not None:
            return self._to_arrive(kept)
        if not kept.daily:
            wanted = kept.id in self._asked
            missing = kept.id in self._wholes and not self._standing.current(kept.id)
            moved = any(self._todo[given.product] for given in kept.product.requires)
            return {None} if missing or (wanted and (moved or not self._standing.right(kept.id, None))) else set()
        if kept.product.every is not None:
            return set(self._base_days(kept))
        missing_days = self._demanded[kept.id] - self._standing.days(kept.id)
        stale = {day for day in self._asked_days(kept.id) if self._moved(kept, day)}
        return set(missing_days | stale)

    def _to_arrive(self, kept: MeshProduct) -> set[dt.date | None]:
        """What files bring, and the days without one that are asked for or needed and do not stand yet."""
        # Where no file ever came there is no day of which it may be said that nothing happened.
        expected = kept.binding is not None and kept.binding.expects is not None
        some = kept.daily and (expected or self._standing.extent(kept.id) is not None)
        wanted = (self._asked_days(kept.id) | self._demanded[kept.id]) if some else set()
        return self._brought(kept.id) | {day for day in wanted if not self._standing.right(kept.id, day)}

    def _asked_days(self, product: str) -> set[dt.date]:
        return self._range if product in self._asked else set()

    def _touched(self, kept: MeshProduct, day: dt.date) -> bool:
        """True if this plan publishes something that the day reads."""
        for given in kept.product.requires:
            planned = self._todo.get(given.product, set())
            span = input_span(kept, given, day, day)
            if None in planned or (span and any(d is not None and span[0] <= d <= span[1] for d in planned)):
                return True
        return False

    # --- in which order -------------------------------------------------------------------------------------------

    def _ordered(self) -> Iterator[Step]:
        """Stage by stage, so that no step runs before one that it reads."""
        for id in self._mesh.order:
            # Whatever their days are: each file is published once, and then it is known what stands.
            yield from (delivered(id, one, "asked" if id in self._asked else _UPSTREAM) for one in self._files(id))
            self._todo[id] = self._todo[id] - self._brought(id)
        stages = self._stages()
        early = [id for id in self._mesh.order if not self._mesh.products[id].daily and not self._waits_for_days(id)]
        yield from self._whole_steps(early)
        for stage in range(max(stages.values(), default=0) + 1):
            ids = [id for id in self._mesh.order if stages[id] == stage and id not in early]
            yield from self._history(ids)
            for day in sorted(self._range):
                yield from (self._step(id, day, day) for id in ids if self._daywise(id) and day in self._todo[id])
            yield from self._whole_steps(ids)

    def _stages(self) -> dict[str, int]:
        """A product that reads later days, or what is made of all days, waits until the days of that input are done."""
        stages: dict[str, int] = {}
        for id in self._mesh.order:
            kept = self._mesh.products[id]
            reads = [(given.product, self._waits_for(kept, given)) for given in kept.product.requires]
            stages[id] = max((stages[upstream] + waits for upstream, waits in reads), default=0)
        return stages

    def _waits_for(self, kept: MeshProduct, given: Input) -> bool:
        if not kept.daily:
            return False
        if not self._mesh.products[given.product].daily:
            return self._waits_for_days(given.product)
        return given.lookahead.resolve(kept.settings) > 0

    def _whole_steps(self, ids: Iterable[str]) -> Iterator[Step]:
        yield from (self._step(id, None, None) for id in ids if None in self._todo[id])

    def _history(self, ids: Iterable[str]) -> Iterator[Step]:
        """The days that are not run one by one, in spans."""
        for id in ids:
            longest, daywise = longest_span(self._mesh.products[id].product), self._daywise(id)
            days = {day for day in self._todo[id] if day is not None and not (daywise and day in self._range)}
            yield from (self._step(id, *span) for span in spans(days, longest))

    def _step(self, id: str, first: dt.date | None, last: dt.date | None) -> Step:
        asked = id in self._asked and (first is None or first in self._range)
        watched = asked or (first in self._range and self._daywise(id))
        return Step(id, first, last, "asked" if asked else "missing upstream", watched)

    def _waits_for_days(self, id: str) -> bool:
        return not self._mesh.products[id].daily and any(
            self._mesh.products[up].daily for up in self._mesh.upstream(id)
        )

    def _daywise(self, id: str) -> bool:
        """Asked products go day by day, and so does whatever is made from one of them."""
        if not self._mesh.products[id].daily:
            return False
        daily = (up for up in self._mesh.upstream(id) if self._mesh.products[up].daily)
        return id in self._asked or any(up in self._asked for up in daily)
