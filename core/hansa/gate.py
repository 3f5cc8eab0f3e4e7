"""The gate: the only door to the warehouse.

``publish`` casts, checks, quarantines, tokenises, reconciles and publishes one frame under its contract. Until the one
commit at the end, nothing that it does is visible to readers; a crash at any point leaves the old rows or the new.
"""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.digest import RowDigest
from hansa.errors import ContractError, HansaError, PluginError, WorldError
from hansa.intake import Intake, Partition, Tally, digests_by_partition
from hansa.quarantine import Quarantine
from hansa.receipt import Publication, Receipt, book_of
from hansa.run import Run
from hansa.secrets import Keys
from hansa.settlement import Origin, Settlement, held
from hansa.store.table import CommitUnknown, DataFile, ProductTable
from hansa.store.warehouse import Warehouse
from hansa.uniqueness import Uniqueness
from hansa.verdict import Verdict, judge, nothing_left, too_many_refused

__all__ = ["Origin", "publish"]

#: Rows that are in memory at once.
BATCH = 250_000
_SIDES = ("incoming", "accepted", "quarantined", "published")
#: Makes an error for the user of one that the engine raised while it read the frame, or returns None.
Translate = Callable[[Exception], HansaError | None]


class Gate:
    """One publication of one frame. Use ``publish``."""

    def __init__(
        self,
        contract: Contract,
        run: Run,
        warehouse: Warehouse,
        keys: Keys | None,
        reading: Reading,
        origin: Origin,
        history: bool = False,
    ) -> None:
        self.history = history
        self.contract, self.run, self.warehouse, self.keys, self.reading = contract, run, warehouse, keys, reading
        self.table = ProductTable(warehouse, contract)
        self.book = book_of(warehouse, contract.id, contract.major)
        self.quarantine = Quarantine(contract, run.id, keys)
        self.end = Settlement(contract, run, warehouse, keys, origin, self.table, self.book, self.quarantine)

    def publish(self, frame: pl.LazyFrame, dry_run: bool) -> Publication:
        """Steps 1 to 8; with ``dry_run`` all but the last."""
        self.warehouse.prepare()
        if self.keys is not None:
            self.warehouse.bind_keys(self.keys.fingerprint)
        self.table.look()
        with self.table:
            self.table.sweep(self.book.data_files)
            made = casts(self.contract, frame.collect_schema(), self.reading, self.run.zone)
            uniqueness = self._survey(frame, {name: cast.value for name, cast in made.items()})
            intake = Intake(self.contract, made, self.end.window, uniqueness, self.quarantine, self._tokenised)
            files = self.table.write(intake.batches(_batches(frame)))
            try:
                receipts = self._receipts(intake.tallies, files)
                return self.end.settle(receipts, files, dry_run)
            except CommitUnknown:
                raise
            except BaseException:
                self.end.take_back(files)
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
        touched: set[dt.date] = set()
        uniqueness = Uniqueness(self.contract, lambda: self.end.elsewhere(touched))
        if not uniqueness.columns:
            return uniqueness
        partition = self.contract.partition
        wanted = dict.fromkeys([*uniqueness.columns, *([partition] if partition else [])])
        keys = frame.select(**{name: values[name] for name in wanted})

        def surveyed() -> Iterator[pl.DataFrame]:
            for batch in _batches(keys):
                if partition is not None:
                    touched.update(batch[partition].drop_nulls().unique().to_list())
                yield self._tokenised(batch)

        uniqueness.survey(surveyed())
        return uniqueness

    def _receipts(self, tallies: Mapping[Partition, Tally], files: Sequence[DataFile]) -> list[Receipt]:
        """Reconcile and judge each partition: those of the window, those that were found, and rows of none."""
        by_partition: dict[Partition, list[DataFile]] = {}
        for file in files:
            by_partition.setdefault(file.partition, []).append(file)
        wanted: set[Partition] = set(tallies)
        if self.end.window is not None:
            wanted |= set(self.run.days)
        if not any(self.end.ours(partition) for partition in wanted):
            wanted.add(None)
        ordered = sorted(wanted, key=lambda p: (p is None, p or dt.date.min))
        read = self._read_back(files)
        made = [
            self._receipt(p, tallies.get(p, Tally()), by_partition.get(p, []), read.get(p, RowDigest()))
            for p in ordered
        ]
        return self._hold_all(made, nothing_left(tallies.values()), self._refused(tallies))

    def _refused(self, tallies: Mapping[Partition, Tally]) -> str | None:
        """Why the share of refused rows holds the whole publication, those that belong to none of its days included."""
        own = [tally for partition, tally in tallies.items() if self.end.ours(partition)]
        dayless = [tally for partition, tally in tallies.items() if not self.end.ours(partition)]
        # The rows of no day of a whole history come with each of its days: those of an earlier one are no news.
        known = self.book.dayless() if self.history else 0
        return too_many_refused(self.contract, own, dayless, known)

    def _hold_all(self, receipts: list[Receipt], reason: str | None, refused: str | None) -> list[Receipt]:
        """Hold where no row has a day, where too many were refused, and where nothing would replace rows."""
        if self.contract.partition is None:
            lost = any(r.published for r, _ in self.book.current().values())
            empty = [r for r in receipts if r.state == "prepared" and not r.counts["incoming"] and lost]
            return [held(r, "no rows came, and they would replace those that serve") for r in empty] or receipts
        if refused is not None:
            return [held(r, refused) if self._is_ours(r) and r.state == "prepared" else r for r in receipts]
        if not any(self.end.ours(dt.date.fromisoformat(r.partition)) for r in receipts if r.partition):
            why = reason or "no rows came, so there is no day to publish"
            return [held(r, why) if r.partition is None else r for r in receipts]
        if reason is None:
            return receipts
        if not self.history:
            return [held(r, reason) if self._is_ours(r) and r.state == "prepared" else r for r in receipts]
        full = {partition for partition, (r, _) in self.book.current().items() if r.published}
        return [held(r, reason) if r.state == "prepared" and r.partition in full else r for r in receipts]

    def _is_ours(self, receipt: Receipt) -> bool:
        return receipt.partition is not None and self.end.ours(dt.date.fromisoformat(receipt.partition))

    def _read_back(self, files: Sequence[DataFile]) -> dict[Partition, RowDigest]:
        """The digest of each partition as it lies in the files, read once and in batches."""
        found: dict[Partition, RowDigest] = {}
        if not files:
            return found
        for batch in _batches(self.table.scan(files).select(list(self.contract.by_name))):
            for partition, digest in digests_by_partition(batch, self.contract.partition).items():
                found[partition] = found.get(partition, RowDigest()) + digest
        return found

    def _receipt(self, partition: Partition, tally: Tally, files: Sequence[DataFile], read: RowDigest) -> Receipt:
        self._reconcile(partition, tally, read)
        # Rows of another day, or of none, are counted and quarantined, but there is no partition to judge.
        rows = self.table.scan(files) if files else None
        judged = judge(self.contract, tally, rows) if self.end.ours(partition) else Verdict()
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
            digests={side: self._told(side, getattr(tally, side)) for side in _SIDES},
            files=() if judged.reasons else tuple(self._file(file) for file in files),
            reasons=judged.reasons,
        )

    def _told(self, side: str, digest: RowDigest) -> str:
        """A digest as receipts hold it; of rows as they came under a contract with secrets only its keyed tag."""
        if side == "published" or self.keys is None:
            return digest.text()
        return f"{digest.rows}:{self.keys.tag(digest.text())}"

    def _file(self, file: DataFile) -> dict[str, Any]:
        return {"path": file.name, "rows": file.rows, "bytes": file.size, "sha256": file.sha256}

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


