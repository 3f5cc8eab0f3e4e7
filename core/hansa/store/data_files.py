"""Data files: typed batches become Parquet files of one partition each, which nothing names before a commit does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.digest import sha256_of
from hansa.store import files
from hansa.store.objects import Objects

if TYPE_CHECKING:
    import pyarrow as pa

#: Above this many bytes a partition gets another file.
_FILE_SIZE = 512 << 20
#: Files that are read for their digests at once.
_HASHERS = 2
#: Of zstd: on tables of a bank the lowest level makes files as small as the default, in three quarters of the time.
_LEVEL = 1


@dataclass(frozen=True)
class DataFile:
    """A data file as written: its name under the table, its one partition value, rows, bytes and SHA-256."""

    name: str
    partition: date | None
    rows: int
    size: int
    sha256: str


def write_files(
    objects: Objects,
    prefix: str,
    batches: Iterable[pl.DataFrame],
    columns: Mapping[str, pl.DataType],
    arrow: pa.Schema,
    partition: str | None,
    staged: Path,
) -> list[DataFile]:
    """Write typed batches under ``prefix``; what the batches raise comes out as it was raised, with no file left.

    For a bucket they are written to the folder ``staged`` first: an engine's own way to a store cannot tell an answer
    that was lost from a refusal, and sends headers that older stores do not take.
    """
    folder = objects.folder or staged
    target = pl.PartitionBy(
        f"{folder}/{prefix}/",
        key=partition,
        include_key=True if partition else None,
        approximate_bytes_per_file=_FILE_SIZE,
    )
    done = False
    try:
        # A file without rows proves nothing, and a scan of the table does not name it.
        written = _sunk(_Feed(batches, columns), target, arrow)
        with ThreadPoolExecutor(_HASHERS) as hashers:
            made = list(hashers.map(lambda entry: _described(folder, entry, partition), written))
        for empty in (file for file in made if not file.rows):
            (folder / empty.name).unlink()
        made = [file for file in made if file.rows]
        if not made:
            objects.tidy(prefix)
        if objects.folder is None:
            for file in made:
                objects.upload(file.name, staged / file.name)
        done = True
    finally:
        if not done:
            remove_all(objects, prefix)
    return made


def _sunk(feed: _Feed, target: pl.PartitionBy, arrow: pa.Schema) -> list[Any]:
    """What the engine says of each file that it wrote."""
    written: list[Any] = []
    try:
        feed.frame().sink_parquet(
            target,
            arrow_schema=arrow,
            compression="zstd",
            compression_level=_LEVEL,
            mkdir=True,
            sinked_paths_callback=written.append,
        )
    except Exception:
        if feed.error is None:
            raise
    if feed.error is not None:
        raise feed.error
    return list(written[0].paths) if written else []


def remove_all(objects: Objects, prefix: str, keep: frozenset[str] = frozenset()) -> None:
    """Remove every object under ``prefix`` but for those to ``keep``."""
    for entry in list(objects.entries(f"{prefix}/")):
        if entry.name not in keep:
            objects.remove(entry.name)
    objects.tidy(prefix)


def scan(objects: Objects, names: Sequence[str]) -> pl.LazyFrame:
    """The rows of data files as they lie there, for reconciliation."""
    places = [address(objects, name) for name in names]
    return pl.scan_parquet(places, hive_partitioning=False, glob=False, storage_options=_options(objects))


def address(objects: Objects, name: str) -> str:
    """The address of an object as Polars takes it and as people read it: a bare path on this machine."""
    return objects.location(name).removeprefix("file://")


def _options(objects: Objects) -> dict[str, str] | None:
    return dict(objects.storage_options) if objects.storage_options else None


def _described(folder: Path, entry: Any, partition: str | None) -> DataFile:
    path = Path(entry.path.removeprefix("file://"))
    value = date.fromisoformat(path.parent.name.split("=", 1)[1]) if partition else None
    digest = sha256_of(files.chunks(path))
    return DataFile(path.relative_to(folder).as_posix(), value, entry.num_rows, entry.num_bytes, digest)


class _Feed:
    """Batches as a lazy frame that a sink can stream; what the batches raised is kept in ``error`` and ends the frame.

    The engine would wrap and quote it, and stop while its writers go on: their files would come after our removing.
    """

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
                # While the next one is made, nothing here holds this one.
                del batch
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised when the files are closed
            self.error = error
