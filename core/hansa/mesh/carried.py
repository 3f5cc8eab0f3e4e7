"""Columns that a tag sends on: what an institution marks as a feature reaches the products that carry features.

A product with ``carries`` gets, in this mesh, the tagged columns of its inputs under its own contract, and its function
finds them by ``Run.tagged``. Where nothing is tagged nothing is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hansa.digest import canonical, sha256
from hansa.errors import MeshError
from hansa.mesh.model import Finding
from hansa.products import Input, Product, carried_name

if TYPE_CHECKING:
    from hansa.contract.model import Column, Contract
    from hansa.products import Module

Contracts = dict[tuple[str, int], "Contract"]

#: What a model can read.
_KINDS = ("string", "integer", "number", "boolean")
#: A column of the house: when the institution knew what stands in the row.
_KNOWN_AT = "known_at"


@dataclass(frozen=True)
class _Carried:
    """One tagged column of an input on its way into a product."""

    given: Input
    column: Column

    @property
    def name(self) -> str:
        return carried_name(self.given.parameter, self.column.name)

    def under(self, tag: str) -> Column:
        """The column as the product promises it: what it is and how it is protected; its rules held at the input."""
        own = self.column
        return type(own)(
            self.name,
            own.logical_type,
            own.line,
            precision=own.precision,
            scale=own.scale,
            classification=own.classification,
            description=own.description,
            description_zh=own.description_zh,
            tags=(tag,),
        )


def carry(modules: Mapping[str, Module], contracts: Contracts) -> tuple[dict[str, Module], Contracts, list[Finding]]:
    """Modules and contracts with what their products carry on, and what cannot be carried."""
    made, extended, findings = dict(modules), dict(contracts), list[Finding]()
    brought = {product.id for module in modules.values() for product in module.products}
    for name, module in modules.items():
        if not any(product.carries for product in module.products):
            continue
        products = []
        for product in module.products:
            found = _found(product, contracts)
            findings += [
                Finding.of("error", MeshError("product.carried", what, next_step=mend), module=name, product=product.id)
                for what, mend in _faults(product, found, contracts)
            ]
            carried = any(one.given in product.optional for one in found)
            products.append(_reading(product, brought) if carried else product)
            for key in [key for key in contracts if found and key[0] == product.id]:
                extended[key] = _with(contracts[key], product.carries, found)
        made[name] = replace(module, products=tuple(products))
    return made, extended, findings


def _found(product: Product, contracts: Contracts) -> list[_Carried]:
    """The tagged columns of a product's inputs."""
    if not product.carries:
        return []
    inputs = [given for given in (*product.requires, *product.optional) if (given.product, given.major) in contracts]
    columns = [(given, column) for given in inputs for column in contracts[given.product, given.major].columns]
    return [_Carried(given, column) for given, column in columns if product.carries in column.tags]


def _reading(product: Product, brought: Collection[str]) -> Product:
    """The product with its optional inputs read; one that no plugin brings is read where a source is bound to it."""
    read = tuple(given for given in product.optional if given.product in brought)
    rest = tuple(given for given in product.optional if given not in read)
    return replace(product, requires=(*product.requires, *read), optional=rest)


def _with(contract: Contract, tag: str, found: list[_Carried]) -> Contract:
    columns = [one.under(tag) for one in found]
    written = [(c.name, c.logical_type, c.precision, c.scale, c.classification, c.description) for c in columns]
    digest = sha256(canonical([contract.digest, tag, written]))
    return replace(contract, columns=(*contract.columns, *columns), digest=digest)


def _faults(product: Product, found: list[_Carried], contracts: Contracts) -> list[tuple[str, str]]:
    """Why a column cannot be carried, with the mend."""
    faults = []
    own = {name for key, contract in contracts.items() if key[0] == product.id for name in contract.by_name}
    for given in dict.fromkeys(one.given for one in found):
        clock = contracts[given.product, given.major].by_name.get(_KNOWN_AT)
        if clock is None or clock.logical_type != "timestamp":
            what = f"columns of {given.reference} are tagged '{product.carries}', and it has no time {_KNOWN_AT}"
            mend = f"add a timestamp column {_KNOWN_AT} in an overlay: what was not known yet must not be learned from"
            faults.append((what, mend))
    for one in found:
        where = f"column '{one.column.name}' of {one.given.reference} is tagged '{product.carries}'"
        if one.column.logical_type not in _KINDS:
            faults.append((f"{where} and is of type {one.column.logical_type}", f"tag one of {', '.join(_KINDS)}"))
        if one.name in own:
            faults.append((f"{where}, and {product.id} has a column {one.name} already", "give it another name"))
    return faults
