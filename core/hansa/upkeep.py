"""Upkeep: what replaced rows and killed runs left behind goes, and what is proved or still needed stays.

Receipts outlive it: every publication gets the mark of its snapshot before that snapshot expires. So do the counts,
digests and rules of refused rows; what a decided row held goes when its decision is as old as rows that may go.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hansa.quarantine import lying, needed, settle
from hansa.receipt import Publication, book_of
from hansa.store.scratch import sweep
from hansa.store.table import KEEP_DAYS
from hansa.store.upkeep import expire, orphans, remove
from hansa.store.warehouse import Warehouse

#: How long replaced rows can be read again where the contract does not say it.
KEEP = dt.timedelta(days=30)


@dataclass(frozen=True)
class Upkept:
    """What upkeep did for one product, or would do: snapshots that expired, files that were removed, their bytes.

    ``decided`` rows of quarantine lost what they held; files that lacked it took the place of some that were removed.
    """

    product: str
    expired: int
    removed: tuple[str, ...]
    bytes: int
    decided: int = 0


def upkeep(
    warehouse: Warehouse, product: str, major: int = 1, *, keep: dt.timedelta | None = None, dry_run: bool = False
) -> Upkept:
    """Let snapshots expire that were replaced longer ago than ``keep``, then remove what nothing names any more.

    What refused rows hold over which was decided longer ago goes too; open rows stay as they are. So does what workers
    of any product wrote after their run had ended.
    Without ``keep`` the retention of the contract holds under which was published last. With ``dry_run`` only files
    are told that could go now; snapshots are left alone.
    """
    objects = warehouse.table(product, major)
    # Snapshots and receipts carry the time of whoever made them, files that of their store.
    before = dt.datetime.now(dt.UTC) - (_retention(warehouse, product, major) if keep is None else keep)
    book = book_of(warehouse, product, major)
    publications = book.all()
    expired = 0 if dry_run else expire(warehouse, product, major, before)
    standing = {p.digest for _, p in (*book.latest().values(), *book.current().values())}
    kept = [p for p in publications if p.digest in standing or _made(p) >= before]
    envelopes = {p.quarantine for p in kept if p.quarantine is not None}
    named = {name for p in kept for name in _names(p)} | lying(objects, envelopes) | needed(publications, objects)
    found = orphans(warehouse, product, major, named)
    if not dry_run:
        remove(objects, found)
        sweep(warehouse)
    settled = settle(objects, publications, before, dry_run=dry_run)
    gone = {entry.name: entry.size for entry in (*found, *settled.removed)}
    return Upkept(product, expired, tuple(sorted(gone)), sum(gone.values()), settled.rows)


def _retention(warehouse: Warehouse, product: str, major: int) -> dt.timedelta:
    table = warehouse.iceberg(product, major)
    days = table.properties.get(KEEP_DAYS) if table else None
    return KEEP if days is None else dt.timedelta(days=int(days))


def _made(publication: Publication) -> dt.datetime:
    return dt.datetime.fromisoformat(publication.made_at)


def _names(publication: Publication) -> Iterator[str]:
    """Every object that a receipt names beside its table; data files are the table's to name."""
    yield from (text for text in _texts(json.loads(publication.content)) if not text.startswith("data/"))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
