"""The receipts of one publication: each partition reconciled and judged by itself, then the whole of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.digest import RowDigest
from hansa.errors import WorldError
from hansa.groups import Judged
from hansa.known_keys import told_elsewhere
from hansa.receipt import Publication, Receipt, ReceiptBook, holiday_of
from hansa.scope import Partition, Scope
from hansa.secrets import Keys
from hansa.settlement import held
from hansa.store.table import DataFile, ProductTable
from hansa.tally import Tally
from hansa.verdict import Verdict, judge, nothing_left, row_rules, too_many_refused
from hansa.volume import expected, keeps

if TYPE_CHECKING:
    from hansa.attempt import Question

_SIDES = ("incoming", "accepted", "quarantined", "published")


@dataclass(frozen=True)
class Lying:
    """What was read back of one partition: its digest, its files, and the sorted hashes of its keys by rule."""

    digest: RowDigest = field(default_factory=RowDigest)
    files: tuple[DataFile, ...] = ()
    hashes: Mapping[str, pl.Series] = field(default_factory=dict)


def told(keys: Keys | None, side: str, digest: RowDigest) -> str:
    """A digest as receipts hold it; of rows as they came under a contract with secrets only its keyed tag."""
    if side in ("published", "kept", "replaced") or keys is None:
        return digest.text()
    return f"{digest.rows}:{keys.tag(digest.text())}"


class Judgement:
    """``receipts`` once; then ``refused`` are partitions to which nothing was added, because every row was refused."""

    def __init__(
        self,
        question: Question,
        scope: Scope,
        table: ProductTable,
        book: ReceiptBook,
        current: Mapping[str | None, tuple[Receipt, Publication]],
        lost: Collection[str] = (),
        elsewhere: Mapping[str, Mapping[Partition, Collection[Partition]]] | None = None,
    ) -> None:
        """``lost`` are columns that came with the publication before, and do not come with this one.

        ``elsewhere`` names, by rule and by day of refused rows, the other days in which their keys stand.
        """
        self._question, self._scope, self._table, self._book = question, scope, table, book
        self._contract = question.contract
        self._current = current
        self._lost = lost
        self._elsewhere = elsewhere or {}
        self._evidence = {
            dt.date.fromisoformat(day): receipt.counts["published"]
            for day, (receipt, publication) in current.items()
            if day and not holiday_of(publication.inputs)
        }
        self.refused: frozenset[Partition] = frozenset()

    def _ours(self, partition: Partition) -> bool:
        return self._scope.ours(partition) and partition not in self.refused

    def receipts(
        self, tallies: Mapping[Partition, Tally], lying: Mapping[Partition, Lying], groups: Judged
    ) -> list[Receipt]:
        """Reconcile and judge each partition: those of the window, those that were found, and rows of none."""
        self.refused = frozenset(p for p, tally in tallies.items() if self._scope.merges(p) and not tally.accepted.rows)
        wanted: set[Partition] = set(tallies)
        if self._scope.window is not None and self._scope.mode == "replace":
            wanted |= set(self._question.run.days)
        if not any(self._ours(partition) for partition in wanted):
            wanted.add(None)
        ordered = sorted(wanted, key=lambda p: (p is None, p or dt.date.min))
        made = [self._receipt(p, tallies.get(p, Tally()), lying.get(p, Lying()), groups) for p in ordered]
        judged = self._hold_all(made, nothing_left(tallies.values(), self._contract), self._too_many(tallies))
        return [self._with_days(receipt) if receipt.state == "held" else receipt for receipt in judged]

    def _with_days(self, receipt: Receipt) -> Receipt:
        """A hold names the days in which the keys of its refused rows stand already."""
        reasons = list(receipt.reasons)
        for rule, by_day in self._elsewhere.items():
            own = dt.date.fromisoformat(receipt.partition) if receipt.partition else None
            # A hold of no day is of rows that were refused, whatever day they were of.
            days = set(by_day.get(own, ())) if own else {day for others in by_day.values() for day in others}
            if days and (own is None or receipt.broken.get(rule)):
                reasons.append(told_elsewhere(rule, days))
        return replace(receipt, reasons=tuple(reasons))

    def _too_many(self, tallies: Mapping[Partition, Tally]) -> str | None:
        """Why the share of refused rows holds the whole publication, those that belong to none of its days included."""
        own = [tally for partition, tally in tallies.items() if self._ours(partition)]
        dayless = [tally for partition, tally in tallies.items() if not self._ours(partition)]
        # The rows of no day of a whole history come with each of its days: those of an earlier one are no news.
        known = self._book.dayless() if self._question.history else 0
        return too_many_refused(self._contract, own, dayless, known)

    def _hold_all(self, receipts: list[Receipt], reason: str | None, refused: str | None) -> list[Receipt]:
        """Hold where no row has a day, where too many were refused, and where nothing would replace rows."""
        if self._contract.partition is None:
            lost = any(r.published for r, _ in self._current.values())
            empty = [r for r in receipts if r.state == "prepared" and not r.counts["incoming"] and lost]
            if None in self.refused and reason is not None:
                return [held(r, reason) for r in receipts]
            why = "no rows came, so there is nothing to add"
            if self._scope.mode == "replace":
                why = "no rows came, and they would replace those that serve"
            return [held(r, why) for r in empty] or receipts
        if refused is not None:
            return [held(r, refused) if self._is_ours(r) and r.state == "prepared" else r for r in receipts]
        if not any(self._is_ours(r) for r in receipts):
            why = reason or self._nothing_came()
            nothing = tuple(sorted(row_rules(self._contract)))
            unchecked = () if reason else nothing
            return [replace(held(r, why), unchecked=unchecked) if r.partition is None else r for r in receipts]
        if reason is None:
            return receipts
        if not self._question.history:
            return [held(r, reason) if self._is_ours(r) and r.state == "prepared" else r for r in receipts]
        full = {partition for partition, (r, _) in self._current.items() if r.published}
        return [held(r, reason) if r.state == "prepared" and r.partition in full else r for r in receipts]

    def _nothing_came(self) -> str:
        rule = self._contract.volume
        wanted = expected(rule, self._evidence, None) if rule is not None else None
        told_ = f"no rows came and {wanted.sentence()}" if wanted is not None else "no rows came"
        return f"{told_}, so there is no day to publish"

    def _is_ours(self, receipt: Receipt) -> bool:
        return receipt.partition is not None and self._ours(dt.date.fromisoformat(receipt.partition))

    def _receipt(self, partition: Partition, tally: Tally, lying: Lying, groups: Judged) -> Receipt:
        self._reconcile(partition, tally, lying.digest)
        # Rows of another day, or of none, are counted and quarantined, but there is no partition to judge.
        verdict = self._judged(partition, tally, lying, groups) if self._ours(partition) else Verdict()
        merged = self._scope.merges(partition) and self._ours(partition)
        reasons = verdict.reasons
        if partition is not None and self._ours(partition) and not reasons:
            self._evidence[partition] = lying.digest.rows
        sides = (*_SIDES, "kept", "replaced") if merged else _SIDES
        undecided = tally.undecided + groups.undecided.get(partition, Counter())
        return Receipt(
            partition=str(partition) if partition else None,
            state="held" if reasons else "prepared",
            counts={
                "incoming": tally.incoming.rows,
                "accepted": tally.accepted.rows,
                "quarantined": tally.quarantined.rows,
                "identical": tally.identical,
                "published": lying.digest.rows,
                "kept": tally.kept.rows,
                "replaced": tally.replaced.rows,
            },
            broken={**dict(tally.broken), **verdict.broken, **groups.broken.get(partition, {})},
            undecided=dict(undecided),
            unchecked=verdict.unchecked,
            digests={side: told(self._question.keys, side, getattr(tally, side)) for side in sides},
            files=() if reasons else tuple(_file(file) for file in lying.files),
            reasons=reasons,
            merged=merged,
            elsewhere={rule: sorted(map(str, d[partition])) for rule, d in self._elsewhere.items() if partition in d},
        )

    def _judged(self, partition: Partition, tally: Tally, lying: Lying, groups: Judged) -> Verdict:
        rows = self._table.scan(lying.files) if lying.files else None
        found = judge(self._contract, tally, rows)
        reasons, broken, unchecked = list(found.reasons), dict(found.broken), list(found.unchecked)
        for rule, number in groups.old.get(partition, {}).items():
            reasons.append(f"{rule}: {number} rows that stand here already belong to groups that do not keep it")
            broken[rule] = broken.get(rule, 0) + number
        if self._lost:
            names = ", ".join(f"'{name}'" for name in self._lost)
            reasons.append(f"columns: {names} did not come but did before; send them, empty where there is no value")
        volume = self._contract.volume
        if volume is not None and partition is not None:
            wanted = expected(volume, self._evidence, partition)
            if wanted is None:
                unchecked.append(volume.name)
            elif not keeps(volume, lying.digest.rows, wanted):
                broken[volume.name] = 1
                if volume.severity == "error":
                    share = f"the contract allows a difference of {volume.tolerance:.4g} of it"
                    reasons.append(f"{volume.name}: {lying.digest.rows} rows came and {wanted.sentence()}, {share}")
        return Verdict(tuple(reasons), broken, tuple(sorted(unchecked)))

    def _reconcile(self, partition: Partition, tally: Tally, read: RowDigest) -> None:
        """Every row that came is accepted or quarantined, and what lies in the files is what was to be published."""
        if tally.accepted + tally.quarantined != tally.incoming or read != tally.published:
            raise WorldError(
                "gate.reconcile",
                f"partition {partition or 'whole'} does not reconcile: {tally.incoming.rows} rows came, "
                f"{tally.accepted.rows} were accepted, {tally.quarantined.rows} quarantined, {tally.kept.rows} stood "
                f"there, {tally.replaced.rows} of these were replaced, {read.rows} read back",
                where=self._contract.id,
                state="nothing was published",
                next_step="run again; if it comes back, check the disk and report it",
            )


def _file(file: DataFile) -> dict[str, Any]:
    return {"path": file.name, "rows": file.rows, "bytes": file.size, "sha256": file.sha256}
