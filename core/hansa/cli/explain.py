"""``hansa explain``: what a run would read, check and write, why, and to whom it matters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH

if TYPE_CHECKING:
    import datetime as dt

    from hansa.explanation import Matter

#: Rules of one column are told in lines of about this many letters.
_WIDTH = 90
#: A space at which no line is broken.
_FIRM = "\u00a0"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="explain")(show_explanation)


def show_explanation(
    selection: list[str] = typer.Argument(None, help="Modules or products; nothing means all that are on."),
    first: str = typer.Option(None, "--from", help="First business day (else the newest that the sources hold)."),
    last: str = typer.Option(None, "--to", help="Last business day (else the same as --from)."),
    day: str = typer.Option(None, "--day", help="Of a plan over many days, what is done for this one alone."),
    full: bool = typer.Option(False, "--full", help="Each day by itself, also where days are alike."),
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Say what hansa run would do with the same words. Runs nothing, writes nothing, opens no published row.

    Days that are alike are told once, and then those that differ. --json always has each of them.
    """
    from hansa.cli.run import day_of, nothing_to_do, planned, steps_of
    from hansa.cli.run_told import head_json, heading, notes_of_sources, tell_sources, why_day
    from hansa.explanation import explain

    wanted = day_of(day, "--day") if day else None
    loaded, standing, plan = planned(mesh, selection or [], first, last)
    because = why_day(loaded, standing, selection or [], plan.first) if first is None and last is None else ""
    matters = explain(loaded, standing, plan)
    notes = notes_of_sources(loaded, standing, selection or [], words=True)
    if as_json:
        told = head_json(plan, because) | {"products": [matter.as_json() for matter in matters]}
        told |= {"sources": [note.as_json() for note in notes]}
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    if because:
        typer.echo(heading(plan, because))
    typer.echo(f"{plan.first}..{plan.last}: {steps_of(plan) if plan.steps else nothing_to_do(plan)}")
    shown = matters if wanted is None else _of_day(matters, wanted)
    if wanted is not None and not shown:
        typer.echo(f"nothing of this is done for {wanted}")
    for matter in shown:
        typer.echo("\n".join(lines(matter, loaded.path, each=full or wanted is not None)))
    tell_sources(notes)


def _of_day(matters: Sequence[Matter], day: dt.date) -> list[Matter]:
    """The products of which something is done for a day, each with these steps alone."""
    of_day = [replace(one, steps=tuple(step for step in one.steps if day in step.step.days)) for one in matters]
    return [one for one in of_day if one.steps]


def lines(matter: Matter, mesh: Path, *, each: bool = False) -> Iterator[str]:
    """A product of a plan for a terminal, one fact a line; ``each`` tells every step by itself."""
    from hansa.cli.explain_days import told_steps

    yield matter.product
    yield from told_steps(matter.product, matter.steps, each=each)
    yield "  refuses a row by" if matter.rows else "  refuses no row"
    yield from (f"    {line}" for line in _by_column(matter.rows, matter.overlaid))
    yield "  holds the whole by" if matter.held_by else "  holds by no rule"
    yield from (f"    {rule}{_added(matter, rule)}" for rule in matter.held_by)
    yield f"  writes {matter.table}"
    yield f"    under {matter.contract}"
    if matter.overlaid:
        yield f"    and overlays of {mesh}"
    yield "  matters to" if matter.consumers or matter.kpis else "  matters to no product of this mesh"
    yield from (f"    {id} ({owner or 'no owner'})" for id, owner in matter.consumers.items())
    yield from (f"    KPI {kpi}" for kpi in matter.kpis)


def _added(matter: Matter, rule: str) -> str:
    """The overlay that a rule which holds the whole is of; empty for a rule of the contract."""
    from hansa.explanation import SHARE_TOLD
    from hansa.held import SHARE

    place = matter.overlaid.get(SHARE if rule.startswith(SHARE_TOLD) else rule)
    return f" (overlay {place})" if place else ""


def _by_column(rules: Sequence[str], overlaid: Mapping[str, str]) -> Iterator[str]:
    """Rules by what stands before the last dot of their names, which is the column that they ask for."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        column, _, asked = rule.rpartition(".")
        # An overlay stays in one line with its rule: no space of it is one to break at.
        added = f"{_FIRM}(overlay{_FIRM}{overlaid[rule]})" if rule in overlaid else ""
        found.setdefault(column, []).append(f"{asked}{added}")
    for column, words in sorted(found.items()):
        for part in wrap(", ".join(words), _WIDTH, break_long_words=False, break_on_hyphens=False):
            told = part.replace(_FIRM, " ")
            yield f"{column}: {told}" if column else told
