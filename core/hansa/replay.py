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
from hansa.late import Compared, compared
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
from hansa.vault import Vault


@dataclass(frozen=True)
class Replayed:
    """What became of a replay: its publications, rows that were sent, published by it, and still open of those sent.

    ``standing`` of the published ones are late rows that stood in their day already, to which nothing was added.
    """

    publications: tuple[Publication, ...]
    sent: int
    replayed: int
    open: int
    standing: int = 0


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
    vault: Vault | None = None,
    reading: Reading | None = None,
    zone: str | None = None,
) -> Replayed:
    """Send these open rows through the gate again under ``contract``: each joins its day, or stays open.

    They are read as they were when they came, unless ``reading`` or ``zone`` say otherwise. Rows that came in several
    shapes (other columns or types) are sent shape by shape, each in a publication of its own. Late rows of a contract
    without a key are compared with their day first: those that stand there are decided, and not sent.
    Errors: MeshError if the choice means no open row; DataError if a day that was held has to be sent whole.
    """
    product, major = contract.id, contract.major
    publications: list[Publication] = []
    sent: set[RowKey] = set()
    before: Account | None = None
    standing = 0
    asked = _Asked(warehouse, contract, choice, keys, vault, reading, zone)
    while (made := _replay_once(asked, sent)) is not None:
        before = before or made.account
        publications += [made.publication] if made.publication is not None else []
        standing += made.standing
        sent.update(made.rows.select("file", "partition", "row_digest").iter_rows())
    assert before is not None  # noqa: S101 - the first look refuses where nothing is meant
    after = account_of(book_of(warehouse, product, major), warehouse.table(product, major))
    ours = [row for row in before.rows.filter(pl.col("state") == "open").iter_rows(named=True) if row_key(row) in sent]
    states = [row["state"] for row in after.rows.iter_rows(named=True) if row_key(row) in sent]
    still = states.count("open")
    return Replayed(tuple(publications), len(ours), len(ours) - still, still, standing)


@dataclass(frozen=True)
class _Asked:
    """What a replay is asked for."""

    warehouse: Warehouse
    contract: Contract
    choice: Choice
    keys: Keys | None
    vault: Vault | None
    reading: Reading | None
    zone: str | None


@dataclass(frozen=True)
class _Made:
    """What was decided over ``rows``; ``standing`` of them stood in their day. No publication: all of them did."""

    account: Account
    rows: pl.DataFrame
    standing: int
    publication: Publication | None = None


def _replay_once(asked: _Asked, sent: set[RowKey]) -> _Made | None:
    """Decide over one shape of the rows that are not ``sent`` yet, and publish them; None if none is left."""
    warehouse, contract, choice = asked.warehouse, asked.contract, asked.choice
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
        batch = _first_batch(account, rows, asked.keys, asked.reading, asked.zone)
        wanted = batch.rows.with_columns(_days(batch, contract))
        late = _late(account, batch.rows)
        found = compared(warehouse, contract, batch.frame, late, wanted["day"], batch.reading, batch.zone, asked.keys)
        if found.there.any():
            wanted = wanted.filter(found.there)
            decision = Decision("standing", contract.id, with_copies(account, wanted))
            if Decisions(table).append(decision, last_number(account)) is not None:
                return _Made(account, wanted, wanted.height)
            continue
        decision = Decision("replay", contract.id, with_copies(account, wanted, found.beside))
        with table.claim(f"{CLAIMS}/{decision.claim}"):
            made = Decisions(table).append(decision, last_number(account))
            if made is not None:
                publication = _sent(asked, batch, found, made)
                return _Made(account, batch.rows, found.beside.to_list().count(True), publication)
    raise overtaken(contract.id)


def _late(account: Account, rows: pl.DataFrame) -> pl.Series:
    """True for rows that were refused as late when they came, under whatever rules they were refused since."""
    files = [account.file(name) for name in rows["file"].unique().to_list()]
    late = {
        (file.name, *row)
        for file in files
        if file is not None
        for row in file.rows.filter(pl.col("rules").list.contains("late")).select("partition", "row_digest").iter_rows()
    }
    keys = rows.select("file", "partition", "row_digest").iter_rows()
    return pl.Series("late", [key in late for key in keys], dtype=pl.Boolean)


def _sent(asked: _Asked, batch: _Batch, found: Compared, decision: Decision) -> Publication:
    with capped(UNCAPPED):
        return publish(
            batch.frame.filter(~found.beside).lazy(),
            asked.contract,
            Run(decision.run, batch.zone),
            asked.warehouse,
            mode="merge" if asked.contract.key else "add",
            keys=asked.keys,
            vault=asked.vault,
            reading=batch.reading,
            origin=Origin(inputs=(decision.input,)),
            rereadable=True,
            upon=found.upon,
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
