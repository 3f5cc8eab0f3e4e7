"""Code locations: the whole mesh, or one domain of it that runs in an environment of its own.

In a domain's environment the plugins of other domains need not be installed: what it reads of them is known from its
contract, shown under the same key and not run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hansa.errors import MeshError, PluginError
from hansa.mesh.shadow import live_name
from hansa.near import or_near
from hansa.products import Module, Product

if TYPE_CHECKING:
    import dagster as dg

    from hansa.mesh import Mesh
    from hansa.mesh.file import MeshFile
    from hansa.registry import Registry

#: The location of the whole mesh.
WHOLE = "mesh"


def domain_of(product: str) -> str:
    """The domain whose location runs a product; a shadow runs beside what it shadows."""
    return live_name(product).split(".", 1)[0]


def domains(mesh: Mesh) -> list[str]:
    """The domains of a mesh: of its products, and of modules that are on and not installed here."""
    away = [name for name, state in mesh.file.modules.items() if state == "on" and name not in mesh.registry.modules]
    return sorted({domain_of(name) for name in (*mesh.declared, *away)})


def located(name: str) -> dg.Definitions:
    """The definitions of a location: ``mesh``, or those of a domain of the mesh that HANSA_MESH names.

    Errors: MeshError for a domain that the mesh does not have.
    """
    from hansa.definitions.assets import build
    from hansa.mesh import load_mesh

    if name == WHOLE:
        return build(load_mesh())
    mesh = _mesh_around(name)
    if name not in domains(mesh):
        raise MeshError(
            "location.unknown",
            f"no product of the mesh is of a domain '{name}'",
            where=str(mesh.path),
            next_step=or_near(name, [WHOLE, *domains(mesh)], "see: hansa modules"),
        )
    return build(mesh, name)


def _mesh_around(domain: str) -> Mesh:
    """The mesh, with products of other domains that are not installed here known from their contracts alone."""
    from hansa.mesh.check import assemble
    from hansa.mesh.place import find_mesh_file
    from hansa.mesh.read import read_mesh_file
    from hansa.registry import load

    place = find_mesh_file()
    file = read_mesh_file(place)
    registry = load(choice=file.plugins)
    modules = {module.name: module for module in _stand_ins(file, registry, domain)}
    if modules:
        plugins = dict.fromkeys(modules, "elsewhere")
        registry = replace(
            registry,
            modules=dict(sorted({**registry.modules, **modules}.items())),
            module_plugins={**registry.module_plugins, **plugins},
            lost={id: lost for id, lost in registry.lost.items() if domain_of(id) == domain},
        )
    return assemble(place, file, registry)


def _stand_ins(file: MeshFile, registry: Registry, domain: str) -> Iterator[Module]:
    """For each module of another domain that is on and not here, one with what the domain's products read of it."""
    made = {product.id for module in registry.modules.values() for product in module.products}
    read = {
        given.product
        for module in registry.modules.values()
        for product in module.products
        if domain_of(product.id) == domain
        for given in product.requires
    }
    known = {id for id, _ in registry.contracts}
    missing = sorted(read & known - made - set(file.sources))
    for name, state in file.modules.items():
        if state == "on" and name not in registry.modules and domain_of(name) != domain:
            own = [id for id in missing if domain_of(id) == domain_of(name)]
            missing = [id for id in missing if id not in own]
            yield Module(name, tuple(Product(id, function=_not_here) for id in own))


def _not_here() -> Any:
    raise PluginError("location.elsewhere", "it is made in the location of another domain", next_step="run it there")
