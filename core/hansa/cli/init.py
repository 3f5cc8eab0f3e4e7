"""``hansa init``: a mesh file to begin with, every setting with what it means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from hansa.mesh import Mesh
    from hansa.registry import Registry

#: What a profile need not say: the zone and the first day of a mesh that nobody has thought about yet.
_ZONE = "UTC"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="init")(init)


def init(
    profile: str = typer.Option("small", "--profile", help="small, full, or the path of an institution's profile."),
    into: Path = typer.Option(Path(), "--into", help="The folder of the mesh; made if it is not there."),
) -> None:
    """Write a commented mesh.yaml with an entry for each source that is to be bound. Overwrites nothing.

    small has what an institution needs to fight fraud and to market, full has every module and every setting.
    """
    from hansa.errors import MeshError
    from hansa.mesh.place import DEFAULT_NAME
    from hansa.registry import load

    path = into / DEFAULT_NAME
    if path.exists() or path.is_symlink():
        raise _exists(path)
    registry = load()
    text = _of_file(Path(profile), into, registry) if Path(profile).is_file() else _named(profile, into, registry)
    try:
        into.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        what = f"it cannot be written ({error.strerror})"
        raise MeshError("init.unwritable", what, where=str(path), next_step="name another folder by --into") from None
    _told(path, registry)


def _exists(path: Path) -> Exception:
    from hansa.errors import MeshError

    mend = "name another folder by --into, or move it away"
    return MeshError("init.exists", "it is there already", where=str(path), state="nothing was written", next_step=mend)


def _told(path: Path, registry: Registry) -> None:
    """What was written, and what is left to bind."""
    from hansa.cli.place import command
    from hansa.mesh import load_mesh
    from hansa.mesh.declared import enabled
    from hansa.mesh.written import to_bind

    mesh = load_mesh(path)
    on = ", ".join(module.name for module in mesh.modules) or "none"
    typer.echo(f"wrote {path}: modules on: {on}")
    unbound = [one.id for one in to_bind(enabled(mesh.file), registry) if not _bound(mesh, one.id)]
    for id in unbound:
        typer.echo(f"  left to bind: sources.{id}")
    bind = "bind them in the file; " if unbound else ""
    typer.echo(f"next: {bind}{command('check', mesh=path)} says what is left")


def _bound(mesh: Mesh, product: str) -> bool:
    """True if the mesh file names a file for the product that is there, or an address that nobody opened yet."""
    if product not in mesh.file.sources:
        return False
    uri = mesh.file.sources[product].uri
    return "://" in uri or mesh.file.under(mesh.path.parent, uri).exists()


def _beginning(into: Path) -> dict[str, Any]:
    """The settings that have no default."""
    import datetime as dt

    name = " ".join("".join(one if one.isprintable() else " " for one in into.resolve().name).split())
    return {"name": name or "mesh", "time_zone": _ZONE, "start": dt.datetime.now(dt.UTC).date().replace(month=1, day=1)}


def _named(profile: str, into: Path, registry: Registry) -> str:
    from hansa.mesh.profiles import SHORT, modules_of
    from hansa.mesh.written import mesh_text
    from hansa.mesh.written_short import short_text

    write = short_text if profile == SHORT else mesh_text
    return write(_beginning(into), modules_of(profile, registry.modules), registry)


def _of_file(profile: Path, into: Path, registry: Registry) -> str:
    """The profile's own text with its comments, what it leaves open, then what else could be said.

    A source that lies beside the profile is named from the new folder.
    """
    from hansa.contract.yaml_text import load
    from hansa.mesh.declared import enabled
    from hansa.mesh.read import judged
    from hansa.mesh.written import rest_text, scalar

    given, lines = load(profile)
    open_ones = {word: value for word, value in _beginning(into).items() if word not in given}
    file = judged(profile, {word: str(value) for word, value in open_ones.items()} | given, lines)
    text = _moved(profile, into, given, lines)
    head = "".join(f"{word}: {scalar(value)}\n" for word, value in open_ones.items())
    rest = rest_text({*given, *open_ones}, enabled(file), registry, file.sources)
    return f"{head}{text.rstrip()}\n\n{rest}"


def _moved(profile: Path, into: Path, given: Mapping[str, Any], lines: Mapping[Any, int]) -> str:
    """The profile's text; the path of a file that is there from the profile's folder leads to it from the new one."""
    text = profile.read_text(encoding="utf-8-sig").splitlines()
    for id, source in (given.get("sources") or {}).items():
        uri, number = source["uri"], lines["sources", id, "uri"] - 1
        file = profile.parent / uri
        if file.exists() and not Path(uri).is_absolute() and uri in text[number]:
            before, _, after = text[number].rpartition(uri)
            text[number] = f"{before}{os.path.relpath(file.resolve(), into.resolve())}{after}"
    return "\n".join(text)
