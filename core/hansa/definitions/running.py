"""Asked days through Dagster in this process, and history told to Dagster afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.definitions.assets import build
from hansa.definitions.events import asset_key, evaluations, materialisation
from hansa.definitions.instance import instance_of, note_reported, reported
from hansa.plan import Step
from hansa.receipt import book_of
from hansa.runner import Lost, Outcome, Runner
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    import dagster as dg

    from hansa.mesh import Mesh

#: Keeps Dagster's console silent; what a product logs stays in the event log.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def report(mesh: Mesh, instance: dg.DagsterInstance) -> int:
    """Tell Dagster of every publication that it did not watch; the number of partitions told."""
    known, told, warehouse = reported(mesh), 0, Warehouse(mesh.warehouse)
    if not warehouse.exists:
        return 0
    for id in mesh.order:
        kept = mesh.products[id]
        book = book_of(warehouse, id, kept.contract.major)
        fresh = [publication for publication in book.all() if publication.digest not in known]
        last = fresh[-1] if fresh else None
        for publication in fresh:
            for receipt in publication.receipts:
                if receipt.state == "published":
                    instance.report_runless_asset_event(materialisation(publication, receipt))
                    told += 1
            # Checks of every old day would cost more than they tell: those of the newest day, and of what was held.
            judged = [*publication.held, *([publication.receipts[-1]] if publication is last else [])]
            for receipt in judged:
                for evaluation in evaluations(kept, receipt):
                    instance.report_runless_asset_event(evaluation)
            note_reported(mesh, publication)
    return told


@contextmanager
def watched(runner: Runner, lost: Lost, told: Callable[[Outcome], None]) -> Iterator[Callable[[Sequence[Step]], None]]:
    """Open Dagster on this mesh; gives a function that runs steps in it, one run for each day.

    Every outcome is noted in ``lost`` and told, those of steps that Dagster did not start included.
    """
    heard: set[tuple[str, dt.date | None]] = set()

    def hear(outcome: Outcome) -> None:
        heard.add((outcome.step.product, outcome.step.first))
        lost.note(outcome)
        told(outcome)

    with instance_of(runner.mesh) as instance:
        job = build(runner.mesh, runner, hear).resolve_implicit_global_asset_job_def()

        def run(steps: Sequence[Step]) -> None:
            report(runner.mesh, instance)
            for day, group in groupby(steps, key=lambda step: step.first):
                listed = list(group)
                _run_day(job, instance, day, [step for step in listed if not _cause(lost, step)])
                for step in listed:
                    if (step.product, step.first) not in heard:
                        cause = _cause(lost, step) or "an earlier step of the run failed"
                        hear(Outcome(step, "not run", reason=f"because {cause}"))

        yield run
        report(runner.mesh, instance)


def _run_day(job: dg.JobDefinition, instance: dg.DagsterInstance, day: dt.date | None, steps: Sequence[Step]) -> None:
    if not steps:
        return
    job.execute_in_process(
        instance=instance,
        run_id=str(uuid4()),
        asset_selection=[asset_key(step.product) for step in steps],
        partition_key=str(day) if day else None,
        raise_on_error=False,
        tags={"hansa/run": "cli"},
        run_config=_QUIET,
    )


def _cause(lost: Lost, step: Step) -> str:
    return next((cause for _, cause in lost.parts(step) if cause), "")
