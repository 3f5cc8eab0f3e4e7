"""``hansa explain``: what a run would read, check and write, why, and to whom it matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH

if TYPE_CHECKING:
    from hansa.explanation import Matter

#: Rules of one column are told in lines of about this many letters.
_WIDTH = 90


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="explain")(show_explanation)


def show_explanation(
    selection: list[str] = typer.Argument(None, help="Modules or products; nothing means all that are on."),
    first: str = typer.Option(None, "--from", help="First business day (else the newest that the sources hold)."),
    last: str = typer.Option(None, "--to", help="Last business day (else the same as --from)."),
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Say what hansa run would do with the same words. Runs nothing, writes nothing, opens no published row."""
    import json

    from hansa.cli.run import nothing_to_do, planned, steps_of
    from hansa.cli.run_told import head_json, heading, why_day
    from hansa.explanation import explain

    loaded, standing, plan = planned(mesh, selection or [], first, last)
    because = why_day(loaded, standing, selection or [], plan.first) if first is None and last is None else ""
    matters = explain(loaded, standing, plan)
    if as_json:
        told = head_json(plan, because) | {"products": [matter.as_json() for matter in matters]}
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    if because:
        typer.echo(heading(plan, because))
    typer.echo(f"{plan.first}..{plan.last}: {steps_of(plan) if plan.steps else nothing_to_do(plan)}")
    for matter in matters:
        typer.echo("\n".join(lines(matter)))


def lines(matter: Matter) -> Iterator[str]:
    """A product of a plan for a terminal, one fact a line."""
    yield matter.product
    for one in matter.steps:
        yield f"  {one.order:>4}. {one.step.title().removeprefix(matter.product).strip() or 'whole'}: {one.why}"
        yield from (f"        reads {read.sentence()}" for read in one.reads)
        yield from (f"        {day} is a declared {_holiday(name)}" for day, name in one.holidays.items())
    yield "  refuses a row by" if matter.rows else "  refuses no row"
    yield from (f"    {line}" for line in _by_column(matter.rows))
    yield "  holds the whole by" if matter.held_by else "  holds by no rule"
    yield from (f"    {rule}" for rule in matter.held_by)
    yield f"  writes {matter.table}"
    yield f"    under {matter.contract}"
    yield "  matters to" if matter.consumers or matter.kpis else "  matters to no product of this mesh"
    yield from (f"    {id} ({owner or 'no owner'})" for id, owner in matter.consumers.items())
    yield from (f"    KPI {kpi}" for kpi in matter.kpis)


def _by_column(rules: Sequence[str]) -> Iterator[str]:
    """Rules by what stands before the last dot of their names, which is the column that they ask for."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        column, _, asked = rule.rpartition(".")
        found.setdefault(column, []).append(asked)
    for column, words in sorted(found.items()):
        for part in wrap(", ".join(words), _WIDTH, break_long_words=False, break_on_hyphens=False):
            yield f"{column}: {part}" if column else part


def _holiday(name: str) -> str:
    return name if name in ("holiday", "weekend") else f"holiday ({name})"
