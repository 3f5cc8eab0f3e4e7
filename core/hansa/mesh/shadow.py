"""Modules in shadow: computed and gated like any other, into tables of their own that no module which is on reads.

The shadow of ``risk.fraud`` is a module of its own, ``shadow_risk.fraud``, and that of ``risk.fraud_alerts`` a product,
``shadow_risk.fraud_alerts``: plan, gate, receipts, history and upkeep know no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh.file import MeshFile
    from hansa.products import Input, Module, Product

_PREFIX = "shadow_"


def in_shadow(name: str) -> str:
    """The name of a module or product in shadow."""
    return _PREFIX + name


def is_shadow(name: str) -> bool:
    """True for the name of a module or product in shadow; no other may begin so."""
    return name.startswith(_PREFIX)


def live_name(name: str) -> str:
    """The name of a module or product without its shadow."""
    return name.removeprefix(_PREFIX)


def contract_in_shadow(contract: Contract) -> Contract:
    """The same contract, kept by the product's shadow."""
    return replace(contract, id=in_shadow(contract.id))


def shadowed(file: MeshFile) -> list[str]:
    """Names of the modules that run in shadow, known or not: instead of being on, or beside it with other settings."""
    return [
        name for name, state in file.modules.items() if state == "shadow" or (state == "on" and name in file.shadow)
    ]


def hidden_sources(file: MeshFile, modules: Iterable[Module]) -> set[str]:
    """Source products of modules that are in shadow and not on: their bound sources make nothing that is read."""
    hidden = [module for module in modules if file.modules.get(module.name) == "shadow"]
    return {product.id for module in hidden for product in module.products if product.from_source}


def shadows(file: MeshFile, modules: Collection[Module], live: Collection[str]) -> tuple[Module, ...]:
    """The shadow modules of a mesh; ``modules`` are those in shadow, ``live`` the ids of all products that are not."""
    own = {module.name: _own(module, beside=file.modules.get(module.name) == "on") for module in modules}
    every = {product.id for products in own.values() for product in products}
    return tuple(
        replace(
            module,
            name=in_shadow(module.name),
            title=f"{module.title} (shadow)" if module.title else "",
            title_zh=f"{module.title_zh}（影子）" if module.title_zh else "",
            # A target is the institution's, and what is in shadow serves nobody.
            kpis=(),
            products=tuple(_shadow(product, own[module.name], every, live) for product in own[module.name]),
        )
        for module in modules
    )


def _own(module: Module, *, beside: bool) -> list[Product]:
    """What the shadow of a module makes; beside the module itself its sources would be the same rows twice."""
    return [product for product in module.products if not (beside and product.from_source)]


def _shadow(product: Product, own: Collection[Product], every: Collection[str], live: Collection[str]) -> Product:
    beside = {one.id for one in own}

    def seen(given: Input) -> Input:
        """Its own module in shadow, else what is live, else what another module makes in shadow."""
        hidden = given.product in beside or (given.product not in live and given.product in every)
        return replace(given, reference=in_shadow(given.reference)) if hidden else given

    return replace(product, id=in_shadow(product.id), requires=tuple(seen(given) for given in product.requires))
