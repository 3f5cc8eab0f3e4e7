"""What the registry says: the plugins with their state, and what those that are in bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.products import Input, Module
    from hansa.scorer import Scorer
    from hansa.sources import Reader

State = Literal["in", "left out", "not allowed", "not installed"]


@dataclass(frozen=True)
class PluginReport:
    """One plugin as ``hansa plugins`` shows it.

    ``reason`` says why it is not in or, of one that is in, what to tidy up or what it did that was put back.
    ``modules`` are those that it brings or, as far as it came to tell them, would bring.
    """

    name: str
    distribution: str
    version: str
    state: State
    reason: str = ""
    modules: tuple[str, ...] = ()

    def sentence(self) -> str:
        """State and reason of one that is not in, in one line."""
        told = f"plugin {self.name} is {self.state}" if self.state != "not installed" else self.distribution
        return f"{told}: {self.reason}" if self.reason else told


@dataclass(frozen=True)
class LostProduct:
    """A product of a plugin that is not in, known from its trial or from the contracts in its package.

    ``module`` and ``requires`` are empty where only a contract speaks for it.
    """

    id: str
    plugin: PluginReport
    module: str = ""
    requires: tuple[Input, ...] = ()


@dataclass(frozen=True)
class Registry:
    """What the installed plugins bring.

    ``modules`` by name, ``contracts`` by id and major version, ``readers`` by format, ``demo_makers`` by plugin,
    ``scorers`` by name;
    ``module_plugins`` says which plugin brought a module; ``lost`` are products of plugins that are not in, by id.
    """

    plugins: tuple[PluginReport, ...] = ()
    modules: Mapping[str, Module] = field(default_factory=dict)
    contracts: Mapping[tuple[str, int], Contract] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    demo_makers: Mapping[str, Callable[..., Path | None]] = field(default_factory=dict)
    scorers: Mapping[str, Scorer] = field(default_factory=dict)
    module_plugins: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, LostProduct] = field(default_factory=dict)

    def left_out(self) -> tuple[PluginReport, ...]:
        """The plugins with a fault, and what ``plugins.allow`` names without there being such a plugin."""
        return tuple(plugin for plugin in self.plugins if plugin.state in ("left out", "not installed"))

    def absent(self) -> tuple[PluginReport, ...]:
        """The plugins that are not in, those that are not allowed among them."""
        return tuple(plugin for plugin in self.plugins if plugin.state != "in")
