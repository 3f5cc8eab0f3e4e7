"""The gate: the only door to the warehouse.

``publish`` casts, checks, quarantines, tokenises, reconciles and publishes one frame under its contract. Until the one
commit at the end, nothing that it does is visible to readers; a crash at any point leaves the old rows or the new.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hansa.attempt import Attempt, Question
from hansa.cast import Reading
from hansa.contract.model import Contract
from hansa.errors import ContractError, HansaError, MeshError, PluginError, WorldError
from hansa.receipt import Publication, ReceiptBook, book_of
from hansa.request import asked_before, request_of
from hansa.rivals import PATIENCE, overtaken, pause
from hansa.run import Run
from hansa.scope import Mode
from hansa.secrets import Keys
from hansa.settlement import Origin, Stale
from hansa.store.table import ProductTable
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from hansa.vault import Vault

__all__ = ["Mode", "Origin", "publish"]

#: Computations that were overtaken before the next one keeps the other publishers of this machine waiting.
_FAIR = 2
#: Makes an error for the user of one that the engine raised while it read the frame, or returns None.
Translate = Callable[[Exception], HansaError | None]


class Gate:
    """One publication of one frame. Use ``publish``."""

    def __init__(self, question: Question, warehouse: Warehouse, book: ReceiptBook | None) -> None:
        self.question, self.warehouse = question, warehouse
        self.table = ProductTable(warehouse, question.contract)
        self.book = book or book_of(warehouse, question.contract.id, question.contract.major)

    def known(self, dry_run: bool) -> Publication | None:
        """The answer, if the very same was asked last; nothing of the rows is read.

        A dry run binds no warehouse to its keys: it compares them with those to which it is bound already.
        """
        self.warehouse.prepare()
        keys = self.question.keys
        if keys is not None and (not dry_run or self.warehouse.bound_keys() is not None):
            self.warehouse.bind_keys(keys.fingerprint)
        look = self.table.look()
        if not self.question.request or not self.book.whole():
            return None
        return asked_before(self.book, self.question.request, look.snapshot)

    def publish(self, frame: pl.LazyFrame, dry_run: bool) -> Publication:
        """Compute and publish; what others overtook is computed again."""
        until = time.monotonic() + PATIENCE
        with self.table:
            self.table.sweep(self.book.data_files)
            for number in count():
                began = time.monotonic()
                locked = number >= _FAIR and not dry_run
                try:
                    with self.table.lock() if locked else nullcontext():
                        return Attempt(self.question, self.warehouse, self.table, self.book).publish(
                            frame, dry_run, locked
                        )
                except Stale:
                    if time.monotonic() > until:
                        raise overtaken(self.question.contract, number + 1) from None
                time.sleep(pause(number, time.monotonic() - began))
        raise AssertionError("a count does not end")


def _refuse_unfit(contract: Contract, keys: Keys | None, mode: Mode) -> None:
    """Refuse before anything is read: a secret without keys, a partition that is no day, a merge without a key."""
    if keys is None and contract.sealed:
        raise WorldError(
            "keys.missing",
            "the contract has columns to seal or to tokenise, and no keys were given",
            where=contract.id,
            state="nothing was changed",
            next_step="name the folder of the keys by 'keys' in mesh.yaml or by HANSA_KEYS",
        )
    partition = contract.by_name[contract.partition] if contract.partition is not None else None
    if partition is not None and partition.logical_type != "date":
        raise ContractError(
            "contract.partition",
            f"partition column '{partition.name}' is no date",
            where=f"{contract.path}:{partition.line}",
            next_step="partition by a column of logicalType date",
        )
    if mode == "merge" and not contract.key:
        raise MeshError(
            "publish.merge",
            "the contract has no primary key by which rows could be merged",
            where=contract.id,
            state="nothing was changed",
            next_step="give it a primaryKey, or bring whole days with --replace",
        )


@contextmanager
def _readable(frame: pl.LazyFrame, contract: Contract, warehouse: Warehouse) -> Iterator[pl.LazyFrame]:
    """A frame that can be read twice: its rows are computed once, outside every reader's sight."""
    warehouse.prepare()
    with warehouse.staging(nameless=contract.sealed) as path:
        frame.sink_parquet(path, compression="lz4")
        yield pl.scan_parquet(path, glob=False, hive_partitioning=False)


def publish(
    frame: pl.LazyFrame,
    contract: Contract,
    run: Run,
    warehouse: Warehouse,
    *,
    mode: Mode = "replace",
    keys: Keys | None = None,
    vault: Vault | None = None,
    reading: Reading | None = None,
    origin: Origin | None = None,
    rereadable: bool = False,
    history: bool = False,
    dry_run: bool = False,
    upon: Mapping[str | None, str] | None = None,
    days_unchosen: bool = False,
    still: Callable[[], None] = lambda: None,
    book: ReceiptBook | None = None,
    translate: Translate = lambda error: None,
) -> Publication:
    """Send ``frame`` through the gate under ``contract`` and return its publication.

    ``mode`` says whether it brings its partitions whole or adds to them, see ``Mode``. The frame is read twice, first
    its keys alone; unless it is ``rereadable`` (a scan of files) it is computed once into a staging folder. Where the
    very same was asked last and still stands, nothing is read and nothing is proved anew: that is for ``verify``.
    ``history`` says that the rows of no day are those of the whole source, not of these days alone. ``keys`` are
    needed for a contract that seals or tokenises; the clear values of tokens go to the ``vault``, if there is one.
    ``upon`` names, by partition, digests of publications without which the frame means nothing: nothing is published
    where another one stands there by now. ``days_unchosen`` says of whole days that they are those of a file, which may
    be mistyped. ``still`` is asked after the last row was read and before the commit; what it raises is the answer.
    ``book`` are the receipts of this product in this warehouse, where the caller
    has read them already: what they know is not read again.
    A held partition is an answer, not an exception: look at ``Publication.held``.
    """
    _refuse_unfit(contract, keys, mode)
    read, origin = reading or Reading(), origin or Origin()
    request = "" if dry_run else request_of(contract, run, mode, keys, read, origin, history)
    kept = None if dry_run else vault
    asked = contract, run, mode, keys, read, origin, history, contract.sealed, request, kept
    question = Question(*asked, upon or {}, days_unchosen, still)
    gate = Gate(question, warehouse, book)
    try:
        if (known := gate.known(dry_run)) is not None:
            return known
        if rereadable:
            return gate.publish(frame, dry_run)
        with _readable(frame, contract, warehouse) as readable:
            return gate.publish(readable, dry_run)
    except HansaError:
        raise
    except Exception as error:
        shown = translate(error) or (_unquoted(contract, error) if contract.sealed else None)
        if shown is None:
            raise
        raise shown from None


def _unquoted(contract: Contract, error: Exception) -> PluginError:
    """An error of the engine or of foreign code by its type alone: its text may quote the value of a sealed column."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return PluginError(
        "frame.failed",
        f"its rows could not be computed ({type(error).__name__} at {Path(place.filename).name}:{place.lineno})",
        where=contract.id,
        state="nothing was published",
        next_step="mend the function or the source; the error's text is not shown, because the contract seals columns",
    )