def _batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    yield from frame.collect_batches(chunk_size=BATCH, maintain_order=True)


def _refuse_unfit(contract: Contract, keys: Keys | None) -> None:
    """Refuse before anything is read: a secret without keys, a partition that is no day."""
    if keys is None and _secret(contract):
        raise WorldError(
            "keys.missing",
            "the contract has columns to seal or to tokenise, and no keys were given",
            where=contract.id,
            state="nothing was changed",
            next_step="name the folder of the keys by 'keys' in mesh.yaml or by HANSA_KEYS",
        )
    partition = contract.by_name[contract.partition] if contract.partition is not None else None
    if partition is not None and partition.logical_type != "date":
        raise ContractError(
            "contract.partition",
            f"partition column '{partition.name}' is no date",
            where=f"{contract.path}:{partition.line}",
            next_step="partition by a column of logicalType date",
        )


def _secret(contract: Contract) -> bool:
    return contract.sealed or any(column.tokenise is not None for column in contract.columns)


@contextmanager
def _readable(frame: pl.LazyFrame, contract: Contract, warehouse: Warehouse) -> Iterator[pl.LazyFrame]:
    """A frame that can be read twice: its rows are computed once, outside every reader's sight."""
    warehouse.prepare()
    with warehouse.staging(nameless=_secret(contract)) as path:
        frame.sink_parquet(path, compression="lz4")
        yield pl.scan_parquet(path, glob=False, hive_partitioning=False)


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
    history: bool = False,
    dry_run: bool = False,
    translate: Translate = lambda error: None,
) -> Publication:
    """Send ``frame`` through the gate under ``contract`` and return its publication.

    The frame is read twice, first its keys alone; unless it is ``rereadable`` (a scan of files) it is computed once
    into a staging folder. ``history`` says that the rows of no day are those of the whole source, not of these days
    alone. ``keys`` are needed for a contract that seals or tokenises. A held partition is an answer,
    not an exception: look at ``Publication.held``.
    """
    _refuse_unfit(contract, keys)
    gate = Gate(contract, run, warehouse, keys, reading or Reading(), origin or Origin(), history)
    try:
        if rereadable:
            return gate.publish(frame, dry_run)
        with _readable(frame, contract, warehouse) as readable:
            return gate.publish(readable, dry_run)
    except HansaError:
        raise
    except Exception as error:
        known = translate(error) or (_unquoted(contract, error) if _secret(contract) else None)
        if known is None:
            raise
        raise known from None


def _unquoted(contract: Contract, error: Exception) -> PluginError:
    """An error of the engine or of foreign code by its type alone: its text may quote the value of a sealed column."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return PluginError(
        "frame.failed",
        f"its rows could not be computed ({type(error).__name__} at {Path(place.filename).name}:{place.lineno})",
        where=contract.id,
        state="nothing was published",
        next_step="mend the function or the source; the error's text is not shown, because the contract seals columns",
    )
