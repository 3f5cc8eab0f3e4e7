"""Mesh -> dagster.Definitions: each product an asset that sends its rows through the gate and shows the receipt."""

# Dagster reads the annotation of an asset's context as an object: annotations of this file are not postponed.
import datetime as dt
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import dagster as dg

from hansa.definitions.automation import pool_of, schedules, sensors
from hansa.definitions.described import described, elsewhere, left_out
from hansa.definitions.events import check_specs, kpi_specs
from hansa.definitions.locations import domain_of
from hansa.mesh import Mesh, MeshProduct

if TYPE_CHECKING:
    from hansa.definitions.computing import Computing, Told
    from hansa.runner import Outcome, Runner
    from hansa.standing import Standing


def _unheard(outcome: "Outcome") -> None:
    """Nobody in this process waits for outcomes."""


def build(mesh: Mesh, domain: str | None = None) -> dg.Definitions:
    """The definitions of a mesh, or of one domain of it: products, jobs, schedules, sensors.

    What a domain reads of others is shown and not run.
    """
    own = [mesh.products[id] for id in mesh.order if domain in (None, domain_of(id))]

    @cache
    def computing() -> "Computing":
        """What runs: not imported by who only looks at the mesh."""
        from hansa.definitions.computing import Computing
        from hansa.runner import Runner

        return Computing(Runner(mesh), _unheard, mesh.file.dagster.retries, mesh.file.dagster.retry_delay)

    with quiet():
        days = days_of(mesh)
        return dg.Definitions(
            assets=[
                *[_asset(mesh, kept, days, computing) for kept in own],
                *elsewhere(mesh, own, days),
                *left_out(mesh, domain),
            ],
            schedules=schedules(mesh, own),
            sensors=sensors(mesh),
            executor=dg.in_process_executor,
        )


def build_here(mesh: Mesh, runner: "Runner", told: "Told", last: dt.date | None) -> dg.Definitions:
    """The products alone, to be run in this process, with days up to ``last``; ``told`` hears of every outcome.

    Nothing is tried again: who started the run sees what is wrong.
    """
    from hansa.definitions.computing import Computing

    with quiet():
        days = days_of(mesh, last, runner.standing)
        computing = Computing(runner, told)
        assets = [_asset(mesh, mesh.products[id], days, lambda: computing) for id in mesh.order]
        return dg.Definitions(assets=assets, executor=dg.in_process_executor)


class quiet(warnings.catch_warnings):  # noqa: N801 - used as a function
    """Without Dagster's warnings of what is new, preliminary or superseded."""

    def __enter__(self) -> None:
        super().__enter__()
        for category in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):
            warnings.simplefilter("ignore", category)


def days_of(
    mesh: Mesh, last: dt.date | None = None, standing: "Standing | None" = None
) -> dg.DailyPartitionsDefinition:
    """The business days of the mesh; a machine whose clock is behind the data still knows the days of the data.

    With ``standing`` the receipts that it has read are not read again.
    """
    today = dt.datetime.now(ZoneInfo(mesh.file.time_zone)).date()
    ahead = max([today, *_published(mesh, standing), *([last] if last else [])]) - today
    return dg.DailyPartitionsDefinition(
        mesh.file.start.isoformat(), timezone=mesh.file.time_zone, end_offset=1 + ahead.days
    )


def _published(mesh: Mesh, standing: "Standing | None") -> Iterator[dt.date]:
    """The last published day of each product, from the receipts alone: tables are not opened to show a mesh."""
    from hansa.receipt import book_of

    for id in mesh.order if mesh.warehouse.exists else ():
        kept = mesh.products[id]
        if not kept.daily:
            continue
        book = standing.book(id) if standing else book_of(mesh.warehouse, id, kept.contract.major)
        if found := [day for day in book.current() if day is not None]:
            yield dt.date.fromisoformat(max(found))


def _asset(
    mesh: Mesh,
    kept: MeshProduct,
    days: dg.DailyPartitionsDefinition,
    computing: "Callable[[], Computing]",
) -> dg.AssetsDefinition:
    spec = described(mesh, kept, days)

    @dg.multi_asset(
        name=kept.id.replace(".", "__"),
        specs=[spec],
        check_specs=[*check_specs(kept.contract, spec.key), *kpi_specs(mesh, kept)],
        op_tags={"hansa/module": kept.module},
        # A backfill is one run; each of its days has a verdict, a receipt and a row of its own all the same.
        backfill_policy=dg.BackfillPolicy.single_run() if kept.daily else None,
        pool=pool_of(mesh, kept),
    )
    def compute(context: dg.AssetExecutionContext) -> Iterator[Any]:
        yield from computing().step(context, kept)

    return compute
