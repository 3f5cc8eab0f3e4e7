"""Rows on their way: files that workers write for one run, under names of its own, and that nobody reads but that run.

A worker that was believed dead may write after its run has ended. Nothing names what it writes, and whoever works with
this room next removes it when it is older than the longest run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import polars as pl

from hansa.store.data_files import remove_all, scan
from hansa.store.upkeep import clock
from hansa.store.warehouse import Warehouse

#: No listing of a warehouse's tables shows a name with a dot before it.
SCRATCH = ".scratch"
#: Rows of one group of a result file.
_GROUP = 250_000


def put(warehouse: Warehouse, run: str, stem: str, frame: pl.LazyFrame) -> str:
    """Write ``frame`` for a run and return the name of its file, which begins with ``stem`` and is never given twice.

    The file is there whole or not at all, whenever its writer dies.
    """
    folder, name = warehouse.objects.folder, f"{stem}-{uuid4().hex}"
    # A folder has its drafts beside it, so that they can be renamed; a bucket takes a file whole.
    drafts = folder / SCRATCH / run if folder else Path(tempfile.gettempdir())
    drafts.mkdir(parents=True, exist_ok=True)
    draft = drafts / f"{name}.draft"
    draft.touch(mode=0o600)
    try:
        frame.sink_parquet(draft, compression="zstd", compression_level=1, row_group_size=_GROUP)
        warehouse.objects.upload(f"{SCRATCH}/{run}/{name}.parquet", draft)
    finally:
        draft.unlink(missing_ok=True)
    return f"{name}.parquet"


def rows(warehouse: Warehouse, run: str, names: Sequence[str]) -> pl.LazyFrame:
    """The rows of these files of a run, in this order, one file at a time; whatever else lies there is not read."""
    from polars.io.plugins import register_io_source

    files = [scan(warehouse.objects, [f"{SCRATCH}/{run}/{name}"]) for name in names]

    def pull(
        columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        for file in files:
            kept = file if predicate is None else file.filter(predicate)
            for batch in (kept if columns is None else kept.select(columns)).collect_batches(maintain_order=True):
                yield batch if limit is None else batch.head(limit)
                limit = None if limit is None else limit - min(limit, len(batch))
                if limit == 0:
                    return

    return register_io_source(pull, schema=files[0].collect_schema(), is_pure=False)


def clear(warehouse: Warehouse, run: str) -> None:
    """Remove everything that was written for a run."""
    remove_all(warehouse.objects, f"{SCRATCH}/{run}")


def sweep(warehouse: Warehouse) -> tuple[str, ...]:
    """Remove what runs left that no living one can need any more: the names of these files."""
    objects = warehouse.objects
    lying = list(objects.entries(f"{SCRATCH}/"))
    limit = clock(objects) - warehouse.longest_run if lying else None
    old = [entry.name for entry in lying if limit is not None and entry.modified < limit]
    for name in old:
        objects.remove(name)
    if old:
        objects.tidy(SCRATCH)
    return tuple(sorted(old))
