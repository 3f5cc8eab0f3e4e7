"""``hansa contract show ID --why``: of each value the file and line that it came from, the default, or the mesh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from hansa.errors import one_line

if TYPE_CHECKING:
    from hansa.contract.document import ContractDocument
    from hansa.contract.model import Contract
    from hansa.mesh import Mesh
    from hansa.overlay import Origin, Resolved


def overlaid(contract: Contract, mesh: Mesh) -> ContractDocument | None:
    """The document of a contract with the mesh's overlays; None if it has none. Errors: as those of the overlays."""
    from hansa.contract.document import document_of
    from hansa.contract.place import Place
    from hansa.contract.standard import minor_version

    resolved = _resolved(contract, mesh)
    if resolved is None:
        return None
    root = Place(resolved.document)
    return document_of(root, minor_version(root))


def why(contract: Contract, mesh: Mesh | None) -> list[Origin]:
    """Where each value of a contract came from, what the mesh adds last."""
    from hansa.contract.yaml_text import read_yaml
    from hansa.overlay import origins

    resolved = None if mesh is None else _resolved(contract, mesh)
    if resolved is not None:
        found = origins(resolved.contract, resolved.document)
        own = set(resolved.contract.by_name)
    else:
        document = read_yaml(contract.path)
        own = _written(contract, document)
        columns = tuple(column for column in contract.columns if column.name in own)
        found = origins(replace(contract, columns=columns), document)
    return found if mesh is None else [*found, *_carried(contract, own), *_of_mesh(contract, mesh)]


def lines(contract: Contract, found: list[Origin]) -> Iterator[str]:
    """The lines to print."""
    yield f"{contract.id} {contract.version}"
    width = min(max((len(one.word) for one in found), default=0), 60)
    for one in found:
        yield f"  {one_line(one.word):<{width}}  {one_line(_short(one.value)):<30}  {one_line(one.where)}"


def plain(contract: Contract, found: list[Origin]) -> dict[str, Any]:
    """The same for ``--json``."""
    head = {"id": contract.id, "version": contract.version, "digest": contract.digest}
    return {**head, "values": [asdict(one) for one in found]}


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:57]}..."


def _resolved(contract: Contract, mesh: Mesh) -> Resolved | None:
    from hansa.contract.reader import read_contract
    from hansa.mesh.extended import overlays_of
    from hansa.overlay import resolve

    overlays = overlays_of(mesh.path.parent, mesh.file.overlays, contract.id, contract.major)
    return resolve(read_contract(contract.path, object=contract.id), overlays) if overlays else None


def _written(contract: Contract, document: Any) -> set[str]:
    """The columns that the contract's own file has."""
    tables = document.data.get("schema") or []
    return {column.get("name") for table in tables for column in table.get("properties") or [] if column} & set(
        contract.by_name
    )


def _carried(contract: Contract, own: set[str]) -> Iterator[Origin]:
    from hansa.overlay import Origin

    for column in contract.columns:
        if column.name not in own:
            tag = ", ".join(column.tags)
            yield Origin(column.name, column.logical_type, f"an input of the product, whose column is tagged {tag}")


def _of_mesh(contract: Contract, mesh: Mesh) -> Iterator[Origin]:
    """What the mesh file says of the product: its source, and the zone of its days."""
    from hansa.contract.yaml_text import load
    from hansa.overlay import Origin

    given, known = load(mesh.path)
    source = (given.get("sources") or {}).get(contract.id)
    if isinstance(source, dict):
        # An address may hold a password.
        uri = str(source.get("uri", ""))
        shown = "an address" if "://" in uri or "@" in uri else uri
        yield Origin("source", shown, f"{mesh.path}:{known['sources', contract.id]}")
    if contract.partition is not None and "time_zone" in given:
        yield Origin("zone of its days", mesh.file.time_zone, f"{mesh.path}:{known['time_zone',]}")
