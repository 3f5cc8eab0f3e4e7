"""One computation of a publication, upon one look at the table.

The data pass once, their keys once before, and once back from the files; where groups of rows go, once more. Nothing of
it is visible to readers before the commit, and a merge whose partitions moved meanwhile is computed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from hansa.aside import Aside
from hansa.cast import Cast, Reading, casts
from hansa.contract.model import Contract
from hansa.digest import RowDigest, row_hashes
from hansa.errors import WorldError
from hansa.groups import GroupRules, Judged
from hansa.intake import Intake
from hansa.judgement import Judgement, Lying, told
from hansa.key_sets import KeyHasher, key_sets, keys_cross
from hansa.known_keys import KnownKeys
from hansa.merge import Merge, Standing, less
from hansa.quarantine import Quarantine
from hansa.quarantine.decisions import replay_among, replayed_by
from hansa.receipt import Publication, ReceiptBook
from hansa.row_judge import counted_rules
from hansa.run import Run
from hansa.schema import column_conditions
from hansa.scope import Mode, Partition, Scope, Window, horizon
from hansa.secrets import Keys
from hansa.settlement import Case, Origin, Settlement, Written
from hansa.snapshots import refuse_lost_receipts
from hansa.store.table import CommitUnknown, DataFile, ProductTable
from hansa.store.warehouse import Warehouse
from hansa.tally import Tally, by_partition
from hansa.uniqueness import Others, Uniqueness

if TYPE_CHECKING:
    from hansa.vault import Vault

#: Rows of a batch, of which a few are in memory at once.
BATCH = 400_000


@dataclass(frozen=True)
class Question:
    """What one publication is asked for; ``secret`` says that rows may not lie in clear anywhere."""

    contract: Contract
    run: Run
    mode: Mode
    keys: Keys | None
    reading: Reading
    origin: Origin
    history: bool
    secret: bool
    request: str = ""
    vault: Vault | None = None
    #: By partition the digest of the publication that has to stand there; empty where none may.
    upon: Mapping[str | None, str] = field(default_factory=dict)
    #: True where nobody chose the days that come whole, so that they may lie no further ahead than merged ones.
    days_unchosen: bool = False
    #: Asked when all rows are read and nothing is committed: raises if they are not those that were asked for.
    still: Callable[[], None] = lambda: None

    @property
    def window(self) -> Window:
        """The days that the run may touch; None: those of its rows."""
        if self.contract.partition is None or self.run.first is None or self.run.last is None:
            return None
        return self.run.first, self.run.last


class Attempt:
    """One computation; ``publish`` once."""

    def __init__(self, question: Question, warehouse: Warehouse, table: ProductTable, book: ReceiptBook) -> None:
        self.question, self.warehouse, self.table, self.book = question, warehouse, table, book
        self.contract = question.contract
        self.look = table.look()
        with book.one_look():
            refuse_lost_receipts(self.look.table, table.objects, book, self.contract.id)
            # What landed since that look is left to the settlement, which looks again.
            self.current = book.current(self.look.sequence)
        self.standing = Standing(self.contract, table, self.look)
        self.hasher = KeyHasher(self.contract, question.keys)
        mode: Mode = "file" if question.days_unchosen else question.mode
        self._horizon = horizon(self.contract, mode, question.window, question.run.today)
        self.scope = Scope(self.contract, question.mode, question.window, horizon=self._horizon)
        self._checked: dict[str | None, str] = {}
        self._absent: tuple[str, ...] = ()
        self._files: list[DataFile] = []
        self._settlement: Settlement | None = None

    def publish(self, frame: pl.LazyFrame, dry_run: bool, locked: bool) -> Publication:
        """Steps 1 to 8; with ``dry_run`` all but the last. Errors: Stale if it has to be computed again."""
        self._refuse_other()
        try:
            made = casts(self.contract, frame.collect_schema(), self.question.reading, self.question.run.zone)
            self._absent = tuple(name for name, cast in made.items() if cast.absent)
            uniqueness = self._survey(frame, made)
            intake, quarantine, judged = self._taken(frame, made, uniqueness)
            self._merge(intake.tallies)
            lying = self._read_back()
            self.question.still()
            asked = self.question, self.scope, self.table, self.book, self.current
            judgement = Judgement(*asked, self._lost(), uniqueness.elsewhere)
            receipts = judgement.receipts(intake.tallies, lying, judged)
            self._settlement = self._settling(quarantine, judgement.refused)
            written = Written(receipts, self._files, {p: found.hashes for p, found in lying.items()})
            return self._settlement.settle(written, dry_run, locked)
        except CommitUnknown:
            raise
        except BaseException:
            if self._settlement is not None:
                self._settlement.take_back(self._files)
            else:
                self.table.remove(self._files)
            raise

    def _lost(self) -> list[str]:
        """Columns that do not come but did with the publication before: nulls would take the place of their values.

        A replay brings the rows of an older file, as they came.
        """
        inputs, known = self.question.origin.inputs, self.look.table.schema().column_names if self.look.table else []
        if not self._absent or replay_among(inputs, self.contract.id) is not None:
            return []
        before = next((p for p in reversed(self.book.all()) if p.landed and replayed_by(p) is None), None)
        return [name for name in self._absent if before and name in known and name not in before.absent]

    def _refuse_other(self) -> None:
        """Refuse where what stands is not what the rows were chosen by; a commit after that is upon this look."""
        for partition, digest in self.question.upon.items():
            if (self.current[partition][1].digest if partition in self.current else "") != digest:
                raise WorldError(
                    "commit.moved",
                    f"another publication brought {partition or 'the product'} since the rows were compared with it",
                    where=self.contract.id,
                    state="nothing was published",
                    next_step="run again",
                )

    def _settling(self, quarantine: Quarantine, refused: frozenset[Partition]) -> Settlement:
        asked = self.question
        look, standing = self.look, self.standing
        case = Case(self.scope, asked.origin, asked.request, look, standing, self._checked, refused, self._absent)
        return Settlement(self.contract, asked.run, asked.keys, self.table, self.book, quarantine, case)

    def _tokenised(self, batch: pl.DataFrame) -> pl.DataFrame:
        return tokenised(self.contract, self.question.keys, batch)

    def _kept(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Tokens, whose clear values are in the vault before any reader can see them."""
        out, vault = self._tokenised(batch), self.question.vault
        if vault is not None:
            name = f"{self.contract.id}@{self.contract.major}"
            for column in self.contract.columns:
                if column.tokenise is not None and column.name in batch.columns:
                    vault.put(column.tokenise, out[column.name], batch[column.name], name)
        return out

    def _survey(self, frame: pl.LazyFrame, made: Mapping[str, Cast]) -> Uniqueness:
        """The pass over the keys, before the main pass; the scope is known when it ends."""
        partition, days = (
            self.contract.partition,
            made[self.contract.partition].value if self.contract.partition else None,
        )
        touched: set[dt.date] = set()
        uniqueness = Uniqueness(self.contract, self.hasher, lambda: self._others(frame, days, touched))
        wanted = dict.fromkeys([*uniqueness.columns, *([partition] if partition else [])])
        if not uniqueness.columns and self.question.mode == "replace":
            self._found(frame, days, touched)
            return uniqueness
        keys = frame.select(made[name].value.alias(name) for name in wanted) if wanted else pl.LazyFrame()

        def surveyed() -> Iterator[pl.DataFrame]:
            for batch in batches_of(keys):
                if partition is not None:
                    touched.update(batch[partition].drop_nulls().unique().to_list())
                yield self._tokenised(batch)

        uniqueness.survey(surveyed())
        return uniqueness

    def _found(self, frame: pl.LazyFrame, days: pl.Expr | None, touched: Collection[dt.date]) -> None:
        """The scope, now that the days of the rows are known."""
        asked = self.question
        standing = frozenset(dt.date.fromisoformat(day) if day else None for day in self.current)
        newest = self._newest(touched)
        self.scope = Scope(self.contract, asked.mode, asked.window, standing, newest, horizon=self._horizon)
        late = [day for day in touched if self.scope.late(day)]
        if late and days is not None:
            known = frozenset(
                day for day, came in self._came(frame, days, late).items() if self._came_before(day, came)
            )
            self.scope = replace(self.scope, known=known)

    def _newest(self, days: Collection[dt.date]) -> dt.date | None:
        """The newest day that keeps the own rules of its column and is not too far ahead.

        So a mistyped year makes no other day a late one. Rules of the contract over the column do not count here.
        """
        if self.contract.partition is None:
            return None
        column = self.contract.by_name[self.contract.partition]
        found = pl.DataFrame({column.name: pl.Series(list(days), dtype=pl.Date)})
        kept = [condition.fill_null(True) for condition in column_conditions(column).values()]
        if self._horizon is not None:
            kept.append(pl.col(column.name) <= self._horizon)
        newest: dt.date | None = found.filter(kept)[column.name].max() if kept else max(days, default=None)  # type: ignore[assignment]
        return newest

    def _came(self, frame: pl.LazyFrame, days: pl.Expr, wanted: Collection[dt.date]) -> dict[Partition, RowDigest]:
        """The digest of the rows of some days, as they came."""
        found: dict[Partition, RowDigest] = {}
        for batch in batches_of(frame.with_columns(days.alias("__partition"))):
            rows = batch.filter(pl.col("__partition").is_in(list(wanted)))
            hashed = rows.select("__partition").with_columns(row_hashes(rows.drop("__partition")).alias("__hash"))
            for day, part in by_partition(hashed):
                found[day] = found.get(day, RowDigest()) + RowDigest.of(part["__hash"])
        return found

    def _came_before(self, day: Partition, came: RowDigest) -> bool:
        receipt, publication = self.current[str(day)]
        known = publication.contract == self.contract.digest and not receipt.merged
        return known and receipt.digests["incoming"] == told(self.question.keys, "incoming", came)

    def _others(self, frame: pl.LazyFrame, days: pl.Expr | None, touched: Collection[dt.date]) -> Others | None:
        """What this publication leaves standing, as far as it matters for its keys."""
        self._found(frame, days, touched)
        if not key_sets(self.contract):
            return None
        own: set[Partition] = set(touched) if self.contract.partition else {None}
        if self.scope.window is not None and self.scope.mode == "replace":
            own = set(self.question.run.days)
        own = {partition for partition in own if self.scope.ours(partition)}
        merged = frozenset(partition for partition in own if self.scope.merges(partition))
        stays = frozenset(self.scope.standing - own) if keys_cross(self.contract) else frozenset()
        # Keys of a partition to which rows are added are not among them: if it is held, its old rows stay after all.
        for partition in stays:
            name = str(partition) if partition else None
            self._checked[name] = self.current[name][1].digest
        known = KnownKeys(self.contract, self.hasher, self.table.objects, self.current, self.standing.rows)
        return Others(known, stays, merged) if stays or merged else None

    def _taken(
        self, frame: pl.LazyFrame, made: dict[str, Cast], uniqueness: Uniqueness
    ) -> tuple[Intake, Quarantine, Judged]:
        """The main pass, and another one if groups have to go."""
        asked, rules = self.question, GroupRules(self.contract)
        bad: dict[str, pl.DataFrame] = {}
        while True:
            quarantine = Quarantine(self.contract, asked.run.id, asked.keys, asked.reading, asked.run.zone)
            with Aside(self.warehouse, asked.secret) as aside:
                intake = Intake(self.contract, made, self.scope, uniqueness, quarantine, self._kept, aside, bad)
                self._files = self.table.write(intake.batches(batches_of(frame)))
            judged = self._judged_groups(rules) if rules.rules else Judged()
            if not judged.bad:
                return intake, quarantine, judged
            bad = {name: pl.concat([f[name] for f in (bad, judged.bad) if name in f]) for name in {*bad, *judged.bad}}
            self.table.remove(self._files)
            self._files = []

    def _judged_groups(self, rules: GroupRules) -> Judged:
        if not self._files:
            return Judged()
        merged = [partition for partition in self._partitions() if self.scope.merges(partition)]
        return rules.judge(self.table.scan(self._files), self.standing.rows(merged) if merged else None)

    def _partitions(self) -> list[Partition]:
        return sorted({file.partition for file in self._files}, key=lambda p: p or dt.date.min)

    def _merge(self, tallies: Mapping[Partition, Tally]) -> None:
        """Put files of all rows in the place of files of new rows, where rows stand already."""
        merged = [partition for partition in self._partitions() if self.scope.merges(partition)]
        if not merged:
            return
        merge = Merge(self.contract, self.hasher, self.table, self.standing, counted_rules(self.contract))
        new = {partition: [f for f in self._files if f.partition == partition] for partition in merged}

        def rows() -> Iterator[pl.DataFrame]:
            for partition, files in new.items():
                receipt, _ = self.current[str(partition) if partition else None]
                yield from merge.batches(partition, receipt, files)

        whole = self.table.write(rows())
        going = [file for files in new.values() for file in files]
        self._files = [*(file for file in self._files if file not in going), *whole]
        self.table.remove(going)
        for partition in merged:
            tally, found = tallies[partition], merge.merged[partition]
            tally.kept, tally.replaced = found.kept, found.replaced
            tally.published = less(tally.published + found.kept, found.replaced)
            tally.violations.update(found.violations)

    def _read_back(self) -> dict[Partition, Lying]:
        """What lies in the files, read once and in batches: digest and hashes of keys of each partition."""
        sets = key_sets(self.contract) if keys_cross(self.contract) else []
        digests: dict[Partition, RowDigest] = {}
        hashes: dict[Partition, dict[str, list[pl.Series]]] = {}
        partition = self.contract.partition
        rows = self.table.scan(self._files).select(list(self.contract.by_name)) if self._files else None
        for batch in batches_of(rows) if rows is not None else ():
            own = [self.hasher.of(batch, keys).alias(keys.rule) for keys in sets]
            hashed = pl.DataFrame([row_hashes(batch).alias("__hash"), *own])
            day = batch[partition] if partition else pl.lit(None, dtype=pl.Date)
            hashed = hashed.with_columns(day.alias("__partition"))
            for found, part in by_partition(hashed):
                digests[found] = digests.get(found, RowDigest()) + RowDigest.of(part["__hash"])
                for keys in sets:
                    hashes.setdefault(found, {}).setdefault(keys.rule, []).append(part[keys.rule].drop_nulls())
        return {
            p: Lying(
                digest,
                tuple(file for file in self._files if file.partition == p),
                {rule: pl.concat(parts).sort() for rule, parts in hashes.get(p, {}).items()},
            )
            for p, digest in digests.items()
        }


def tokenised(contract: Contract, keys: Keys | None, batch: pl.DataFrame) -> pl.DataFrame:
    """Tokens in the place of the values of which the contract wants them, as far as their columns are there."""
    tokens = [
        keys.tokens(batch[column.name], column.tokenise).alias(column.name)
        for column in contract.columns
        if column.tokenise is not None and keys is not None and column.name in batch.columns
    ]
    return batch.with_columns(tokens) if tokens else batch


def batches_of(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of a frame in their order, a batch at a time."""
    yield from frame.collect_batches(chunk_size=BATCH, maintain_order=True)
