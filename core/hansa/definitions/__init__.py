"""A mesh as Dagster definitions: the one room that knows Dagster.

``dagster ... -m hansa.definitions -a mesh`` loads the mesh that HANSA_MESH names, ``-a risk`` its domain risk alone.
What Dagster shows of a day is derived from that day's receipt. ``hansa.definitions.Mesh`` is the mesh as a component.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

_loaded: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    # Python asks for rooms of this package by the same way, and those are no locations.
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(f"module 'hansa.definitions' has no attribute '{name}'")
    if name not in _loaded:
        if name == "Mesh":
            _loaded[name] = importlib.import_module("hansa.definitions.component").Mesh
        else:
            _loaded[name] = importlib.import_module("hansa.definitions.locations").located(name)
    return _loaded[name]


def __dir__() -> list[str]:
    """What ``dg`` finds here when it looks for components."""
    return sorted([*globals(), "Mesh"])
