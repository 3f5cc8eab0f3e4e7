"""Which data file of a table cannot be read: asked after an engine has failed on one of them, which does not say it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from hansa.errors import WorldError
from hansa.store.data_files import address, scan
from hansa.store.objects import Objects


def _first(objects: Objects, names: Iterable[str]) -> str | None:
    """The address of the first of the data files that cannot be read to its end; None if all can."""
    for name in names:
        try:
            for _ in scan(objects, [name]).collect_batches(chunk_size=250_000):
                pass
        except (pl.exceptions.PolarsError, OSError):
            return address(objects, name)
    return None


def damaged(objects: Objects, names: Iterable[str], product: str, state: str = "") -> WorldError | None:
    """The error for a data file that cannot be read; None if all can."""
    if (place := _first(objects, names)) is None:
        return None
    return WorldError(
        "table.data",
        "a data file that was published cannot be read: it is gone, cut or damaged",
        where=place,
        state=state,
        next_step=f"restore it from a backup, or remove it and send its source again; see hansa verify {product}",
    )
