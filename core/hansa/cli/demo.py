"""``hansa demo``: a synthetic institution, run from its files to its scorecard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hansa.registry import Registry


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="demo")(demo)


def demo(
    customers: int = typer.Option(10_000, "--customers", min=100, max=100_000, help="Size of the synthetic bank."),
    home: Path = typer.Option(Path("hansa-demo"), "--home", help="Folder of the demo."),
    seed: int = typer.Option(7, "--seed", help="Another seed is another bank."),
) -> None:
    """Make a synthetic bank, run its mesh to alerts and scorecard; run again, it goes on from what is there."""
    import datetime as dt

    from hansa.cli.place import command
    from hansa.cli.run import carry_out, summarise
    from hansa.cli.scorecard import lines
    from hansa.errors import WorldError
    from hansa.mesh import load_mesh
    from hansa.plan import default_day, longest_lookahead, make_plan, refuse_findings, selected
    from hansa.registry import load
    from hansa.scorecard import scorecard
    from hansa.standing import Standing

    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(
            "demo.home", f"cannot be made ({error.strerror})", where=str(home), next_step="name another by --home"
        ) from None
    registry = load()
    path = _institution(registry, home, customers, seed)
    mesh = load_mesh(path, registry)
    refuse_findings(mesh, [])
    standing = Standing(mesh)
    asked = selected(mesh, [])
    # The last week of which everything that becomes known later is known by now, so that it can be measured.
    last = default_day(mesh, standing, asked) - dt.timedelta(days=longest_lookahead(mesh, asked))
    first = last - dt.timedelta(days=6)
    typer.echo(f"demo    {path}: {customers} customers, seed {seed}, business days {first} to {last}")
    plan = make_plan(mesh, standing, asked, first, last)
    summarise(mesh, plan, carry_out(mesh, plan, bare=False))
    for line in lines(scorecard(mesh)):
        typer.echo(line)
    typer.echo("next")
    for name in ("ui", "read risk.fraud_alerts --limit 5", "quarantine list"):
        typer.echo(f"  {command(name, mesh=path)}")


def _institution(registry: Registry, home: Path, customers: int, seed: int) -> Path:
    """The mesh file that the first plugin which can make one has made."""
    from hansa.errors import MeshError

    for name in sorted(registry.demo_makers):
        path = registry.demo_makers[name](home=home, customers=customers, seed=seed)
        if path is not None:
            return path
    raise MeshError("demo.maker", "no installed plugin makes a demo", next_step="install hansa-sandbox")
