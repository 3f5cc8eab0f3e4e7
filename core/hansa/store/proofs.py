"""Digests of a table's own metadata: one small object a commit, so that an edited file is found later.

Receipts prove data files. They are written before the commit, so they cannot name the files that the commit makes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from hansa.digest import canonical, sha256_of
from hansa.errors import WorldError
from hansa.store.objects import Objects

if TYPE_CHECKING:
    from pyiceberg.table import Table

_FOLDER = "proofs/"


def prove(objects: Objects, table: Table) -> None:
    """Write down the digests of what the newest commit of ``table`` made: metadata, manifest list, manifests."""
    head = _name(objects, table.metadata_location)
    names = {head}
    snapshot = table.current_snapshot()
    if snapshot is not None:
        names.add(_name(objects, snapshot.manifest_list))
        made = [m for m in snapshot.manifests(table.io) if m.added_snapshot_id == snapshot.snapshot_id]
        names.update(_name(objects, manifest.manifest_path) for manifest in made)
    digests = {name: sha256_of(objects.chunks(name)) for name in sorted(names)}
    if not objects.create(_proof_of(head), canonical(digests)):
        # A version of this name was lost with its commit, and the name was free again.
        objects.replace(_proof_of(head), canonical(digests))


def heal(objects: Objects, table: Table, ours: Callable[[int], bool]) -> None:
    """Prove the head of ``table`` if nobody did, as after a kill, and if its snapshot is one of ``ours``."""
    head = table.current_snapshot()
    # Who may not write, or finds the files gone, leaves it to the next: what was published stands all the same.
    with suppress(WorldError, OSError):
        if head and not _proved(objects, table.metadata_location, head.manifest_list) and ours(head.snapshot_id):
            prove(objects, table)


def _proved(objects: Objects, metadata: str, manifests: str) -> bool:
    """True if there is a proof of this version: one of a lost version of the same name is of other manifests."""
    try:
        digests = _digests(objects.read(_proof_of(metadata)))
    except FileNotFoundError:
        return False
    # One that was changed is not written again: somebody has to be told.
    return digests is None or _name(objects, manifests) in digests


def _digests(content: bytes) -> dict[str, str] | None:
    """What a proof says; None if it is none."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def disproved(objects: Objects) -> Iterator[tuple[Literal["changed", "lost"], str]]:
    """Metadata files whose bytes are no longer those of their commit, and those that are gone; each once.

    A proof that is none any more is named itself.
    """
    proved: dict[str, set[str]] = {}
    for entry in sorted(objects.entries(_FOLDER), key=lambda e: e.name):
        if (said := _digests(objects.read(entry.name))) is None:
            yield "changed", entry.name
            continue
        for name, digest in said.items():
            proved.setdefault(name, set()).add(digest)
    for name, digests in sorted(proved.items()):
        try:
            found = sha256_of(objects.chunks(name))
        except FileNotFoundError:
            yield "lost", name
            continue
        if {found} != digests:
            yield "changed", name


def forget(objects: Objects, names: set[str]) -> None:
    """Remove the proofs of commits whose metadata files ``names`` are removed."""
    for name in names:
        objects.remove(_proof_of(name))


def _proof_of(metadata: str) -> str:
    return f"{_FOLDER}{metadata.rpartition('/')[2]}"


def _name(objects: Objects, location: str) -> str:
    return location.removeprefix(f"{objects.uri}/")
