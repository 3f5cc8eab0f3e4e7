"""Where the mesh file is. Nothing heavy is imported: a command without a mesh asks no more than this."""

from __future__ import annotations

import os
from pathlib import Path

from hansa.errors import MeshError
from hansa.near import near

DEFAULT_NAME = "mesh.yaml"


def has_mesh_file() -> bool:
    """True if a mesh file is named by HANSA_MESH or lies in the working folder."""
    return bool(os.environ.get("HANSA_MESH")) or Path(DEFAULT_NAME).exists()


def find_mesh_file(path: Path | None = None) -> Path:
    """The mesh file: the path given, else HANSA_MESH, else ``mesh.yaml`` in the working folder; absolute.

    Errors: MeshError if there is none, or a folder lies there.
    """
    place = path or Path(os.environ.get("HANSA_MESH") or DEFAULT_NAME)
    if place.is_dir():
        raise MeshError(
            "mesh.folder", "it is a folder, not a mesh file", where=str(place), next_step="name the file in it"
        )
    if not place.exists():
        raise _missing(place, named=path is None and bool(os.environ.get("HANSA_MESH")))
    return place.resolve()


def meant_mesh_file(path: Path | None) -> Path | None:
    """The mesh file that is named, else that of the environment or of this folder; None where there is none of them."""
    return find_mesh_file(path) if path is not None or has_mesh_file() else None


def _missing(place: Path, named: bool) -> MeshError:
    """There is no mesh file; ``named`` says that the environment asked for it."""
    beside = place.parent.glob("*.y*ml") if place.parent.is_dir() else ()
    close = near(place.name, [found.name for found in beside])
    what = "there is no mesh file, and HANSA_MESH names it" if named else "there is no mesh file"
    mend = "hansa demo makes one, or --mesh PATH"
    return MeshError(
        "mesh.missing", what, where=str(place), next_step=f"did you mean '{place.with_name(close)}'?" if close else mend
    )
