"""The registry: who is in, who is left out and why, and what the installed plugins bring."""

from hansa.registry.loading import PluginReport, Registry, load

__all__ = ["PluginReport", "Registry", "load"]
