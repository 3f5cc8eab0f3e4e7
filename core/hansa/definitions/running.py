"""Asked days through Dagster in this process, one run for each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hansa.definitions.assets import build_here
from hansa.definitions.events import asset_key
from hansa.definitions.history import report
from hansa.definitions.instance import instance_of
from hansa.definitions.locations import WHOLE
from hansa.plan import Step
from hansa.runner import Lost, Outcome, Runner

if TYPE_CHECKING:
    import dagster as dg

#: Keeps Dagster's console silent; what a product logs stays in the event log.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def watched(runner: Runner, lost: Lost, told: Callable[[Outcome], None]) -> Iterator[Callable[[Sequence[Step]], None]]:
    """Open Dagster on this mesh; gives a function that runs steps in it, one run for each day.

    Every outcome is noted in ``lost`` and told, those of steps that Dagster did not start included.
    """
    heard: set[tuple[str, dt.date | None]] = set()

    def hear(outcome: Outcome) -> None:
        outcome = lost.traced(outcome)
        heard.add((outcome.step.product, outcome.step.first))
        lost.note(outcome)
        told(outcome)

    def open_steps(steps: Sequence[Step]) -> list[Step]:
        return [step for step in steps if (step.product, step.first) not in heard]

    def run_all(
        job: dg.JobDefinition, instance: dg.DagsterInstance, day: dt.date | None, steps: Sequence[Step]
    ) -> None:
        """Dagster starts nothing below a hold, also what does not read the held day: that gets a run of its own."""
        ready = [step for step in steps if not _cause(lost, step)]
        while ready:
            before = len(heard)
            _run_day(job, instance, day, ready)
            ready = [step for step in open_steps(steps) if not _cause(lost, step)] if len(heard) > before else []
        for step in open_steps(steps):
            cause = _cause(lost, step) or "an earlier step of the run failed"
            hear(Outcome(step, "not run", reason=f"because {cause}"))

    with instance_of(runner.mesh) as instance:
        _link(instance)

        def run(steps: Sequence[Step]) -> None:
            report(runner.mesh, instance, runner.standing)
            last = max((step.last for step in steps if step.last), default=None)
            job = build_here(runner.mesh, runner, hear, last).resolve_implicit_global_asset_job_def()
            for day, group in groupby(steps, key=lambda step: step.first):
                run_all(job, instance, day, list(group))

        yield run
        report(runner.mesh, instance, runner.standing)


def _run_day(job: dg.JobDefinition, instance: dg.DagsterInstance, day: dt.date | None, steps: Sequence[Step]) -> None:
    if not steps:
        return
    done = job.execute_in_process(
        instance=instance,
        run_id=str(uuid4()),
        asset_selection=[asset_key(step.product) for step in steps],
        partition_key=str(day) if day else None,
        raise_on_error=False,
        tags={"hansa/run": "cli", ".dagster/repository": f"__repository__@{WHOLE}"},
        run_config=_QUIET,
    )
    if any(_interrupted(event) for event in done.all_events):
        raise KeyboardInterrupt


def _link(instance: dg.DagsterInstance) -> None:
    """Let runs of this process name the location that the pages load, so that they are found and started again there.

    Dagster knows no location of a run in process; the way by which it writes a run down takes one all the same.
    """
    from dagster._core.remote_origin import (
        ManagedGrpcPythonEnvCodeLocationOrigin,
        RemoteJobOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    target = LoadableTargetOrigin(module_name="hansa.definitions", attribute=WHOLE)
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name=WHOLE)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "__ASSET_JOB")
    create = instance.create_run_for_job

    def linked(*arguments: Any, **options: Any) -> dg.DagsterRun:
        return create(*arguments, **(options | {"remote_job_origin": origin}))

    instance.create_run_for_job = linked  # type: ignore[method-assign]


def _interrupted(event: dg.DagsterEvent) -> bool:
    """True if a Ctrl-C ended a step: Dagster writes the run down as failed, and would go on with the next one."""
    failure = event.step_failure_data if event.is_step_failure else None
    error = failure.error if failure is not None else None
    return error is not None and error.cls_name in ("KeyboardInterrupt", "DagsterExecutionInterruptedError")


def _cause(lost: Lost, step: Step) -> str:
    return next((cause for _, cause in lost.parts(step) if cause), "")
