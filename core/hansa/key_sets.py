"""Columns that may not repeat, and stable hashes of their values: what is remembered of a key beside its rows."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hansa.contract.model import Contract
from hansa.digest import row_hashes
from hansa.secrets import Keys


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


def keys_cross(contract: Contract) -> bool:
    """True if a key holds over partitions that are published one by one."""
    return contract.partition is not None and contract.key_scope == "product" and bool(key_sets(contract))


class KeyHasher:
    """Hashes of keys as they are published: the same in every version, and keyed where a value could be tried out.

    A token needs no key, because it was made with one.
    """

    def __init__(self, contract: Contract, keys: Keys | None) -> None:
        self._contract = contract
        self._salt = keys.tag("hashes of keys") if keys is not None else None

    def form(self, keys: KeySet) -> str:
        """How hashes of this set are made; others cannot be compared with them."""
        return f"{'keyed' if self._keyed(keys) else 'plain'}:{','.join(keys.columns)}"

    def _keyed(self, keys: KeySet) -> bool:
        columns = [self._contract.by_name[name] for name in keys.columns]
        return any(column.sealed and column.tokenise is None for column in columns)

    def of(self, rows: pl.DataFrame, keys: KeySet) -> pl.Series:
        """One UInt64 a row; null where a column of the set is null, because what is missing repeats nothing."""
        values = rows.select(keys.columns)
        # Minus zero is zero.
        floats = [name for name, dtype in values.schema.items() if dtype.is_float()]
        zero = [pl.when(pl.col(name) != 0).then(pl.col(name)).otherwise(0.0 * pl.col(name).abs()) for name in floats]
        hashes = row_hashes(values.with_columns(zero))
        if self._keyed(keys):
            hashes = self._salted(hashes)
        gaps = [name for name in keys.columns if values[name].null_count()]
        if not gaps:
            return hashes
        complete = values.select(pl.all_horizontal(pl.col(name).is_not_null() for name in gaps)).to_series()
        return pl.select(pl.when(complete).then(hashes)).to_series()

    def _salted(self, hashes: pl.Series) -> pl.Series:
        import polars_hash  # noqa: F401 - registers the namespace ``chash``

        text = pl.concat_str(pl.lit(self._salt), pl.col("h").cast(pl.String))
        digest = text.chash.blake3()  # type: ignore[attr-defined]
        number = digest.str.head(16).str.to_integer(base=16, dtype=pl.UInt64)
        return hashes.to_frame("h").select(number.alias("h"))["h"]


class SeenKeys:
    """The keys of one set, batch after batch, in 8 bytes each.

    While each is greater than the one before, as in a file that is sorted by its key, none repeats: nothing is hashed.
    """

    def __init__(self, keys: KeySet, hasher: KeyHasher) -> None:
        self._keys, self._hasher = keys, hasher
        self._values: list[pl.DataFrame] = []
        self._hashes: list[pl.Series] = []
        self._last: pl.Series | None = None
        self.rising = len(keys.columns) == 1

    def add(self, batch: pl.DataFrame) -> None:
        """Take the keys of a batch, as they will be published."""
        if batch.is_empty():
            return
        if self.rising and not self._rises(batch[self._keys.columns[0]]):
            self.rising = False
            self._hash()
        if self.rising:
            self._values.append(batch.select(self._keys.columns))
        else:
            self._hashes.append(self._hasher.of(batch, self._keys))

    def _rises(self, values: pl.Series) -> bool:
        if not (values.dtype.is_integer() or values.dtype.is_temporal()) or values.null_count():
            return False
        if self._last is not None and not (values.head(1) > self._last).all():
            return False
        self._last = values.tail(1)
        return (values.slice(1) > values.head(len(values) - 1)).all()

    def _hash(self) -> None:
        # One after the other is let go of.
        while self._values:
            self._hashes.append(self._hasher.of(self._values.pop(), self._keys))

    def hashes(self) -> pl.Series:
        """The hashes of all keys, sorted; they are let go of here."""
        self._hash()
        parts, self._hashes = self._hashes, []
        return pl.concat(parts).drop_nulls().sort() if parts else pl.Series([], dtype=pl.UInt64)


def found_in(hashes: pl.Series, known: pl.Series) -> pl.Series:
    """True for each hash that stands in ``known``, which is sorted and without nulls."""
    if not len(known) or not len(hashes):
        return pl.repeat(False, len(hashes), eager=True)
    places = known.search_sorted(hashes.fill_null(0)).clip(0, len(known) - 1)
    return (known.gather(places) == hashes).fill_null(False)
