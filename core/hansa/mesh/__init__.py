"""Mesh: one institution's choice, ``mesh.yaml`` joined with what is installed and checked as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hansa.mesh.model import BOUND_SOURCES, Finding, Mesh, MeshProduct, topological

if TYPE_CHECKING:
    from hansa.registry import Registry

__all__ = ["BOUND_SOURCES", "Finding", "Mesh", "MeshProduct", "load_mesh", "topological"]


def load_mesh(path: Path | None = None, registry: Registry | None = None) -> Mesh:
    """Read the mesh file, join it with what is installed and check the whole.

    Errors: MeshError for a file that cannot be read; everything else is a finding of the mesh.
    """
    from hansa.mesh.check import assemble
    from hansa.mesh.place import find_mesh_file
    from hansa.mesh.read import read_mesh_file
    from hansa.registry import load

    place = find_mesh_file(path)
    file = read_mesh_file(place)
    return assemble(place, file, load(choice=file.plugins) if registry is None else registry)
