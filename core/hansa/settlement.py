"""The end of a publication: hold, find unchanged, or commit, for each partition by itself.

Held partitions keep the rows that they published last, so keys are judged once more against what really stays.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import count

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import WorldError
from hansa.intake import Partition, Window
from hansa.quarantine import Quarantine
from hansa.receipt import PROPERTY, InputRead, Publication, Receipt, ReceiptBook, timestamp
from hansa.run import Run
from hansa.secrets import Keys
from hansa.store.door import Door
from hansa.store.table import DataFile, Look, Moved, ProductTable
from hansa.store.warehouse import Warehouse
from hansa.uniqueness import crossing, key_sets

_LIBRARIES = ("hansa", "polars", "pyarrow", "pyiceberg", "pandera")
#: Seconds after which a publication that others overtake all the time gives up.
_PATIENCE = 600.0
#: A commit that is refused so often upon one and the same head is refused for another reason.
_SAME_HEAD = 5
#: For each partition its newest receipt, published or held, and the publication that it belongs to.
Latest = Mapping[str | None, tuple[Receipt, Publication]]


@dataclass(frozen=True)
class Origin:
    """Where a frame comes from: the inputs that were read, the digest of the code, versions of further libraries."""

    inputs: tuple[InputRead, ...] = ()
    code: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)


class Settlement:
    """The last steps of one publication, and what other partitions of the product hold."""

    def __init__(
        self,
        contract: Contract,
        run: Run,
        warehouse: Warehouse,
        keys: Keys | None,
        origin: Origin,
        table: ProductTable,
        book: ReceiptBook,
        quarantine: Quarantine,
    ) -> None:
        self.contract, self.run, self.keys, self.origin = contract, run, keys, origin
        self.table, self.book, self.quarantine = table, book, quarantine
        self.window: Window = None
        if contract.partition is not None and run.first is not None and run.last is not None:
            self.window = (run.first, run.last)
        self._door = Door(warehouse)
        self._surveyed: int | None = None
        self._attempted: Publication | None = None

    def ours(self, partition: Partition) -> bool:
        """True for what this publication may replace: the whole product, or a day of its window."""
        if self.contract.partition is None:
            return True
        return partition is not None and (self.window is None or self.window[0] <= partition <= self.window[1])

    @property
    def _keys_cross(self) -> bool:
        """True if a key holds over partitions that are published one by one."""
        partitioned = self.contract.partition is not None and self.contract.key_scope == "product"
        return partitioned and bool(key_sets(self.contract))

    def elsewhere(self, touched: Collection[dt.date]) -> pl.LazyFrame | None:
        """The rows that this publication leaves as they are, if it replaces its window, or the days ``touched``."""
        if not self._keys_cross:
            return None
        self._surveyed = self.table.look().snapshot
        return self._staying(self._surveyed, self.run.days if self.window else touched)

    def _staying(self, snapshot: int | None, replaced: Collection[dt.date]) -> pl.LazyFrame | None:
        if snapshot is None:
            return None
        opened = self._door.open(self.contract.id, self.contract.major, at=snapshot)
        return opened.frame.filter(~pl.col(self.contract.partition or "").is_in(sorted(replaced)))

    def settle(self, receipts: list[Receipt], files: list[DataFile], dry_run: bool) -> Publication:
        """Publish what may be published and is not there yet; who loses a race looks again and decides again."""
        until = time.monotonic() + _PATIENCE
        heads: list[int | None] = []
        for attempt in count():
            with self.table.lock():
                look = self.table.look()
                try:
                    return self._settle(look, receipts, files, dry_run)
                except Moved:
                    self._withdraw()
            heads.append(look.snapshot)
            if time.monotonic() > until or heads.count(look.snapshot) >= _SAME_HEAD:
                break
            time.sleep(random.uniform(0, min(0.05 * 2**attempt, 2.0)))  # noqa: S311 - spreads the losers of a race
        raise WorldError(
            "commit.lost",
            f"the catalog refused the commit {len(heads)} times, as if others published this product all the time",
            where=self.contract.id,
            state="the last published rows go on serving, ours were not published",
            next_step="run again, with fewer publishers of one product at once",
        )

    def _settle(self, look: Look, receipts: list[Receipt], files: list[DataFile], dry_run: bool) -> Publication:
        """One attempt upon the head of ``look``; the commit comes last but one, its mark last."""
        before = self.book.latest()
        receipts = self._hold_crossing(look, receipts, files)
        same = set() if dry_run else self._unchanged(receipts, before)
        own = {r.partition for r in receipts if self._decides(r)}
        if own and same == own:
            self.table.remove(files)
            return self._again(receipts, before)
        # Partitions that are right already stay as they are; a held one keeps what it published last.
        commit = [r for r in receipts if self._replaces(r) and r.partition not in same]
        publication = self._publication([r for r in receipts if r.partition not in same], commit)
        landing = [] if dry_run else [file for r in commit for file in _files_of(r, files)]
        if not dry_run:
            publication = self._publish(look, publication, commit, landing)
        self.table.remove([file for file in files if file not in landing])
        return publication

    def _publish(
        self, look: Look, publication: Publication, commit: Sequence[Receipt], files: Sequence[DataFile]
    ) -> Publication:
        publication = replace(publication, quarantine=self.quarantine.write(self.table.objects))
        self._attempted = publication
        self.book.prepare(publication)
        if not commit:
            self.book.mark_held(publication)
            return publication
        days = None if self.contract.partition is None else _days(commit)
        landed = self.table.commit(look, days, files, {PROPERTY: publication.digest, "hansa.run": self.run.id})
        return self.book.mark_landed(publication, landed)

    def take_back(self, files: Sequence[DataFile]) -> None:
        """Remove what was written for a publication that failed, unless it landed all the same."""
        if self._attempted is None:
            self.table.remove(files)
        elif self.table.landed({PROPERTY: self._attempted.digest}) is None:
            self.table.remove(files)
            self._withdraw()

    def _withdraw(self) -> None:
        if self._attempted is not None:
            self.book.withdraw(self._attempted)
            self.quarantine.withdraw(self.table.objects)
            self._attempted = None

    def _decides(self, receipt: Receipt) -> bool:
        """True for what this publication decides; rows of another day, or of none, are only refused."""
        return self.ours(_day(receipt)) or receipt.state == "held"

    def _replaces(self, receipt: Receipt) -> bool:
        return receipt.state == "prepared" and self.ours(_day(receipt))

    def _unchanged(self, receipts: Sequence[Receipt], before: Latest) -> set[str | None]:
        """The partitions that stand there already, judged the same way and with the same rows refused beside them."""
        own = [r for r in receipts if self._decides(r) and r.partition in before]
        same = {r.partition for r in own if self._same(r, *before[r.partition])}
        refused = [_signature(r) for r in receipts if not self._decides(r)]
        earlier = [[_signature(r) for r in before[partition][1].rejects] for partition in same]
        return same if all(known == refused for known in earlier) else set()

    def _same(self, receipt: Receipt, known: Receipt, publication: Publication) -> bool:
        """True if the same rows were judged the same way under the same contract, code and inputs."""
        state = "published" if receipt.state == "prepared" else receipt.state
        return (
            (known.state, known.reasons, *_signature(known)) == (state, receipt.reasons, *_signature(receipt))
            and publication.contract == self.contract.digest
            and publication.code == self.origin.code
            and _snapshots(publication.inputs) == _snapshots(self.origin.inputs)
        )

    def _hold_crossing(self, look: Look, receipts: list[Receipt], files: Sequence[DataFile]) -> list[Receipt]:
        """Hold each day with a key of a day that was to go but stays, or that was published since the first pass."""
        moved = self._keys_cross and look.snapshot != self._surveyed
        while self._keys_cross and (moved or any(r.state == "held" for r in receipts)):
            going = [r for r in receipts if self._replaces(r)]
            rows = [file for r in going for file in _files_of(r, files)]
            stays = self._staying(look.snapshot, _days(going))
            if not rows or stays is None:
                break
            hits = crossing(self.contract, self.table.scan(rows), stays)
            if not hits:
                break
            why = {
                str(day): f"{rule}: {count} keys also stand in a day that stays" for (rule, day), count in hits.items()
            }
            receipts = [held(r, why[r.partition]) if r.partition in why else r for r in receipts]
        return receipts

    def _publication(self, receipts: Sequence[Receipt], commit: Sequence[Receipt]) -> Publication:
        kept = {r.partition for r in commit}
        return Publication(
            product=self.contract.id,
            version=self.contract.version,
            contract=self.contract.digest,
            run=self.run.id,
            made_at=timestamp(),
            receipts=tuple(replace(r, state="published") if r.partition in kept else r for r in receipts),
            inputs=self.origin.inputs,
            code=self.origin.code,
            libraries={name: version(name) for name in _LIBRARIES} | dict(self.origin.libraries),
            keys=self.keys.fingerprint if self.keys else "",
            unenforced=tuple(rule.name for rule in self.contract.unenforced),
        )

    def _again(self, receipts: Sequence[Receipt], before: Latest) -> Publication:
        """The answer to a re-run: the earlier receipts, under the newest of their publications."""
        own = {r.partition: before[r.partition] for r in receipts if self._decides(r)}
        newest = max((publication for _, publication in own.values()), key=lambda p: p.made_at)
        found = tuple(own[r.partition][0] if r.partition in own else r for r in receipts)
        return replace(newest, receipts=found, unchanged=True)


def held(receipt: Receipt, reason: str) -> Receipt:
    """The receipt of a partition that is held for one more reason; nothing of it is kept as a file."""
    return replace(receipt, state="held", reasons=(*receipt.reasons, reason), files=())


def _files_of(receipt: Receipt, files: Sequence[DataFile]) -> list[DataFile]:
    return [file for file in files if file.partition == _day(receipt)]


def _days(receipts: Sequence[Receipt]) -> list[dt.date]:
    return [dt.date.fromisoformat(r.partition) for r in receipts if r.partition is not None]


def _day(receipt: Receipt) -> Partition:
    return dt.date.fromisoformat(receipt.partition) if receipt.partition else None


def _signature(receipt: Receipt) -> tuple[str | None, dict[str, str], dict[str, int]]:
    return receipt.partition, receipt.digests, receipt.broken


def _snapshots(inputs: Sequence[InputRead]) -> list[tuple[str, int | None]]:
    return [(given.name, given.snapshot) for given in inputs]
