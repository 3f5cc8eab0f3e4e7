"""The mesh as a component of a Dagster project: ``type: hansa.definitions.Mesh`` in a ``defs.yaml``."""

# Dagster reads the annotations of a component's fields: annotations of this file are not postponed.
import os
from pathlib import Path

import dagster as dg

from hansa.errors import MeshError


class Mesh(dg.Component, dg.Model, dg.Resolvable):
    """One institution's mesh: its products as assets with checks, jobs and schedules.

    ``mesh`` is the mesh file, relative to the ``defs.yaml``; without it the one that HANSA_MESH names. ``domain`` takes
    the products of one domain alone.
    """

    mesh: str | None = None
    domain: str | None = None

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The definitions of the mesh, or of the domain."""
        from hansa.definitions.locations import WHOLE, located

        path = self._path(Path(context.path))
        if path is not None:
            # Dagster loads a project once a process, and its runs load it again by the same file.
            os.environ["HANSA_MESH"] = str(path)
        return located(self.domain or WHOLE)

    def _path(self, folder: Path) -> Path | None:
        if self.mesh is None:
            return None
        path = (folder / Path(self.mesh).expanduser()).resolve()
        if not path.is_file():
            raise MeshError("mesh.missing", "there is no such mesh file", where=str(path), next_step="mend the path")
        return path
