"""Which refused rows a decision is about, and the decision to reject them.

Who decides looks at the account, takes the next number, and looks anew if somebody else has taken it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from hansa.contract.model import name_of
from hansa.errors import DataError, HansaError, MeshError, WorldError
from hansa.quarantine.account import ROW_KEY, Account, RowKey, account_of
from hansa.quarantine.decisions import CLAIMS, Decided, Decision, Decisions, decided, replayed_by
from hansa.receipt import book_of
from hansa.store.objects import Objects
from hansa.store.warehouse import Warehouse

#: So often others may decide between our look and our decision.
_PATIENCE = 100


@dataclass(frozen=True)
class Choice:
    """Which open rows are meant: those of a rule, of a partition (``-``: of none), of digests; nothing means all."""

    rule: str | None = None
    partition: str | None = None
    digests: tuple[str, ...] = ()

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that are meant."""
        if self.rule is not None:
            rows = rows.filter(pl.col("rules").list.contains(self.rule))
        if self.partition is not None:
            wanted = None if self.partition == "-" else self.partition
            rows = rows.filter(pl.col("partition").eq_missing(pl.lit(wanted, dtype=pl.String)))
        return rows.filter(pl.col("row_digest").is_in(list(self.digests))) if self.digests else rows


def reject(warehouse: Warehouse, product: str, major: int, choice: Choice, reason: str) -> int:
    """Decide that these open rows will not be published; how many.

    Errors: MeshError if the choice means no open row, or there is no reason.
    """
    if not reason.strip():
        raise MeshError("quarantine.reason", "a rejection wants a reason", next_step="write it as --reason TEXT")
    table = warehouse.table(product, major)
    for account in looks(warehouse, product, major):
        rows = meant(account, choice, taken(account, warehouse), name_of(product, major))
        decision = Decision("reject", product, with_copies(account, rows), reason=reason.strip())
        if Decisions(table).append(decision, last_number(account)) is not None:
            return rows.height
    raise overtaken(product)


def looks(warehouse: Warehouse, product: str, major: int, *, only_look: bool = False) -> Iterator[Account]:
    """The account as it is, again and again: whoever is overtaken by another decision looks anew.

    A replay that neither landed nor is under way came to nothing. Its sign of life is asked for first and its
    publication afterwards, or one that ends just then would be taken for one that failed. Who will ``only_look`` leaves
    there what such a one left.
    """
    book, table = book_of(warehouse, product, major), warehouse.table(product, major)
    for _ in range(_PATIENCE):
        account = account_of(book, table)
        if not account.publications:
            raise _unknown(warehouse, name_of(product, major))
        unknown = [fault for fault in account.faults if fault.code == "quarantine.decision"]
        if unknown:
            raise unknown[0]
        ended = [made for made in _unsettled(account) if not _alive(made, table, warehouse)]
        if ended and any(replayed_by(p) in {made.fingerprint for made in ended} for p in book.all()):
            continue
        for made in ended if not only_look else ():
            table.remove(f"{CLAIMS}/{made.claim}")
        yield account


def _unsettled(account: Account) -> list[Decision]:
    """Replays of which no publication is known."""
    known = {replayed_by(publication) for publication in account.publications}
    return [made for made in account.decisions if made.kind == "replay" and made.fingerprint not in known]


def _alive(decision: Decision, table: Objects, warehouse: Warehouse) -> bool:
    return Decisions(table).under_way(decision, warehouse.longest_run)


def taken(account: Account, warehouse: Warehouse) -> dict[RowKey, Decision]:
    """Rows that a replay under way is sending."""
    return {
        (group.file, group.partition, digest): made
        for made in _unsettled(account)
        if _alive(made, account.table, warehouse)
        for group in made.rows
        for digest in group.digests
    }


def open_rows(account: Account, choice: Choice, taken: Collection[RowKey]) -> pl.DataFrame:
    """The open rows that are meant, but for those that are ``taken``."""
    rows = choice.of(account.rows.filter(pl.col("state") == "open"))
    free = [key not in taken for key in rows.select(ROW_KEY).iter_rows()]
    return rows.filter(pl.Series(free, dtype=pl.Boolean))


def meant(account: Account, choice: Choice, taken: Mapping[RowKey, Decision], product: str) -> pl.DataFrame:
    """The open rows that are meant.

    Errors: MeshError if there is none, and why; WorldError if they may lie in a file that cannot be read.
    """
    absent = set(choice.digests) - set(account.rows["row_digest"].to_list())
    if absent and account.faults:
        raise account.faults[0]
    if absent:
        raise MeshError(
            "quarantine.digest",
            f"no refused row has the digest '{min(absent)}'",
            where=product,
            next_step=f"hansa quarantine show {product} prints them",
        )
    rows = open_rows(account, choice, taken)
    if rows.height:
        return rows
    busy = next(iter(taken.values()), None)
    if busy is not None and open_rows(account, choice, {}).height:
        raise WorldError(
            "quarantine.busy",
            f"a replay of these rows by {busy.who} is under way since {busy.at[:19]}Z",
            where=product,
            state="nothing was changed",
            next_step="wait for it; one that was killed counts as ended at once in a folder, after a day in a bucket",
        )
    if account.faults:
        raise account.faults[0]
    what = "no open row is like that" if account.rows.height else "no row is in quarantine"
    raise MeshError("quarantine.nothing", what, where=product, next_step=f"see: hansa quarantine show {product}")


def with_copies(account: Account, rows: pl.DataFrame, beside: pl.Series | None = None) -> tuple[Decided, ...]:
    """The rows as a decision names them, with their copies that came with other publications.

    Rows under the mask ``beside`` are not sent themselves, and share the fate of those that are.
    """
    if "day" not in rows.columns:
        rows = rows.with_columns(day=pl.lit(None, dtype=pl.String))
    known = rows.select("partition", "row_digest", "day").unique(("partition", "row_digest"))
    copies = account.repeats.join(known, on=["partition", "row_digest"], nulls_equal=True)
    wanted = ["file", "partition", "row_digest", "day"]
    unsent = copies.select(wanted)
    if beside is not None:
        unsent = pl.concat([rows.filter(beside).select(wanted), unsent])
        rows = rows.filter(~beside)
    return (*decided(rows.select(wanted).to_dicts()), *decided(unsent.to_dicts(), sent=False))


def last_number(account: Account) -> int:
    """The number of the newest decision; 0 if there is none."""
    return max((made.number for made in account.decisions), default=0)


def _unknown(warehouse: Warehouse, product: str) -> HansaError:
    return DataError(
        "product.unpublished",
        f"nothing of {product} was ever sent to this warehouse",
        where=warehouse.place,
        next_step="see: hansa quarantine list",
    )


def overtaken(product: str) -> WorldError:
    """The error of who never got to a decision."""
    return WorldError(
        "quarantine.busy",
        "others decided over its rows all the time",
        where=product,
        state="nothing was changed",
        next_step="run again",
    )
