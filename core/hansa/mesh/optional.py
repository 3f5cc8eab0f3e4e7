"""Optional inputs that an institution has: a list, a log or a book that no plugin brings, bound as a source of its own.

A product that can read one and can do without declares it as optional. Where the mesh binds a source to it, the product
reads it, and with it those of its other optional inputs that are there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from hansa.mesh.file import MeshFile
    from hansa.products import Module, Product
    from hansa.registry import Registry


def with_bound(module: Module, file: MeshFile, registry: Registry) -> Module:
    """The module, its products reading the optional inputs to which the mesh file binds a source of its own."""
    brought = {product.id: name for name, one in registry.modules.items() for product in one.products}
    own = {id for id in file.sources if id not in brought}
    chosen = {id for id, name in brought.items() if file.modules.get(name) in ("on", "shadow")}
    there = chosen | set(file.sources)
    return replace(module, products=tuple(_reading(product, own, there) for product in module.products))


def _reading(product: Product, own: Collection[str], there: Collection[str]) -> Product:
    if not any(given.product in own for given in product.optional):
        return product
    read = tuple(given for given in product.optional if given.product in there)
    rest = tuple(given for given in product.optional if given not in read)
    return replace(product, requires=(*product.requires, *read), optional=rest)
