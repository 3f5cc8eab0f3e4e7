"""Keys and unique columns, exact and in bounded memory.

A first pass over the key columns alone finds the hashes that occur more than once; only rows with such a hash are set
aside, and on these the real keys decide. Keys are judged as they will be published: in the contract's types, tokens
in the place of identifiers, and against the partitions of the product that stay.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from hansa.contract.model import Contract

#: Hashes of one pass only; they are stored nowhere, so they need not be stable between versions.
_SEED = 7


@dataclass(frozen=True)
class KeySet:
    """Columns that may not repeat, and the name of the rule."""

    rule: str
    columns: tuple[str, ...]


def key_sets(contract: Contract) -> list[KeySet]:
    """The primary key, then each unique column. A key of ``partition`` scope is widened by the partition column."""
    scope = (contract.partition,) if contract.key_scope == "partition" and contract.partition else ()
    sets = [KeySet(f"{c.name}.unique", (c.name, *scope)) for c in contract.columns if c.unique]
    if contract.key:
        columns = contract.key + tuple(name for name in scope if name not in contract.key)
        sets.insert(0, KeySet("primaryKey", columns))
    return sets


class Uniqueness:
    """Suspects of one publication.

    ``elsewhere`` gives the rows of the partitions that stay (None: there are none); it is asked after the first pass,
    which is when the partitions that go are known.
    """

    def __init__(self, contract: Contract, elsewhere: Callable[[], pl.LazyFrame | None]) -> None:
        self._contract = contract
        self._sets = key_sets(contract)
        self._ask_elsewhere = elsewhere
        self._elsewhere: pl.LazyFrame | None = None
        self._suspects: list[pl.Series] = []

    @property
    def columns(self) -> list[str]:
        """Every column that some key set needs."""
        return sorted({name for keys in self._sets for name in keys.columns})

    def survey(self, batches: Iterable[pl.DataFrame]) -> None:
        """The first pass: batches of the key columns as they will be published."""
        hashes: list[list[pl.Series]] = [[] for _ in self._sets]
        for batch in batches:
            for keys, kept in zip(self._sets, hashes, strict=True):
                kept.append(_hashes(batch, keys))
        self._elsewhere = self._ask_elsewhere()
        self._suspects = [self._repeated(keys, kept) for keys, kept in zip(self._sets, hashes, strict=True)]

    def _repeated(self, keys: KeySet, parts: list[pl.Series]) -> pl.Series:
        own = pl.concat(parts).drop_nulls().sort() if parts else pl.Series([], dtype=pl.UInt64)
        repeated = own.filter(own == own.shift(1))
        if self._elsewhere is not None:
            stored = self._elsewhere.select(pl.struct(keys.columns).hash(_SEED).alias("h")).unique()
            also = stored.join(own.to_frame("h").lazy(), on="h", how="semi").collect(engine="streaming")["h"]
            repeated = pl.concat([repeated, also])
        return repeated.unique()

    def suspects(self, publishable: pl.DataFrame) -> pl.Series:
        """True for each row of a batch that may share a key with another one."""
        mask = pl.Series([False]).new_from_index(0, publishable.height)
        for keys, repeated in zip(self._sets, self._suspects, strict=True):
            if len(repeated):
                mask = mask | _hashes(publishable, keys).is_in(repeated.implode()).fill_null(False)
        return mask

    def judge(self, aside: pl.DataFrame) -> dict[str, pl.Series]:
        """Which of the rows that were set aside break which rule; a row that breaks none is published.

        Of rows that are the same in every column the first one stays; rows that share a key and differ all go. Over
        days the earlier one stays, as if each day had been published when it came: nothing later may change it.
        """
        masks: dict[str, pl.Series] = {}
        rows = aside.with_row_index("__row")
        first = rows.select(pl.col("__row").min().over(aside.columns))["__row"]
        copies = rows["__row"] != first
        masks["primaryKey.identical" if self._contract.key else "identical"] = copies
        alive = ~copies
        for keys in self._sets:
            broken = self._conflicts(rows, keys, alive) | self._stands_elsewhere(rows, keys, alive)
            masks[keys.rule] = broken
            alive = alive & ~broken
        return {rule: mask for rule, mask in masks.items() if mask.any()}

    def _conflicts(self, rows: pl.DataFrame, keys: KeySet, alive: pl.Series) -> pl.Series:
        complete = pl.all_horizontal(pl.col(name).is_not_null() for name in keys.columns)
        partition = self._contract.partition
        within = [*keys.columns, *([partition] if partition and partition not in keys.columns else [])]
        alone = pl.col("__alive").cast(pl.UInt32).sum().over(within) == 1
        stays = alone
        if partition is not None:
            earliest = pl.when(alone & pl.col("__alive")).then(pl.col(partition)).min().over(list(keys.columns))
            stays = alone & (pl.col(partition) == earliest)
        return rows.with_columns(__alive=alive).select(~stays & complete & pl.col("__alive")).to_series()

    def _stands_elsewhere(self, rows: pl.DataFrame, keys: KeySet, alive: pl.Series) -> pl.Series:
        if self._elsewhere is None:
            return pl.Series([False]).new_from_index(0, rows.height)
        mine = rows.select("__row", *keys.columns).drop_nulls()
        found = self._elsewhere.select(keys.columns).join(mine.lazy(), on=list(keys.columns), how="inner")
        hits = found.select("__row").unique().collect(engine="streaming")["__row"]
        return rows["__row"].is_in(hits.implode()) & alive


def crossing(contract: Contract, rows: pl.LazyFrame, stays: pl.LazyFrame) -> dict[tuple[str, dt.date], int]:
    """Keys of ``rows`` that also stand in ``stays``, counted by rule and by the partition of ``rows``."""
    assert contract.partition is not None  # noqa: S101 - what is replaced as a whole leaves nothing standing
    found: dict[tuple[str, dt.date], int] = {}
    for keys in key_sets(contract):
        columns = list(keys.columns)
        mine = rows.select(*columns, pl.col(contract.partition).alias("__partition")).drop_nulls()
        hits = mine.join(stays.select(columns).unique(), on=columns, how="semi")
        counted = hits.group_by("__partition").len().collect(engine="streaming")
        found |= {(keys.rule, partition): count for partition, count in counted.iter_rows()}
    return found


def _hashes(batch: pl.DataFrame, keys: KeySet) -> pl.Series:
    """One hash a row; null where a column of the set is null, because what is missing repeats nothing."""
    complete = pl.all_horizontal(pl.col(name).is_not_null() for name in keys.columns)
    return batch.select(h=pl.when(complete).then(pl.struct(keys.columns).hash(_SEED)))["h"]


#: Turns a typed batch into what will be published: tokens in the place of identifiers.
Publishable = Callable[[pl.DataFrame], pl.DataFrame]
