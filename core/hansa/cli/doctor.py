"""``hansa doctor``: is everything there that a mesh needs, and what mends what is not."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from hansa.cli.place import JSON, MESH


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="doctor")(doctor)


def doctor(mesh: Path = MESH, as_json: bool = JSON) -> None:
    """Look at Python, packages, plugins, tables, warehouse, keys, Dagster, Ray, clock. Exit code 1 if one fails."""
    from hansa.doctor import Check, examine

    found: list[Check] = []
    for check in examine(mesh):
        found.append(check)
        if not as_json:
            typer.echo(check.line())
    failed = any(check.state == "fail" for check in found)
    if as_json:
        told = {"ok": not failed, "checks": [check.as_json() for check in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    if failed:
        raise typer.Exit(1)
