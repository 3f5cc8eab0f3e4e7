"""One step of a Dagster run: rows through the gate, and what Dagster is told of each day, derived from its receipt.

In a run over many days each day has its own verdict. A held day does not stop the others, nor what is made from them:
the step goes on without it, and the last product of the branch fails the run, naming every day that is not right.
"""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from hansa.definitions.events import (
    asset_key,
    check_results,
    evaluation,
    kpi_results,
    materialisation,
    metadata,
    rows_version,
)
from hansa.definitions.instance import note_reported
from hansa.errors import HansaError, WorldError
from hansa.plan import ONE_DAY, Step, longest_span
from hansa.receipt import Publication, Receipt
from hansa.runner import Lost, Outcome, Runner, outcome_of, refused

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct

Told = Callable[[Outcome], None]
Decided = tuple[Receipt, Publication]

_RANGE = "dagster/asset_partition_range_start"
#: So many days are named in the error of a run.
_MOST = 10


@dataclass
class _Range:
    """What one run over many days has come to so far."""

    run: str
    lost: Lost
    bad: dict[str, list[Outcome]] = field(default_factory=dict)


class Computing:
    """The steps of one process; ``told`` hears of every outcome.

    What the surroundings refused is tried again ``retries`` times, first after ``delay`` seconds.
    """

    def __init__(self, runner: Runner, told: Told, retries: int = 0, delay: float = 0) -> None:
        self._runner, self._told, self._retries, self._delay = runner, told, retries, delay
        self._range: _Range | None = None

    @property
    def _mesh(self) -> Mesh:
        return self._runner.mesh

    def step(self, context: dg.AssetExecutionContext, kept: MeshProduct) -> Iterator[Any]:
        """Compute what the run asks of a product; yields Dagster's events."""
        if _RANGE in context.run.tags:
            yield from self._days(context, kept)
        else:
            yield from self._one(context, kept)

    # --- one day, or a whole product ------------------------------------------------------------------------------

    def _one(self, context: dg.AssetExecutionContext, kept: MeshProduct) -> Iterator[Any]:
        day = dt.date.fromisoformat(context.partition_key) if kept.daily else None
        step = Step(kept.id, day, day, "asked")
        try:
            publication = self._runner.run(kept.id, day, day)
        except Exception as error:  # noqa: BLE001 - Dagster would write a foreign error's text, and values in it, down
            failed = _failed(step, error)
            self._ask_again(context, failed)
            self._told(failed)
            # Dagster has no word for a step that it started and that was not run.
            told = f"not run: {failed.reason}" if failed.state == "not run" else failed.reason
            raise dg.Failure(description=told, allow_retries=False) from None
        self._told(outcome_of(step, publication))
        yield from self._answer(kept, publication, day)
        # Last, when Dagster has written down what was yielded: a process that dies here tells twice, not never.
        if context.instance.is_persistent:
            note_reported(self._mesh, publication)

    def _ask_again(self, context: dg.AssetExecutionContext, failed: Outcome) -> None:
        """Have the step tried again; what data, contract or plugin did wrong, they would do again.

        A retry policy would also try again what a person has interrupted.
        """
        number = context.retry_number
        if isinstance(failed.error, WorldError) and number < self._retries:
            why = dg.Failure(description=failed.reason)
            raise dg.RetryRequested(self._retries, seconds_to_wait=self._delay * 2**number) from why

    def _answer(self, kept: MeshProduct, publication: Publication, day: dt.date | None) -> Iterator[Any]:
        """A materialisation with its checks, or, for a hold, the checks alone."""
        receipt, stored = self._decided(kept, publication, [str(day) if day else None])[0]
        results = list(check_results(kept, receipt))
        if receipt.state == "held":
            yield from results
            return
        yield dg.MaterializeResult(
            asset_key=asset_key(kept.id),
            check_results=[*results, *kpi_results(self._mesh, kept)],
            data_version=dg.DataVersion(rows_version(receipt)),
            metadata=metadata(stored, receipt) | {"hansa/unchanged": publication.unchanged},
        )

    def _decided(self, kept: MeshProduct, publication: Publication, partitions: Sequence[str | None]) -> list[Decided]:
        """For each partition its receipt and the publication that it is stored in: of what stood already, the earlier.

        A publication names only what it changed.
        """
        made = {r.partition: (r, publication) for r in publication.receipts if r.state != "prepared"}
        if publication.unchanged or not set(partitions) <= set(made):
            stood = self._runner.standing.book(kept.id).latest()
            made = stood if publication.unchanged else stood | made
        return [made[partition] for partition in partitions]

    # --- many days in one run -------------------------------------------------------------------------------------

    def _days(self, context: dg.AssetExecutionContext, kept: MeshProduct) -> Iterator[Any]:
        if self._range is None or self._range.run != context.run.run_id:
            self._range = _Range(context.run.run_id, Lost(self._mesh))
        ranged = self._range
        outcomes = list(self._outcomes(context, kept, ranged.lost))
        for outcome in outcomes:
            self._told(outcome)
        ranged.bad[kept.id] = [o for o in outcomes if o.state not in ("published", "unchanged")]
        # Where no day came out, nothing below has anything to read: this step fails, and Dagster starts none of them.
        goes_on = any(map(_some, outcomes)) and self._goes_on(context, kept)
        yield from self._events(kept, outcomes, blocking=not goes_on)
        yield from _outputs(context, asset_key(kept.id))
        if context.instance.is_persistent:
            for outcome in outcomes:
                if outcome.publication is not None:
                    note_reported(self._mesh, outcome.publication)
        bad = [o for id in (*self._mesh.upstream(kept.id), kept.id) for o in ranged.bad.get(id, [])]
        if bad and not goes_on:
            raise dg.Failure(description=_sentence(bad), allow_retries=False)

    def _outcomes(self, context: dg.AssetExecutionContext, kept: MeshProduct, lost: Lost) -> Iterator[Outcome]:
        days = [dt.date.fromisoformat(key) for key in context.partition_keys] if kept.daily else []
        step = Step(kept.id, days[0] if days else None, days[-1] if days else None, "asked")
        for part, cause in list(lost.parts(step)):
            for piece, why in [(part, cause)] if cause else self._pieces(kept, part):
                found = [Outcome(piece, "not run", reason=f"because {why}")] if why else self._tried(context, piece)
                for outcome in map(lost.traced, found):
                    lost.note(outcome)
                    yield outcome

    def _pieces(self, kept: MeshProduct, part: Step) -> Iterator[tuple[Step, str]]:
        """The step in pieces that the gate takes at once, without days of which an input is not published."""
        if not part.days:
            yield part, ""
            return
        longest, causes = longest_span(kept.product), self._missing(kept, part)
        start = part.days[0]
        for day in part.days:
            ends = day == part.days[-1] or causes.get(day + ONE_DAY, "") != causes.get(day, "")
            if ends or (day - start).days + 1 == longest:
                yield replace(part, first=start, last=day), causes.get(day, "")
                start = day + ONE_DAY

    def _missing(self, kept: MeshProduct, part: Step) -> dict[dt.date, str]:
        """Why days of a step cannot be computed: an input of the very day is not published."""
        causes: dict[dt.date, str] = {}
        for id in self._runner.standing.same_day(kept):
            # Another process may have published since.
            self._runner.standing.forget(id)
            there = self._runner.standing.days(id)
            causes |= {day: f"{id} is not published" for day in part.days if day not in there}
        return causes

    def _tried(self, context: dg.AssetExecutionContext, step: Step) -> list[Outcome]:
        """The outcomes of a piece; where it fails for one of its days, each day is tried by itself."""
        try:
            return [outcome_of(step, self._runner.run(step.product, step.first, step.last))]
        except Exception as error:  # noqa: BLE001 - as in a run of one day
            failed = _failed(step, error)
            self._ask_again(context, failed)
            if len(step.days) < 2 or isinstance(error, WorldError):
                return [failed]
        return [one for day in step.days for one in self._tried(context, replace(step, first=day, last=day))]

    def _goes_on(self, context: dg.AssetExecutionContext, kept: MeshProduct) -> bool:
        """True if this run computes something that is made from the product: that one then fails the run."""
        selected = {".".join(key.path) for key in context.job_def.asset_layer.selected_asset_keys}
        steps = context.run.step_keys_to_execute
        return any(
            kept.id in self._mesh.products[id].requires and (steps is None or id.replace(".", "__") in steps)
            for id in selected & set(self._mesh.products)
        )

    def _events(self, kept: MeshProduct, outcomes: Sequence[Outcome], blocking: bool) -> Iterator[Any]:
        """Each day's materialisation and checks; the worst comes last, for the page of a check shows one row a run."""
        decided = [
            one
            for outcome in outcomes
            if outcome.publication is not None
            for one in self._decided(kept, outcome.publication, [str(day) for day in outcome.step.days] or [None])
        ]
        for receipt, publication in sorted(decided, key=lambda one: _badness(one[0])):
            if receipt.state == "published":
                yield materialisation(publication, receipt)
            for result in check_results(kept, receipt):
                yield evaluation(result, blocking=blocking)
        if any(receipt.state == "published" for receipt, _ in decided):
            for result in kpi_results(self._mesh, kept):
                yield evaluation(result, blocking=False)


