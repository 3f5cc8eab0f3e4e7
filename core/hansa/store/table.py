"""One product's Iceberg table: its schema, the writing of data files, and the one commit."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import polars as pl

from hansa.contract.model import Contract
from hansa.digest import sha256_of
from hansa.errors import WorldError
from hansa.schema import polars_schema
from hansa.store import files
from hansa.store.columns import iceberg_schema
from hansa.store.warehouse import Warehouse, table_name

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.manifest import DataFile as IcebergFile
    from pyiceberg.table import Table

#: PyIceberg repeats a lost race by itself; the waits are bounded so that a loser does not starve.
_RETRIES = {"commit.retry.num-retries": "30", "commit.retry.max-wait-ms": "2000"}


@dataclass(frozen=True)
class DataFile:
    """A data file as written: absolute path, its one partition value, rows, bytes and SHA-256."""

    path: Path
    partition: date | None
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Landed:
    """A snapshot that names a publication: its id and its place in the order of commits."""

    snapshot: int
    sequence: int


class ProductTable:
    """The table of one contract's major version in one warehouse."""

    def __init__(self, warehouse: Warehouse, contract: Contract) -> None:
        self._warehouse = warehouse
        self._contract = contract
        self.folder = warehouse.folder(contract.id, contract.major)
        self._name = (contract.domain, table_name(contract.product, contract.major))
        self._claims = ExitStack()

    def __enter__(self) -> ProductTable:
        return self

    def __exit__(self, *_: object) -> None:
        self._claims.close()

    def ensure(self) -> Table:
        """Load the table, or make it; refuse if its columns are not the contract's."""
        from pyiceberg.exceptions import NoSuchTableError

        catalog = self._warehouse.catalog
        try:
            table = catalog.load_table(self._name)
        except NoSuchTableError:
            # Two first publications at once: the catalog looks before it makes a namespace, which is no protection.
            with files.locked(self._warehouse.root / ".making"):
                table = catalog.load_table(self._name) if catalog.table_exists(self._name) else self._create()
        if self._other_columns(table) and table.current_snapshot() is None:
            # Nothing was ever published, so nobody reads it: a first attempt does not bind the corrected contract.
            with files.locked(self._warehouse.root / ".making"):
                catalog.drop_table(self._name)
                table = self._create()
        self._refuse_other_columns(table)
        return table

    def _create(self) -> Table:
        from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionField, PartitionSpec
        from pyiceberg.transforms import IdentityTransform

        schema, spec = iceberg_schema(self._contract), UNPARTITIONED_PARTITION_SPEC
        if self._contract.partition is not None:
            field = schema.find_field(self._contract.partition)
            spec = PartitionSpec(PartitionField(field.field_id, 1000, IdentityTransform(), field.name))
        properties = _RETRIES | {"hansa.product": self._contract.id}
        self._warehouse.catalog.create_namespace_if_not_exists(self._contract.domain)
        location = f"file://{self.folder}"
        return self._warehouse.catalog.create_table(self._name, schema, location, spec, properties=properties)

    def _other_columns(self, table: Table) -> list[str]:
        """Names of the columns in which the table differs from the contract, partition included."""
        kept = [(f.name, str(f.field_type), f.required) for f in table.schema().fields]
        wanted = [(f.name, str(f.field_type), f.required) for f in iceberg_schema(self._contract).fields]
        parted = [field.name for field in table.spec().fields]
        own = [self._contract.partition] if self._contract.partition else []
        if kept == wanted and parted == own:
            return []
        return sorted({name for name, _, _ in set(kept) ^ set(wanted)} | set(parted) ^ set(own)) or ["their order"]

    def _refuse_other_columns(self, table: Table) -> None:
        names = self._other_columns(table)
        if not names:
            return
        raise WorldError(
            "table.columns",
            f"the table was made under another set of columns ({', '.join(names)} differ)",
            where=self._contract.id,
            state="the last published rows go on serving",
            next_step="publish a changed contract into another warehouse, or under a new major version",
        )

    def write(self, batches: Iterable[pl.DataFrame]) -> list[DataFile]:
        """Write typed batches as data files of one partition each; nothing is visible before the commit.

        Whatever the batches raise comes out as it was raised, and the files written so far are removed.
        """
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        folder = self.folder / "data" / uuid4().hex
        self._claims.enter_context(files.claim(folder.with_suffix(".alive")))
        key = self._contract.partition
        target = pl.PartitionBy(
            f"{folder}/", key=key, include_key=True if key else None, approximate_bytes_per_file=512 << 20
        )
        written: list[Any] = []
        feed = _Feed(batches, polars_schema(self._contract))
        done = False
        try:
            feed.frame().sink_parquet(
                target,
                arrow_schema=schema_to_pyarrow(iceberg_schema(self._contract)),
                compression="zstd",
                mkdir=True,
                sinked_paths_callback=written.append,
            )
            done = True
        except Exception:
            # The engine wraps what the batches raised, and quotes it.
            if feed.error is None:
                raise
        finally:
            if not done:
                shutil.rmtree(folder, ignore_errors=True)
        if feed.error is not None:
            raise feed.error
        made = [self._data_file(Path(entry.path), entry.num_rows) for entry in (written[0].paths if written else [])]
        # A file without rows proves nothing, and a scan of the table does not name it.
        self.remove(file for file in made if not file.rows)
        return [file for file in made if file.rows]

    def _data_file(self, path: Path, rows: int) -> DataFile:
        partition = None
        if self._contract.partition is not None:
            partition = date.fromisoformat(path.parent.name.split("=", 1)[1])
        return DataFile(path, partition, rows, path.stat().st_size, sha256_of(files.chunks(path)))

    def sweep(self, named: Iterable[Path]) -> None:
        """Remove what killed publications of this product left, except the files ``named``, which landed."""
        landed = set(named)
        for left in (self.folder / "data").glob("*.alive"):
            if not files.abandoned(left):
                continue
            for path in left.with_suffix("").rglob("*.parquet"):
                if path not in landed:
                    path.unlink(missing_ok=True)
            for folder in (*left.with_suffix("").glob("*/"), left.with_suffix("")):
                _remove_if_empty(folder)
            left.unlink(missing_ok=True)

    def remove(self, data_files: Iterable[DataFile]) -> None:
        """Remove data files that no commit names."""
        for file in data_files:
            file.path.unlink(missing_ok=True)
            for folder in (file.path.parent, file.path.parent.parent):
                if folder.is_relative_to(self.folder / "data") and folder != self.folder / "data":
                    _remove_if_empty(folder)

    def replace(
        self, partitions: Sequence[date] | None, data_files: Sequence[DataFile], properties: Mapping[str, str]
    ) -> Landed:
        """Replace these partitions (None: the whole table) by these files in ONE snapshot, by compare-and-swap."""
        from pyiceberg.exceptions import CommitFailedException, ValidationException
        from pyiceberg.io.pyarrow import parquet_file_to_data_file

        table = self.ensure()
        added = [parquet_file_to_data_file(table.io, table.metadata, f"file://{file.path}") for file in data_files]
        where = self._predicate(partitions)
        old = [task.file for task in table.scan(row_filter=where).plan_files()]
        self._refuse_wider(old, partitions)
        try:
            with (
                table.transaction() as transaction,
                transaction.update_snapshot(snapshot_properties=dict(properties)).overwrite() as overwrite,
            ):
                overwrite.delete_by_predicate(where)
                for file in old:
                    overwrite.delete_data_file(file)
                for file in added:
                    overwrite.append_data_file(file)
        except (ValidationException, CommitFailedException):
            if (landed := self.landed(properties)) is not None:
                return landed
            raise WorldError(
                "commit.lost",
                "another process published the same partitions meanwhile",
                where=self._contract.id,
                state="its rows are serving, ours were not published",
                next_step="run again",
            ) from None
        except Exception as error:
            # The answer is unknown: look whether the snapshot is there before calling it a failure.
            if (landed := self.landed(properties)) is not None:
                return landed
            raise WorldError(
                "commit.refused",
                f"the catalog did not take the commit ({type(error).__name__})",
                where=self._contract.id,
                state="the last published rows go on serving, ours were not published",
                next_step="run again; if it comes back, check the disk",
            ) from error
        landed = self.landed(properties)
        assert landed is not None  # noqa: S101 - the commit was just acknowledged
        return landed

    def _refuse_wider(self, old: Sequence[IcebergFile], partitions: Sequence[date] | None) -> None:
        """A file that also holds another partition would take that one's rows with it."""
        days = None if partitions is None else {(day - date(1970, 1, 1)).days for day in partitions}
        wider = [file.file_path for file in old if days is not None and file.partition[0] not in days]
        if wider:
            raise WorldError(
                "commit.wider",
                f"data file {wider[0]} also holds rows of other partitions",
                where=self._contract.id,
                state="the last published rows go on serving",
                next_step="the table was written by another tool: publish into another warehouse",
            )

    def _predicate(self, partitions: Sequence[date] | None) -> BooleanExpression:
        from pyiceberg.expressions import AlwaysTrue, In

        if partitions is None:
            return AlwaysTrue()
        assert self._contract.partition is not None  # noqa: S101 - partitions are given only where the contract has them
        return In(term=self._contract.partition, literals=set(partitions))

    def landed(self, properties: Mapping[str, str]) -> Landed | None:
        """The snapshot that carries all these properties, or None."""
        return landed_in(self._warehouse, self._contract.id, self._contract.major, properties)


