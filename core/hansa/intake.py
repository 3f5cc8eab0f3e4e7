"""The gate's main pass: batches as they came go in, batches to publish come out, the rest goes to quarantine.

Everything is counted by partition on the way: rows and digests of each side, broken and undecided rules, and what the
table rules will need. Memory holds one batch and the rows that may share a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hansa.aside import Aside, Came, Rows
from hansa.cast import Cast
from hansa.check import RowCheck
from hansa.contract.model import Contract
from hansa.digest import RowDigest, Shared, row_hashes
from hansa.groups import GroupRules
from hansa.quarantine import Quarantine
from hansa.schema import rule_condition
from hansa.scope import Partition, Scope
from hansa.secrets import empty, invalid
from hansa.uniqueness import Publishable, Uniqueness


@dataclass
class Tally:
    """What was seen of one partition so far; ``kept`` and ``replaced`` are of the rows that stood there before."""

    incoming: RowDigest = field(default_factory=RowDigest)
    accepted: RowDigest = field(default_factory=RowDigest)
    quarantined: RowDigest = field(default_factory=RowDigest)
    published: RowDigest = field(default_factory=RowDigest)
    identical: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    kept: RowDigest = field(default_factory=RowDigest)
    replaced: RowDigest = field(default_factory=RowDigest)


@dataclass(frozen=True)
class _Judged:
    """A batch as it came and typed, with the digest of each row as it came, and the rules that rows of it broke.

    ``broken`` is of the whole batch, also where only some of its rows are left.
    """

    raw: Came
    typed: pl.DataFrame
    hashes: pl.Series
    shared: Shared
    broken: Mapping[str, pl.Series]

    def filter(self, mask: pl.Series) -> _Judged:
        raw, typed, hashes = self.raw.filter(mask), self.typed.filter(mask), self.hashes.filter(mask)
        return _Judged(raw, typed, hashes, self.shared.filter(mask), self.broken)


class Intake:
    """One publication's main pass; ``tallies`` is complete when ``batches`` is exhausted.

    ``groups`` are bad ones by rule, whose rows go to quarantine.
    """

    def __init__(
        self,
        contract: Contract,
        casts: dict[str, Cast],
        scope: Scope,
        uniqueness: Uniqueness,
        quarantine: Quarantine,
        publishable: Publishable,
        aside: Aside,
        groups: Mapping[str, pl.DataFrame],
    ) -> None:
        self._contract = contract
        self._casts = casts
        self._scope = scope
        self._uniqueness = uniqueness
        self._quarantine = quarantine
        self._publishable = publishable
        self._aside = aside
        self._groups, self._bad_groups = GroupRules(contract), groups
        self._check = RowCheck(contract)
        self._warnings = {r.name for r in contract.rules if r.per_row and r.severity == "warning"}
        self._counted = counted_rules(contract)
        self.tallies: dict[Partition, Tally] = {}

    def batches(self, source: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Typed batches to publish, from batches as they came; the next one is judged while one is written."""
        with ThreadPoolExecutor(1) as worker:
            ahead: Future[_Judged] | None = None
            for raw in source:
                behind, ahead = ahead, worker.submit(self._judge, raw)
                if behind is not None:
                    yield self._take(behind.result())
            if ahead is not None:
                yield self._take(ahead.result())
        if self._aside.rows:
            yield from self._settle()

    def _judge(self, raw: pl.DataFrame) -> _Judged:
        read, failed = _cast(raw, self._casts)
        typed = without_empty(self._contract, read)
        unreadable = {name: failed[name] for name in failed.columns if failed[name].any()}
        broken = self._check.broken(typed, unreadable) | self._misformed(typed) | self._refused(typed)
        shared = Shared.of(raw, self._kept(raw))
        return _Judged(Came(raw), typed, row_hashes(raw, shared), shared, broken)

    def _take(self, judged: _Judged) -> pl.DataFrame:
        broken = judged.broken
        self._count(judged.typed, judged.hashes, broken)
        errors = [mask for name, mask in broken.items() if name not in self._warnings]
        bad = pl.select(pl.any_horizontal(errors)).to_series() if errors else None
        if bad is None or not bad.any():
            return self._accept(judged)
        refused = judged.filter(bad)
        self._reject(refused.raw, refused.typed, refused.hashes, broken, bad)
        return self._accept(judged.filter(~bad))

    def _kept(self, raw: pl.DataFrame) -> frozenset[str]:
        """Columns that are published as they came, at the place at which they came."""
        pairs = zip(raw.columns, self._contract.columns, strict=False)
        same = [column for name, column in pairs if name == column.name and column.tokenise is None]
        return frozenset(column.name for column in same if self._casts[column.name].keeps(column.name))

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

    def _partitions(self, typed: pl.DataFrame) -> pl.Series:
        if self._contract.partition is None:
            return pl.Series("partition", [None], dtype=pl.Date).new_from_index(0, typed.height)
        return typed[self._contract.partition].alias("partition")

    def _tally(self, partition: Partition) -> Tally:
        return self.tallies.setdefault(partition, Tally())

    def _count(self, typed: pl.DataFrame, hashes: pl.Series, broken: Mapping[str, pl.Series]) -> None:
        absent = dict(self._check.absent.values())
        partitions = self._partitions(typed)
        columns = typed.with_columns(
            partitions.alias("__partition"),
            hashes.alias("__hash"),
            *[mask.alias(f"__broken {name}") for name, mask in broken.items()],
        )
        counted = [
            *_digest_columns("__hash"),
            *[pl.col(f"__broken {name}").sum() for name in broken],
            *[missing.alias(f"__null {path}") for path, missing in absent.items()],
            *[(~kept.fill_null(True)).sum().alias(f"__table {name}") for name, kept in self._counted.items()],
        ]
        for row in _by_partition(columns, counted):
            tally = self._tally(row["__partition"])
            tally.incoming += _digest(row)
            tally.broken.update({name: row[f"__broken {name}"] for name in broken if row[f"__broken {name}"]})
            nulls = {name: row[f"__null {path}"] for name, (path, _) in self._check.absent.items()}
            tally.undecided.update({name: count for name, count in nulls.items() if count})
            tally.violations.update({name: row[f"__table {name}"] for name in self._counted})

    def _reject(
        self, raw: Came, typed: pl.DataFrame, hashes: pl.Series, broken: Mapping[str, pl.Series], bad: pl.Series
    ) -> None:
        """Refuse rows, with the rules that they broke: ``broken`` and ``bad`` are of the batch that they are of."""
        flags = pl.DataFrame(dict(broken)).filter(bad)
        names = [[name for name, hit in zip(flags.columns, row, strict=True) if hit] for row in flags.iter_rows()]
        partitions = self._partitions(typed)
        self._quarantine.add(raw.rows(), hashes, partitions, names)
        self._add("quarantined", partitions, hashes)
        self._subtract_violations(typed, partitions)

    def _subtract_violations(self, rejected: pl.DataFrame, partitions: pl.Series) -> None:
        """Table rules are judged on what will be published, so what a rejected row added is taken back."""
        for name, kept in self._counted.items():
            frame = rejected.select(__hit=~kept.fill_null(True)).with_columns(partitions.alias("__partition"))
            for partition, hits in frame.group_by("__partition").agg(pl.col("__hit").sum()).iter_rows():
                self._tally(partition).violations[name] -= hits

    def _accept(self, good: _Judged) -> pl.DataFrame:
        out = self._publishable(good.typed)
        rows = Rows(good.raw, good.typed, out, good.hashes, row_hashes(out, good.shared))
        suspect = self._uniqueness.suspects(out)
        if suspect.any():
            self._aside.add(rows.filter(suspect))
            rows = rows.filter(~suspect)
        return self._complete(rows)

    def _complete(self, rows: Rows) -> pl.DataFrame:
        """Let rows pass, but for those of bad groups."""
        broken = self._groups.names(rows.out, self._bad_groups) if self._bad_groups else {}
        return self._pass(self._without(rows, broken))

    def _without(self, rows: Rows, broken: Mapping[str, pl.Series]) -> Rows:
        """Refuse the rows that broke a rule and count them; the others."""
        if not broken:
            return rows
        partitions = self._partitions(rows.out)
        for name, mask in broken.items():
            for partition, hits in partitions.filter(mask).value_counts().iter_rows():
                self._tally(partition).broken[name] += hits
                if name in ("identical", "primaryKey.identical"):
                    self._tally(partition).identical += hits
        bad = pl.select(pl.any_horizontal(list(broken.values()))).to_series()
        self._reject(rows.raw.filter(bad), rows.typed.filter(bad), rows.came.filter(bad), broken, bad)
        return rows.filter(~bad)

    def _pass(self, rows: Rows) -> pl.DataFrame:
        partitions = self._partitions(rows.out)
        self._add("accepted", partitions, rows.came)
        self._add("published", partitions, rows.digests)
        return rows.out

    def _settle(self) -> Iterator[pl.DataFrame]:
        """Decide over the rows whose key may repeat, now that all of them are known."""
        masks = self._uniqueness.judge(self._aside, self._of_bad_groups())
        start = 0
        for rows in self._aside.all():
            height = len(rows.came)
            here = {name: mask.slice(start, height) for name, mask in masks.items()}
            yield self._complete(self._without(rows, {name: mask for name, mask in here.items() if mask.any()}))
            start += height

    def _of_bad_groups(self) -> pl.Series | None:
        """The rows that were set aside and go with their groups."""
        if not self._bad_groups:
            return None
        masks = []
        for rows in self._aside.all():
            hit = list(self._groups.names(rows.out, self._bad_groups).values())
            none = pl.repeat(False, len(rows.came), dtype=pl.Boolean, eager=True)
            masks.append(pl.select(pl.any_horizontal(none, *hit)).to_series())
        return pl.concat(masks)

    def _add(self, side: str, partitions: pl.Series, hashes: pl.Series) -> None:
        frame = pl.DataFrame({"__partition": partitions, "__hash": hashes})
        for row in _by_partition(frame, _digest_columns("__hash")):
            tally = self._tally(row["__partition"])
            setattr(tally, side, getattr(tally, side) + _digest(row))


