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
from hansa.key_sets import KeyHasher, KeySet, SeenKeys, found_in, key_sets
from hansa.known_keys import KnownKeys
from hansa.scope import Partition

#: Rows that were set aside and are decided at once.
PASS = 500_000
_HITS = {"h": pl.UInt64, "day": pl.Date}
_WAITS = {"__met": pl.UInt32, "__row": pl.UInt32, "on": pl.UInt32}


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
    ``holders`` are hashes of the primary keys of rows that stand there with a unique value that a new row has.
    """

    always: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))
    stays: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_HITS))
    merged: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_HITS))
    holders: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))


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
        self._primary = KeySet("primaryKey", contract.key)
        self._frees = bool(contract.key)
        #: By rule and by day of refused rows the other days in which their keys stand, as far as ``judge`` has found.
        self.elsewhere: dict[str, dict[Partition, set[Partition]]] = {}

    @property
    def columns(self) -> list[str]:
        """Every column that some key set needs, and the primary key's."""
        return sorted({name for keys in self._sets for name in keys.columns})

    def survey(self, batches: Iterable[pl.DataFrame]) -> None:
        """The first pass: batches of the key columns as they will be published."""
        seen = [SeenKeys(keys, self._hasher) for keys in self._sets]
        for batch in batches:
            for one in seen:
                one.add(batch)
        self._others = self._ask()
        for at, keys in enumerate(self._sets):
            if self._others is not None or not seen[at].rising:
                self._suspects[at] = self._suspected(keys, seen[at].hashes())

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
            found.holders = self._holders(keys, found.merged, known)
        else:
            sure.append(found.merged.filter(pl.col("h").is_duplicated())["h"])
        found.always = pl.concat(sure).unique().sort()
        return found

    def _holders(self, keys: KeySet, merged: pl.DataFrame, known: KnownKeys) -> pl.Series:
        if not self._frees or merged.is_empty():
            return pl.Series([], dtype=pl.UInt64)
        real = known.real(keys, merged["h"], merged["day"].unique().to_list())
        if real.is_empty():
            return pl.Series([], dtype=pl.UInt64)
        named = real.select(pl.col(f"__key {at}").alias(name) for at, name in enumerate(self._contract.key))
        return self._hasher.of(named, self._primary).drop_nulls().unique().sort()

    @property
    def suspicious(self) -> bool:
        """True if some row may share a key with another one, once ``survey`` is done."""
        return any(len(found.always) or found.merged.height for found in self._suspects)

    def suspects(self, publishable: pl.DataFrame) -> pl.Series:
        """True for each row of a batch that may share a key with another one."""
        mask = pl.repeat(False, publishable.height, dtype=pl.Boolean, eager=True)
        for keys, found in zip(self._sets, self._suspects, strict=True):
            moved = found.merged.height > 0 and keys.rule == "primaryKey"
            if not len(found.always) and not moved:
                continue
            hashes = self._hasher.of(publishable, keys)
            mask = mask | found_in(hashes, found.always)
            if len(found.holders):
                # A row that replaces one with the value of another row decides over that one too.
                mask = mask | found_in(self._hasher.of(publishable, self._primary), found.holders)
            if moved:
                mask = mask | self._away(publishable, hashes, found.merged)
        return mask

    def _away(self, rows: pl.DataFrame, hashes: pl.Series, merged: pl.DataFrame) -> pl.Series:
        """Rows whose primary key is known in another partition than their own."""
        own = pl.DataFrame({"h": hashes, "own": rows[self._contract.partition or ""]})
        joined = own.join(merged.unique("h"), on="h", how="left", maintain_order="left")
        return joined.select((pl.col("day") != pl.col("own")).fill_null(False)).to_series()

    def judge(self, aside: Aside, going: pl.Series | None = None) -> dict[str, pl.Series]:
        """Which of the rows that were set aside break which rule; a row that breaks none is published.

        ``going`` are rows that are refused for another reason, so that they replace nothing.
        Of rows that are the same in every column one stays; rows that share a key and differ all go. Over days the
        earlier one stays, as if each day had been published when it came: nothing later may change it.
        """
        masks: dict[str, pl.Series] = {}
        self.elsewhere = {}
        copies = self._copies(aside)
        masks["primaryKey.identical" if self._contract.key else "identical"] = copies
        alive = ~copies
        waits = Waits()
        for at, keys in enumerate(self._sets):

            def broken(rows: pl.DataFrame, at: int = at, keys: KeySet = keys, alive: pl.Series = alive) -> pl.DataFrame:
                def replacing(met: pl.DataFrame) -> pl.DataFrame:
                    return self._replacing(met, aside, alive if going is None else alive & ~going)

                bad = self._conflicts(rows, keys)
                stands, needs = self._stands(rows, keys, self._suspects[at], replacing)
                waits.add(keys.rule, needs)
                return rows.select("__row", __bad=(bad | stands) & rows["__alive"])

            def hashes(rows: pl.DataFrame, keys: KeySet = keys) -> pl.Series:
                return self._hasher.of(rows, keys)

            hit = self._decided(aside, self._columns_of(keys), broken, alive, hashes=hashes)
            masks[keys.rule] = hit
            alive = alive & ~hit
        waits.fall(masks, alive if going is None else alive & ~going)
        return {rule: mask for rule, mask in masks.items() if mask.any()}

    def _copies(self, aside: Aside) -> pl.Series:
        """Rows that are the same as another one in every column, which the values say and not their hash alone."""
        known = pl.concat([part["__out"] for part in aside.narrow([])]).sort()
        twice = known.filter(known == known.shift(1)).unique().sort()

        def hashes(rows: pl.DataFrame) -> pl.Series:
            return rows.select(pl.when(found_in(rows["__out"], twice)).then("__out")).to_series()

        names = list(self._contract.by_name)
        return self._decided(aside, names, lambda rows: _copies(rows, names), hashes=hashes)

    def _columns_of(self, keys: KeySet) -> list[str]:
        partition = [self._contract.partition] if self._contract.partition else []
        return list(dict.fromkeys([*keys.columns, *partition, *self._contract.key]))

    def _decided(
        self,
        aside: Aside,
        columns: list[str],
        decide: Callable[[pl.DataFrame], pl.DataFrame],
        alive: pl.Series | None = None,
        *,
        hashes: Callable[[pl.DataFrame], pl.Series],
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
            met = rows.filter("__alive").select(pl.col(partition).alias("__own"), earliest.alias("__day"))
            self._note(keys, met.filter(pl.col("__own") != pl.col("__day")))
        return rows.select((~stays).fill_null(True)).to_series()

    def _note(self, keys: KeySet, met: pl.DataFrame) -> None:
        """Remember in which other days (``__day``) the keys of rows of a day (``__own``) stand."""
        noted = self.elsewhere.setdefault(keys.rule, {})
        for own, day in met.select("__own", "__day").unique().drop_nulls().iter_rows():
            if own != day:
                noted.setdefault(own, set()).add(day)

    def _stands(
        self, rows: pl.DataFrame, keys: KeySet, found: _Suspects, replacing: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> tuple[pl.Series, pl.DataFrame]:
        """Rows whose key stands in a row that stays, and (``__row``, ``on``) those that wait for another new row."""
        nowhere = pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True), pl.DataFrame(schema=_WAITS)
        places = pl.concat([found.stays, found.merged])
        places = places.filter(found_in(places["h"], rows.filter("__alive")["__h"].unique().sort()))
        if self._others is None or places.is_empty():
            return nowhere
        real = self._others.known.real(keys, places["h"], places["day"].unique().to_list())
        if real.is_empty():
            return nowhere
        mine = rows.filter("__alive").select("__row", *self._columns_of(keys)).with_columns(self._own.alias("__own"))
        met = mine.join(real, on=list(keys.columns), how="inner")
        # A row may keep what stands in the very row that it replaces.
        same = pl.col("__own").eq_missing(pl.col("__day"))
        if self._contract.key:
            same &= pl.all_horizontal(
                pl.col(name) == pl.col(f"__key {at}") for at, name in enumerate(self._contract.key)
            ).fill_null(False)
        else:
            same = pl.lit(False)
        met = met.filter(~same).with_row_index("__met")
        needs = replacing(met) if keys.rule != "primaryKey" and len(found.holders) else pl.DataFrame(schema=_WAITS)
        if not needs.is_empty():
            met = met.join(needs, on="__met", how="anti")
        self._note(keys, met)
        hit = met["__row"].unique().implode()
        return rows["__row"].is_in(hit), needs.select("__row", "on").filter(~pl.col("__row").is_in(hit))

    @property
    def _own(self) -> pl.Expr:
        partition = self._contract.partition
        return pl.col(partition) if partition else pl.lit(None, dtype=pl.Date)

    def _replacing(self, met: pl.DataFrame, aside: Aside, alive: pl.Series) -> pl.DataFrame:
        """For rows that stand with the value of a new one: ``__met``, its ``__row``, and ``on``, which replaces it.

        Of another partition than the new row's it is not sure yet: if that one is held in the end, so is the row's own.
        """
        key = self._contract.key
        theirs = [f"__key {at}" for at in range(len(key))]
        found = [pl.DataFrame(schema=_WAITS)]
        for part in aside.narrow(self._columns_of(self._primary)):
            part = part.filter(alive.gather(part["__row"])).with_columns(self._own.alias("__own"))
            new = part.select(pl.col("__row").alias("on"), "__own", *key)
            joined = met.select("__met", "__row", "__day", *theirs).join(new, left_on=theirs, right_on=list(key))
            found.append(joined.filter(pl.col("__day").eq_missing(pl.col("__own"))).select(list(_WAITS)))
        return pl.concat(found)


class Waits:
    """Rows that may have a unique value because another new row replaces the one that stands with it.

    If that one is refused after all, they are refused too, and so is what waits for them.
    """

    def __init__(self) -> None:
        self._rules: dict[str, list[pl.DataFrame]] = {}

    def add(self, rule: str, needs: pl.DataFrame) -> None:
        """Row ``__row`` waits for row ``on`` under the rule."""
        if needs.height:
            self._rules.setdefault(rule, []).append(needs)

    def fall(self, masks: dict[str, pl.Series], alive: pl.Series) -> None:
        """Add to the masks what falls with rows that are not ``alive``."""
        waiting: dict[int, list[tuple[int, str]]] = {}
        for rule, parts in self._rules.items():
            needs = pl.concat(parts)
            for row, on in needs.filter(alive.gather(needs["__row"])).select("__row", "on").iter_rows():
                waiting.setdefault(on, []).append((row, rule))
        if not waiting:
            return
        gone = list(pl.Series(list(waiting), dtype=pl.UInt32).filter(~alive.gather(list(waiting))))
        fallen: dict[int, str] = {}
        while gone:
            for row, rule in waiting.get(gone.pop(), ()):
                if row not in fallen:
                    fallen[row] = rule
                    gone.append(row)
        for rule in self._rules:
            hit = [row for row, by in fallen.items() if by == rule]
            if hit:
                masks[rule] = masks[rule].scatter(hit, True)


def _copies(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """All rows of one content but one: that with the smallest digest as it came, whatever the order of the rows."""
    ordered = rows.sort("__came", "__row")
    same = ["__out", *(name for name in names if name in rows.columns)]
    return ordered.select("__row", __bad=pl.int_range(pl.len()).over(same) > 0)


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
