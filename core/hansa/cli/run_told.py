"""What ``hansa run`` says beside its table: which day it took and why, and all of it as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    from hansa.contract.model import Contract
    from hansa.mesh import Mesh
    from hansa.plan import Plan, Step
    from hansa.runner import Outcome
    from hansa.standing import Standing

#: So many contracts are told that are not active.
_MOST_NOTES = 10
#: So many sources that end on the day are named.
_MOST = 3


def why_day(mesh: Mesh, standing: Standing, selection: Sequence[str], day: dt.date) -> str:
    """Why a run without days took this one, in words; empty where nothing of it is kept by day."""
    from hansa.plan import default_day, selected

    asked = selected(mesh, selection)
    behind = asked | {id for product in asked for id in mesh.upstream(product)}
    if not any(mesh.products[id].daily for id in behind):
        return ""
    sources = [id for id in sorted(behind) if mesh.products[id].product.from_source and mesh.products[id].daily]
    holding = [id for id in sources if standing.extent(id) is not None]
    if not holding:
        zone = mesh.file.time_zone
        return f"yesterday in {zone}, for {'no daily source holds rows' if sources else 'no source is kept by day'}"
    if len(holding) == 1:
        return f"the newest day that its source {holding[0]} holds"
    ending = [id for id in holding if default_day(mesh, standing, [id]) == day]
    more = f" and {len(ending) - _MOST} more" if len(ending) > _MOST else ""
    named = f"; {', '.join(ending[:_MOST])}{more} {'ends' if len(ending) == 1 else 'end'} there" if ending else ""
    return f"the newest day that every daily source holds{named}"


def heading(plan: Plan, because: str) -> str:
    """The line above what a run without days says."""
    return f"day {plan.first}: {because}; --from and --to name other days"


def head_json(plan: Plan | None, because: str) -> dict[str, Any]:
    """The days of a run, why they were taken where nobody named them, and how many partitions were right already.

    ``plan`` is None where only what is stale is run, whatever its days are.
    """
    if plan is None:
        return {"days": None, "day_because": None, "right": None}
    return {"days": [str(plan.first), str(plan.last)], "day_because": because or None, "right": plan.right}


def contract_notes(given: Iterable[Contract]) -> list[str]:
    """A sentence for each contract that is not active, each once."""
    from hansa.cli.contract_status import notes_of

    contracts = list(given)
    retired = [
        f"contract {one.id} {one.version}: it is retired; consumers read what stands, and a contract that follows it "
        "should be published instead"
        for one in contracts
        if one.status.strip().lower() == "retired"
    ]
    return [*notes_of(contracts), *retired]


def tell_notes(told: Sequence[str]) -> None:
    """Say the notes on contracts; of very many the first ten."""
    from hansa.cli.contract_status import tell

    more = [f"{len(told) - _MOST_NOTES} more contracts are not active; see: hansa contract list"]
    tell([*told[:_MOST_NOTES], *more] if len(told) > _MOST_NOTES else told)


def step_json(step: Step, why: str) -> dict[str, Any]:
    """A step that would run, and why."""
    return {"product": step.product, "days": _days(step), "why": why}


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What became of a step; without a publication nothing was published or refused."""
    made = outcome.publication
    return {
        "product": outcome.step.product,
        "days": _days(outcome.step),
        "state": outcome.state,
        "reason": outcome.reason or None,
        "published": made.total("published") if made else 0,
        "quarantined": made.total("quarantined") if made else 0,
        "held": [receipt.partition for receipt in made.held] if made else [],
        "publication": made.digest if made else None,
    }


def _days(step: Step) -> list[str] | None:
    return [str(step.first), str(step.last)] if step.first else None
