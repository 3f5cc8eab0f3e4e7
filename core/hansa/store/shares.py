"""Shares of a product's rows that other processes open through the reading door: some data files of one snapshot.

A share says where the table's metadata lie, so whoever opens it needs to reach the warehouse, and no catalog.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.store.door import Door, rows_of
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from pyiceberg.table import FileScanTask, StaticTable

    from hansa.store.settings import StoreSettings


#: Rows of a piece: a row group as Polars writes it, so that each is decoded once.
_PIECE = 122_880


@dataclass(frozen=True)
class Share:
    """Data files of a product at a snapshot, and which days of them count; all of it plain values.

    ``rows`` are those that the files hold. Without days all of them count.
    """

    product: str
    metadata: str
    snapshot: int
    files: tuple[str, ...]
    rows: int
    partition: str | None = None
    first: str | None = None
    last: str | None = None

    def plain(self) -> dict[str, Any]:
        """The share as JSON has it."""
        return asdict(self)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Share:
        """The share of these plain values."""
        return cls(**{**given, "files": tuple(given["files"])})

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """First and last day that count; None: all rows of the files."""
        if self.first is None or self.last is None:
            return None
        return dt.date.fromisoformat(self.first), dt.date.fromisoformat(self.last)


def shares(
    warehouse: Warehouse,
    product: str,
    major: int,
    snapshot: int,
    days: tuple[dt.date, dt.date] | None = None,
    partition: str | None = None,
) -> list[Share]:
    """One share for each data file that holds rows of these days at this snapshot, in the order of their names."""
    from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, LessThanOrEqual

    table = Door(warehouse).table(product, major)
    where: BooleanExpression = AlwaysTrue()
    told: dict[str, Any] = {"partition": partition}
    if days is not None and partition is not None:
        since, until = GreaterThanOrEqual(term=partition, value=days[0]), LessThanOrEqual(term=partition, value=days[1])
        where = And(since, until)
        told |= {"first": str(days[0]), "last": str(days[1])}
    planned = list(table.scan(row_filter=where, snapshot_id=snapshot).plan_files())
    if all(task.residual == AlwaysTrue() for task in planned):
        # Each file holds days that were asked for, and no other.
        told = {}
    found = sorted((task.file.file_path, task.file.record_count) for task in planned)
    place = table.metadata_location
    return [Share(product, place, snapshot, (path,), rows, **told) for path, rows in found]


def opened(warehouse: Warehouse, share: Share) -> pl.LazyFrame:
    """The rows of a share, through the reading door."""
    table = _part(share.metadata, dict(warehouse.objects.properties), frozenset(share.files))
    return rows_of(warehouse, table, share.snapshot, share.days, share.partition)


def pieces(warehouse: Warehouse, parts: Iterable[Share]) -> Iterator[pl.LazyFrame]:
    """The rows of these shares in frames that are small enough to lie in memory whole, each opened when it is its turn.

    An engine that is asked for batches of a frame reads far ahead of whoever works on them.
    """
    for share in parts:
        frame = opened(warehouse, share)
        if share.days is not None:
            yield frame
        else:
            yield from (frame.slice(at, _PIECE) for at in range(0, share.rows, _PIECE))


def _part(metadata: str, properties: dict[str, str], wanted: frozenset[str]) -> StaticTable:
    """The table of these metadata as if it had no other data files than those that are wanted."""
    from pyiceberg.table import DataScan, StaticTable

    class PartScan(DataScan):
        def plan_files(self) -> Iterable[FileScanTask]:
            return [task for task in super().plan_files() if task.file.file_path in wanted]

    class Part(StaticTable):
        def scan(self, *arguments: Any, **named: Any) -> DataScan:
            whole = super().scan(*arguments, **named)
            return PartScan(**{name: getattr(whole, name) for name in list(signature(DataScan).parameters)})

    return Part.from_metadata(metadata, properties)


def place_of(warehouse: Warehouse) -> dict[str, Any]:
    """Where a warehouse lies and how its store is reached, as JSON has it: no credential, which each process finds."""
    settings: StoreSettings | None = getattr(warehouse.objects, "settings", None)
    return {"place": warehouse.place, "store": settings.model_dump(mode="json") if settings else None}


def warehouse_at(given: Mapping[str, Any]) -> Warehouse:
    """The warehouse of what ``place_of`` told, for who opens shares and writes to its scratch."""
    from hansa.store.settings import StoreSettings

    return Warehouse(given["place"], StoreSettings.of(**given["store"]) if given["store"] else None)
