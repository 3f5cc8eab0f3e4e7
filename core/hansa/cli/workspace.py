"""``hansa workspace``: the file by which Dagster's own tools find the mesh, as one location or one a domain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import MESH

if TYPE_CHECKING:
    from hansa.mesh import Mesh


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="workspace")(workspace)


def workspace(
    mesh: Path = MESH,
    split: bool = typer.Option(False, "--split", help="One location a domain instead of one for the whole mesh."),
    python: list[str] = typer.Option(
        [], "--python", help="DOMAIN=PATH: the Python of the environment in which a domain runs; with --split."
    ),
    out: Path = typer.Option(Path("workspace.yaml"), "--out", help="File to write; - prints it."),
    force: bool = typer.Option(False, "--force", help="Write over a file that is there and differs."),
) -> None:
    """Write the workspace file of the mesh, and say how Dagster is started with it."""
    import shlex

    import yaml

    from hansa.definitions.instance import environment
    from hansa.definitions.locations import WHOLE, domains
    from hansa.mesh import load_mesh

    loaded = load_mesh(mesh)
    names = domains(loaded) if split else [WHOLE]
    pythons = _pythons(loaded, python, names if split else [])
    text = yaml.safe_dump({"load_from": [_location(name, pythons.get(name)) for name in names]}, sort_keys=False)
    if str(out) == "-":
        typer.echo(text, nl=False)
        return
    _write(out, text, force)
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment(loaded).items())
    typer.echo(f"{out}: {len(names)} location{'s' if len(names) > 1 else ''}: {', '.join(names)}")
    typer.echo(f"start it by: {variables} dagster dev -w {shlex.quote(str(out))}")


def _location(name: str, python: str | None) -> dict[str, Any]:
    module = {"module_name": "hansa.definitions", "attribute": name, "location_name": name}
    return {"python_module": module | ({"executable_path": python} if python else {})}


def _pythons(mesh: Mesh, given: list[str], names: list[str]) -> dict[str, str]:
    """The Python of each domain that has one of its own."""
    from hansa.errors import MeshError
    from hansa.near import or_near

    found = {}
    for text in given:
        name, sign, path = text.partition("=")
        if not sign or not path:
            raise MeshError(
                "workspace.python", f"--python '{text}' is no DOMAIN=PATH", next_step="write risk=/envs/risk/bin/python"
            )
        if name not in names:
            mend = or_near(name, names, "give --split") if names else "give --split as well"
            raise MeshError(
                "workspace.domain",
                f"--python names '{name}', which is no location",
                where=str(mesh.path),
                next_step=mend,
            )
        # Not resolved: an environment's python is a link, and its place says which environment it is.
        place = Path(path).expanduser().absolute()
        if not place.is_file():
            raise MeshError("workspace.python", "there is no such Python", where=str(place), next_step="mend --python")
        found[name] = str(place)
    return found


def _write(out: Path, text: str, force: bool) -> None:
    from hansa.errors import MeshError, WorldError

    try:
        if out.exists() and not force and out.read_text() != text:
            raise MeshError(
                "workspace.exists",
                "it is there already and differs",
                where=str(out),
                next_step="give --force, or another --out",
            )
        out.write_text(text)
    except OSError as error:
        raise WorldError(
            "workspace.write",
            f"cannot be written ({error.strerror})",
            where=str(out),
            next_step="name another by --out",
        ) from None