def _badness(receipt: Receipt) -> tuple[bool, bool, str]:
    return receipt.state == "held", receipt.counts["quarantined"] > 0, receipt.partition or ""


def _outputs(context: dg.AssetExecutionContext, key: dg.AssetKey) -> Iterator[Any]:
    """Say that the step has done its part, without the materialisation of every day that Dagster would add."""
    from dagster._core.execution.plan.outputs import StepOutputData, StepOutputHandle

    step = context.get_step_execution_context()
    own = context.assets_def.get_output_name_for_asset_key(key)
    for name in sorted(context.op_execution_context.selected_output_names):
        if name == own:
            yield dg.DagsterEvent.step_output_event(step, StepOutputData(StepOutputHandle(step.step.key, name)))
        else:
            yield dg.Output(None, output_name=name)


def _some(outcome: Outcome) -> bool:
    """True if at least a part of a step is published."""
    if outcome.publication is None:
        return False
    return len(outcome.publication.held) < max(len(outcome.step.days), 1)


def _sentence(bad: Sequence[Outcome]) -> str:
    """Every day that is not right, of very many the first ten."""
    told = [f"{outcome.state}: {one.title()}: {reason}" for outcome in bad for one, reason in _by_day(outcome)]
    more = f"\nand {len(told) - _MOST} more" if len(told) > _MOST else ""
    return "\n".join(told[:_MOST]) + more


def _by_day(outcome: Outcome) -> list[tuple[Step, str]]:
    """The days of an outcome that are not right, each with the reason."""
    if outcome.publication is None:
        return [(outcome.step, outcome.reason)]
    found = []
    for receipt in outcome.publication.held:
        day = dt.date.fromisoformat(receipt.partition) if receipt.partition else None
        found.append((replace(outcome.step, first=day, last=day), ", ".join(receipt.reasons)))
    return found


def _failed(step: Step, error: Exception) -> Outcome:
    """The outcome of a step that raised: a known error's sentence, of any other its type and place alone."""
    if isinstance(error, HansaError):
        return refused(step, error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    fault = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
    return Outcome(step, "failed", reason=f"{step.product}: a fault of Hansa itself: {fault}; nothing was published")
