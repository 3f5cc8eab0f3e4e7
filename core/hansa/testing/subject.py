"""What is tried: one installed plugin with its modules, products and contracts."""

from __future__ import annotations

import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.registry import PluginReport, Registry, load
from hansa.registry.installed import Candidate, installed

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.products import Module, Product


@dataclass(frozen=True)
class Subject:
    """One plugin by its name; ``reason`` says why it is left out, empty if it is in."""

    name: str
    registry: Registry
    candidates: tuple[Candidate, ...]

    @property
    def reports(self) -> tuple[PluginReport, ...]:
        """What the registry says of it, once a package that announces the name."""
        return tuple(report for report in self.registry.plugins if report.name == self.name)

    @property
    def reason(self) -> str:
        """Why it is not in."""
        if not self.reports:
            known = ", ".join(sorted(report.name for report in self.registry.plugins)) or "none"
            return f"no plugin '{self.name}' is installed (there are {known}); run uv pip install -e . in its folder"
        return "; ".join(report.reason for report in self.reports if report.state == "left out")

    @cached_property
    def modules(self) -> dict[str, Module]:
        """Its modules by name."""
        plugins = self.registry.module_plugins
        return {name: module for name, module in self.registry.modules.items() if plugins[name] == self.name}

    @cached_property
    def products(self) -> dict[str, tuple[Product, str]]:
        """Its products with the name of their module, by id."""
        return {p.id: (p, name) for name, module in self.modules.items() for p in module.products}

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """The contracts of its products, by id; of several major versions the newest."""
        found = {id: self.contract_of(id) for id in self.products}
        return {id: contract for id, contract in found.items() if contract is not None}

    def contract_of(self, product: str, major: int | None = None) -> Contract | None:
        """The contract of a product, of the highest major version if none is asked for."""
        majors = [known for id, known in self.registry.contracts if id == product and major in (None, known)]
        return self.registry.contracts[product, max(majors)] if majors else None

    @property
    def module_name(self) -> str:
        """The Python module that the entry point names; empty if none does."""
        points = [one.entry_point for one in self.candidates if one.entry_point is not None]
        return points[0].value.partition(":")[0] if points else ""

    @property
    def source(self) -> Path | None:
        """The file of the plugin's module, None where it cannot be found. Its packages are imported for that."""
        try:
            found = importlib.util.find_spec(self.module_name) if self.module_name else None
        except (Exception, SystemExit):  # noqa: BLE001 - a stranger's package may raise anything when it is imported
            return None
        return Path(found.origin).resolve() if found is not None and found.origin else None

    def python_modules(self) -> Iterator[str]:
        """Names of all Python modules of the plugin's package, but for its tests and what runs when it is imported."""
        package = self.module_name.partition(".")[0]
        yield self.module_name
        try:
            found = importlib.util.find_spec(package) if package else None
        except (Exception, SystemExit):  # noqa: BLE001 - as above
            return
        places = found.submodule_search_locations if found is not None else None
        for folder, prefix in ((place, f"{package}.") for place in places or ()):
            for name in _under(Path(folder), prefix):
                if name != self.module_name:
                    yield name


def _under(folder: Path, prefix: str) -> Iterator[str]:
    for one in pkgutil.iter_modules([str(folder)]):
        if one.name in ("tests", "__main__", "conftest") or one.name.startswith("test_"):
            continue
        yield f"{prefix}{one.name}"
        if one.ispkg:
            yield from _under(folder / one.name, f"{prefix}{one.name}.")


def subjects() -> dict[str, Subject]:
    """Every installed plugin by name; all of them are loaded."""
    registry, found = load(), installed()
    names = {candidate.name for candidate in found}
    return {name: Subject(name, registry, tuple(c for c in found if c.name == name)) for name in sorted(names)}


def stranger(name: str, registry: Registry) -> Subject:
    """A plugin that is asked for and not installed."""
    return Subject(name, registry, ())
