"""What a table's snapshots say of its publications: each carries the digest of the receipt that it made true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hansa.errors import WorldError
from hansa.receipt import PROPERTY, ReceiptBook
from hansa.store.data_files import address
from hansa.store.objects import Objects
from hansa.store.table import Landed

if TYPE_CHECKING:
    from pyiceberg.table import Table


def carried(table: Table) -> dict[str, Landed]:
    """The publications that the snapshots carry, by digest."""
    found: dict[str, Landed] = {}
    for snapshot in table.snapshots():
        digest = snapshot.summary.additional_properties.get(PROPERTY) if snapshot.summary else None
        if digest is not None:
            found[digest] = Landed(snapshot.snapshot_id, snapshot.sequence_number or 0)
    return found


def lost_receipts(table: Table, book: ReceiptBook) -> list[str]:
    """Names, under the product, of receipts that snapshots name and the book has not."""
    known = {publication.digest for publication in book.all()}
    return [f"receipts/{digest}.json" for digest in carried(table) if digest not in known]


def refuse_lost_receipts(table: Table | None, objects: Objects, book: ReceiptBook, product: str) -> None:
    """Refuse to go on where a receipt of a snapshot is gone: what its rows were is not known, they would be lost.

    Errors: WorldError.
    """
    lost = lost_receipts(table, book) if table is not None else []
    if lost:
        told = "a receipt of what stands is gone" if len(lost) == 1 else f"{len(lost)} receipts of what stands are gone"
        raise WorldError(
            "receipt.lost",
            f"{told}, the first is {lost[0]}",
            where=address(objects, "receipts"),
            state="nothing was published",
            next_step=f"restore them from a backup; hansa verify {product} names each",
        )
