"""The end of a publication: hold, find unchanged, or commit, for each partition by itself.

Held partitions keep the rows that they published last, so keys are judged once more against what really stays. What
was merged with rows that stood in a partition is committed only if these are still the rows that stand there.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import count
from typing import Any
from uuid import uuid4

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import WorldError
from hansa.key_sets import KeyHasher, key_sets, keys_cross
from hansa.known_keys import KnownKeys
from hansa.merge import Standing
from hansa.quarantine import Quarantine
from hansa.receipt import PROPERTY, InputRead, Publication, Receipt, ReceiptBook, timestamp
from hansa.rivals import PATIENCE, overtaken, pause
from hansa.run import Run
from hansa.scope import Partition, Scope
from hansa.secrets import Keys
from hansa.store.key_files import FOLDER, write_keys
from hansa.store.proofs import heal
from hansa.store.table import DataFile, Look, Moved, ProductTable
from hansa.uniqueness import crossing

_LIBRARIES = ("hansa", "polars", "pyarrow", "pyiceberg", "pandera")
#: A commit that is refused so often upon one and the same head is refused for another reason.
_SAME_HEAD = 5
#: For each partition its newest receipt, published or held, and the publication that it belongs to.
Latest = Mapping[str | None, tuple[Receipt, Publication]]


class Stale(Exception):  # noqa: N818 - an answer, not a fault
    """Partitions that rows were merged with are other ones by now; nothing of ours is there."""


@dataclass(frozen=True)
class Origin:
    """Where a frame comes from: the inputs that were read, the digest of the code, versions of further libraries."""

    inputs: tuple[InputRead, ...] = ()
    code: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What a publication was decided upon: how it was asked for, and what stood when it was computed.

    ``refused`` are partitions of which every row was refused although the publication could have added to them;
    ``checked`` names the publications against whose keys the rows were judged, by partition; ``absent`` are columns
    of the contract that did not come.
    """

    scope: Scope
    origin: Origin
    request: str
    base: Look
    standing: Standing
    checked: Mapping[str | None, str]
    refused: frozenset[Partition]
    absent: tuple[str, ...] = ()

    def ours(self, partition: Partition) -> bool:
        """True for what this publication decides."""
        return self.scope.ours(partition) and partition not in self.refused


@dataclass
class Written:
    """What was computed: receipts, data files, and by partition and key the sorted hashes of what lies in them."""

    receipts: list[Receipt]
    files: list[DataFile]
    hashes: Mapping[Partition, Mapping[str, pl.Series]] = field(default_factory=dict)


