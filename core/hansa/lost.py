"""What was held, failed or not run in a run, and what is therefore not made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from hansa.calendar import Calendar
from hansa.errors import HansaError
from hansa.plan import Step
from hansa.receipt import Publication
from hansa.standing import MissingInputError

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct
    from hansa.products import Input

State = Literal["published", "unchanged", "held", "failed", "not run"]


@dataclass(frozen=True)
class Outcome:
    """What became of one step; ``reason`` says why nothing was published."""

    step: Step
    state: State
    publication: Publication | None = None
    reason: str = ""
    error: HansaError | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Cause:
    """A product that was lost; of one that was not run ``first`` is what was held or failed before it."""

    product: str
    state: str
    first: Cause | None = None

    def sentence(self) -> str:
        """``t.b is not run, since t.a is held``."""
        return f"{self.product} is {self.state}" + (f", since {self.first.sentence()}" if self.first else "")


class Lost:
    """What was held, failed or not run so far, so that nothing is made from it in the same run."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._calendar = Calendar(mesh.file.calendar, mesh.path.resolve().parent)
        #: By product, for each day that was run (None: the whole) why it was lost; None if it was not.
        self._causes: dict[str, dict[dt.date | None, Cause | None]] = {}

    def note(self, outcome: Outcome) -> None:
        """Remember the days of an outcome, and of those that were not published why."""
        step, known = outcome.step, self._causes.setdefault(outcome.step.product, {})
        if step.delivery and outcome.publication is None:
            # What stands without the file that was refused goes on serving; a day without rows is missing by itself.
            return
        lost: set[dt.date | None] = set()
        if outcome.publication is not None:
            lost = {dt.date.fromisoformat(r.partition) if r.partition else None for r in outcome.publication.held}
        elif outcome.state not in ("published", "unchanged"):
            lost = set(step.days) or {None}
        days: list[dt.date | None] = [*step.days] or [None]
        if step.delivery and self._mesh.products[step.product].daily:
            # Rows of no day are no partition that anything reads.
            days, lost = [*step.days], lost - {None}
        for day in {*days, *lost}:
            known[day] = Cause(step.product, outcome.state, self._first(outcome, day)) if day in lost else None

    def _first(self, outcome: Outcome, day: dt.date | None) -> Cause | None:
        """What was held or failed in this run, so that a step was not run."""
        if outcome.state != "not run":
            return None
        cause = self._cause(outcome.step.product, day)
        if isinstance(outcome.error, MissingInputError):
            cause = next((one for one in self._causes.get(outcome.error.input, {}).values() if one), None)
        return (cause.first or cause) if cause else None

    def traced(self, outcome: Outcome) -> Outcome:
        """The outcome, if it lacks an input with what was held or failed in this run so that it is not there."""
        error, first = outcome.error, self._first(outcome, outcome.step.first)
        if not isinstance(error, MissingInputError) or first is None:
            return outcome
        name = "it" if first.product == error.input else first.product
        return replace(outcome, reason=f"because {error.missing}, since {name} is {first.state}")

    def parts(self, step: Step) -> Iterator[tuple[Step, str]]:
        """The step cut where a day of its inputs was lost: each part with the cause, or none.

        It is cut around declared holidays too: these are judged in another way.
        """
        if not step.days or step.delivery:
            yield step, self._told(step.product, None)
            return
        days = step.days
        kinds = [(self._told(step.product, day), self._calendar.closing(step.product, [day]) != "") for day in days]
        start = 0
        for at in range(1, len(days) + 1):
            if at == len(days) or kinds[at] != kinds[start]:
                yield replace(step, first=days[start], last=days[at - 1]), kinds[start][0]
                start = at

    def _told(self, product: str, day: dt.date | None) -> str:
        cause = self._cause(product, day)
        return cause.sentence() if cause else ""

    def _cause(self, product: str, day: dt.date | None) -> Cause | None:
        kept = self._mesh.products[product]
        causes = (self._lost_input(kept, given, day) for given in kept.product.requires)
        return next((cause for cause in causes if cause), None)

    def _lost_input(self, kept: MeshProduct, given: Input, day: dt.date | None) -> Cause | None:
        """Why an input of a day was lost: that day of it, its newest one, or for a whole product any of it."""
        known = self._causes.get(given.product, {})
        if day is None or known.get(None):
            return next((cause for cause in known.values() if cause), None)
        if given.newest:
            since = day - dt.timedelta(days=given.lookback.resolve(kept.settings))
            days = [one for one in known if one is not None and since <= one <= day]
            return known[max(days)] if days else None
        return known.get(day) if given.own_days else None
