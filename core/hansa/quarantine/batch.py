"""Refused rows as they came, put together again for one publication that sends them through the gate once more."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.digest import row_hashes
from hansa.errors import WorldError
from hansa.quarantine.account import Account
from hansa.quarantine.file import Head, shape_of_file
from hansa.quarantine.payload import decoded, shape_of
from hansa.secrets import Keys
from hansa.store.data_files import address
from hansa.store.objects import Objects


@dataclass(frozen=True)
class Batch:
    """Rows that came in one shape and are read in one way: what one publication can send. ``rows`` are envelopes."""

    frame: pl.DataFrame
    rows: pl.DataFrame
    reading: Reading
    zone: str

    def only(self, wanted: pl.Series) -> Batch:
        """Those under a mask."""
        return replace(self, frame=self.frame.filter(wanted), rows=self.rows.filter(wanted))

    def days(self, contract: Contract) -> pl.Series:
        """The partition to which the contract sends each row, as text; null for none."""
        if contract.partition is None:
            return pl.Series("day", [None], dtype=pl.String).new_from_index(0, self.rows.height)
        day = casts(contract, self.frame.schema, self.reading, self.zone)[contract.partition].value
        rows = pl.int_range(pl.len()).alias("at")
        return self.frame.lazy().select(rows, day=day.cast(pl.String)).collect()["day"]


def first_batch(
    account: Account, rows: pl.DataFrame, keys: Keys | None, reading: Reading | None, zone: str | None
) -> Batch:
    """The rows that have the shape of the first one and were read in its way, in a fixed order."""
    batch: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    first: tuple[str, Reading, str] | None = None
    for name, own in sorted(rows.partition_by("file", as_dict=True).items()):
        file = account.file(str(name[0]))
        assert file is not None  # noqa: S101 - its rows were read
        shape = _clear_shape(file.head, keys, account.table, file.name)
        way = (shape, _way(file.head.reading, reading), zone or file.head.zone or "UTC")
        first = first or way
        if way == first:
            batch.append((_as_it_came(own, shape, file.head, keys), own))
    assert first is not None  # noqa: S101 - there is a row
    frame = pl.concat([frame for frame, _ in batch], rechunk=True)
    return Batch(frame, pl.concat([own for _, own in batch]), first[1], first[2])


def _way(came: Reading | None, now: Reading | None) -> Reading:
    if came is None:
        return now or Reading()
    return came if now is None or now == came else replace(came, instead=now)


def _clear_shape(head: Head, keys: Keys | None, table: Objects, name: str) -> str:
    if head.sealed and keys is None:
        raise WorldError(
            "keys.missing",
            "the rows are sealed, and no keys were given",
            where=head.product,
            state="nothing was changed",
            next_step="name the mesh file by --mesh, or the folder of the keys by HANSA_KEYS",
        )
    shape = shape_of_file(head, keys)
    if shape is None:
        raise WorldError(
            "quarantine.version",
            "rows that an earlier release refused cannot be sent again: it did not keep their types",
            where=address(table, f"quarantine/{name}"),
            state="nothing was changed",
            next_step="send their file again",
        )
    return shape


def _as_it_came(rows: pl.DataFrame, shape: str, head: Head, keys: Keys | None) -> pl.DataFrame:
    """The rows in their own columns and types; each must still be what its digest names."""
    contents = rows.select("payload", "row_digest", "product").iter_rows()
    opened = [
        keys.open(payload, f"{product}:{digest}") if head.sealed and keys is not None else payload
        for payload, digest, product in contents
    ]
    frame = decoded([content.decode() for content in opened], shape_of(shape))
    names = [f"{value:016x}" for value in row_hashes(frame).to_list()]
    if head.sealed and keys is not None:
        names = [keys.tag(name)[:16] for name in names]
    if names != rows["row_digest"].to_list():
        raise WorldError(
            "quarantine.row",
            "refused rows do not come back as they came: a library that read them has changed",
            where=head.product,
            state="nothing was changed",
            next_step="send their file again, and report it",
        )
    return frame
