"""The registry: who is in, who is left out and why, and what the installed plugins bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.registry.loading import load
    from hansa.registry.model import LostProduct, PluginReport, Registry

__all__ = ["LostProduct", "PluginReport", "Registry", "load"]


def __getattr__(name: str) -> Any:
    """The public names when they are asked for: the child process of a trial needs none of them."""
    if name == "load":
        from hansa.registry.loading import load

        return load
    if name in __all__:
        from hansa.registry import model

        return getattr(model, name)
    raise AttributeError(f"module 'hansa.registry' has no attribute '{name}'")
