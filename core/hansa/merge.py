"""Merging: new rows join those that stand in their partition, a row with a known key in the place of the older one.

What stands is streamed past the keys of the new rows, and held against its receipt on the way: rows that were changed
in the warehouse are not published a second time under a fresh proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from hansa.contract.model import Contract
from hansa.digest import RowDigest, row_hashes
from hansa.errors import WorldError
from hansa.key_sets import KeyHasher, KeySet, found_in
from hansa.receipt import Receipt
from hansa.schema import polars_schema
from hansa.scope import Partition
from hansa.store.damage import damaged
from hansa.store.data_files import scan
from hansa.store.day_files import files_at
from hansa.store.table import DataFile, Look, ProductTable

_BATCH = 250_000


@dataclass
class Merged:
    """What became of the rows that stood in one partition; ``violations`` of table rules are of those that stay."""

    kept: RowDigest = field(default_factory=RowDigest)
    replaced: RowDigest = field(default_factory=RowDigest)
    violations: Counter[str] = field(default_factory=Counter)


class Standing:
    """The rows of partitions that stand published, at one look at the table, in the columns of today's contract."""

    def __init__(self, contract: Contract, table: ProductTable, look: Look) -> None:
        self._contract, self._objects, self._look = contract, table.objects, look
        self._files: dict[Partition, list[str]] = {}
        self._schema = polars_schema(contract)

    def files(self, partitions: Collection[Partition]) -> dict[Partition, list[str]]:
        """Names of the data files of each of these partitions."""
        asked = [partition for partition in partitions if partition not in self._files]
        if asked:
            self._files |= files_at(self._look, self._contract, self._objects, asked)
        return {partition: self._files[partition] for partition in partitions}

    def rows(self, partitions: Collection[Partition]) -> pl.LazyFrame | None:
        """The rows of these partitions; None if there are none."""
        found = self.files(partitions)
        parts = [self._conformed(scan(self._objects, names)) for names in found.values() if names]
        return pl.concat(parts) if parts else None

    def batches(self, partition: Partition) -> Iterator[tuple[pl.DataFrame, pl.Series]]:
        """The rows of one partition, with their hashes as they lie in the files."""
        names = self.files([partition])[partition]
        try:
            for batch in scan(self._objects, names).collect_batches(chunk_size=_BATCH) if names else ():
                yield self._conformed(batch.lazy()).collect(), row_hashes(batch)
        except (pl.exceptions.PolarsError, OSError):
            # Who reads the rows that come would take it for a fault of theirs.
            if (told := damaged(self._objects, names, self._contract.id, "nothing was published")) is None:
                raise
            raise told from None

    def _conformed(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """A column that came later is missing in older rows; they stay as they were published."""
        there = rows.collect_schema()
        return rows.select(
            pl.col(name).cast(dtype) if name in there else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in self._schema.items()
        )


class Merge:
    """Merges the new rows of one partition, which lie in data files of their own, with those that stand there."""

    def __init__(
        self,
        contract: Contract,
        hasher: KeyHasher,
        table: ProductTable,
        standing: Standing,
        rules: Mapping[str, pl.Expr],
    ) -> None:
        self._contract, self._hasher, self._table, self._standing = contract, hasher, table, standing
        self._keys = KeySet("primaryKey", contract.key)
        tokens = {column.name for column in contract.columns if column.tokenise is not None}
        named = {rule.name: rule.columns for rule in contract.rules}
        # What was made a token was judged when it came, and cannot be judged again.
        self._rules = {name: kept for name, kept in rules.items() if not tokens & set(named[name])}
        self.merged: dict[Partition, Merged] = {}

    def batches(self, partition: Partition, receipt: Receipt, files: Collection[DataFile]) -> Iterator[pl.DataFrame]:
        """The rows of the partition as they will be published; ``receipt`` proves those that stand there."""
        made = self.merged[partition] = Merged()
        new = self._table.scan(files)
        known = self._new_keys(new)
        proved = RowDigest()
        for batch, hashes in self._standing.batches(partition):
            proved += RowDigest.of(hashes)
            going = self._replaced(batch, new, known)
            own = row_hashes(batch)
            made.kept += RowDigest.of(own)
            made.replaced += RowDigest.of(own.filter(going))
            stays = batch.filter(~going)
            self._count(stays, made)
            if stays.height:
                yield stays
        if proved.text() != receipt.digests["published"]:
            raise self._disproved(partition, proved, receipt)
        yield from new.select(list(self._contract.by_name)).collect_batches(chunk_size=_BATCH)

    def _new_keys(self, new: pl.LazyFrame) -> pl.Series:
        if not self._contract.key:
            return pl.Series([], dtype=pl.UInt64)
        batches = new.select(self._contract.key).collect_batches(chunk_size=_BATCH)
        parts = [self._hasher.of(batch, self._keys).drop_nulls() for batch in batches]
        return pl.concat(parts).sort() if parts else pl.Series([], dtype=pl.UInt64)

    def _replaced(self, batch: pl.DataFrame, new: pl.LazyFrame, known: pl.Series) -> pl.Series:
        """True for each row that stands whose key a new row has; equal hashes are decided on the real keys."""
        suspect = found_in(self._hasher.of(batch, self._keys), known) if len(known) else None
        if suspect is None or not suspect.any():
            return pl.repeat(False, batch.height, dtype=pl.Boolean, eager=True)
        by = list(self._contract.key)
        rows = batch.select(by).with_row_index("__row").filter(suspect)
        met = new.select(by).join(rows.lazy(), on=by, how="inner").select("__row").collect(engine="streaming")["__row"]
        return pl.int_range(batch.height, dtype=pl.UInt32, eager=True).is_in(met.unique().implode())

    def _count(self, stays: pl.DataFrame, made: Merged) -> None:
        for name, kept in self._rules.items():
            made.violations[name] += stays.select((~kept.fill_null(True)).sum()).item() or 0

    def _disproved(self, partition: Partition, found: RowDigest, receipt: Receipt) -> WorldError:
        return WorldError(
            "gate.standing",
            f"the rows that stand in {partition or 'the product'} are not those that their receipt proves: "
            f"{found.rows} rows, {receipt.counts['published']} were published, or their values were changed",
            where=self._contract.id,
            state="nothing was published",
            next_step=MEND.format(self._contract.id),
        )


#: What to do about data files that were changed: one that is gone is brought again by its own file, and proved anew.
MEND = "restore the data files that hansa verify {} names, or remove them and send the files of their days again"


def told_merge(receipt: Receipt) -> str:
    """What came to a partition, what of it was merged, and what it has now; empty for a partition that came whole.

    ``2026-03-01: 3 rows came, 3 merged (1 in the place of older ones); the day now has 4 rows``.
    """
    if not receipt.merged:
        return ""
    counts = receipt.counts
    came, new, replaced = counts["incoming"], counts["accepted"], counts.get("replaced", 0)
    beside = f", {counts['quarantined']} of them to quarantine" if counts.get("quarantined") else ""
    older = f"{replaced} in the place of older ones" if replaced else "none in the place of an older one"
    where = f"{receipt.partition}: " if receipt.partition else ""
    stand = "the day" if receipt.partition else "the product"
    now = counts["published"]
    return (
        f"{where}{came} row{'s' * (came != 1)} came{beside}, {new} merged ({older}); "
        f"{stand} now has {now} row{'s' * (now != 1)}"
    )


def less(one: RowDigest, other: RowDigest) -> RowDigest:
    """The digest of a set of rows without those of a part of it."""
    return RowDigest(one.rows - other.rows, (one.sum - other.sum) & ((1 << 64) - 1), one.xor ^ other.xor)
