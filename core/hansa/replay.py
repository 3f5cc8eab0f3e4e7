"""Decisions over refused rows: reject them, or send them through the gate again.

A replay first writes down which rows it sends, then publishes them, naming what it wrote down as its input. Whether the
rows are replayed is asked of the receipts alone, so there is no moment at which a killed process leaves a row both
published and open, or neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.digest import row_hashes
from hansa.errors import DataError, WorldError
from hansa.gate import Origin, publish
from hansa.late import Compared, compared
from hansa.quarantine import Account, account_of
from hansa.quarantine.account import ROW_KEY, RowKey
from hansa.quarantine.choice import (
    Choice,
    last_number,
    looks,
    meant,
    open_rows,
    overtaken,
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
from hansa.store.data_files import address
from hansa.store.objects import Objects
from hansa.store.warehouse import Warehouse
from hansa.vault import Vault

#: By file and partition, why held rows cannot be sent by themselves.
_Whole = dict[tuple[str | None, str | None], str]


@dataclass(frozen=True)
class Replayed:
    """What became of a replay: its publications, rows that were sent, published by it, and still open of those sent.

    ``standing`` of the published ones are late rows that stood in their day already, to which nothing was added.
    ``faults`` name the files of refused rows that cannot be read: nothing of theirs was sent.
    """

    publications: tuple[Publication, ...]
    sent: int
    replayed: int
    open: int
    standing: int = 0
    faults: tuple[WorldError, ...] = ()


@dataclass(frozen=True)
class _Batch:
    """Rows that came in one shape and are read in one way: what one publication can send. ``rows`` are envelopes."""

    frame: pl.DataFrame
    rows: pl.DataFrame
    reading: Reading
    zone: str


def _only(batch: _Batch, wanted: pl.Series) -> _Batch:
    return replace(batch, frame=batch.frame.filter(wanted), rows=batch.rows.filter(wanted))


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

    They are read as they were when they came; a value that could not be read so is read by ``reading``, so that a form
    that was declared later changes no value that was read. ``zone`` has its say before theirs. Rows that came in
    several shapes (other columns or types) are sent shape by shape, each in a publication of its own. Late rows of a
    contract without a key are compared with their day first: those that stand there are decided, and not sent.
    Errors: MeshError if the choice means no open row; DataError if a day that was held has to be sent whole.
    """
    product, major = contract.id, contract.major
    publications: list[Publication] = []
    sent: set[RowKey] = set()
    left: set[RowKey] = set()
    why: set[str] = set()
    before: Account | None = None
    standing = 0
    asked = _Asked(warehouse, contract, choice, keys, vault, reading, zone)
    while (made := _replay_once(asked, sent | left)) is not None:
        before = before or made.account
        publications += [made.publication] if made.publication is not None else []
        standing += made.standing
        why |= made.left
        (left if made.left else sent).update(made.rows.select(ROW_KEY).iter_rows())
    assert before is not None  # noqa: S101 - the first look refuses where nothing is meant
    if not sent:
        raise _held(len(left), why, contract)
    after = account_of(book_of(warehouse, product, major), warehouse.table(product, major))
    opened = before.rows.filter(pl.col("state") == "open").select(ROW_KEY).iter_rows()
    ours = [key for key in opened if key in sent]
    now = after.rows.select(*ROW_KEY, "state").iter_rows()
    states = [state for file, partition, digest, state in now if (file, partition, digest) in sent]
    still = states.count("open")
    return Replayed(tuple(publications), len(ours), len(ours) - still, still, standing, tuple(after.faults))


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
    """What was decided over ``rows``; ``standing`` of them stood in their day. No publication: all of them did.

    Where ``left`` says why, they belong to days that can only be brought whole, and nothing was decided over them.
    """

    account: Account
    rows: pl.DataFrame
    standing: int
    publication: Publication | None = None
    left: frozenset[str] = frozenset()