def landed_in(warehouse: Warehouse, product: str, major: int, properties: Mapping[str, str]) -> Landed | None:
    """The snapshot of a product's table that carries all these properties, or None."""
    from pyiceberg.exceptions import NoSuchTableError

    domain, name = product.split(".", 1)
    try:
        table = warehouse.catalog.load_table((domain, table_name(name, major)))
    except NoSuchTableError:
        return None
    for snapshot in reversed(table.snapshots()):
        summary = snapshot.summary.additional_properties if snapshot.summary else {}
        if all(summary.get(name) == value for name, value in properties.items()):
            return Landed(snapshot.snapshot_id, snapshot.sequence_number or 0)
    return None


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


class _Feed:
    """Batches as a lazy frame that a sink can stream; keeps what the batches raised, which the engine would wrap."""

    def __init__(self, batches: Iterable[pl.DataFrame], schema: Mapping[str, pl.DataType]) -> None:
        self._batches = batches
        self._schema = dict(schema)
        self.error: Exception | None = None

    def frame(self) -> pl.LazyFrame:
        from polars.io.plugins import register_io_source

        return register_io_source(self._pull, schema=self._schema, is_pure=False)

    def _pull(
        self, columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        try:
            for batch in self._batches:
                yield batch if columns is None else batch.select(columns)
        except Exception as error:
            self.error = error
            raise
