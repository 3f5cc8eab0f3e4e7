"""``hansa explain``: what a run would read, check and write, why, and to whom it matters."""

from __future__ import annotations

from pathlib import Path

import typer

from hansa.cli.place import JSON, MESH


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
    from hansa.explanation import explain, lines

    loaded, standing, plan = planned(mesh, selection or [], first, last)
    matters = explain(loaded, standing, plan)
    if as_json:
        told = {
            "days": [str(plan.first), str(plan.last)],
            "right": plan.right,
            "products": [matter.as_json() for matter in matters],
        }
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    typer.echo(f"{plan.first}..{plan.last}: {steps_of(plan) if plan.steps else nothing_to_do(plan)}")
    for matter in matters:
        typer.echo("\n".join(lines(matter)))
