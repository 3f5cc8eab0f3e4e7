"""A batch as it came, judged by itself: cast, checked, hashed, counted, and parted into good rows and refused ones.

Nothing here knows of another batch, so that several can be judged at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from hansa.aside import Came
from hansa.cast import Cast
from hansa.check import RowCheck
from hansa.contract.model import Contract
from hansa.digest import Shared, row_hashes
from hansa.schema import rule_condition
from hansa.scope import Partition, Scope
from hansa.secrets import empty, invalid
from hansa.tally import Tally, aggregates, digest_columns, digest_of

#: The types of whole numbers that have the same hash in any of them.
_WHOLE: set[pl.DataType] = {pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32()}


@dataclass(frozen=True)
class Part:
    """Rows of a batch as they came and typed, with the digests of the rows as they came and what both forms share."""

    raw: Came
    typed: pl.DataFrame
    hashes: pl.Series
    shared: Shared

    def filter(self, mask: pl.Series) -> Part:
        """The rows for which ``mask`` is true."""
        return Part(self.raw.filter(mask), self.typed.filter(mask), self.hashes.filter(mask), self.shared.filter(mask))


@dataclass(frozen=True)
class JudgedBatch:
    """The good rows of a batch and the refused ones, and what is counted of all of them by partition.

    ``broken`` has a mask over the whole batch for each rule that some row broke, ``bad`` is the mask of ``refused``.
    """

    good: Part
    refused: Part | None
    broken: Mapping[str, pl.Series]
    bad: pl.Series
    tallies: Mapping[Partition, Tally]


class RowJudge:
    """Judges batches of one publication. ``looked_back`` says that rows as they came may be wanted of good ones too."""

    def __init__(self, contract: Contract, casts: dict[str, Cast], scope: Scope, looked_back: bool) -> None:
        self._contract = contract
        self._casts = casts
        self._scope = scope
        self._looked_back = looked_back
        self._check = RowCheck(contract)
        self._warnings = {r.name for r in contract.rules if r.per_row and r.severity == "warning"}
        self._counted = counted_rules(contract)

    def judge(self, raw: pl.DataFrame) -> JudgedBatch:
        """Judge the rows of a batch as it came."""
        read, unreadable = _cast(raw, self._casts)
        typed = without_empty(self._contract, read)
        broken = self._check.broken(typed, unreadable) | self._misformed(typed) | self._refused(typed)
        shared = Shared.of(raw, self._kept(raw, typed))
        whole = Part(Came(raw), typed, row_hashes(raw, shared), shared)
        errors = [mask for name, mask in broken.items() if name not in self._warnings]
        none = pl.repeat(False, raw.height, dtype=pl.Boolean, eager=True)
        bad = pl.select(pl.any_horizontal(none, *errors)).to_series()
        tallies = self._tallies(whole, broken)
        good, refused = whole, None
        if bad.any():
            good, refused = whole.filter(~bad), whole.filter(bad)
            # Picked out now, so that nothing holds the batch.
            refused = replace(refused, raw=Came(refused.raw.rows()))
        if not self._looked_back:
            good = replace(good, raw=good.raw.forgotten())
        return JudgedBatch(good, refused, broken, bad, tallies)

    def _kept(self, raw: pl.DataFrame, typed: pl.DataFrame) -> frozenset[str]:
        """Columns that are published as they came, at the place at which they came."""
        pairs = zip(raw.columns, self._contract.columns, strict=False)
        same = [column.name for name, column in pairs if name == column.name and column.tokenise is None]
        return frozenset(name for name in same if self._casts[name].keeps(name) or _same(raw[name], typed[name]))

    def _refused(self, typed: pl.DataFrame) -> dict[str, pl.Series]:
        """Rows that this publication may not bring, whatever stands in them."""
        if self._contract.partition is None:
            return self._scope.unkeyed(typed)
        return self._scope.refused(typed[self._contract.partition]) | self._scope.unkeyed(typed)

    def _misformed(self, typed: pl.DataFrame) -> dict[str, pl.Series]:
        """Texts that cannot be of the kind as which they are to be tokenised."""
        named = [c for c in self._contract.columns if c.tokenise is not None and c.logical_type == "string"]
        masks = {f"{c.name}.normalForm": invalid(typed[c.name], c.tokenise or "") for c in named}
        return {name: mask for name, mask in masks.items() if mask.any()}

    def _tallies(self, whole: Part, broken: Mapping[str, pl.Series]) -> dict[Partition, Tally]:
        absent = dict(self._check.absent.values())
        columns = whole.typed.with_columns(
            partitions_of(self._contract, whole.typed).alias("__partition"),
            whole.hashes.alias("__hash"),
            *[mask.alias(f"__broken {name}") for name, mask in broken.items()],
        )
        counted = [
            *digest_columns("__hash"),
            *[pl.col(f"__broken {name}").sum() for name in broken],
            *[missing.alias(f"__null {path}") for path, missing in absent.items()],
            *[(~kept.fill_null(True)).sum().alias(f"__table {name}") for name, kept in self._counted.items()],
        ]
        made = {}
        for row in aggregates(columns, counted):
            nulls = {name: row[f"__null {path}"] for name, (path, _) in self._check.absent.items()}
            made[row["__partition"]] = Tally(
                incoming=digest_of("__hash", row),
                broken=Counter({name: row[f"__broken {name}"] for name in broken if row[f"__broken {name}"]}),
                undecided=Counter({name: count for name, count in nulls.items() if count}),
                violations=Counter({name: row[f"__table {name}"] for name in self._counted}),
            )
        return made


def partitions_of(contract: Contract, typed: pl.DataFrame) -> pl.Series:
    """The partition of each row; null in a contract without partitions."""
    if contract.partition is None:
        return pl.Series("partition", [None], dtype=pl.Date).new_from_index(0, typed.height)
    return typed[contract.partition].alias("partition")


def without_empty(contract: Contract, typed: pl.DataFrame) -> pl.DataFrame:
    """What names nobody is missing, before the rules are judged: it will have no token."""
    named = [c for c in contract.columns if c.tokenise is not None and c.logical_type == "string"]
    blank = {column.name: empty(typed[column.name], column.tokenise or "") for column in named}
    return typed.with_columns(pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in blank.items())


def counted_rules(contract: Contract) -> dict[str, pl.Expr]:
    """For each table rule that counts rows the condition that a row is not counted."""
    countable = {"nullValues", "missingValues", "invalidValues"}
    return {r.name: rule_condition(r, contract) for r in contract.rules if not r.per_row and r.metric in countable}


def _cast(raw: pl.DataFrame, casts: Mapping[str, Cast]) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The values, as long as ``raw`` even if all of them are constants, and by path where some could not be cast."""
    length = pl.int_range(pl.len()).alias("__row")
    values = [cast.value.alias(name) for name, cast in casts.items()]
    asked = {name: cast for name, cast in casts.items() if cast.source is None and not cast.keeps(name)}
    paths = {path: failed for name, cast in asked.items() for path, failed in cast.failures(name).items()}
    masks = [mask.alias(f"__failed {at}") for at, mask in enumerate(paths.values())]
    # Lazy, because only the optimiser computes an expression once that stands in several places.
    made = raw.lazy().select(length, *values, *masks).collect()
    failed = {path: made[f"__failed {at}"] for at, path in enumerate(paths)}
    for name, cast in casts.items():
        # Counting is cheap, and mostly nothing failed.
        if cast.source is not None and made[name].null_count() != raw[cast.source].null_count():
            failed[name] = raw[cast.source].is_not_null() & made[name].is_null()
    return made.select(*casts), {path: mask for path, mask in failed.items() if mask.any()}


def _same(came: pl.Series, typed: pl.Series) -> bool:
    """True if the values of a column have the same hashes before and after their cast: seen without making them."""
    if came.dtype != typed.dtype and not {came.dtype, typed.dtype} <= _WHOLE:
        return False
    if came.dtype.is_nested():
        return False
    if came.dtype.is_float():
        # The sign of a zero counts.
        came, typed = came.reinterpret(dtype=pl.UInt64), typed.reinterpret(dtype=pl.UInt64)
    return came.eq_missing(typed).all()
