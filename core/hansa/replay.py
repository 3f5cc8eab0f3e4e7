"""Decisions over refused rows: reject them, or send them through the gate again.

A replay first writes down which rows it sends, then publishes them, naming what it wrote down as its input. Whether the
rows are replayed is asked of the receipts alone, so there is no moment at which a killed process leaves a row both
published and open, or neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.digest import row_hashes
from hansa.errors import DataError, WorldError
from hansa.gate import Origin, publish
from hansa.quarantine import Account, account_of
from hansa.quarantine.choice import (
    Choice,
    RowKey,
    last_number,
    looks,
    meant,
    open_rows,
    overtaken,
    row_key,
    taken,
    with_copies,
)
from hansa.quarantine.decisions import CLAIMS, Decision, Decisions
from hansa.quarantine.file import Head, shape_of_file
from hansa.quarantine.payload import decoded, shape_of
from hansa.quarantine.selection import UNCAPPED, capped
from hansa.receipt import Publication, book_of
from hansa.run import Run
from hansa.secrets import Keys
from hansa.store.objects import Objects
from hansa.store.warehouse import Warehouse


@dataclass(frozen=True)
class Replayed:
    """What became of a replay: its publications, rows that were sent, published by it, and still open of those sent."""

    publications: tuple[Publication, ...]
    sent: int
    replayed: int
    open: int


@dataclass(frozen=True)
class _Batch:
    """Rows that came in one shape and are read in one way: what one publication can send. ``rows`` are envelopes."""

    frame: pl.DataFrame
    rows: pl.DataFrame
    reading: Reading
    zone: str


def replay(
    warehouse: Warehouse,
    contract: Contract,
    choice: Choice,
    *,
    keys: Keys | None = None,
    reading: Reading | None = None,
    zone: str | None = None,
) -> Replayed:
    """Send these open rows through the gate again under ``contract``: each joins its day, or stays open.

    They are read as they were when they came, unless ``reading`` or ``zone`` say otherwise. Rows that came in several
    shapes (other columns or types) are sent shape by shape, each in a publication of its own.
    Errors: MeshError if the choice means no open row; DataError if a day that was held has to be sent whole.
    """
    product, major = contract.id, contract.major
    publications: list[Publication] = []
    sent: set[RowKey] = set()
    before: Account | None = None
    while True:
        made = _replay_once(warehouse, contract, choice, keys, reading, zone, sent)
        if made is None:
            break
        publication, account, rows = made
        before = before or account
        publications.append(publication)
        sent.update(rows.select("file", "partition", "row_digest").iter_rows())
    assert before is not None  # noqa: S101 - the first look refuses where nothing is meant
    after = account_of(book_of(warehouse, product, major), warehouse.table(product, major))
    ours = [row for row in before.rows.filter(pl.col("state") == "open").iter_rows(named=True) if row_key(row) in sent]
    states = [row["state"] for row in after.rows.iter_rows(named=True) if row_key(row) in sent]
    still = states.count("open")
    return Replayed(tuple(publications), len(ours), len(ours) - still, still)


def _replay_once(
    warehouse: Warehouse,
    contract: Contract,
    choice: Choice,
    keys: Keys | None,
    reading: Reading | None,
    zone: str | None,
    sent: set[RowKey],
) -> tuple[Publication, Account, pl.DataFrame] | None:
    """Decide over one shape of the rows that are not ``sent`` yet, and publish them; None if none is left."""
    table = warehouse.table(contract.id, contract.major)
    for account in looks(warehouse, contract.id, contract.major):
        if sent:
            rows = open_rows(account, choice, taken(account, warehouse))
            rows = rows.filter(
                pl.Series([row_key(row) not in sent for row in rows.iter_rows(named=True)], dtype=pl.Boolean)
            )
            if not rows.height:
                return None
        else:
            rows = meant(account, choice, taken(account, warehouse), contract.id)
        rows = _sendable(account, rows, contract)
        batch = _first_batch(account, rows, keys, reading, zone)
        wanted = batch.rows.with_columns(_days(batch, contract))
        decision = Decision("replay", contract.id, with_copies(account, wanted))
        with table.claim(f"{CLAIMS}/{decision.claim}"):
            made = Decisions(table).append(decision, last_number(account))
            if made is not None:
                return _sent(batch, contract, made, warehouse, keys), account, batch.rows
    raise overtaken(contract.id)


def _sent(
    batch: _Batch, contract: Contract, decision: Decision, warehouse: Warehouse, keys: Keys | None
) -> Publication:
    with capped(UNCAPPED):
        return publish(
            batch.frame.lazy(),
            contract,
            Run(decision.run, batch.zone),
            warehouse,
            mode="merge" if contract.key else "add",
            keys=keys,
            reading=batch.reading,
            origin=Origin(inputs=(decision.input,)),
            rereadable=True,
        )


def _sendable(account: Account, rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Without rows of days that were held while other rows of them were right: these lie in their source alone."""
    serving = {
        r.partition
        for p in account.publications
        for r in p.receipts
        if r.state == "published" and r.counts["published"]
    }
    whole: set[tuple[str | None, str | None]] = set()
    for entry in account.entries:
        receipt, file = entry.receipt, entry.publication.quarantine
        adds = entry.publication.mode in ("merge", "add")
        held = receipt.state == "held" or (receipt.state == "prepared" and entry.publication.landed is None)
        if held and (receipt.counts.get("accepted", 0) or (receipt.partition in serving and not adds)):
            whole.add((file, receipt.partition))
    free = [(row[0], row[1]) not in whole for row in rows.select("file", "partition").iter_rows()]
    left = rows.filter(pl.Series(free, dtype=pl.Boolean))
    if left.height:
        return left
    raise DataError(
        "quarantine.held",
        f"all {rows.height} rows belong to publications that were held, whose other rows are published nowhere",
        where=contract.id,
        state="nothing was changed",
        next_step="send their file again under the changed contract",
    )


def _first_batch(
    account: Account, rows: pl.DataFrame, keys: Keys | None, reading: Reading | None, zone: str | None
) -> _Batch:
    """The rows that have the shape of the first one and were read in its way, in a fixed order."""
    batch: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    first: tuple[str, Reading, str] | None = None
    for name, own in sorted(rows.partition_by("file", as_dict=True).items()):
        file = account.file(str(name[0]))
        assert file is not None  # noqa: S101 - its rows were read
        shape = _clear_shape(file.head, keys, account.table, file.name)
        way = (shape, reading or file.head.reading or Reading(), zone or file.head.zone or "UTC")
        first = first or way
        if way == first:
            batch.append((_as_it_came(own, shape, file.head, keys), own))
    assert first is not None  # noqa: S101 - there is a row
    frame = pl.concat([frame for frame, _ in batch], rechunk=True)
    return _Batch(frame, pl.concat([own for _, own in batch]), first[1], first[2])


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
            where=table.location(f"quarantine/{name}").removeprefix("file://"),
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


def _days(batch: _Batch, contract: Contract) -> pl.Series:
    """The partition to which the contract sends each row, as text; null for none."""
    if contract.partition is None:
        return pl.Series("day", [None], dtype=pl.String).new_from_index(0, batch.rows.height)
    day = casts(contract, batch.frame.schema, batch.reading, batch.zone)[contract.partition].value
    rows = pl.int_range(pl.len()).alias("at")
    return batch.frame.lazy().select(rows, day=day.cast(pl.String)).collect()["day"]
