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
    from hansa.source_notes import Note
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


def notes_of_sources(mesh: Mesh, standing: Standing, selection: Sequence[str], *, words: bool = False) -> list[Note]:
    """What is worth a look about the sources behind a selection, see ``source_notes``."""
    from hansa.plan import selected
    from hansa.source_notes import source_notes

    return source_notes(mesh, standing, selected(mesh, selection), words=words)


def tell_sources(told: Sequence[Note]) -> None:
    """A line for each note on a source; of very many of one product and kind the first ten."""
    from itertools import groupby

    import typer

    for _, group in groupby(told, key=lambda note: (note.product, note.kind)):
        notes = list(group)
        for note in notes[:_MOST_NOTES]:
            typer.echo(f"{note.kind:<10} {note.sentence()}")
        if len(notes) > _MOST_NOTES:
            typer.echo(f"{notes[0].kind:<10} {notes[0].product}: and {len(notes) - _MOST_NOTES} more; see --json")


def step_json(step: Step, why: str) -> dict[str, Any]:
    """A step that would run, and why."""
    return {"product": step.product, "days": _days(step), "why": why} | _file(step)


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
    } | _file(outcome.step)


def _file(step: Step) -> dict[str, Any]:
    """The file of a delivery."""
    return {"file": step.delivery} if step.delivery else {}


def _days(step: Step) -> list[str] | None:
    return [str(step.first), str(step.last)] if step.first else None
