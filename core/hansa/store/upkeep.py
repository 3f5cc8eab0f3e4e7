"""Upkeep of one table: old snapshots expire, and files that nothing names any more go.

Nothing is removed that a publication which began before could still need: what is younger than the longest run stays,
by the store's own clock, and so does what a living publication claims.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.store.claims import CLAIMS, claimed
from hansa.store.objects import Entry, Objects
from hansa.store.proofs import forget, prove
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from pyiceberg.table import Table

#: Where orphans can lie. Receipts outlive all upkeep.
_ROOMS = ("data/", "metadata/", "keys/", "quarantine/")
#: What can be an orphan in them; decisions on quarantine and the hint for other engines can not.
_ENDINGS = (".parquet", ".avro", ".metadata.json", ".keys", ".arrow")
#: Rooms in which each publication has a folder of its own.
_FOLDERS = ("data/", "keys/")
#: The name of a file that is not there yet: its name to be, a process, a number.
_DRAFT = re.compile(r"\..+\.\d+\.[0-9a-f]{8}")


def clock(objects: Objects) -> dt.datetime:
    """Now, by the clock of whoever keeps the objects."""
    name = f"upkeep/{uuid4().hex}"
    objects.create(name, b"")
    try:
        return next(entry.modified for entry in objects.entries(name))
    finally:
        objects.remove(name)
        objects.tidy(name.rpartition("/")[0])


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

    They are listed before the table is looked at: whatever a commit named meanwhile is then seen as named. Claims of
    the dead come last, so that who removes them in this order can be killed too.
    """
    objects = warehouse.table(product, major)
    listed = [entry for room in _ROOMS for entry in objects.entries(room) if entry.name.endswith(_ENDINGS)]
    receipts = list(objects.entries("receipts/"))
    claims = list(objects.entries(CLAIMS))
    living, died = claimed(objects, warehouse.longest_run)
    alive, dead = tuple(living.values()), tuple(died.values())
    table = warehouse.iceberg(product, major)
    needed = (referenced(objects, table) if table else set()) | set(named)
    limit = clock(objects) - warehouse.longest_run
    files = [
        entry
        for entry in listed
        if entry.name not in needed
        and not entry.name.startswith(alive)
        and (entry.modified < limit or entry.name.startswith(dead))
    ]
    old = [entry for entry in (*_unlanded(receipts, table), *_drafts(objects)) if entry.modified < limit]
    return [*files, *old, *(entry for entry in claims if entry.name in died)]


def _unlanded(receipts: Collection[Entry], table: Table | None) -> Iterator[Entry]:
    """Receipts without a mark that no snapshot names: their commit never came. A receipt that has one outlives all."""
    marked = {entry.name.rpartition(".")[0] for entry in receipts if entry.name.endswith((".landed", ".held"))}
    summaries = [snapshot.summary for snapshot in table.snapshots()] if table else []
    carried = {value for summary in summaries if summary for value in summary.additional_properties.values()}
    for entry in receipts:
        name, _, kind = entry.name.rpartition(".")
        if kind == "json" and name not in marked and name.removeprefix("receipts/") not in carried:
            yield entry


def _drafts(objects: Objects) -> Iterator[Entry]:
    """What was being created in a folder when its process was killed: no listing shows it."""
    for path in objects.folder.rglob(".*") if objects.folder else ():
        if objects.folder and _DRAFT.fullmatch(path.name):
            with suppress(FileNotFoundError):
                found = path.stat()
                when = dt.datetime.fromtimestamp(found.st_mtime, dt.UTC)
                yield Entry(path.relative_to(objects.folder).as_posix(), found.st_size, when)


def remove(objects: Objects, entries: Collection[Entry]) -> None:
    """Remove files, with the proofs of removed metadata and the folders that they leave empty."""
    for entry in entries:
        objects.remove(entry.name)
    forget(objects, {entry.name for entry in entries if entry.name.startswith("metadata/")})
    for folder in {"/".join(entry.name.split("/")[:2]) for entry in entries if entry.name.startswith(_FOLDERS)}:
        objects.tidy(folder)