class Settlement:
    """The last steps of one publication."""

    def __init__(
        self,
        contract: Contract,
        run: Run,
        keys: Keys | None,
        table: ProductTable,
        book: ReceiptBook,
        quarantine: Quarantine,
        case: Case,
    ) -> None:
        self.contract, self.run, self.keys, self.case = contract, run, keys, case
        self.table, self.book, self.quarantine = table, book, quarantine
        self._hasher = KeyHasher(contract, keys)
        self._attempted: Publication | None = None
        self._key_files: dict[Partition, dict[str, dict[str, Any]]] = {}

    def settle(self, written: Written, dry_run: bool, locked: bool = False) -> Publication:
        """Publish what may be published and is not there yet; who loses a race looks again and decides again.

        Errors: Stale if it has to be computed again.
        """
        until = time.monotonic() + PATIENCE
        heads: list[int | None] = []
        for attempt in count():
            began = time.monotonic()
            with nullcontext() if locked else self.table.lock():
                look = self.table.look()
                try:
                    return self._settle(look, written, dry_run)
                except Moved:
                    self._withdraw()
            heads.append(look.snapshot)
            if time.monotonic() > until or heads.count(look.snapshot) >= _SAME_HEAD:
                break
            time.sleep(pause(attempt, time.monotonic() - began))
        raise overtaken(self.contract, len(heads))

    def _settle(self, look: Look, written: Written, dry_run: bool) -> Publication:
        """One attempt upon the head of ``look``; the commit comes last but one, its mark last."""
        self._refuse_stale(look, written.receipts)
        if look.table and not dry_run:
            heal(self.table.objects, look.table, self.book.knows)
        # The book is read after the table, and the commit stands on that look: nothing can have come between them.
        with self.book.one_look():
            before = self.book.latest()
            receipts = self._hold_crossing(look, written)
            same = set() if dry_run else self._unchanged(look, receipts, before)
        own = {r.partition for r in receipts if self._decides(r)}
        if own and same == own:
            self._discard(written.files)
            return self._again(receipts, before)
        # Partitions that are right already stay as they are; a held one keeps what it published last.
        commit = [r for r in receipts if self._replaces(r) and r.partition not in same]
        publication = self._publication([r for r in receipts if r.partition not in same], commit, bool(same))
        publication = replace(publication, standing=tuple(r for r in receipts if r.partition in same))
        landing = [] if dry_run else [file for r in commit for file in _files_of(r, written.files)]
        if not dry_run:
            publication = self._publish(look, publication, commit, landing, written)
        # What landed is no failure because what is left beside it could not be removed.
        with suppress(WorldError, OSError) if publication.landed else nullcontext():
            self._discard([file for file in written.files if file not in landing], [] if dry_run else commit)
        return publication

    def _refuse_stale(self, look: Look, receipts: Sequence[Receipt]) -> None:
        """Rows were merged with what stood in a partition at one look; another publication may have changed it."""
        if look.snapshot == self.case.base.snapshot:
            return
        added = [_day(r) for r in receipts if self._replaces(r) and self.case.scope.adds(_day(r))]
        now = Standing(self.contract, self.table, look)
        if added and now.files(added) != self.case.standing.files(added):
            raise Stale

    def _publish(
        self,
        look: Look,
        publication: Publication,
        commit: Sequence[Receipt],
        files: Sequence[DataFile],
        written: Written,
    ) -> Publication:
        proved = {r.partition: self._keys_of(_day(r), written) for r in commit}
        receipts = tuple(replace(r, keys=proved.get(r.partition, {})) for r in publication.receipts)
        quarantine = self.quarantine.write(self.table.objects)
        publication = replace(publication, receipts=receipts, quarantine=quarantine, upon=look.sequence)
        self._attempted = publication
        self.book.prepare(publication)
        if not commit:
            self.book.mark_held(publication)
            return publication
        days = None if self.contract.partition is None else _days(commit)
        landed = self.table.commit(look, days, files, {PROPERTY: publication.digest, "hansa.run": self.run.id})
        # The commit stands, marked or not: who reads the book next asks the table and writes the mark.
        with suppress(WorldError, OSError):
            self.book.mark_landed(publication, landed)
            self.book.pack()
        return replace(publication, landed=landed)

    def _keys_of(self, partition: Partition, written: Written) -> dict[str, dict[str, Any]]:
        """The key files of a partition, written before the commit as its data files are."""
        if partition not in self._key_files:
            folder, hashes = f"{FOLDER}{uuid4().hex}", written.hashes.get(partition, {})
            self._key_files[partition] = {
                keys.rule: write_keys(
                    self.table.objects, f"{folder}/{at}.arrow", hashes[keys.rule], self._hasher.form(keys)
                )
                for at, keys in enumerate(key_sets(self.contract))
                if keys.rule in hashes
            }
        return self._key_files[partition]

    def take_back(self, files: Sequence[DataFile]) -> None:
        """Remove what was written for a publication that failed, unless it landed all the same."""
        if self._attempted is None:
            self._discard(files)
        elif self.table.landed({PROPERTY: self._attempted.digest}) is None:
            self._discard(files)
            self._withdraw()

    def _discard(self, files: Sequence[DataFile], landed: Sequence[Receipt] = ()) -> None:
        """Remove data files, and the key files of partitions that did not land."""
        self.table.remove(files)
        keep = {_day(r) for r in landed}
        for partition in [partition for partition in self._key_files if partition not in keep]:
            for entry in self._key_files.pop(partition).values():
                self.table.objects.remove(entry["path"])
                self.table.objects.tidy(entry["path"].rpartition("/")[0])

    def _withdraw(self) -> None:
        if self._attempted is not None:
            self.book.withdraw(self._attempted)
            self.quarantine.withdraw(self.table.objects)
            self._attempted = None

    def _decides(self, receipt: Receipt) -> bool:
        """True for what this publication decides; rows of another day, or of none, are only refused."""
        return self.case.ours(_day(receipt)) or receipt.state == "held"

    def _replaces(self, receipt: Receipt) -> bool:
        return receipt.state == "prepared" and self.case.ours(_day(receipt))

    def _unchanged(self, look: Look, receipts: Sequence[Receipt], before: Latest) -> set[str | None]:
        """The partitions that stand there already, judged the same way and with the same rows refused beside them."""
        refused = [_signature(r) for r in receipts if not self._decides(r)]
        same: set[str | None] = set()
        files = Standing(self.contract, self.table, look).files([_day(r) for r in receipts if self._decides(r)])
        moved = self.book.moved({str(day) if day else None: names for day, names in files.items()})
        whole = self.book.whole()
        for receipt in receipts:
            if not self._decides(receipt) or receipt.partition not in before:
                continue
            known, publication = before[receipt.partition]
            if known.state == "published" and (receipt.partition in moved or not whole):
                continue
            news = [_signature(r) for r in publication.rejects] != refused
            if self._same(receipt, known, publication):
                if news:
                    return set()
                same.add(receipt.partition)
            elif self._added_before(receipt, known, publication) and not (refused and news):
                same.add(receipt.partition)
        return same

    def _same(self, receipt: Receipt, known: Receipt, publication: Publication) -> bool:
        """True if the same rows were judged the same way under the same contract, code and inputs."""
        state = "published" if receipt.state == "prepared" else receipt.state
        return (known.state, known.reasons, *_signature(known)) == (
            state,
            receipt.reasons,
            *_signature(receipt),
        ) and self._same_question(publication)

    def _same_question(self, publication: Publication) -> bool:
        return (
            publication.contract == self.contract.digest
            and publication.code == self.case.origin.code
            and _snapshots(publication.inputs) == _snapshots(self.case.origin.inputs)
        )

    def _added_before(self, receipt: Receipt, known: Receipt, publication: Publication) -> bool:
        """True if all rows to add stand in the partition already, and those that were refused were refused before."""
        if not receipt.merged or receipt.state != "prepared" or known.state != "published":
            return False
        if known.digests["published"] != receipt.digests["published"] or not self._same_question(publication):
            return False
        layers = self.book.layers().get(receipt.partition, [])
        return not receipt.counts["quarantined"] or any(_refusals(r) == _refusals(receipt) for r, _ in layers)

    def _hold_crossing(self, look: Look, written: Written) -> list[Receipt]:
        """Hold each day with a key of a day that was to go but stays, or that was published since the first pass."""
        receipts = written.receipts
        if not keys_cross(self.contract):
            return receipts
        current = self.book.current()
        standing = Standing(self.contract, self.table, look)
        known = KnownKeys(self.contract, self._hasher, self.table.objects, current, standing.rows)
        while True:
            going = [r for r in receipts if self._replaces(r)]
            days = {r.partition for r in going}
            stays = [
                _date(partition)
                for partition, (_, publication) in current.items()
                if partition not in days and self.case.checked.get(partition) != publication.digest
            ]
            hits = self._crossing(known, going, stays, written) if going and stays else {}
            if not hits:
                return receipts
            receipts = [held(r, hits[r.partition]) if r.partition in hits else r for r in receipts]

    def _crossing(
        self, known: KnownKeys, going: Sequence[Receipt], stays: Sequence[Partition], written: Written
    ) -> dict[str, str]:
        """Why days that are to be published share keys with days that stay."""
        files = [file for r in going for file in _files_of(r, written.files)]
        if not files:
            return {}
        rows = self.table.scan(files).with_columns(pl.col(self.contract.partition or "").alias("__day"))
        why: dict[str, str] = {}
        for keys in key_sets(self.contract):
            hashes = [written.hashes[_day(r)][keys.rule] for r in going if _day(r) in written.hashes]
            own = pl.concat(hashes).sort()
            for day, number in crossing(keys, self._hasher, known, own, rows, stays).items():
                why.setdefault(str(day), f"{keys.rule}: {number} keys also stand in a day that stays")
        return why

    def _publication(self, receipts: Sequence[Receipt], commit: Sequence[Receipt], partial: bool) -> Publication:
        kept = {r.partition for r in commit}
        return Publication(
            product=self.contract.id,
            version=self.contract.version,
            contract=self.contract.digest,
            run=self.run.id,
            made_at=timestamp(),
            receipts=tuple(replace(r, state="published") if r.partition in kept else r for r in receipts),
            inputs=self.case.origin.inputs,
            code=self.case.origin.code,
            libraries={name: version(name) for name in _LIBRARIES} | dict(self.case.origin.libraries),
            keys=self.keys.fingerprint if self.keys else "",
            unenforced=tuple(rule.name for rule in self.contract.unenforced),
            absent=self.case.absent,
            mode=self.case.scope.mode,
            # One that left out what stood there already does not say all that was asked.
            request="" if partial else self.case.request,
        )

    def _again(self, receipts: Sequence[Receipt], before: Latest) -> Publication:
        """The answer to a re-run: the earlier receipts, under the newest of their publications."""
        own = {r.partition: before[r.partition] for r in receipts if self._decides(r)}
        digests = {publication.digest for _, publication in own.values()}
        newest = next(publication for publication in reversed(self.book.all()) if publication.digest in digests)
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
    return _date(receipt.partition)


def _date(partition: str | None) -> Partition:
    return dt.date.fromisoformat(partition) if partition else None


def _signature(receipt: Receipt) -> tuple[str | None, dict[str, str], dict[str, int]]:
    """What came, what became of it and what lies there; what stood there before differs in a second run."""
    digests = {side: text for side, text in receipt.digests.items() if side not in ("kept", "replaced")}
    return receipt.partition, digests, receipt.broken


def _refusals(receipt: Receipt) -> tuple[str, dict[str, int]]:
    return receipt.digests["quarantined"], receipt.broken


def _snapshots(inputs: Sequence[InputRead]) -> list[tuple[str, int | None]]:
    return [(given.name, given.snapshot) for given in inputs]
