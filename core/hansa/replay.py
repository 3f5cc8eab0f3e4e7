"""Decisions over refused rows: reject them, or send them through the gate again.

A replay first writes down which rows it sends, then publishes them, naming what it wrote down as its input. Whether the
rows are replayed is asked of the receipts alone, so there is no moment at which a killed process leaves a row both
published and open, or neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from hansa.cast import Reading
from hansa.contract.model import Contract, name_of
from hansa.errors import DataError, WorldError
from hansa.gate import Origin, publish
from hansa.late import Compared, compared
from hansa.quarantine import Account, account_of
from hansa.quarantine.account import ROW_KEY, RowKey
from hansa.quarantine.batch import Batch, first_batch
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
from hansa.quarantine.selection import UNCAPPED, capped
from hansa.receipt import Publication, Receipt, book_of
from hansa.run import Run
from hansa.secrets import Keys
from hansa.store.warehouse import Warehouse
from hansa.vault import Vault

#: By file and partition, why held rows cannot be sent by themselves.
_Whole = dict[tuple[str | None, str | None], str]


@dataclass(frozen=True)
class Replayed:
    """What became of a replay: its publications, rows that were sent, published by it, and still open of those sent.

    Of a dry run it is what would become of it. ``standing`` of the published ones are late rows that stood in their day
    already, to which nothing was added. ``faults`` name the files of refused rows that cannot be read: nothing of
    theirs was sent. Of ``left_out`` rows there is no copy that could be sent.
    """

    publications: tuple[Publication, ...]
    sent: int
    replayed: int
    open: int
    standing: int = 0
    faults: tuple[WorldError, ...] = ()
    left_out: int = 0

    @property
    def days(self) -> dict[str | None, int]:
        """How many of the sent rows joined each partition."""
        joined: Counter[str | None] = Counter()
        for receipt in _receipts(self.publications, "published"):
            joined[receipt.partition] += _passed(receipt)
        return {partition: count for partition, count in joined.items() if count}

    @property
    def held(self) -> dict[str | None, int]:
        """How many of the sent rows kept every rule and stay open, because their partition was held."""
        return {receipt.partition: _passed(receipt) for receipt in _receipts(self.publications, "held")}

    def refused(self, contract: Contract) -> dict[str, int]:
        """By rule, how many of the sent rows were refused again; a row that broke several counts under each."""
        # What only warns, and what is said of a day as a whole, refuses no row.
        harmless = {rule.name for rule in contract.rules if rule.severity == "warning" or not rule.per_row}
        harmless |= {rule.name for rule in contract.groups if rule.severity == "warning"}
        harmless |= {contract.volume.name} if contract.volume else set()
        counts: Counter[str] = Counter()
        for publication in self.publications:
            for receipt in publication.receipts:
                counts.update({rule: count for rule, count in receipt.broken.items() if rule not in harmless})
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _receipts(publications: Iterable[Publication], state: str) -> Iterator[Receipt]:
    return (receipt for made in publications for receipt in made.receipts if receipt.state == state)


def _passed(receipt: Receipt) -> int:
    return receipt.counts.get("accepted", 0)


def replay(
    warehouse: Warehouse,
    contract: Contract,
    choice: Choice,
    *,
    keys: Keys | None = None,
    vault: Vault | None = None,
    reading: Reading | None = None,
    zone: str | None = None,
    dry_run: bool = False,
) -> Replayed:
    """Send these open rows through the gate again under ``contract``: each joins its day, or stays open.

    They are read as they were when they came; a value that could not be read so is read by ``reading``, so that a form
    that was declared later changes no value that was read. ``zone`` has its say before theirs. Rows that came in
    several shapes (other columns or types) are sent shape by shape, each in a publication of its own. Late rows of a
    contract without a key are compared with their day first: those that stand there are decided, and not sent.
    A ``dry_run`` decides, publishes and leaves nothing; it tries each shape upon what stands now, without the others.
    Errors: MeshError if the choice means no open row; DataError if a day that was held has to be sent whole.
    """
    product, major = contract.id, contract.major
    publications: list[Publication] = []
    sent: set[RowKey] = set()
    left: set[RowKey] = set()
    why: set[str] = set()
    before: Account | None = None
    standing = rows = 0
    asked = _Asked(warehouse, contract, choice, keys, vault, reading, zone, dry_run)
    while (made := _replay_once(asked, sent | left)) is not None:
        before = before or made.account
        publications += [made.publication] if made.publication is not None else []
        standing += made.standing
        rows += 0 if made.left else made.rows.height
        why |= made.left
        (left if made.left else sent).update(made.rows.select(ROW_KEY).iter_rows())
    assert before is not None  # noqa: S101 - the first look refuses where nothing is meant
    if not sent:
        raise _held(len(left), why, contract)
    if dry_run:
        joined = standing + sum(map(_passed, _receipts(publications, "published")))
        faults, left_out = tuple(before.faults), before.ledger.left_out
        return Replayed(tuple(publications), rows, joined, rows - joined, standing, faults, left_out)
    after = account_of(book_of(warehouse, product, major), warehouse.table(product, major))
    opened = before.rows.filter(pl.col("state") == "open").select(ROW_KEY).iter_rows()
    ours = [key for key in opened if key in sent]
    now = after.rows.select(*ROW_KEY, "state").iter_rows()
    states = [state for file, partition, digest, state in now if (file, partition, digest) in sent]
    still = states.count("open")
    faults, left_out = tuple(after.faults), before.ledger.left_out
    return Replayed(tuple(publications), len(ours), len(ours) - still, still, standing, faults, left_out)


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
    dry_run: bool


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
    for account in looks(warehouse, contract.id, contract.major, only_look=asked.dry_run):
        busy, whole = taken(account, warehouse), _whole(account)
        if sent:
            rows = open_rows(account, choice, busy.keys() | sent)
            rows = rows.filter(_why_whole(whole, rows, "partition").is_null())
            if not rows.height:
                return None
        else:
            rows = _sendable(whole, meant(account, choice, busy, name_of(contract.id, contract.major)), contract)
        batch = first_batch(account, rows, asked.keys, asked.reading, asked.zone)
        wanted = batch.rows.with_columns(batch.days(contract))
        why = _why_whole(whole, wanted, "day")
        # A day that serves already is no half one, whatever joins it.
        free = why.is_null() | wanted["day"].is_in(list(_serving(account.publications)), nulls_equal=True)
        if not free.any():
            return _Made(account, wanted, 0, left=frozenset(why))
        batch, wanted = batch.only(free), wanted.filter(free)
        late = _late(account, batch.rows)
        found = compared(warehouse, contract, batch.frame, late, wanted["day"], batch.reading, batch.zone, asked.keys)
        if found.there.any():
            wanted = wanted.filter(found.there)
            if asked.dry_run:
                return _Made(account, wanted, wanted.height)
            decision = Decision("standing", contract.id, with_copies(account, wanted))
            if Decisions(table).append(decision, last_number(account)) is not None:
                return _Made(account, wanted, wanted.height)
            continue
        decision = Decision("replay", contract.id, with_copies(account, wanted, found.beside))
        if asked.dry_run:
            return _Made(account, batch.rows, found.beside.to_list().count(True), _sent(asked, batch, found, decision))
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


def _sent(asked: _Asked, batch: Batch, found: Compared, decision: Decision) -> Publication:
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
            dry_run=asked.dry_run,
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
