"""Mesh -> dagster.Definitions: each product an asset that sends its rows through the gate and shows the receipt."""

# Dagster reads the annotation of an asset's context as an object: annotations of this file are not postponed.
import datetime as dt
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from hansa.definitions.described import described, left_out
from hansa.definitions.events import asset_key, check_results, check_specs, kpi_results, kpi_specs, metadata
from hansa.definitions.instance import note_reported
from hansa.errors import HansaError
from hansa.mesh import Mesh, MeshProduct
from hansa.plan import Step
from hansa.receipt import Publication, Receipt, book_of
from hansa.runner import Outcome, Runner, outcome_of

Told = Callable[[Outcome], None]


def build(
    mesh: Mesh, runner: Runner | None = None, told: Told = lambda outcome: None, last: dt.date | None = None
) -> dg.Definitions:
    """The definitions of a mesh, with days up to today, and up to ``last`` and the last published day if later.

    ``told`` hears of every outcome of a run in this process.
    """
    runner = runner or Runner(mesh)
    with warnings.catch_warnings():
        for category in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):
            warnings.simplefilter("ignore", category)
        days = _days(mesh, runner, last)
        assets = [_asset(mesh, mesh.products[id], days, runner, told) for id in mesh.order]
        return dg.Definitions(assets=[*assets, *left_out(mesh)], executor=dg.in_process_executor)


def _days(mesh: Mesh, runner: Runner, last: dt.date | None) -> dg.DailyPartitionsDefinition:
    """The business days of the mesh; a machine whose clock is behind the data still knows the days of the data."""
    today = dt.datetime.now(ZoneInfo(mesh.file.time_zone)).date()
    known = [day for id in mesh.order if mesh.products[id].daily for day in runner.standing.days(id)]
    ahead = max([today, *known, *([last] if last else [])]) - today
    return dg.DailyPartitionsDefinition(
        mesh.file.start.isoformat(), timezone=mesh.file.time_zone, end_offset=1 + ahead.days
    )


def _asset(
    mesh: Mesh, kept: MeshProduct, days: dg.DailyPartitionsDefinition, runner: Runner, told: Told
) -> dg.AssetsDefinition:
    spec = described(mesh, kept, days)

    @dg.multi_asset(
        name=kept.id.replace(".", "__"),
        specs=[spec],
        check_specs=[*check_specs(kept.contract, spec.key), *kpi_specs(mesh, kept)],
        op_tags={"hansa/module": kept.module},
        # Each day has a verdict, a receipt and a row of its own, also in a backfill.
        backfill_policy=dg.BackfillPolicy.multi_run() if kept.daily else None,
    )
    def compute(context: dg.AssetExecutionContext) -> Iterator[Any]:
        day = dt.date.fromisoformat(context.partition_key) if kept.daily else None
        step = Step(kept.id, day, day, "asked")
        try:
            publication = runner.run(kept.id, day, day)
        except Exception as error:  # noqa: BLE001 - Dagster would write a foreign error's text, and values in it, down
            failed = _failed(step, error)
            told(failed)
            raise dg.Failure(description=failed.reason, allow_retries=False) from None
        told(outcome_of(step, publication))
        yield from _answer(mesh, kept, runner, publication, day)
        # Last, when Dagster has written down what was yielded: a process that dies here tells twice, not never.
        if context.instance.is_persistent:
            note_reported(mesh, publication)

    return compute


def _failed(step: Step, error: Exception) -> Outcome:
    """The outcome of a step that raised: a known error's sentence, of any other its type and place alone."""
    if isinstance(error, HansaError):
        return Outcome(step, "failed", reason=error.sentence(), error=error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    fault = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
    return Outcome(step, "failed", reason=f"{step.product}: a fault of Hansa itself: {fault}; nothing was published")


def _answer(
    mesh: Mesh, kept: MeshProduct, runner: Runner, publication: Publication, day: dt.date | None
) -> Iterator[Any]:
    """A materialisation with its checks, or, for a hold, the checks alone."""
    receipt, stored = _decided(kept, runner, publication, day)
    results = list(check_results(kept, receipt))
    if receipt.state == "held":
        yield from results
        return
    yield dg.MaterializeResult(
        asset_key=asset_key(kept.id),
        check_results=[*results, *kpi_results(mesh, kept)],
        data_version=dg.DataVersion(receipt.digests["published"].replace(":", "-")),
        metadata=metadata(stored, receipt) | {"hansa/unchanged": publication.unchanged},
    )


def _decided(
    kept: MeshProduct, runner: Runner, publication: Publication, day: dt.date | None
) -> tuple[Receipt, Publication]:
    """The receipt of the run's partition and the publication that it is stored in: of a re-run, the earlier one."""
    partition = str(day) if day else None
    if publication.unchanged:
        return book_of(runner.standing.warehouse, kept.id, kept.contract.major).latest()[partition]
    return next(receipt for receipt in publication.receipts if receipt.partition == partition), publication
