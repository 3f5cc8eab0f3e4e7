"""The gate's main pass: batches as they came go in, batches to publish come out, the rest goes to quarantine.

Everything is counted by partition on the way: rows and digests of each side, broken and undecided rules, and what the
table rules will need. Memory holds one batch and the rows that may share a key.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from hansa.cast import Cast
from hansa.check import RowCheck
from hansa.contract.model import Contract
from hansa.digest import RowDigest, row_hashes
from hansa.quarantine import Quarantine
from hansa.schema import rule_condition
from hansa.secrets import empty
from hansa.uniqueness import Publishable, Uniqueness

Partition = dt.date | None
Window = tuple[dt.date, dt.date] | None


@dataclass
class Tally:
    """What was seen of one partition so far."""

    incoming: RowDigest = field(default_factory=RowDigest)
    accepted: RowDigest = field(default_factory=RowDigest)
    quarantined: RowDigest = field(default_factory=RowDigest)
    published: RowDigest = field(default_factory=RowDigest)
    identical: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)


class Intake:
    """One publication's main pass; ``tallies`` is complete when ``batches`` is exhausted."""

    def __init__(
        self,
        contract: Contract,
        casts: dict[str, Cast],
        window: Window,
        uniqueness: Uniqueness,
        quarantine: Quarantine,
        publishable: Publishable,
    ) -> None:
        self._contract = contract
        self._casts = casts
        self._window = window
        self._uniqueness = uniqueness
        self._quarantine = quarantine
        self._publishable = publishable
        self._check = RowCheck(contract)
        self._warnings = {r.name for r in contract.rules if r.per_row and r.severity == "warning"}
        counted = [r for r in contract.rules if _counted_for_table(r.metric, r.per_row)]
        self._counted = {r.name: rule_condition(r, contract) for r in counted}
        self._aside: list[pl.DataFrame] = []
        self.tallies: dict[Partition, Tally] = {}

    def batches(self, source: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Typed batches to publish, from batches as they came."""
        for raw in source:
            yield self._take(raw)
        if self._aside:
            yield self._settle(pl.concat(self._aside))

    def _take(self, raw: pl.DataFrame) -> pl.DataFrame:
        read, failed = _cast(raw, self._casts)
        typed = self._without_empty(read)
        unreadable = {name: failed[name] for name in failed.columns if failed[name].any()}
        broken = self._check.broken(typed, unreadable) | self._outside(typed)
        hashes = row_hashes(raw)
        self._count(typed, hashes, broken)
        errors = [mask for name, mask in broken.items() if name not in self._warnings]
        bad = pl.select(pl.any_horizontal(errors)).to_series() if errors else _nowhere(raw.height)
        self._reject(raw, typed, hashes, broken, bad)
        return self._accept(raw, typed, hashes, ~bad)

    def _without_empty(self, typed: pl.DataFrame) -> pl.DataFrame:
        """What names nobody is missing, before the rules are judged: it will have no token."""
        named = [c for c in self._contract.columns if c.tokenise is not None and c.logical_type == "string"]
        blank = {column.name: empty(typed[column.name], column.tokenise or "") for column in named}
        return typed.with_columns(pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in blank.items())

    def _outside(self, typed: pl.DataFrame) -> dict[str, pl.Series]:
        """Rows of a day that this publication may not touch."""
        if self._contract.partition is None or self._window is None:
            return {}
        mask = ~typed[self._contract.partition].is_between(*self._window).fill_null(True)
        return {"window": mask} if mask.any() else {}

    def _partitions(self, typed: pl.DataFrame) -> pl.Series:
        if self._contract.partition is None:
            return pl.Series("partition", [None], dtype=pl.Date).new_from_index(0, typed.height)
        return typed[self._contract.partition].alias("partition")

    def _tally(self, partition: Partition) -> Tally:
        return self.tallies.setdefault(partition, Tally())

    def _count(self, typed: pl.DataFrame, hashes: pl.Series, broken: dict[str, pl.Series]) -> None:
        judged = self._check.judged
        frame = typed.with_columns(
            self._partitions(typed).alias("__partition"),
            hashes.alias("__hash"),
            *[mask.alias(f"__broken {name}") for name, mask in broken.items()],
        )
        grouped = frame.group_by("__partition").agg(
            *_digest_columns("__hash"),
            *[pl.col(f"__broken {name}").sum() for name in broken],
            *[pl.col(column).null_count().alias(f"__null {column}") for column in sorted(set(judged.values()))],
            *[(~kept.fill_null(True)).sum().alias(f"__table {name}") for name, kept in self._counted.items()],
        )
        for row in grouped.iter_rows(named=True):
            tally = self._tally(row["__partition"])
            tally.incoming += _digest(row)
            tally.broken.update({name: row[f"__broken {name}"] for name in broken if row[f"__broken {name}"]})
            nulls = {name: row[f"__null {column}"] for name, column in judged.items()}
            tally.undecided.update({name: count for name, count in nulls.items() if count})
            tally.violations.update({name: row[f"__table {name}"] for name in self._counted})

    def _reject(
        self, raw: pl.DataFrame, typed: pl.DataFrame, hashes: pl.Series, broken: dict[str, pl.Series], bad: pl.Series
    ) -> None:
        if not bad.any():
            return
        flags = pl.DataFrame(dict(broken)).filter(bad)
        names = [[name for name, hit in zip(flags.columns, row, strict=True) if hit] for row in flags.iter_rows()]
        partitions = self._partitions(typed).filter(bad)
        self._quarantine.add(raw.filter(bad), hashes.filter(bad), partitions, names)
        self._add("quarantined", partitions, hashes.filter(bad))
        self._subtract_violations(typed.filter(bad), partitions)

    def _subtract_violations(self, rejected: pl.DataFrame, partitions: pl.Series) -> None:
        """Table rules are judged on what will be published, so what a rejected row added is taken back."""
        for name, kept in self._counted.items():
            frame = rejected.select(__hit=~kept.fill_null(True)).with_columns(partitions.alias("__partition"))
            for partition, hits in frame.group_by("__partition").agg(pl.col("__hit").sum()).iter_rows():
                self._tally(partition).violations[name] -= hits

    def _accept(self, raw: pl.DataFrame, typed: pl.DataFrame, hashes: pl.Series, good: pl.Series) -> pl.DataFrame:
        kept = typed.filter(good)
        out = self._publishable(kept)
        suspect = self._uniqueness.suspects(out)
        if suspect.any():
            self._aside.append(
                pl.DataFrame(
                    {
                        "out": out.filter(suspect).to_struct(),
                        "typed": kept.filter(suspect).to_struct(),
                        "raw": raw.filter(good).filter(suspect).to_struct(),
                        "hash": hashes.filter(good).filter(suspect),
                    }
                )
            )
        return self._pass(out.filter(~suspect), hashes.filter(good).filter(~suspect))

    def _pass(self, out: pl.DataFrame, hashes: pl.Series) -> pl.DataFrame:
        partitions = self._partitions(out)
        self._add("accepted", partitions, hashes)
        self._add("published", partitions, row_hashes(out))
        return out

    def _settle(self, aside: pl.DataFrame) -> pl.DataFrame:
        """Decide over the rows whose key may repeat, now that all of them are known."""
        out, typed, raw = (aside[name].struct.unnest() for name in ("out", "typed", "raw"))
        broken = self._uniqueness.judge(out)
        for name, mask in broken.items():
            for partition, hits in self._partitions(out).filter(mask).value_counts().iter_rows():
                self._tally(partition).broken[name] += hits
                if name.endswith("identical"):
                    self._tally(partition).identical += hits
        bad = pl.select(pl.any_horizontal(list(broken.values()))).to_series() if broken else _nowhere(out.height)
        self._reject(raw, typed, aside["hash"], broken, bad)
        return self._pass(out.filter(~bad), aside["hash"].filter(~bad))

    def _add(self, side: str, partitions: pl.Series, hashes: pl.Series) -> None:
        frame = pl.DataFrame({"__partition": partitions, "__hash": hashes})
        for row in frame.group_by("__partition").agg(*_digest_columns("__hash")).iter_rows(named=True):
            tally = self._tally(row["__partition"])
            setattr(tally, side, getattr(tally, side) + _digest(row))


def _cast(raw: pl.DataFrame, casts: Mapping[str, Cast]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The values and the masks of failures, as long as ``raw`` even if all of them are constants."""
    length = pl.int_range(pl.len()).alias("__row")
    values = [cast.value.alias(name) for name, cast in casts.items()]
    failed = [cast.failed.alias(f"__failed {name}") for name, cast in casts.items()]
    # Lazy, because only the optimiser computes an expression once that stands in several places.
    made = raw.lazy().select(length, *values, *failed).collect()
    masks = made.select(f"__failed {name}" for name in casts)
    return made.select(*casts), masks.rename(dict(zip(masks.columns, casts, strict=True)))


def _counted_for_table(metric: str, per_row: bool) -> bool:
    return not per_row and metric in {"nullValues", "missingValues", "invalidValues"}


def _nowhere(height: int) -> pl.Series:
    return pl.Series([False]).new_from_index(0, height)


def _digest_columns(name: str) -> list[pl.Expr]:
    return [pl.len().alias("__rows"), pl.col(name).sum().alias("__sum"), pl.col(name).bitwise_xor().alias("__xor")]


def _digest(row: dict[str, int]) -> RowDigest:
    return RowDigest(row["__rows"], row["__sum"] & ((1 << 64) - 1), row["__xor"] or 0)


def digests_by_partition(frame: pl.DataFrame, partition: str | None) -> dict[Partition, RowDigest]:
    """The row digest of each partition of a frame as it was read back."""
    values = frame[partition] if partition else pl.Series([None], dtype=pl.Date).new_from_index(0, frame.height)
    counted = pl.DataFrame({"__partition": values, "__hash": row_hashes(frame)})
    grouped = counted.group_by("__partition").agg(*_digest_columns("__hash"))
    return {row["__partition"]: _digest(row) for row in grouped.iter_rows(named=True)}