def without_empty(contract: Contract, typed: pl.DataFrame) -> pl.DataFrame:
    """What names nobody is missing, before the rules are judged: it will have no token."""
    named = [c for c in contract.columns if c.tokenise is not None and c.logical_type == "string"]
    blank = {column.name: empty(typed[column.name], column.tokenise or "") for column in named}
    return typed.with_columns(pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in blank.items())


def counted_rules(contract: Contract) -> dict[str, pl.Expr]:
    """For each table rule that counts rows the condition that a row is not counted."""
    countable = {"nullValues", "missingValues", "invalidValues"}
    return {r.name: rule_condition(r, contract) for r in contract.rules if not r.per_row and r.metric in countable}


def _cast(raw: pl.DataFrame, casts: Mapping[str, Cast]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values and the masks of failures by path, as long as ``raw`` even if all of them are constants."""
    length = pl.int_range(pl.len()).alias("__row")
    values = [cast.value.alias(name) for name, cast in casts.items()]
    open_to_fail = {name: cast for name, cast in casts.items() if not cast.keeps(name)}
    paths = {path: failed for name, cast in open_to_fail.items() for path, failed in cast.failures(name).items()}
    failed = [mask.alias(f"__failed {at}") for at, mask in enumerate(paths.values())]
    # Lazy, because only the optimiser computes an expression once that stands in several places.
    made = raw.lazy().select(length, *values, *failed).collect()
    masks = made.select(f"__failed {at}" for at in range(len(paths)))
    return made.select(*casts), masks.rename(dict(zip(masks.columns, paths, strict=True)))


def _by_partition(frame: pl.DataFrame, counted: list[pl.Expr]) -> Iterator[dict[str, Any]]:
    """The aggregates of each partition (column ``__partition``); a frame of one partition needs no grouping."""
    if frame.is_empty():
        return
    partitions = frame["__partition"]
    first, last, gaps = partitions.min(), partitions.max(), partitions.null_count()
    if gaps == frame.height or (not gaps and first == last):
        yield {"__partition": first} | frame.lazy().select(counted).collect().row(0, named=True)
        return
    yield from frame.group_by("__partition").agg(*counted).iter_rows(named=True)


def _digest_columns(name: str) -> list[pl.Expr]:
    return [pl.len().alias("__rows"), pl.col(name).sum().alias("__sum"), pl.col(name).bitwise_xor().alias("__xor")]


def _digest(row: dict[str, int]) -> RowDigest:
    return RowDigest(row["__rows"], row["__sum"] & ((1 << 64) - 1), row["__xor"] or 0)


def by_partition(frame: pl.DataFrame) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """The rows of each partition (column ``__partition``)."""
    partitions = frame["__partition"]
    if frame.is_empty():
        return
    first, last, gaps = partitions.min(), partitions.max(), partitions.null_count()
    if gaps == frame.height or (not gaps and first == last):
        yield first, frame  # type: ignore[misc]
        return
    for (day,), rows in frame.partition_by("__partition", as_dict=True).items():
        yield day, rows
