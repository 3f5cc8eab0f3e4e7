"""``hansa plugins``, ``hansa modules``, ``hansa check``: who is in, what can be switched on, is the mesh whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hansa.cli.place import mesh_if_any, print_json

if TYPE_CHECKING:
    from hansa.mesh import Finding, Mesh
    from hansa.registry import Registry

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of columns.")]
Again = Annotated[bool, typer.Option("--again", help="Import each in a child process again, known or not.")]
MeshPath = Annotated[Path | None, typer.Option("--mesh", help="The mesh file; default HANSA_MESH, else ./mesh.yaml.")]


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command()(plugins)
    app.command()(modules)
    app.command()(check)


def plugins(as_json: AsJson = False, mesh: MeshPath = None, again: Again = False) -> None:
    """List the installed plugins: who is in, who is left out and why. Exit code 1 if one is left out.

    One that plugins.allow of the mesh file does not name is not allowed, and never imported; that is no fault.
    """
    from hansa.mesh.read import read_plugin_choice
    from hansa.registry import load

    registry = load(choice=read_plugin_choice(mesh), again=again)
    if as_json:
        print_json({"plugins": [asdict(plugin) for plugin in registry.plugins]})
    else:
        rows = [(p.name, p.distribution, p.version, p.state, " ".join(p.modules)) for p in registry.plugins]
        _print_columns(("plugin", "distribution", "version", "state", "modules"), rows)
        for plugin in registry.plugins:
            if plugin.reason:
                typer.echo(f"{plugin.name} ({plugin.state}): {plugin.reason}")
    if registry.left_out():
        if not as_json:
            typer.echo("what was mended elsewhere is tried once more by: hansa plugins --again")
        raise typer.Exit(1)


def modules(as_json: AsJson = False, mesh: MeshPath = None) -> None:
    """List the modules that can be switched on, with their state in the mesh and the needs that are not met."""
    from hansa.mesh.read import read_plugin_choice
    from hansa.registry import load

    registry = load(choice=read_plugin_choice(mesh))
    rows = _module_rows(registry, mesh_if_any(mesh, registry))
    if as_json:
        print_json({"modules": rows})
        return
    texts = [(r["name"], r["state"], r["plugin"], str(r["products"]), r["title"]) for r in rows]
    _print_columns(("module", "state", "plugin", "products", "title"), texts)
    for row in rows:
        for need in row["unmet"]:
            typer.echo(f"{row['name']}: {need}")


def check(as_json: AsJson = False, mesh: MeshPath = None) -> None:
    """Check the mesh as a whole before anything runs. Exit code 1 if something is wrong.

    Every source is opened, the warehouse, its catalog and the vault are reached; of what is not there nothing is made.
    """
    from hansa.cli.run_told import contract_notes, tell_notes, tell_sources
    from hansa.mesh import load_mesh
    from hansa.mesh.scorers import told as told_scorer
    from hansa.mesh.surroundings import surroundings
    from hansa.source_notes import source_notes
    from hansa.standing import Standing, source_findings

    loaded = load_mesh(mesh)
    places = surroundings(loaded)
    lost = [place.finding for place in places if place.finding is not None]
    findings = [*loaded.findings, *source_findings(loaded), *lost]
    errors = sum(finding.severity == "error" for finding in findings)
    notes = contract_notes(kept.contract for kept in loaded.products.values())
    sources = source_notes(loaded, Standing(loaded), loaded.products, words=True)
    if as_json:
        reached = {place.what: place.as_json() for place in places}
        seen = {"sources": [note.as_json() for note in sources]}
        print_json(_check_result(loaded, findings) | reached | {"notes": notes} | seen)
    else:
        for finding in findings:
            typer.echo(f"{finding.severity:<8} {finding.line()}")
        tell_sources(sources)
        told = {finding.product for finding in findings}
        for product, reason in loaded.left_out.items():
            if product not in told:
                typer.echo(f"left out {product}: {reason}")
        for place in places:
            typer.echo(place.line())
        typer.echo(f"{'scorer':<9} {told_scorer(loaded.file)}")
        typer.echo(f"{loaded.path}: {len(loaded.products)} products ready, {len(loaded.left_out)} left out")
    if errors:
        raise typer.Exit(1)
    tell_notes(notes)


def _check_result(mesh: Mesh, findings: list[Finding]) -> dict[str, Any]:
    return {
        "mesh": str(mesh.path),
        "ok": all(finding.severity != "error" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
        "products": list(mesh.order),
        "left_out": dict(mesh.left_out),
        "scorer": mesh.file.scorer,
    }


def _module_rows(registry: Registry, mesh: Mesh | None) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": module.title,
            "title_zh": module.title_zh,
            "state": mesh.state_of(name) if mesh else "off",
            "plugin": registry.module_plugins[name],
            "products": len(module.products),
            "unmet": _unmet(mesh, name),
        }
        for name, module in registry.modules.items()
    ]


def _unmet(mesh: Mesh | None, module: str) -> list[str]:
    if mesh is None:
        return []
    return [f.sentence() for f in mesh.findings if f.severity == "error" and f.module == module]


def _print_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, *rows):
        typer.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
