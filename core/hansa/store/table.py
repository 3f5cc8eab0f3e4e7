"""One product's Iceberg table: its schema and how it may change, its data files, and the one commit.

A commit stands on the head that was looked at before: if somebody else committed since, nothing happens and ``Moved``
is raised, so that whoever publishes can look and decide again. PyIceberg's own retries, which would commit on a head
that nobody looked at, are switched off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import WorldError
from hansa.schema import polars_schema
from hansa.store.claims import CLAIMS, claimed
from hansa.store.columns import iceberg_schema
from hansa.store.data_files import DataFile, remove_all, scan, write_files
from hansa.store.evolution import arrow_schema, evolve, evolved_schema, refuse_other_columns, same_ids
from hansa.store.proofs import prove
from hansa.store.warehouse import Warehouse, table_name

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.manifest import DataFile as IcebergFile
    from pyiceberg.schema import Schema
    from pyiceberg.table import Table, Transaction

__all__ = ["DataFile", "Landed", "Look", "Moved", "ProductTable", "landed_in"]

#: Who loses a race looks again before it commits, so nothing is to be repeated blindly.
_PROPERTIES = {"commit.retry.num-retries": "0", "write.parquet.compression-codec": "zstd"}
#: The property that says for how many days replaced rows stay readable.
KEEP_DAYS = "hansa.keep-days"


class Moved(Exception):  # noqa: N818 - an answer, not a fault
    """Somebody else committed to the table since it was looked at; nothing of ours is there."""


class CommitUnknown(WorldError):  # noqa: N818 - an answer that nobody has
    """Nobody knows whether the commit landed: what it needs must stay where it is."""


@dataclass(frozen=True)
class Landed:
    """A snapshot that names a publication: its id and its place in the order of commits."""

    snapshot: int
    sequence: int


@dataclass(frozen=True)
class Look:
    """The head of a table at one moment; ``table`` is None as long as nothing was published."""

    table: Table | None

    @property
    def snapshot(self) -> int | None:
        """The id of the newest snapshot."""
        found = self.table.current_snapshot() if self.table else None
        return found.snapshot_id if found else None

    @property
    def sequence(self) -> int:
        """The place of the newest snapshot in the order of commits; 0 before the first."""
        found = self.table.current_snapshot() if self.table else None
        return (found.sequence_number or 0) if found else 0


class ProductTable:
    """The table of one contract's major version in one warehouse; a context that holds its signs of life."""

    def __init__(self, warehouse: Warehouse, contract: Contract) -> None:
        self._warehouse = warehouse
        self._contract = contract
        self.objects = warehouse.table(contract.id, contract.major)
        self._name = (contract.domain, table_name(contract.product, contract.major))
        self._claims = ExitStack()

    def __enter__(self) -> ProductTable:
        return self

    def __exit__(self, *_: object) -> None:
        self._claims.close()

    def look(self) -> Look:
        """The head as it is now.

        Errors: WorldError if its columns cannot become the contract's, or its catalog has forgotten it.
        """
        table = self._warehouse.iceberg(self._contract.id, self._contract.major)
        if table is not None:
            refuse_other_columns(table, self._contract)
        return Look(table)

    @cached_property
    def _schema(self) -> Schema:
        """The schema of the table as it will be after this publication; data files are written with its ids."""
        table = self.look().table
        return evolved_schema(table, self._contract) if table else iceberg_schema(self._contract)

    def lock(self) -> AbstractContextManager[None]:
        """Fairness among the publishers of this machine."""
        return self.objects.lock(".commit")

    def write(self, batches: Iterable[pl.DataFrame]) -> list[DataFile]:
        """Write typed batches as data files of one partition each; nothing is visible before the commit."""
        name = uuid4().hex
        self._claims.enter_context(self.objects.claim(f"{CLAIMS}{name}"))
        columns, arrow = polars_schema(self._contract), arrow_schema(self._schema, self._contract)
        place = self._claims.enter_context(self._warehouse.staging()).parent if self.objects.folder is None else Path()
        return write_files(self.objects, f"data/{name}", batches, columns, arrow, self._contract.partition, place)

    def scan(self, data_files: Iterable[DataFile]) -> pl.LazyFrame:
        """The rows of data files as they lie there."""
        return scan(self.objects, [file.name for file in data_files])

    def remove(self, data_files: Iterable[DataFile]) -> None:
        """Remove data files that no commit names."""
        folders = set()
        for file in data_files:
            self.objects.remove(file.name)
            folders.add("/".join(file.name.split("/")[:2]))
        for folder in folders:
            self.objects.tidy(folder)

    def sweep(self, landed: Callable[[], Iterable[str]]) -> None:
        """Remove what killed publications of this product left, except files that landed."""
        _, dead = claimed(self.objects, self._warehouse.longest_run)
        keep = frozenset(landed()) if dead else frozenset()
        for name, folder in dead.items():
            remove_all(self.objects, folder.rstrip("/"), keep)
            self.objects.remove(name)

    def commit(
        self,
        look: Look,
        partitions: Collection[dt.date] | None,
        data_files: Sequence[DataFile],
        properties: Mapping[str, str],
    ) -> Landed:
        """Replace these partitions (None: the whole table) by these files, in ONE snapshot upon the head of ``look``.

        Errors: Moved if the head is another one by now; WorldError if the catalog refuses, or its answer is unknown.
        """
        from pyiceberg.exceptions import CommitFailedException, TableAlreadyExistsError, ValidationException

        # What fails before the commit is sent is certain: nothing of it can land later.
        transaction = self._snapshot(look, partitions, data_files, properties)
        try:
            table = transaction.commit_transaction()
            found = table.current_snapshot()
            assert found is not None  # noqa: S101 - the commit was just acknowledged
            # It has landed, whatever becomes of the note of its digests.
            with suppress(WorldError, OSError):
                prove(self.objects, table)
            return Landed(found.snapshot_id, found.sequence_number or 0)
        except (ValidationException, CommitFailedException, TableAlreadyExistsError):
            if (landed := self.landed(properties)) is not None:
                return landed
            raise Moved from None
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the commit may have landed
            return self._after_unclear_answer(properties, error)

    def _snapshot(
        self,
        look: Look,
        partitions: Collection[dt.date] | None,
        data_files: Sequence[DataFile],
        properties: Mapping[str, str],
    ) -> Transaction:
        """The commit, prepared: the schema and the files in one transaction."""
        from pyiceberg.io.pyarrow import parquet_file_to_data_file

        from hansa.store.replacing import Upon, replacing

        transaction = Upon(look.table) if look.table else self._creation()
        if look.table:
            evolve(transaction, look.table.schema(), self._contract)
            if look.table.properties.get(KEEP_DAYS) != self._keeping.get(KEEP_DAYS):
                _keep(transaction, self._keeping)
        metadata = transaction.table_metadata
        made = metadata.schema()
        if not same_ids(self._schema, made):
            raise WorldError(
                "commit.columns",
                "another version of the contract was published meanwhile",
                where=self._contract.id,
                state="its rows are serving, ours were not published",
                next_step="run again",
            )
        io = look.table.io if look.table else self._warehouse.file_io
        added = [parquet_file_to_data_file(io, metadata, self.objects.location(f.name)) for f in data_files]
        where = self._predicate(partitions)
        old = [task.file for task in look.table.scan(row_filter=where).plan_files()] if look.table else []
        self._refuse_wider(old, partitions)
        with replacing(transaction, look.table is None, io, properties) as overwrite:
            overwrite.delete_by_predicate(where)
            for file in old:
                overwrite.delete_data_file(file)
            for file in added:
                overwrite.append_data_file(file)
        return transaction

    @property
    def _keeping(self) -> dict[str, str]:
        """The contract's retention as the table remembers it for upkeep, which knows no contract."""
        days = self._contract.retention_days
        return {} if days is None else {KEEP_DAYS: str(days)}

    def _creation(self) -> Transaction:
        """A table that comes into being with its first snapshot, or not at all."""
        from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
        from pyiceberg.transforms import IdentityTransform

        schema, spec = iceberg_schema(self._contract), UNPARTITIONED_PARTITION_SPEC
        if self._contract.partition is not None:
            field = schema.find_field(self._contract.partition)
            spec = PartitionSpec(PartitionField(field.field_id, 1000, IdentityTransform(), field.name))
        catalog = self._warehouse.catalog
        with self._warehouse.objects.lock(".making"):
            _make_namespace(catalog, self._contract.domain)
        properties = _PROPERTIES | {"hansa.product": self._contract.id} | self._keeping
        return catalog.create_table_transaction(self._name, schema, self.objects.uri, spec, properties=properties)

    def _after_unclear_answer(self, properties: Mapping[str, str], error: Exception) -> Landed:
        """Look whether the snapshot is there before calling it a failure.

        A request to a store can still arrive when its sender has long given up: then that it is not there yet says
        nothing, and nothing that it names may be removed.
        """
        what = f"the catalog gave no answer to the commit ({type(error).__name__})"
        try:
            landed = self.landed(properties)
        except Exception:  # noqa: BLE001 - whatever the reason, nobody knows
            raise self._unknown(f"{what}, nor to the question what became of it") from error
        if landed is not None:
            return landed
        if self.objects.folder is None:
            raise self._unknown(f"{what}, and it is not there yet") from error
        raise WorldError(
            "commit.refused",
            f"the catalog did not take the commit ({type(error).__name__})",
            where=self._contract.id,
            state="the last published rows go on serving, ours were not published",
            next_step="run again; if it comes back, check the disk",
        ) from error

    def _unknown(self, what: str) -> CommitUnknown:
        return CommitUnknown(
            "commit.unknown",
            what,
            where=self._contract.id,
            state="it is not known whether the rows were published; readers see the old or the new ones, whole",
            next_step="run the same command again when the store answers: it looks first and publishes once",
        )

    def _refuse_wider(self, old: Sequence[IcebergFile], partitions: Collection[dt.date] | None) -> None:
        """A file that also holds another partition would take that one's rows with it."""
        days = None if partitions is None else {(day - dt.date(1970, 1, 1)).days for day in partitions}
        wider = [file.file_path for file in old if days is not None and file.partition[0] not in days]
        if wider:
            raise WorldError(
                "commit.wider",
                f"data file {wider[0]} also holds rows of other partitions",
                where=self._contract.id,
                state="the last published rows go on serving",
                next_step="the table was written by another tool: publish into another warehouse",
            )

    def _predicate(self, partitions: Collection[dt.date] | None) -> BooleanExpression:
        from pyiceberg.expressions import AlwaysTrue, In

        if partitions is None:
            return AlwaysTrue()
        assert self._contract.partition is not None  # noqa: S101 - partitions are given only where the contract has them
        return In(term=self._contract.partition, literals=set(partitions))

    def landed(self, properties: Mapping[str, str]) -> Landed | None:
        """The snapshot that carries all these properties, or None."""
        return landed_in(self._warehouse, self._contract.id, self._contract.major, properties)


def _make_namespace(catalog: Catalog, name: str) -> None:
    try:
        catalog.create_namespace_if_not_exists(name)
    except Exception:
        # Another first publication made it between the catalog's look and its making it; each catalog says it its way.
        if not catalog.namespace_exists(name):
            raise


def _keep(transaction: Transaction, keeping: Mapping[str, str]) -> None:
    if keeping:
        transaction.set_properties(dict(keeping))
    else:
        transaction.remove_properties(KEEP_DAYS)


def landed_in(warehouse: Warehouse, product: str, major: int, properties: Mapping[str, str]) -> Landed | None:
    """The snapshot of a product's table that carries all these properties, or None."""
    table = warehouse.iceberg(product, major)
    for snapshot in reversed(table.snapshots() if table else []):
        summary = snapshot.summary.additional_properties if snapshot.summary else {}
        if all(summary.get(name) == value for name, value in properties.items()):
            return Landed(snapshot.snapshot_id, snapshot.sequence_number or 0)
    return None
