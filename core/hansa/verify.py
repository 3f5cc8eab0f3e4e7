"""Verify: does what lies in the warehouse still match what the receipts prove?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hansa.digest import RowDigest, row_hashes, sha256_of
from hansa.errors import DataError, WorldError
from hansa.quarantine import needed
from hansa.receipt import Receipt, ReceiptBook, book_of
from hansa.snapshots import carried, lost_receipts
from hansa.store.claims import CLAIMS, claimed
from hansa.store.data_files import address, scan
from hansa.store.door import Door
from hansa.store.field_ids import misnumbered
from hansa.store.objects import Objects
from hansa.store.proofs import disproved, heal
from hansa.store.table import Look
from hansa.store.upkeep import needed_by, orphans, remove
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from pyiceberg.table import Table

#: Times that a product is looked through at most while others publish it.
_AGAIN = 5
#: Errors that say of the warehouse itself that it was changed.
_BROKEN = ("receipt.changed", "table.metadata", "table.version-lost", "table.foreign")
_SAID = {
    "changed": "the table's own metadata: its bytes are not those of its commit",
    "lost": "the table's own metadata: the file is gone",
}

_GONE = (
    "the table has lost this commit and the rows that it brought: restore its metadata from a backup, "
    "or bring the rows again and remove this mark"
)

_PACK = "the pack does not say what its receipts say: remove it, the receipts themselves are what counts"


@dataclass(frozen=True)
class Fault:
    """One thing that does not match: ``kind`` is changed, lost, added, rows or left.

    ``left`` is a data file that no publication names: readers never see it, but somebody put it there.
    """

    kind: str
    place: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What was recounted for one product."""

    product: str
    partitions: int
    files: int
    rows: int
    faults: tuple[Fault, ...]


def verify(warehouse: Warehouse, product: str, major: int = 1) -> Verdict:
    """Recount and re-digest every partition that readers see, and compare it with its receipt.

    Faults that were found while others published are looked for again: half of what was compared may be older.
    """
    for _ in range(_AGAIN):
        before = _head(warehouse, product, major)
        found = _verify(warehouse, product, major)
        if not found.faults or before == _head(warehouse, product, major):
            break
    return found


def _head(warehouse: Warehouse, product: str, major: int) -> int | None:
    """The newest snapshot; None where there is no table, or none that can be read."""
    try:
        return Look(warehouse.iceberg(product, major)).snapshot
    except Exception:  # noqa: BLE001 - what is wrong with it is told by the verification itself
        return None


def _verify(warehouse: Warehouse, product: str, major: int) -> Verdict:
    objects = warehouse.table(product, major)
    found = list(disproved(objects))
    faults = [_fault(kind, objects, name, _SAID[kind]) for kind, name in found if kind == "changed"]
    try:
        # What a table no longer needs may go; what it needs may not.
        needed = needed_by(warehouse, product, major)
        faults += [
            _fault(kind, objects, name, _SAID[kind]) for kind, name in found if kind == "lost" and name in needed
        ]
        return _verified(warehouse, product, major, faults)
    except WorldError as error:
        # An edited receipt, or metadata that cannot be read any more: nothing else can be judged by it.
        if not faults and error.code not in _BROKEN:
            raise
        if not faults or error.code == "receipt.changed":
            faults.append(Fault("changed", error.where or product, error.what))
    except Exception:
        # Metadata that were edited or are gone break whoever reads them; what was found before is the reason.
        faults += [_fault(kind, objects, name, _SAID[kind]) for kind, name in found if kind == "lost"]
        if not faults:
            raise
    return Verdict(product, 0, 0, 0, tuple(faults))


def _verified(warehouse: Warehouse, product: str, major: int, faults: list[Fault]) -> Verdict:
    objects, book = warehouse.table(product, major), book_of(warehouse, product, major, packs=False)
    # The table comes first: whatever it names, the book knows by then.
    if (table := warehouse.iceberg(product, major)) is not None:
        faults += _marks_match(table, objects, book)
        if not faults:
            heal(objects, table, book.knows)
    gone = _gone(warehouse, product, major, book)
    faults += [_fault("lost", objects, f"receipts/{digest}.landed", _GONE) for digest in gone]
    standing = [publication for publication in book.all() if publication.digest not in gone]
    current = {r.partition: r for p in standing for r in p.receipts if r.state == "published"}
    named = _named(warehouse, product, major)
    proved: set[str] = set()
    for receipt in current.values():
        names = [entry["path"] for entry in receipt.files]
        proved.update(names)
        data = _files_match(receipt.files, objects, "", table)
        faults += data or _rows_match(receipt, objects, names)
        faults += _files_match(
            receipt.keys.values(),
            objects,
            " (hashes of keys; the next publication that changes their day writes them anew)",
        )
    faults += [_fault("lost", objects, name, "the receipt names it, the table does not") for name in proved - named]
    faults += [_fault("added", objects, name, "the table names it, no receipt does") for name in named - proved]
    faults += [_fault("changed", objects, name, _PACK) for name in book.changed_packs()]
    faults += _quarantine_matches(objects, needed(book.all(), objects))
    faults += _left(warehouse, objects, named | set(book.data_files()))
    rows = sum(receipt.counts["published"] for receipt in current.values())
    return Verdict(product, len(current), len(named), rows, tuple(sorted(faults, key=lambda f: f.place)))


