"""``hansa impact``: which publications read what has been replaced since."""

from __future__ import annotations

from pathlib import Path

import typer

from hansa.cli.place import JSON, MESH


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="impact")(show_impact)


def show_impact(
    product: str = typer.Argument(help="The product that was restated: domain.product."),
    first: str = typer.Option(None, "--from", help="Only what was replaced on this day or later."),
    last: str = typer.Option(None, "--to", help="Only what was replaced on this day or before."),
    mesh: Path = MESH,
    as_json: bool = JSON,
) -> None:
    """Name the published days that read what has other rows by now, and those that read one of these in turn.

    A day that was restated to the same rows touches nobody. ``hansa run --stale`` makes them again.
    """
    import json

    from hansa.cli.place import product_of
    from hansa.cli.run import day_of
    from hansa.impact import impact
    from hansa.mesh import load_mesh
    from hansa.plan import selected
    from hansa.standing import Standing

    loaded = load_mesh(mesh)
    name, _ = product_of(product)
    selected(loaded, [name])
    begin, end = (day_of(text, option) if text else None for text, option in ((first, "--from"), (last, "--to")))
    found = impact(loaded, Standing(loaded), name, begin, end)
    if as_json:
        told = {"product": name, "affected": [one.as_json() for one in found]}
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    if not found:
        typer.echo(f"nothing that is published read rows of {name} that were replaced since")
    for one in found:
        typer.echo(f"{one.product:32} {one.day or 'whole'!s:10}  publication {one.publication[:12]}  {one.sentence()}")
