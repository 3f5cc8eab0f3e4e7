"""What is installed, as this institution has it: contracts with its overlays, and products with what they carry on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import HansaError
from hansa.mesh.carried import carry
from hansa.mesh.model import Finding
from hansa.near import or_near

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh.file import MeshFile
    from hansa.overlay import Overlay
    from hansa.registry import Registry

Key = tuple[str, int]


@dataclass(frozen=True)
class Extended:
    """A registry under the overlays of a mesh; ``added`` are, by product id, the columns that they add."""

    registry: Registry
    findings: tuple[Finding, ...] = ()
    added: Mapping[str, frozenset[str]] = field(default_factory=dict)


def extend(folder: Path, file: MeshFile, registry: Registry) -> Extended:
    """The registry as the mesh file in ``folder`` has it. What is wrong with an overlay is a finding of its product."""
    findings: list[Finding] = []
    contracts, added = dict(registry.contracts), dict[str, frozenset[str]]()
    for (id, major), overlays in _by_contract(folder, file.overlays, registry.contracts, findings).items():
        from hansa.overlay import resolve

        try:
            resolved = resolve(registry.contracts[id, major], overlays)
        except HansaError as fault:
            findings.append(_finding(fault, product=id))
            continue
        contracts[id, major] = resolved.contract
        added[id] = resolved.added
    modules, contracts, faults = carry(registry.modules, contracts)
    findings += faults
    return Extended(replace(registry, contracts=contracts, modules=modules), tuple(findings), added)


def overlays_of(folder: Path, named: Sequence[str], product: str, major: int) -> list[Overlay]:
    """The overlays of one contract, in the order in which they hold. Errors: MeshError, as ``overlay_files``."""
    from hansa.overlay import overlay_files, read_overlay

    every = [read_overlay(path) for path in overlay_files(folder, named)]
    return [one for one in every if (one.product, one.major) == (product, major)]


def under_overlays(contract: Contract, folder: Path, file: MeshFile) -> Contract:
    """A contract that was read from a file, under the overlays of a mesh file in ``folder``.

    Errors: HansaError, as ``extend`` makes findings of.
    """
    overlays = overlays_of(folder, file.overlays, contract.id, contract.major) if file.overlays else []
    if not overlays:
        return contract
    from hansa.overlay import resolve

    return resolve(contract, overlays).contract


def _by_contract(
    folder: Path, named: Sequence[str], contracts: Mapping[Key, Contract], findings: list[Finding]
) -> dict[Key, list[Overlay]]:
    """The overlays by what they extend. One that cannot be read concerns everybody: nobody knows what it would say."""
    if not named:
        return {}
    from hansa.overlay import overlay_files, read_overlay

    found: dict[Key, list[Overlay]] = defaultdict(list)
    try:
        for path in overlay_files(folder, named):
            overlay = read_overlay(path)
            _refuse_unknown(overlay, contracts)
            found[overlay.product, overlay.major].append(overlay)
    except HansaError as fault:
        findings.append(_finding(fault))
    return found


def _refuse_unknown(overlay: Overlay, contracts: Iterable[Key]) -> None:
    if (overlay.product, overlay.major) in contracts:
        return
    known = [f"{id}@{major}" for id, major in contracts]
    text = overlay.root["extends"].text or ""
    mend = or_near(text, known, "install the plugin with that contract; hansa contract list names those that are here")
    raise overlay.root["extends"].fault("overlay", f"it extends {text}, which no plugin brings", mend)


def _finding(fault: HansaError, product: str = "") -> Finding:
    return Finding.of("error", fault, product=product)
