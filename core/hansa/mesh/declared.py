"""What a mesh declares: the products of the modules that are on or in shadow, and of the sources that are bound."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hansa.mesh.model import BOUND_SOURCES
from hansa.mesh.optional import with_optional
from hansa.mesh.shadow import contract_in_shadow, hidden_sources, is_shadow, live_name, shadowed, shadows
from hansa.products import Product, source_product

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh.file import MeshFile
    from hansa.products import Module
    from hansa.registry import LostProduct, Registry

Declared = Mapping[str, tuple[Product, str]]


@dataclass(frozen=True)
class Choice:
    """The modules of a mesh, those in shadow among them, and every product that they declare with its module."""

    modules: tuple[Module, ...]
    declared: Declared


def choose(file: MeshFile, registry: Registry) -> Choice:
    """What the file switches on or puts in shadow of what is installed."""
    on, hidden = (
        tuple(
            with_optional(registry.modules[name], file, registry) for name in sorted(names) if name in registry.modules
        )
        for names in (enabled(file), shadowed(file))
    )
    live = _live(on, file, registry)
    beside = shadows(file, hidden, live)
    declared = live | {product.id: (product, module.name) for module in beside for product in module.products}
    return Choice((*on, *beside), dict(sorted(declared.items())))


def enabled(file: MeshFile) -> list[str]:
    """Names of the modules that the file switches on, known or not."""
    return [name for name, state in file.modules.items() if state == "on"]


def _live(modules: Collection[Module], file: MeshFile, registry: Registry) -> dict[str, tuple[Product, str]]:
    """Products of the enabled modules, and a source product of each bound contract that none of them brings."""
    declared = {product.id: (product, module.name) for module in modules for product in module.products}
    hidden = hidden_sources(file, registry.modules.values())
    for id in file.sources:
        if id not in declared and id not in hidden and contract_of(registry, id) is not None:
            declared[id] = (source_product(id), BOUND_SOURCES)
    for id, lost in registry.lost.items():
        if id not in declared and (names := _asked_for(lost, file, registry)):
            declared[id] = (Product(id, lost.requires), names[0])
    return declared


def _asked_for(lost: LostProduct, file: MeshFile, registry: Registry) -> list[str]:
    """The modules that are on and would bring a lost product: its own, else those of its domain that nobody brings."""
    on = sorted(set(enabled(file)) - set(registry.modules))
    return [name for name in on if name == lost.module or (not lost.module and name.split(".")[0] == lost.plugin.name)]


def contract_of(registry: Registry, product: str) -> Contract | None:
    """The product's contract of the highest known major version; a shadow keeps that of its product."""
    live = live_name(product)
    majors = [major for id, major in registry.contracts if id == live]
    if not majors:
        return None
    contract = registry.contracts[live, max(majors)]
    return contract_in_shadow(contract) if is_shadow(product) else contract
