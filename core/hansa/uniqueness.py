"""Keys and unique columns, exact and in bounded memory.

A first pass over the key columns alone finds the hashes that occur more than once, or that are known of the partitions
that stay; only rows with such a hash are set aside, and on these the real keys decide. Keys are judged as they will be
published: in the contract's types, tokens in the place of identifiers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

from hansa.aside import Aside
from hansa.contract.model import Contract
from hansa.key_sets import KeyHasher, KeySet, found_in, key_sets
from hansa.known_keys import KnownKeys
from hansa.scope import Partition

#: Rows that were set aside and are decided at once.
PASS = 500_000
_HITS = {"h": pl.UInt64, "day": pl.Date}


@dataclass(frozen=True)
class Others:
    """What a publication leaves standing: days that it does not touch, and partitions to which it adds."""

    known: KnownKeys
    stays: frozenset[Partition] = frozenset()
    merged: frozenset[Partition] = frozenset()


@dataclass
class _Suspects:
    """Hashes of one key set: those that make every row with them suspect, and where known ones stand.

    A primary key in ``merged`` is suspect in every partition but the one in which it stands: there it is replaced.
    """

    always: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))
    stays: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_HITS))
    merged: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_HITS))


class Uniqueness:
    """Suspects of one publication.

    ``others`` says what stands beside it (None: nothing does); it is asked after the first pass, which is when the
    partitions that go are known.
    """

    def __init__(self, contract: Contract, hasher: KeyHasher, others: Callable[[], Others | None]) -> None:
        self._contract = contract
        self._hasher = hasher
        self._sets = key_sets(contract)
        self._ask = others
        self._others: Others | None = None
        self._suspects = [_Suspects() for _ in self._sets]

    @property
    def columns(self) -> list[str]:
        """Every column that some key set needs, and the primary key's."""
        return sorted({name for keys in self._sets for name in keys.columns})

    def survey(self, batches: Iterable[pl.DataFrame]) -> None:
        """The first pass: batches of the key columns as they will be published."""
        hashes: list[list[pl.Series]] = [[] for _ in self._sets]
        for batch in batches:
            for keys, kept in zip(self._sets, hashes, strict=True):
                kept.append(self._hasher.of(batch, keys))
        self._others = self._ask()
        for at, keys in enumerate(self._sets):
            parts, hashes[at] = hashes[at], []
            own = pl.concat(parts).drop_nulls().sort() if parts else pl.Series([], dtype=pl.UInt64)
            self._suspects[at] = self._suspected(keys, own)

    def _suspected(self, keys: KeySet, own: pl.Series) -> _Suspects:
        found = _Suspects(own.filter(own == own.shift(1)).unique())
        if self._others is None:
            return found
        known, primary = self._others.known, keys.rule == "primaryKey"
        within = self._contract.key_scope == "partition"
        if not within and self._contract.partition is not None:
            found.stays = known.hits(keys, own, self._others.stays)
        # The same primary key in its own partition is replaced, and in no other one can it be of that scope.
        if not primary or (not within and self._contract.partition is not None):
            found.merged = known.hits(keys, own, self._others.merged)
        sure = [found.always, found.stays["h"]]
        if not primary:
            sure.append(found.merged["h"])
        else:
            sure.append(found.merged.filter(pl.col("h").is_duplicated())["h"])
        found.always = pl.concat(sure).unique().sort()
        return found

    def suspects(self, publishable: pl.DataFrame) -> pl.Series:
        """True for each row of a batch that may share a key with another one."""
        mask = pl.repeat(False, publishable.height, dtype=pl.Boolean, eager=True)
        for keys, found in zip(self._sets, self._suspects, strict=True):
            moved = found.merged.height > 0 and keys.rule == "primaryKey"
            if not len(found.always) and not moved:
                continue
            hashes = self._hasher.of(publishable, keys)
            mask = mask | found_in(hashes, found.always)
            if moved:
                mask = mask | self._away(publishable, hashes, found.merged)
        return mask

    def _away(self, rows: pl.DataFrame, hashes: pl.Series, merged: pl.DataFrame) -> pl.Series:
        """Rows whose primary key is known in another partition than their own."""
        own = pl.DataFrame({"h": hashes, "own": rows[self._contract.partition or ""]})
        joined = own.join(merged.unique("h"), on="h", how="left", maintain_order="left")
        return joined.select((pl.col("day") != pl.col("own")).fill_null(False)).to_series()

    def judge(self, aside: Aside) -> dict[str, pl.Series]:
        """Which of the rows that were set aside break which rule; a row that breaks none is published.

        Of rows that are the same in every column one stays; rows that share a key and differ all go. Over days the
        earlier one stays, as if each day had been published when it came: nothing later may change it.
        """
        masks: dict[str, pl.Series] = {}
        copies = self._decided(aside, [], _copies)
        masks["primaryKey.identical" if self._contract.key else "identical"] = copies
        alive = ~copies
        for at, keys in enumerate(self._sets):

            def broken(rows: pl.DataFrame, at: int = at, keys: KeySet = keys) -> pl.DataFrame:
                bad = self._conflicts(rows, keys) | self._stands(rows, keys, self._suspects[at])
                return rows.select("__row", __bad=bad & rows["__alive"])

            def hashes(rows: pl.DataFrame, keys: KeySet = keys) -> pl.Series:
                return self._hasher.of(rows, keys)

            hit = self._decided(aside, self._columns_of(keys), broken, alive, hashes)
            masks[keys.rule] = hit
            alive = alive & ~hit
        return {rule: mask for rule, mask in masks.items() if mask.any()}

    def _columns_of(self, keys: KeySet) -> list[str]:
        partition = [self._contract.partition] if self._contract.partition else []
        return list(dict.fromkeys([*keys.columns, *partition, *self._contract.key]))

    def _decided(
        self,
        aside: Aside,
        columns: list[str],
        decide: Callable[[pl.DataFrame], pl.DataFrame],
        alive: pl.Series | None = None,
        hashes: Callable[[pl.DataFrame], pl.Series] = lambda rows: rows["__out"],
    ) -> pl.Series:
        """One mask over all rows, decided in passes; rows that may be equal come in one and the same pass."""
        passes = -(-aside.rows // PASS)
        bad = []
        for number in range(passes):
            parts = []
            for part in aside.narrow(columns):
                part = part.with_columns(hashes(part).alias("__h")).drop_nulls("__h")
                parts.append(part.filter(pl.col("__h") % passes == number) if passes > 1 else part)
            rows = pl.concat(parts)
            if alive is not None:
                rows = rows.with_columns(alive.gather(rows["__row"]).alias("__alive"))
            bad.append(decide(rows).filter("__bad")["__row"])
        hit = pl.concat(bad) if bad else pl.Series([], dtype=pl.UInt32)
        mask = pl.repeat(False, aside.rows, dtype=pl.Boolean, eager=True)
        return mask.scatter(hit, True) if len(hit) else mask

    def _conflicts(self, rows: pl.DataFrame, keys: KeySet) -> pl.Series:
        partition = self._contract.partition
        within = [*keys.columns, *([partition] if partition and partition not in keys.columns else [])]
        alone = pl.col("__alive").cast(pl.UInt32).sum().over(within) == 1
        stays = alone
        if partition is not None:
            earliest = pl.when(alone & pl.col("__alive")).then(pl.col(partition)).min().over(list(keys.columns))
            stays = alone & (pl.col(partition) == earliest)
        return rows.select((~stays).fill_null(True)).to_series()

    def _stands(self, rows: pl.DataFrame, keys: KeySet, found: _Suspects) -> pl.Series:
        """Rows whose key stands in a partition that stays, in a row that none of this publication replaces."""
        nowhere = pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
        places = pl.concat([found.stays, found.merged])
        places = places.filter(found_in(places["h"], rows.filter("__alive")["__h"].unique().sort()))
        if self._others is None or places.is_empty():
            return nowhere
        real = self._others.known.real(keys, places["h"], places["day"].unique().to_list())
        if real.is_empty():
            return nowhere
        partition = self._contract.partition
        own = pl.col(partition) if partition else pl.lit(None, dtype=pl.Date)
        mine = rows.select("__row", *self._columns_of(keys)).with_columns(own.alias("__own"))
        met = mine.join(real, on=list(keys.columns), how="inner")
        # A row may keep what stands in the very row that it replaces.
        same = pl.col("__own").eq_missing(pl.col("__day"))
        if self._contract.key:
            same &= pl.all_horizontal(
                pl.col(name) == pl.col(f"__key {at}") for at, name in enumerate(self._contract.key)
            ).fill_null(False)
        else:
            same = pl.lit(False)
        hit = met.filter(~same)["__row"]
        return rows["__row"].is_in(hit.unique().implode())


def _copies(rows: pl.DataFrame) -> pl.DataFrame:
    """All rows of one digest but one: that with the smallest digest as it came, whatever the order of the rows."""
    ordered = rows.sort("__came", "__row")
    return ordered.select("__row", __bad=pl.int_range(pl.len()).over("__out") > 0)


def crossing(
    keys: KeySet, hasher: KeyHasher, known: KnownKeys, own: pl.Series, rows: pl.LazyFrame, stays: Iterable[Partition]
) -> dict[dt.date, int]:
    """How many keys of ``rows`` also stand in partitions that stay, by the day of ``rows`` (column ``__day``).

    ``own`` are their hashes, sorted.
    """
    places = known.hits(keys, own, stays)
    if places.is_empty():
        return {}
    real = known.real(keys, places["h"], places["day"].unique().to_list())
    if real.is_empty():
        return {}
    sought = places["h"].unique().sort()
    found: dict[dt.date, int] = {}
    for batch in rows.select(*keys.columns, "__day").collect_batches(chunk_size=PASS):
        near = batch.filter(found_in(hasher.of(batch, keys), sought))
        hits = near.join(real.select(keys.columns).unique(), on=list(keys.columns), how="semi")
        for day, count in hits.group_by("__day").len().iter_rows():
            found[day] = found.get(day, 0) + count
    return found


#: Turns a typed batch into what will be published: tokens in the place of identifiers.
Publishable = Callable[[pl.DataFrame], pl.DataFrame]
