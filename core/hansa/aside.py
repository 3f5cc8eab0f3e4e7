"""Rows that are set aside until all of a publication are known: in memory while they are few, else in staging."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import polars as pl

from hansa.store.warehouse import Warehouse

#: Rows that are kept in memory.
SPILL = 200_000


@dataclass(frozen=True)
class Came:
    """Rows of a batch as they came; they are picked out of it only when they are wanted, which few are."""

    batch: pl.DataFrame
    places: pl.Series | None = None

    def filter(self, mask: pl.Series) -> Came:
        """The rows for which ``mask`` is true."""
        return Came(self.batch, mask.arg_true() if self.places is None else self.places.filter(mask))

    def forgotten(self) -> Came:
        """These rows without the batch, which is held no longer: to ask for them is an error."""
        places = pl.int_range(self.batch.height, eager=True) if self.places is None else self.places
        return Came(self.batch.clear(), places)

    def rows(self) -> pl.DataFrame:
        """The rows themselves."""
        return self.batch if self.places is None else self.batch[self.places]


@dataclass(frozen=True)
class Rows:
    """Rows in four forms, as long as each other: as they came, typed, to publish, and the digest of each as it came."""

    raw: Came
    typed: pl.DataFrame
    out: pl.DataFrame
    came: pl.Series
    digests: pl.Series

    def filter(self, mask: pl.Series) -> Rows:
        """The rows for which ``mask`` is true."""
        return Rows(
            self.raw.filter(mask),
            self.typed.filter(mask),
            self.out.filter(mask),
            self.came.filter(mask),
            self.digests.filter(mask),
        )


class Aside:
    """Rows in the order in which they were set aside; a context that keeps its staging files."""

    def __init__(self, warehouse: Warehouse, nameless: bool) -> None:
        self._warehouse, self._nameless = warehouse, nameless
        self._open = ExitStack()
        self._waiting: list[pl.DataFrame] = []
        self._files: list[pl.LazyFrame] = []
        self._names: dict[str, list[str]] = {}
        self._held = 0
        self.rows = 0

    def __enter__(self) -> Aside:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, rows: Rows) -> None:
        """Set rows aside."""
        raw = rows.raw.rows()
        self._names = {"raw": raw.columns, "typed": rows.typed.columns, "out": rows.out.columns}
        parts = [
            _numbered(raw, "raw"),
            _numbered(rows.typed, "typed"),
            _numbered(rows.out, "out"),
            pl.DataFrame({"came": rows.came, "digest": rows.digests}),
        ]
        self._waiting.append(pl.concat([part for part in parts if part.width], how="horizontal"))
        self.rows += len(rows.came)
        self._held += len(rows.came)
        if self._held >= SPILL:
            self._spill()

    def _spill(self) -> None:
        path = self._open.enter_context(self._warehouse.staging(nameless=self._nameless))
        pl.concat(self._waiting).write_parquet(path, compression="lz4")
        self._files.append(pl.scan_parquet(path, glob=False, hive_partitioning=False))
        self._waiting, self._held = [], 0

    def _parts(self, columns: dict[str, str] | None = None) -> Iterator[pl.DataFrame]:
        for part in [*self._files, *(frame.lazy() for frame in self._waiting)]:
            yield (part.select(pl.col(old).alias(new) for new, old in columns.items()) if columns else part).collect()

    def narrow(self, names: Iterable[str]) -> Iterator[pl.DataFrame]:
        """Some columns of the form to publish, with ``__row`` (its number), ``__came`` and ``__out`` (its digests)."""
        at = {name: f"out {number}" for number, name in enumerate(self._names.get("out", []))}
        wanted = {name: at[name] for name in names if name in at} | {"__came": "came", "__out": "digest"}
        start = 0
        for part in self._parts(wanted):
            yield part.with_row_index("__row", start)
            start += part.height

    def all(self) -> Iterator[Rows]:
        """The rows as they were added, in pieces."""
        for part in self._parts():
            forms = {form: _named(part, form, names) for form, names in self._names.items()}
            yield Rows(Came(forms["raw"]), forms["typed"], forms["out"], part["came"], part["digest"])


def _numbered(frame: pl.DataFrame, form: str) -> pl.DataFrame:
    """Names that cannot meet those of another form."""
    return frame.rename({name: f"{form} {at}" for at, name in enumerate(frame.columns)})


def _named(part: pl.DataFrame, form: str, names: list[str]) -> pl.DataFrame:
    return part.select(pl.col(f"{form} {at}").alias(name) for at, name in enumerate(names))
