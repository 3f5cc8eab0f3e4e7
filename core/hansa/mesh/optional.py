"""Optional inputs that an institution has: products of its modules, or a list, a log or a book bound as a source.

A product that can read one and can do without declares it as optional; where the mesh has it, the product reads it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from hansa.mesh.file import MeshFile
    from hansa.products import Module, Product
    from hansa.registry import Registry


def with_optional(module: Module, file: MeshFile, registry: Registry) -> Module:
    """The module, its products reading those of their optional inputs that this mesh has."""
    chosen = (one for name, one in registry.modules.items() if file.modules.get(name) in ("on", "shadow"))
    # A product that comes from a source is there where one is bound to it.
    made = {product.id for one in chosen for product in one.products if product.function is not None}
    there = made | set(file.sources)
    return replace(module, products=tuple(_reading(product, there) for product in module.products))


def _reading(product: Product, there: Collection[str]) -> Product:
    read = tuple(given for given in product.optional if given.product in there)
    rest = tuple(given for given in product.optional if given not in read)
    return replace(product, requires=(*product.requires, *read), optional=rest) if read else product
