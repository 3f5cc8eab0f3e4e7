"""The one reading door: a product's rows as a lazy frame, at a snapshot or a time, over some of its days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from hansa.contract.model import name_of
from hansa.errors import DataError
from hansa.store.warehouse import Warehouse, table_name

if TYPE_CHECKING:
    from pyiceberg.table import Table


@dataclass(frozen=True)
class Opened:
    """Rows of one product at one snapshot."""

    product: str
    snapshot: int
    frame: pl.LazyFrame
    sequence: int = 0


class Door:
    """Reads the tables of one warehouse; columns are resolved by Iceberg's field ids."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def open(
        self,
        product: str,
        major: int = 1,
        *,
        days: tuple[dt.date, dt.date] | None = None,
        partition: str | None = None,
        at: int | dt.datetime | None = None,
    ) -> Opened:
        """Open a product: ``days`` first to last of its ``partition`` column, ``at`` a snapshot id or an instant."""
        table = self.table(product, major)
        snapshot = self._snapshot(table, product, at)
        frame = rows_of(self._warehouse, table, snapshot, days, partition)
        found = table.snapshot_by_id(snapshot)
        return Opened(product, snapshot, frame, (found.sequence_number or 0) if found else 0)

    def has(self, product: str, major: int = 1) -> bool:
        """True if the product was published at least once."""
        domain, _, name = product.partition(".")
        if not (domain and name and self._warehouse.exists):
            return False
        return self._warehouse.iceberg(product, major) is not None

    def files(self, product: str, major: int = 1, snapshot: int | None = None) -> list[str]:
        """Names, under the product's table, of the data files that a snapshot (the newest by default) names."""
        table = self.table(product, major)
        scan = table.scan() if snapshot is None else table.scan(snapshot_id=snapshot)
        place = f"{self._warehouse.table(product, major).uri}/"
        return sorted(task.file.file_path.removeprefix(place) for task in scan.plan_files())

    def table(self, product: str, major: int) -> Table:
        """The product's Iceberg table, for what belongs to this room. Errors: DataError if there is none."""
        domain, _, name = product.partition(".")
        if domain and name and self._warehouse.exists:
            table = self._warehouse.iceberg(product, major)
            if table is not None:
                return table
        published = [known for known, _ in self._warehouse.products()]
        if f"{domain}.{table_name(name, major)}" in published:
            raise DataError(
                "product.held",
                "nothing was published yet: what was sent was held, or its publication did not end",
                where=product,
                next_step="see: hansa history",
            )
        raise DataError(
            "product.unknown",
            f"no product '{name_of(product, major)}' in the warehouse {self._warehouse.place}",
            next_step=f"published here: {', '.join(named.replace('-v', '@') for named in published)}"
            if published
            else "publish one first: hansa publish, hansa run",
        )

    def _snapshot(self, table: Table, product: str, at: int | dt.datetime | None) -> int:
        if at is None:
            current = table.current_snapshot()
            assert current is not None  # noqa: S101 - a table comes into being with its first snapshot
            return current.snapshot_id
        if isinstance(at, int):
            if table.snapshot_by_id(at) is None:
                what = f"no snapshot {at}, or it has expired"
                raise DataError("snapshot.unknown", what, where=product, next_step="see: hansa history")
            return at
        if at.tzinfo is None:
            raise DataError("snapshot.zone", f"{at.isoformat()} has no zone", where=product, next_step="add one: ...Z")
        moment = (at - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(milliseconds=1)
        past = [s for s in table.snapshots() if s.timestamp_ms <= moment]
        if not past:
            raise DataError(
                "snapshot.none",
                f"nothing was published by {at.isoformat()}, or what was published has expired",
                where=product,
                next_step="see: hansa history",
            )
        return max(past, key=lambda s: (s.timestamp_ms, s.sequence_number or 0)).snapshot_id


def rows_of(
    warehouse: Warehouse, table: Table, snapshot: int, days: tuple[dt.date, dt.date] | None, partition: str | None
) -> pl.LazyFrame:
    """The rows of a table at a snapshot: ``days`` first to last of its ``partition`` column, or all."""
    properties = dict(warehouse.objects.properties)
    frame = pl.scan_iceberg(table, snapshot_id=snapshot, storage_options=properties or None)
    if days is not None and partition is not None:
        return frame.filter(pl.col(partition).is_between(*days))
    return frame
