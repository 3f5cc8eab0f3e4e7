"""The gate: the only door to the warehouse.

``publish`` casts, checks, quarantines, tokenises, reconciles and publishes one frame under its contract. Until the one
commit at the end, nothing that it does is visible to readers; a crash at any point leaves the old rows or the new.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.digest import RowDigest
from hansa.errors import HansaError, WorldError
from hansa.intake import Intake, Partition, Tally, Window, digests_by_partition
from hansa.quarantine import Quarantine
from hansa.receipt import PROPERTY, InputRead, Publication, Receipt, book_of, timestamp
from hansa.run import Run
from hansa.secrets import Keys
from hansa.store.door import Door, scan_files
from hansa.store.table import DataFile, ProductTable
from hansa.store.warehouse import Warehouse
from hansa.uniqueness import Uniqueness
from hansa.verdict import Verdict, judge

#: Rows that are in memory at once.
BATCH = 250_000
_LIBRARIES = ("hansa", "polars", "pyarrow", "pyiceberg", "pandera")
#: Makes an error for the user of one that the engine raised while it read the frame, or returns None.
Translate = Callable[[Exception], HansaError | None]


@dataclass(frozen=True)
class Origin:
    """Where a frame comes from: the inputs that were read, the digest of the code, versions of further libraries."""

    inputs: tuple[InputRead, ...] = ()
    code: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)


class Gate:
    """One publication of one frame. Use ``publish``."""

    def __init__(
        self, contract: Contract, run: Run, warehouse: Warehouse, keys: Keys | None, reading: Reading, origin: Origin
    ) -> None:
        self.contract, self.run, self.warehouse, self.keys = contract, run, warehouse, keys
        self.reading, self.origin = reading, origin
        self.table = ProductTable(warehouse, contract)
        self.book = book_of(warehouse, contract.id, contract.major)
        self.quarantine = Quarantine(contract, run.id, keys)
        self.window: Window = None
        if contract.partition is not None and run.first is not None and run.last is not None:
            self.window = (run.first, run.last)

    def publish(self, frame: pl.LazyFrame, dry_run: bool) -> Publication:
        """Steps 1 to 8; with ``dry_run`` all but the last."""
        self.warehouse.prepare()
        if self.keys is not None:
            self.warehouse.bind_keys(self.keys.fingerprint)
        self.table.ensure()
        made = casts(self.contract, frame.collect_schema(), self.reading, self.run.zone)
        uniqueness = self._survey(frame, {name: cast.value for name, cast in made.items()})
        intake = Intake(self.contract, made, self.window, uniqueness, self.quarantine, self._tokenised)
        files = self.table.write(intake.batches(_batches(frame)))
        try:
            receipts = self._receipts(intake.tallies, files)
            return self._settle(receipts, files, dry_run)
        except BaseException:
            # Whatever stopped us before the commit, what was written is of no use to anybody.
            if self.table.landed({"hansa.run": self.run.id}) is None:
                self.table.remove(files)
            raise

    def _tokenised(self, batch: pl.DataFrame) -> pl.DataFrame:
        tokens = [
            self.keys.tokens(batch[column.name], column.tokenise).alias(column.name)
            for column in self.contract.columns
            if column.tokenise is not None and self.keys is not None and column.name in batch.columns
        ]
        return batch.with_columns(tokens)

    def _survey(self, frame: pl.LazyFrame, values: Mapping[str, pl.Expr]) -> Uniqueness:
        """The pass over the keys, before the main pass."""
        uniqueness = Uniqueness(self.contract, None)
        if not uniqueness.columns:
            return uniqueness
        partition = self.contract.partition
        wanted = dict.fromkeys([*uniqueness.columns, *([partition] if partition else [])])
        keys = frame.select(**{name: values[name] for name in wanted})
        touched: set[dt.date] = set()

        def surveyed() -> Iterator[pl.DataFrame]:
            for batch in _batches(keys):
                if partition is not None:
                    touched.update(batch[partition].drop_nulls().unique().to_list())
                yield self._tokenised(batch)

        if partition is None or self.contract.key_scope == "partition":
            uniqueness.survey(surveyed())
            return uniqueness
        batches = list(surveyed())
        uniqueness = Uniqueness(self.contract, self._elsewhere(touched))
        uniqueness.survey(batches)
        return uniqueness

    def _elsewhere(self, touched: set[dt.date]) -> pl.LazyFrame | None:
        """The rows of the partitions that this publication leaves as they are."""
        if not Door(self.warehouse).has(self.contract.id, self.contract.major):
            return None
        stored = pl.col(self.contract.partition or "")
        stays = ~stored.is_between(*self.window) if self.window else ~stored.is_in(list(touched))
        return Door(self.warehouse).open(self.contract.id, self.contract.major).frame.filter(stays)

    def _receipts(self, tallies: Mapping[Partition, Tally], files: Sequence[DataFile]) -> list[Receipt]:
        """Reconcile and judge each partition: those of the window, those that were found, and rows of none."""
        by_partition: dict[Partition, list[DataFile]] = {}
        for file in files:
            by_partition.setdefault(file.partition, []).append(file)
        wanted: set[Partition] = set(tallies)
        if self.contract.partition is None:
            wanted.add(None)
        elif self.window is not None:
            wanted |= set(self.run.days)
        ordered = sorted(wanted, key=lambda p: (p is None, p or dt.date.min))
        read = self._read_back(files)
        return [self._receipt(p, tallies.get(p, Tally()), by_partition.get(p, []), read.get(p, RowDigest())) for p in ordered]

    def _read_back(self, files: Sequence[DataFile]) -> dict[Partition, RowDigest]:
        """The digest of each partition as it lies in the files, read once and in batches."""
        found: dict[Partition, RowDigest] = {}
        if not files:
            return found
        for batch in _batches(scan_files([file.path for file in files]).select(list(self.contract.by_name))):
            for partition, digest in digests_by_partition(batch, self.contract.partition).items():
                found[partition] = found.get(partition, RowDigest()) + digest
        return found

    def _receipt(self, partition: Partition, tally: Tally, files: Sequence[DataFile], read: RowDigest) -> Receipt:
        self._reconcile(partition, tally, read)
        # Rows of another day, or of none, are counted and quarantined, but there is no partition to judge.
        rows = scan_files([file.path for file in files]) if files else None
        judged = judge(self.contract, tally, rows) if self._ours(partition) else Verdict()
        return Receipt(
            partition=str(partition) if partition else None,
            state="held" if judged.reasons else "prepared",
            counts={
                "incoming": tally.incoming.rows,
                "accepted": tally.accepted.rows,
                "quarantined": tally.quarantined.rows,
                "identical": tally.identical,
                "published": read.rows,
            },
            broken={**dict(tally.broken), **judged.broken},
            undecided=dict(tally.undecided),
            unchecked=judged.unchecked,
            digests={side: getattr(tally, side).text() for side in ("incoming", "accepted", "quarantined", "published")},
            files=tuple(self._file(file) for file in files),
            reasons=judged.reasons,
        )

    def _file(self, file: DataFile) -> dict[str, Any]:
        place = file.path.relative_to(self.table.folder)
        return {"path": str(place), "rows": file.rows, "bytes": file.size, "sha256": file.sha256}

    def _reconcile(self, partition: Partition, tally: Tally, read: RowDigest) -> None:
        """Every row that came is published or quarantined, and what lies in the files is what was accepted."""
        if tally.accepted + tally.quarantined != tally.incoming or read != tally.published:
            raise WorldError(
                "gate.reconcile",
                f"partition {partition or 'whole'} does not reconcile: {tally.incoming.rows} rows came, "
                f"{tally.accepted.rows} were accepted, {tally.quarantined.rows} quarantined, {read.rows} read back",
                where=self.contract.id,
                state="nothing was published",
                next_step="run again; if it comes back, check the disk and report it",
            )

    def _settle(self, receipts: list[Receipt], files: list[DataFile], dry_run: bool) -> Publication:
        """Hold, find unchanged, or publish: the commit is the last step but one, the mark the last."""
        before = self.book.latest()
        same = {r.partition for r in receipts if _same(r, before.get(r.partition), self)}
        if receipts and same == {r.partition for r in receipts} and not dry_run:
            self.table.remove(files)
            return self._again(receipts, before)
        # Partitions that are right already stay as they are; a held one keeps what it published last.
        commit = [r for r in receipts if r.state == "prepared" and r.partition not in same and self._ours(_day(r))]
        kept = {r.partition for r in commit}
        self.table.remove([f for f in files if (str(f.partition) if f.partition else None) not in kept])
        receipts = [r for r in receipts if r.partition not in same]
        publication = self._publication(receipts, kept)
        if dry_run:
            self.table.remove(files)
            return publication
        publication = replace(publication, quarantine=self.quarantine.write(self.table.folder))
        self.book.prepare(publication)
        if not commit:
            self.book.mark_held(publication)
            return publication
        partitions = None if self.contract.partition is None else [dt.date.fromisoformat(r.partition or "") for r in commit]
        landing = [f for f in files if (str(f.partition) if f.partition else None) in kept]
        landed = self.table.replace(partitions, landing, {PROPERTY: publication.digest, "hansa.run": self.run.id})
        return self.book.mark_landed(publication, landed)

    def _ours(self, partition: Partition) -> bool:
        """True for what this publication may replace: the whole product, or a day of its window."""
        if self.contract.partition is None:
            return True
        return partition is not None and (self.window is None or self.window[0] <= partition <= self.window[1])

    def _publication(self, receipts: list[Receipt], kept: set[str | None]) -> Publication:
        stated = tuple(replace(r, state="published") if r.partition in kept else r for r in receipts)
        return Publication(
            product=self.contract.id,
            version=self.contract.version,
            contract=self.contract.digest,
            run=self.run.id,
            made_at=timestamp(),
            receipts=stated,
            inputs=self.origin.inputs,
            code=self.origin.code,
            libraries={name: version(name) for name in _LIBRARIES} | dict(self.origin.libraries),
            keys=self.keys.fingerprint if self.keys else "",
            unenforced=tuple(rule.name for rule in self.contract.unenforced),
        )

    def _again(self, receipts: list[Receipt], before: Mapping[str | None, tuple[Receipt, Publication]]) -> Publication:
        """The answer to a re-run: the earlier receipts, under the newest of their publications."""
        found = [before[r.partition] for r in receipts]
        newest = max((publication for _, publication in found), key=lambda p: p.made_at)
        return replace(newest, receipts=tuple(receipt for receipt, _ in found), unchanged=True)


def _same(receipt: Receipt, earlier: tuple[Receipt, Publication] | None, gate: Gate) -> bool:
    """True if the same rows, judged the same way under the same contract and inputs, stand there already."""
    if earlier is None:
        return False
    known, publication = earlier
    state = "published" if receipt.state == "prepared" and gate._ours(_day(receipt)) else receipt.state
    return (
        (known.state, known.digests, known.broken, known.reasons) == (state, receipt.digests, receipt.broken, receipt.reasons)
        and publication.contract == gate.contract.digest
        and publication.code == gate.origin.code
        and _snapshots(publication.inputs) == _snapshots(gate.origin.inputs)
    )


def _day(receipt: Receipt) -> Partition:
    return dt.date.fromisoformat(receipt.partition) if receipt.partition else None


def _snapshots(inputs: Sequence[InputRead]) -> list[tuple[str, int | None]]:
    return [(given.name, given.snapshot) for given in inputs]


def _batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    yield from frame.collect_batches(chunk_size=BATCH, maintain_order=True)


def publish(
    frame: pl.LazyFrame,
    contract: Contract,
    run: Run,
    warehouse: Warehouse,
    *,
    keys: Keys | None = None,
    reading: Reading | None = None,
    origin: Origin | None = None,
    rereadable: bool = False,
    dry_run: bool = False,
    translate: Translate = lambda error: None,
) -> Publication:
    """Send ``frame`` through the gate under ``contract`` and return its publication.

    The frame is read twice, first its keys alone; unless it is ``rereadable`` (a scan of files) it is computed once
    into the run's staging folder. ``keys`` are needed for a contract that seals or tokenises. A held partition is an
    answer, not an exception: look at ``Publication.held``.
    """
    staged = None
    try:
        if not rereadable:
            warehouse.prepare()
            staged = warehouse.staging(run.id)
            staged.mkdir(parents=True, exist_ok=True)
            path = staged / f"{contract.id}.parquet"
            frame.sink_parquet(path, compression="lz4")
            frame = pl.scan_parquet(path)
        gate = Gate(contract, run, warehouse, keys, reading or Reading(), origin or Origin())
        return gate.publish(frame, dry_run)
    except (pl.exceptions.PolarsError, OSError) as error:
        known = translate(error)
        if known is None:
            raise
        raise known from None
    finally:
        if staged is not None:
            shutil.rmtree(staged, ignore_errors=True)
