"""``hansa new plugin NAME``: a complete package in the shape that plugins have; ``hansa new update`` renews it."""

from __future__ import annotations

from pathlib import Path

import typer

group = typer.Typer(
    name="new", help="Write a new plugin, and keep it up to date.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(group)


@group.command(name="plugin")
def plugin(
    name: str = typer.Argument(help="The domain of its products: treasury, as in treasury.turnover."),
    into: Path = typer.Option(Path(), "--into", help="Folder in which the package's folder is made."),
    owner: str = typer.Option(None, "--owner", help="Whom to ask about the products, as their contracts say."),
    template: str = typer.Option(None, "--template", help="Git repository of a template of your own."),
) -> None:
    """Write a package with a module, a product, its contract, tests, CI and a mesh to try it. Needs no network."""
    from hansa.scaffold import new_plugin

    folder = new_plugin(name, into, template, owner)
    typer.echo(f"made  {folder}")
    typer.echo(f"next  cd {folder} && git init && git add --all && git commit -m 'New plugin' && uv run pytest")


@group.command(name="update")
def update(
    folder: Path = typer.Argument(Path(), help="Folder of a plugin that was made by hansa new."),
) -> None:
    """Bring what this Hansa writes into new plugins into an older one. Edits stay; see the changes by git diff."""
    from hansa.scaffold import update_plugin

    typer.echo(f"updated  {update_plugin(folder)}; see: git diff")
