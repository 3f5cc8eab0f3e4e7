"""Is everything there that a mesh needs? Each check has a state, one line and its mend; none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from hansa.doctor.check import Check, fail, guarded, skipped

__all__ = ["Check", "examine"]

#: The checks that a mesh file is needed for, in the order in which they are told.
_OF_MESH = (
    "mesh",
    "plugins",
    "scorer",
    "warehouse",
    "catalog",
    "vault",
    "keys",
    "tables",
    "dagster",
    "clock",
    "zone",
    "disk",
)


def examine(mesh: Path | None = None) -> Iterator[Check]:
    """Every check in turn, as it is made. Without a mesh file here what is about one is skipped.

    As little is made as proves something: see ``hansa.mesh.surroundings``. Errors of a check are its result.
    """
    from hansa.doctor import machine

    for name, look in (("python", machine.python), ("packages", machine.packages), ("ray", machine.ray)):
        yield from guarded(name, look)
    yield from _of_mesh(mesh)


def _of_mesh(path: Path | None) -> Iterator[Check]:
    from hansa.doctor import house, machine, orchestration
    from hansa.errors import HansaError
    from hansa.mesh import load_mesh
    from hansa.mesh.place import has_mesh_file

    if path is None and not has_mesh_file():
        why = "no mesh file lies here"
        yield from (skipped(name, why, "name it by --mesh") for name in _OF_MESH)
        return
    try:
        loaded = load_mesh(path)
    except HansaError as error:
        yield fail("mesh", error.sentence(), "")
        yield from (skipped(name, "the mesh file cannot be read", "mend it first") for name in _OF_MESH[1:])
        return
    looks: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
        ("mesh", lambda: house.mesh(loaded)),
        ("plugins", lambda: house.plugins(loaded)),
        ("scorer", lambda: house.scorer(loaded)),
        ("warehouse", lambda: house.places(loaded)),
        ("keys", lambda: house.keys(loaded)),
        ("tables", lambda: house.tables(loaded)),
        ("dagster", lambda: orchestration.dagster(loaded)),
        ("clock", lambda: machine.clock(loaded)),
        ("zone", lambda: machine.zone(loaded)),
        ("disk", lambda: machine.disk(loaded)),
    )
    for name, look in looks:
        found = list(guarded(name, look))
        yield from found
        if name == "warehouse":
            # A fault in the middle of this look must not hide that its other two places were not looked at.
            missing = {"catalog", "vault"} - {check.name for check in found}
            yield from (skipped(other, "not looked at: see warehouse", "mend it first") for other in sorted(missing))
