"""Shares of a product's rows that other processes open through the reading door: some data files of one snapshot.

A share says where the table's metadata lie, so whoever opens it needs to reach the warehouse, and no catalog.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.store.door import Door, rows_of
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from pyiceberg.table import FileScanTask, StaticTable

    from hansa.store.settings import StoreSettings


@dataclass(frozen=True)
class Share:
    """Data files of a product at a snapshot, and which days of them count; all of it plain values.

    ``rows`` are those that the files hold.
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
    planned = table.scan(row_filter=where, snapshot_id=snapshot).plan_files()
    found = sorted((task.file.file_path, task.file.record_count) for task in planned)
    place = table.metadata_location
    return [Share(product, place, snapshot, (path,), rows, **told) for path, rows in found]


def opened(warehouse: Warehouse, share: Share) -> pl.LazyFrame:
    """The rows of a share, through the reading door."""
    table = _part(share.metadata, dict(warehouse.objects.properties), frozenset(share.files))
    return rows_of(warehouse, table, share.snapshot, share.days, share.partition)


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