def _named(warehouse: Warehouse, product: str, major: int) -> set[str]:
    """Names of the data files that readers see; none of a product that was only held or only tried."""
    try:
        return set(Door(warehouse).files(product, major))
    except DataError as error:
        # Such a product has receipts and no table: there is nothing to recount.
        if error.code != "product.held":
            raise
    return set()


def _gone(warehouse: Warehouse, product: str, major: int, book: ReceiptBook) -> set[str]:
    """Digests of publications whose commits landed and are in the table's history no more, though none expired.

    Their place in the order of commits is free, or another commit has taken it.
    """
    landed = [publication for publication in book.all() if publication.landed]
    # The table is looked at after its marks: whatever they say has happened by then.
    table = warehouse.iceberg(product, major)
    if table is None:
        return set()
    there = {snapshot.snapshot_id for snapshot in table.snapshots()}
    named = carried(table)
    taken = {snapshot.sequence_number or 0 for snapshot in table.snapshots()}
    newest = max(taken, default=0)
    missing = {p.digest: p.landed for p in landed if p.landed and p.landed.snapshot not in there}
    # In the order in which they were made: of two in one place the table went on from the later one.
    last = {place.sequence: digest for digest, place in missing.items()}
    return {
        digest
        for digest, place in missing.items()
        if digest not in named
        and (place.sequence > newest or place.sequence in taken or last[place.sequence] != digest)
    }


def clean(warehouse: Warehouse, product: str, major: int = 1) -> list[str]:
    """Remove files of no publication that no living run can need any more; the places of what was removed."""
    objects, book = warehouse.table(product, major), book_of(warehouse, product, major)
    rooms = ("data/", CLAIMS)
    found = [e for e in orphans(warehouse, product, major, set(book.data_files())) if e.name.startswith(rooms)]
    remove(objects, found)
    return sorted(address(objects, entry.name) for entry in found)


def _fault(kind: str, objects: Objects, name: str, what: str) -> Fault:
    return Fault(kind, address(objects, name), what)


def _quarantine_matches(objects: Objects, names: Iterable[str]) -> list[Fault]:
    """Files of refused rows, which are named by their SHA-256."""
    faults = []
    for name in sorted(names):
        try:
            same = sha256_of(objects.chunks(name)) == name.rpartition("/")[2].partition(".")[0]
        except FileNotFoundError:
            faults.append(_fault("lost", objects, name, "the file of refused rows is gone"))
            continue
        if not same:
            faults.append(_fault("changed", objects, name, "the file of refused rows is not the one that was written"))
    return faults


def _left(warehouse: Warehouse, objects: Objects, known: set[str]) -> list[Fault]:
    """Data files of no publication, but for those of a publication that is being made."""
    living, _ = claimed(objects, warehouse.longest_run)
    alive = tuple(living.values())
    found = {e.name for e in objects.entries("data/") if e.name.endswith(".parquet") and not e.name.startswith(alive)}
    what = "no publication names it: a run that was stopped left it, or it was copied here; --clean removes it"
    return [_fault("left", objects, name, what) for name in found - known]


def _marks_match(table: Table, objects: Objects, book: ReceiptBook) -> list[Fault]:
    """Marks and receipts of snapshots that did not expire, held against what the table says of its commits."""
    named = carried(table)
    publications = {publication.digest: publication.landed for publication in book.all()}
    lost = lost_receipts(table, book)
    faults = [_fault("lost", objects, name, "a snapshot names this receipt, and it is gone") for name in lost]
    snapshots = {landed.snapshot for landed in named.values()}
    for digest, landed in publications.items():
        if landed == named.get(digest) or (digest not in named and landed and landed.snapshot not in snapshots):
            continue
        name = f"receipts/{digest}.{'landed' if landed else 'held'}"
        faults.append(_fault("changed", objects, name, "the mark does not say what the table says of this commit"))
    return faults


def _files_match(
    entries: Iterable[dict[str, Any]], objects: Objects, note: str, table: Table | None = None
) -> list[Fault]:
    """Files held against their digests; those of a ``table`` against its field ids too."""
    faults = []
    for entry in entries:
        try:
            digest = sha256_of(objects.chunks(entry["path"]))
            other = misnumbered(table, objects.location(entry["path"])) if table else []
        except (FileNotFoundError, IsADirectoryError):
            faults.append(_fault("lost", objects, entry["path"], f"the file is gone{note}"))
            continue
        what = [f"its bytes are not those that were published{note}"] if digest != entry["sha256"] else []
        if other:
            what.append(f"it has not the table's field id for {', '.join(other[:5])}, which readers of Iceberg miss")
        if what:
            faults.append(_fault("changed", objects, entry["path"], "; ".join(what)))
    return faults


def _rows_match(receipt: Receipt, objects: Objects, names: list[str]) -> list[Fault]:
    digest = RowDigest()
    if names:
        for batch in scan(objects, names).collect_batches(chunk_size=250_000):
            digest += RowDigest.of(row_hashes(batch))
    if digest.text() == receipt.digests["published"]:
        return []
    what = f"{digest.rows} rows with another digest, the receipt has {receipt.counts['published']}"
    return [Fault("rows", f"partition {receipt.partition or 'whole'}", what)]