def _replay_once(asked: _Asked, sent: set[RowKey]) -> _Made | None:
    """Decide over one shape of the rows that are not ``sent`` yet, and publish them; None if none is left."""
    warehouse, contract, choice = asked.warehouse, asked.contract, asked.choice
    table = warehouse.table(contract.id, contract.major)
    for account in looks(warehouse, contract.id, contract.major):
        busy, whole = taken(account, warehouse), _whole(account)
        if sent:
            rows = open_rows(account, choice, busy.keys() | sent)
            rows = rows.filter(_why_whole(whole, rows, "partition").is_null())
            if not rows.height:
                return None
        else:
            rows = _sendable(whole, meant(account, choice, busy, contract.id), contract)
        batch = _first_batch(account, rows, asked.keys, asked.reading, asked.zone)
        wanted = batch.rows.with_columns(_days(batch, contract))
        why = _why_whole(whole, wanted, "day")
        # A day that serves already is no half one, whatever joins it.
        free = why.is_null() | wanted["day"].is_in(list(_serving(account.publications)), nulls_equal=True)
        if not free.any():
            return _Made(account, wanted, 0, left=frozenset(why))
        batch, wanted = _only(batch, free), wanted.filter(free)
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
    keys = rows.select(ROW_KEY).iter_rows()
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


def _sendable(whole: _Whole, rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Without rows of days that can only be brought whole, see ``_whole``."""
    why = _why_whole(whole, rows, "partition")
    if why.null_count():
        return rows.filter(why.is_null())
    raise _held(rows.height, set(why), contract)


def _why_whole(whole: _Whole, rows: pl.DataFrame, day: str) -> pl.Series:
    """Why the day of a row, in the column ``day``, has to be brought whole by the row's own file; null: it need not."""
    return pl.Series("why", [whole.get(place) for place in rows.select("file", day).iter_rows()], dtype=pl.String)


def _held(rows: int, why: set[str], contract: Contract) -> DataError:
    return DataError(
        "quarantine.held",
        f"all {rows} rows belong to days that were held, {' or '.join(sorted(why))}",
        where=contract.id,
        state="nothing was changed",
        next_step="send their file again under the changed contract",
    )


def _whole(account: Account) -> _Whole:
    """By file and partition, why held rows cannot be sent by themselves: the rest of their day lies in its source.

    What a replay made of a day since it was held is no reason: these rows came from there.
    """
    found: _Whole = {}
    held = [entry for entry in account.entries if entry.receipt.state == "held"]
    served = _served_before(account, {id(entry.publication) for entry in held})
    for entry in held:
        place = (entry.publication.quarantine, entry.receipt.partition)
        if entry.receipt.counts.get("accepted", 0):
            found[place] = "whose other rows are published nowhere"
        elif entry.receipt.partition in served[id(entry.publication)] and not entry.adds:
            found[place] = "whose file was to take the place of rows that serve"
    return found


def _serving(publications: Iterable[Publication]) -> frozenset[str | None]:
    """The partitions that have rows after these publications."""
    rows: dict[str | None, int] = {}
    for publication in publications:
        rows |= _published(publication)
    return _filled(rows)


def _served_before(account: Account, wanted: set[int]) -> dict[int, frozenset[str | None]]:
    """The partitions that had rows when each wanted publication was judged."""
    rows: dict[str | None, int] = {}
    found: dict[int, frozenset[str | None]] = {}
    for publication in account.publications:
        if id(publication) in wanted:
            found[id(publication)] = _filled(rows)
        rows |= _published(publication)
    return found


def _published(publication: Publication) -> dict[str | None, int]:
    """How many rows each partition has after the publication that published it."""
    return {r.partition: r.counts["published"] for r in publication.receipts if r.state == "published"}


def _filled(rows: dict[str | None, int]) -> frozenset[str | None]:
    return frozenset(partition for partition, count in rows.items() if count)


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
        way = (shape, _way(file.head.reading, reading), zone or file.head.zone or "UTC")
        first = first or way
        if way == first:
            batch.append((_as_it_came(own, shape, file.head, keys), own))
    assert first is not None  # noqa: S101 - there is a row
    frame = pl.concat([frame for frame, _ in batch], rechunk=True)
    return _Batch(frame, pl.concat([own for _, own in batch]), first[1], first[2])


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


def _days(batch: _Batch, contract: Contract) -> pl.Series:
    """The partition to which the contract sends each row, as text; null for none."""
    if contract.partition is None:
        return pl.Series("day", [None], dtype=pl.String).new_from_index(0, batch.rows.height)
    day = casts(contract, batch.frame.schema, batch.reading, batch.zone)[contract.partition].value
    rows = pl.int_range(pl.len()).alias("at")
    return batch.frame.lazy().select(rows, day=day.cast(pl.String)).collect()["day"]
