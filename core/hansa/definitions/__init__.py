"""A mesh as Dagster definitions: the one room that knows Dagster.

``dagster ... -m hansa.definitions -a mesh`` loads the mesh that HANSA_MESH names, ``-a risk`` its domain risk alone.
What Dagster shows of a day is derived from that day's receipt. ``hansa.definitions.Mesh`` is the mesh as a component.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
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
            with _kept():
                _loaded[name] = importlib.import_module("hansa.definitions.locations").located(name)
    return _loaded[name]


@contextmanager
def _kept() -> Iterator[None]:
    """Whatever a location is made of, Dagster included, lives as long as its process: a search for garbage in it, while
    it is loaded and once more when the process ends, costs a third of the loading and finds nothing."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
        gc.freeze()


def __dir__() -> list[str]:
    """What ``dg`` finds here when it looks for components."""
    return sorted([*globals(), "Mesh"])
