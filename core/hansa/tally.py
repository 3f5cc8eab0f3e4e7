"""What is counted of each partition of a publication, and the aggregates by which it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hansa.digest import RowDigest
from hansa.scope import Partition


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

    def came(self, other: Tally) -> None:
        """Add what was counted of other rows as they came; what became of them is counted elsewhere."""
        self.incoming += other.incoming
        self.broken.update(other.broken)
        self.undecided.update(other.undecided)
        self.violations.update(other.violations)


def aggregates(frame: pl.DataFrame, counted: list[pl.Expr]) -> Iterator[dict[str, Any]]:
    """The aggregates of each partition (column ``__partition``); a frame of one partition needs no grouping."""
    if frame.is_empty():
        return
    if _alone(frame["__partition"]):
        yield {"__partition": frame["__partition"].first()} | frame.lazy().select(counted).collect().row(0, named=True)
        return
    yield from frame.group_by("__partition").agg(*counted).iter_rows(named=True)


def by_partition(frame: pl.DataFrame) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """The rows of each partition (column ``__partition``)."""
    if frame.is_empty():
        return
    if _alone(frame["__partition"]):
        yield frame["__partition"].first(), frame  # type: ignore[misc]
        return
    for (day,), rows in frame.partition_by("__partition", as_dict=True).items():
        yield day, rows


def _alone(partitions: pl.Series) -> bool:
    """True if all rows are of one partition."""
    gaps = partitions.null_count()
    return gaps == len(partitions) or (not gaps and partitions.min() == partitions.max())


def digest_columns(name: str) -> list[pl.Expr]:
    """The aggregates that make the digest of a column of row hashes, see ``digest_of``."""
    return [
        pl.len().alias(f"{name} rows"),
        pl.col(name).sum().alias(f"{name} sum"),
        pl.col(name).bitwise_xor().alias(f"{name} xor"),
    ]


def digest_of(name: str, row: dict[str, int]) -> RowDigest:
    """The digest of a column of row hashes from its aggregates."""
    return RowDigest(row[f"{name} rows"], row[f"{name} sum"] & ((1 << 64) - 1), row[f"{name} xor"] or 0)
