"""Where the mesh file is, and what stands in it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError

from hansa.contract.yaml_text import load
from hansa.errors import MeshError
from hansa.mesh.fault import environment_fault, first_fault, unknown_key
from hansa.mesh.file import MeshFile

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
        raise MeshError(
            "mesh.missing", "there is no mesh file", where=str(place), next_step="hansa demo makes one, or --mesh PATH"
        )
    return place.resolve()


def read_mesh_file(path: Path) -> MeshFile:
    """Read a mesh file, with the environment's overrides.

    Errors: MeshError, one sentence with file and line, for whatever is wrong in it.
    """
    given, lines = load(path)
    for key in given:
        if key not in MeshFile.model_fields:
            raise unknown_key(path, lines, key)
    try:
        return MeshFile(**given)
    except ValidationError as error:
        raise first_fault(path, lines, error) from None
    except SettingsError as error:
        raise environment_fault(error) from None
