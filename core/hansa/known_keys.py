"""What is known of the keys of a product's other partitions: hashes from small files, real keys from the table.

A hash says where a key may stand. Whether it does is decided on the real keys, of the days that the hashes point at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from hansa.contract.model import Contract
from hansa.key_sets import KeyHasher, KeySet, found_in
from hansa.receipt import Publication, Receipt
from hansa.scope import Partition
from hansa.store.key_files import heal_keys, read_keys
from hansa.store.objects import Objects

#: Rows of the partitions that are named, as they stand in the table.
Rows = Callable[[Collection[Partition]], pl.LazyFrame | None]
Current = Mapping[str | None, tuple[Receipt, Publication]]
#: Hashes that are compared at once.
_CHUNK = 2_000_000
_BATCH = 500_000
_SCHEMA = {"h": pl.UInt64, "day": pl.Date}
#: So many days are named in a sentence.
_MOST = 10


class KnownKeys:
    """The keys of what stands published, by partition."""

    def __init__(self, contract: Contract, hasher: KeyHasher, objects: Objects, current: Current, rows: Rows) -> None:
        self._contract, self._hasher, self._objects = contract, hasher, objects
        self._current, self._rows = current, rows

    def hits(self, keys: KeySet, own: pl.Series, partitions: Iterable[Partition]) -> pl.DataFrame:
        """Hashes of ``own`` (sorted) that stand in these partitions: columns ``h`` and ``day``."""
        found = [pl.DataFrame(schema=_SCHEMA)]
        if len(own):
            for chunk in _chunks(self._hashes(keys, partitions)):
                found.append(chunk.filter(found_in(chunk["h"], own)))
        return pl.concat(found)

    def _hashes(self, keys: KeySet, partitions: Iterable[Partition]) -> Iterator[pl.DataFrame]:
        def read(partition: Partition) -> pl.DataFrame:
            hashes = self._read(keys, partition)
            return pl.DataFrame(
                {"h": hashes, "day": pl.Series([partition], dtype=pl.Date).new_from_index(0, len(hashes))}
            )

        ordered = sorted(partitions, key=lambda p: p or dt.date.min)
        if self._objects.folder is not None or len(ordered) < 2:
            yield from map(read, ordered)
            return
        # A bucket answers late and many questions at once.
        with ThreadPoolExecutor(8) as pool:
            for start in range(0, len(ordered), 64):
                yield from pool.map(read, ordered[start : start + 64])

    def _read(self, keys: KeySet, partition: Partition) -> pl.Series:
        receipt, _ = self._current[str(partition) if partition else None]
        if not receipt.counts["published"]:
            return pl.Series([], dtype=pl.UInt64)
        entry, form = receipt.keys.get(keys.rule), self._hasher.form(keys)
        known = read_keys(self._objects, entry, form) if entry is not None else None
        if known is not None:
            return known
        hashes = self._rebuilt(keys, partition)
        if entry is not None:
            heal_keys(self._objects, entry, hashes, form)
        return hashes

    def _rebuilt(self, keys: KeySet, partition: Partition) -> pl.Series:
        """The hashes of a partition from its rows, where no key file can be trusted."""
        rows = self._rows([partition])
        if rows is None:
            return pl.Series([], dtype=pl.UInt64)
        parts = [self._hasher.of(batch, keys).drop_nulls() for batch in _batches(rows.select(keys.columns))]
        return pl.concat(parts).sort() if parts else pl.Series([], dtype=pl.UInt64)

    def real(self, keys: KeySet, hashes: pl.Series, partitions: Collection[Partition]) -> pl.DataFrame:
        """Real keys with such a hash in these partitions: the set's columns, ``__day``, and ``__key 0`` and on."""
        rows = self._rows(partitions)
        day = pl.col(self._contract.partition) if self._contract.partition else pl.lit(None, dtype=pl.Date)
        wanted = [pl.col(list(keys.columns)), day.alias("__day")]
        wanted += [pl.col(name).alias(f"__key {at}") for at, name in enumerate(self._contract.key)]
        if rows is None:
            return pl.DataFrame()
        sought = hashes.unique().sort()
        parts = []
        for batch in _batches(rows.select(wanted)):
            parts.append(batch.filter(found_in(self._hasher.of(batch, keys), sought)))
        return pl.concat(parts) if parts else rows.select(wanted).head(0).collect()


def told_elsewhere(rule: str, days: Collection[Partition | str]) -> str:
    """For rows whose key stands in another day: in which, and which setting would let it; never the key itself."""
    named = [str(day) for day in sorted(days, key=str)]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    told = f"{rule}: such a key stands already in {', '.join(named[:_MOST])}{more}"
    return f"{told}; the contract's custom property keyScope: partition would let it stand once in each day"


def _batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    yield from rows.collect_batches(chunk_size=_BATCH)


def _chunks(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The frames, put together to a size at which comparing is worth its start."""
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(one.height for one in waiting) >= _CHUNK:
            yield pl.concat(waiting)
            waiting = []
    if waiting:
        yield pl.concat(waiting)
