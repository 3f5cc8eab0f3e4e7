"""The house of a mesh: its findings, plugins, warehouse, catalog, vault, keys and tables."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hansa.doctor.check import Check, fail, ok, skipped, warn
from hansa.errors import HansaError

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct

#: So many findings are told one by one.
_MOST = 5


def mesh(loaded: Mesh) -> Iterator[Check]:
    """What the check of the mesh as a whole has found."""
    errors = [finding for finding in loaded.findings if finding.severity == "error"]
    warnings = [finding for finding in loaded.findings if finding.severity == "warning"]
    yield from (fail("mesh", f"{one.about}: {one.what}", one.next_step) for one in errors[:_MOST])
    yield from (warn("mesh", f"{one.about}: {one.what}", one.next_step) for one in warnings[:_MOST])
    more = len(errors[_MOST:]) + len(warnings[_MOST:])
    if more:
        yield warn("mesh", f"{more} more findings", "see: hansa check")
    if not errors:
        yield ok("mesh", f"{loaded.path}: {len(loaded.products)} products ready, {len(loaded.left_out)} left out")


def plugins(loaded: Mesh) -> Iterator[Check]:
    """Who is in, and who is left out and why."""
    out = loaded.registry.left_out()
    yield from (fail("plugins", f"{plugin.name} is left out: {plugin.reason}", "see: hansa plugins") for plugin in out)
    inside = [f"{plugin.name} {plugin.version}" for plugin in loaded.registry.plugins if plugin.state == "in"]
    if inside or not out:
        yield ok("plugins", f"in: {', '.join(inside) or 'none'}")


def scorer(loaded: Mesh) -> Iterator[Check]:
    """Who scores rows."""
    from hansa.mesh.scorers import scorer_of, told

    scorer_of(loaded.file, loaded.registry)
    yield ok("scorer", told(loaded.file))


def places(loaded: Mesh) -> Iterator[Check]:
    """Warehouse, catalog and vault: reached, written, and conditional puts proved where the warehouse needs them."""
    from hansa.mesh.surroundings import WORDS, surroundings

    bucket = loaded.warehouse.objects.folder is None and loaded.file.catalog.type == "warehouse"
    for place in surroundings(loaded):
        if place.finding is not None:
            yield fail(place.what, place.finding.what, place.finding.next_step)
        elif place.state == "none":
            yield skipped(place.what, "none is configured")
        else:
            proved = ", conditional puts are honoured" if bucket and place.what == "warehouse" else ""
            yield ok(place.what, f"{place.place}: {WORDS[place.state]}{proved}")


def keys(loaded: Mesh) -> Iterator[Check]:
    """The mode of the key files, and whether they are the keys of this warehouse."""
    from hansa.secrets import open_set

    folder, bound = loaded.keys, loaded.warehouse.bound_keys()
    if not folder.is_dir():
        if bound is None:
            yield skipped("keys", f"{folder}: none yet; the first publication that needs keys makes them")
        else:
            what = f"the warehouse was filled with token key {bound}, and there is no folder {folder}"
            yield fail("keys", what, "restore it from its backup, or name it by 'keys' in mesh.yaml or by HANSA_KEYS")
        return
    # Refuses files and folders that others may read or write, and files that are no keys.
    known = open_set(folder)
    known.keys_for(bound)
    mode = stat.S_IMODE(folder.stat().st_mode)
    ids = ", ".join(f"{key.purpose} {key.id} ({key.state})" for key in known.keys)
    bond = "the warehouse's own" if bound else "the warehouse is bound to none yet"
    yield ok("keys", f"{folder} (mode {mode:03o}): {ids}; {bond}")


def tables(loaded: Mesh) -> Iterator[Check]:
    """Each published table against the contract that it is to keep next."""
    if not loaded.warehouse.exists:
        yield skipped("tables", "nothing is published yet")
        return
    agreed = wider = 0
    for kept in loaded.products.values():
        try:
            added = _added(loaded, kept)
        except HansaError as error:
            yield fail("tables", f"{kept.id}: {error.what}", error.next_step or f"hansa why {error.code}")
            continue
        if added:
            wider += 1
            yield ok("tables", f"{kept.id}: the next publication adds {', '.join(added)}")
        agreed += added is not None
    yield ok("tables", f"{agreed} of {len(loaded.products)} products are published, {agreed - wider} as contracted")


def _added(loaded: Mesh, kept: MeshProduct) -> list[str] | None:
    """The columns that a table lacks and can be given; None without a table.

    Errors: HansaError if the table cannot follow its contract, or is not the one of this warehouse.
    """
    from hansa.store.evolution import refuse_other_columns

    table = loaded.warehouse.iceberg(kept.id, kept.contract.major)
    if table is None:
        return None
    refuse_other_columns(table, kept.contract)
    there = set(table.schema().column_names)
    return [name for name in kept.contract.by_name if name not in there]
