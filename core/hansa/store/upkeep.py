"""Upkeep of one table: old snapshots expire, and files that nothing names any more go.

Nothing is removed that a publication which began before could still need: what is younger than the longest run stays,
by the store's own clock, and so does what a living publication claims.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.store.claims import claimed
from hansa.store.objects import Entry, Objects
from hansa.store.proofs import forget, prove
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from pyiceberg.table import Table

#: Where orphans can lie. Receipts outlive all upkeep.
_ROOMS = ("data/", "metadata/", "keys/", "quarantine/")
#: What can be an orphan in them; decisions on quarantine and the hint for other engines can not.
_ENDINGS = (".parquet", ".avro", ".metadata.json", ".keys", ".arrow")


def clock(objects: Objects) -> dt.datetime:
    """Now, by the clock of whoever keeps the objects."""
    name = f"upkeep/{uuid4().hex}"
    objects.create(name, b"")
    try:
        return next(entry.modified for entry in objects.entries(name))
    finally:
        objects.remove(name)


def expire(warehouse: Warehouse, product: str, major: int, before: dt.datetime) -> int:
    """Let snapshots from before a moment expire, except the newest; how many did. Who loses a race looks again."""
    from pyiceberg.exceptions import CommitFailedException

    while (table := warehouse.iceberg(product, major)) is not None:
        head = table.current_snapshot()
        limit = before.timestamp() * 1000
        old = [s.snapshot_id for s in table.snapshots() if s.timestamp_ms < limit and s != head]
        if not old:
            return 0
        try:
            table.maintenance.expire_snapshots().by_ids(old).commit()
        except CommitFailedException:
            continue
        prove(warehouse.table(product, major), table.refresh())
        return len(old)
    return 0


def needed_by(warehouse: Warehouse, product: str, major: int) -> set[str]:
    """Names of every file that a table needs: metadata, manifests, data and statistics of each of its snapshots."""
    table = warehouse.iceberg(product, major)
    return referenced(warehouse.table(product, major), table) if table else set()


def referenced(objects: Objects, table: Table) -> set[str]:
    """The same for a table that is open."""
    places = {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
    statistics = (*table.metadata.statistics, *table.metadata.partition_statistics)
    places |= {file.statistics_path for file in statistics}
    for snapshot in table.snapshots():
        places.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            places.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
            places |= {entry.data_file.file_path for entry in entries}
    return {place.removeprefix(f"{objects.uri}/") for place in places}


def orphans(warehouse: Warehouse, product: str, major: int, named: Collection[str]) -> list[Entry]:
    """Files of a table that neither a snapshot nor ``named`` needs, old enough for no living run to need them.

    They are listed before the table is looked at: whatever a commit named meanwhile is then seen as named.
    """
    objects = warehouse.table(product, major)
    listed = [entry for room in _ROOMS for entry in objects.entries(room) if entry.name.endswith(_ENDINGS)]
    living, died = claimed(objects, warehouse.longest_run)
    alive, dead = tuple(living.values()), tuple(died.values())
    needed = needed_by(warehouse, product, major) | set(named)
    limit = clock(objects) - warehouse.longest_run
    return [
        entry
        for entry in listed
        if entry.name not in needed
        and not entry.name.startswith(alive)
        and (entry.modified < limit or entry.name.startswith(dead))
    ]


def remove(objects: Objects, entries: Collection[Entry]) -> None:
    """Remove files, with the proofs of removed metadata and the folders that they leave empty."""
    for entry in entries:
        objects.remove(entry.name)
    forget(objects, {entry.name for entry in entries if entry.name.startswith("metadata/")})
    for folder in {"/".join(entry.name.split("/")[:2]) for entry in entries if entry.name.startswith("data/")}:
        objects.tidy(folder)
