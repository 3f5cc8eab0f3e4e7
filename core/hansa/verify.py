"""Verify: does what lies in the warehouse still match what the receipts prove?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hansa.digest import RowDigest, row_hashes, sha256_of
from hansa.receipt import Receipt, book_of
from hansa.store import files
from hansa.store.door import Door, scan_files
from hansa.store.warehouse import Warehouse


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
    """Recount and re-digest every partition that readers see, and compare it with its receipt."""
    door = Door(warehouse)
    named = set(door.files(product, major))
    folder = warehouse.folder(product, major)
    book = book_of(warehouse, product, major)
    current = book.current()
    faults: list[Fault] = []
    proved: set[Path] = set()
    rows = 0
    for receipt, _ in current.values():
        places = [folder / entry["path"] for entry in receipt.files]
        proved.update(places)
        rows += receipt.counts["published"]
        faults += _files_match(receipt, folder) or _rows_match(receipt, places)
    faults += [Fault("lost", str(path), "the receipt names it, the table does not") for path in sorted(proved - named)]
    faults += [Fault("added", str(path), "the table names it, no receipt does") for path in sorted(named - proved)]
    faults += _left(folder, named | set(book.data_files()))
    return Verdict(product, len(current), len(named), rows, tuple(faults))


def _left(folder: Path, known: set[Path]) -> list[Fault]:
    """Data files of no publication, but for those of a publication that is being made."""
    data = folder / "data"
    alive = {path.with_suffix("") for path in data.glob("*.alive") if not files.abandoned(path)}
    found = {path for path in data.rglob("*.parquet") if not alive & set(path.parents)} - known
    what = "no publication names it: a run that was stopped left it, or it was copied here; it can be removed"
    return [Fault("left", str(path), what) for path in sorted(found)]


def _files_match(receipt: Receipt, folder: Path) -> list[Fault]:
    faults = []
    for entry in receipt.files:
        path = folder / entry["path"]
        if not path.exists():
            faults.append(Fault("lost", str(path), "the file is gone"))
        elif sha256_of(files.chunks(path)) != entry["sha256"]:
            faults.append(Fault("changed", str(path), "its bytes are not those that were published"))
    return faults


def _rows_match(receipt: Receipt, places: list[Path]) -> list[Fault]:
    digest = RowDigest()
    if places:
        for batch in scan_files(places).collect_batches(chunk_size=250_000):
            digest += RowDigest.of(row_hashes(batch))
    if digest.text() == receipt.digests["published"]:
        return []
    what = f"{digest.rows} rows with another digest, the receipt has {receipt.counts['published']}"
    return [Fault("rows", f"partition {receipt.partition or 'whole'}", what)]
