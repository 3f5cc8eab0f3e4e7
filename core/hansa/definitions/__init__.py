"""A mesh as Dagster definitions: the one room that knows Dagster.

``dagster ... -m hansa.definitions -a mesh`` loads the mesh that HANSA_MESH names. What Dagster shows of a day is
derived from that day's receipt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dagster as dg

_loaded: dict[str, dg.Definitions] = {}


def __getattr__(name: str) -> Any:
    if name != "mesh":
        raise AttributeError(f"module 'hansa.definitions' has no attribute '{name}'")
    if name not in _loaded:
        from hansa.definitions.assets import build
        from hansa.mesh import load_mesh

        _loaded[name] = build(load_mesh())
    return _loaded[name]
