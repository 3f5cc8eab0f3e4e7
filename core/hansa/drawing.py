"""Rows that a run draws from a database: those of its days, or those that are newer than what was published.

Whether a published day is still what the database holds is asked of the receipts, which count its rows and digest them
as they came; the newest watermark that was read stands in them too. Nothing is kept beside.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from hansa.cast import casts
from hansa.digest import RowDigest, row_hashes, sha256
from hansa.judgement import told
from hansa.receipt import InputRead, Publication, ReceiptBook
from hansa.scope import Mode
from hansa.secrets import Keys, load_keys
from hansa.sources import SourceFrame
from hansa.sources.database.source import DatabaseSource, span_of
from hansa.sources.database.window import Since, Span
from hansa.store.warehouse import Warehouse
from hansa.tally import by_partition

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct

#: The digests of rows as they came, by their day; None is the whole of a product without days, or rows of no day.
Digests = dict[dt.date | None, RowDigest]


@dataclass(frozen=True)
class Drawn:
    """Rows that lie on this machine now, how they are told in a receipt, and how they join what stands."""

    source: SourceFrame
    read: InputRead
    mode: Mode


@dataclass(frozen=True)
class Drawing:
    """One product and the database that it comes from. ``keys`` tag the digests of secrets, as the gate does."""

    kept: MeshProduct
    source: DatabaseSource
    zone: str
    code: str
    keys: Keys | None
    #: What was found to lie in the database, by the day that was asked for.
    _known: dict[dt.date | None, Digests] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What the input is called in a receipt."""
        return f"source of {self.kept.id}"

    @contextmanager
    def drawn(
        self, warehouse: Warehouse, book: ReceiptBook, first: dt.date | None, last: dt.date | None
    ) -> Iterator[Drawn]:
        """The rows of these days, or of the whole product, copied at once; the copy goes with the block.

        Errors: those of the database, before anything is published.
        """
        span = span_of(self.source, first, last, self.zone)
        since = None if self.kept.daily else self._since(book)
        warehouse.prepare()
        # Rows as they came may be secrets, and a killed process must not leave them on the disk.
        with warehouse.staging(nameless=True) as path:
            source, stamp = self.source.copied(path, span, since)
            if stamp is not None and span is None:
                seen = f"{stamp.rows} {stamp.mark}"
            else:
                seen = told(self.keys, "incoming", sum(self._digests(source.frame).values(), RowDigest()))
            mark = stamp.mark if stamp else None
            before, columns = since.mark if since else None, self.source.columns
            read = InputRead(self.name, first=before, last=mark, fingerprint=_print(seen), columns=columns)
            yield Drawn(replace(source, fingerprint=_print(seen)), read, "merge" if since else "replace")

    def moved(self, book: ReceiptBook, partition: str | None, publication: Publication) -> bool:
        """True if the database holds other rows than those that a publication brought into a partition."""
        receipt = next(one for one in publication.receipts if one.partition == partition and one.state == "published")
        day = dt.date.fromisoformat(partition) if partition else None
        if self.source.watermark is None:
            found = told(self.keys, "incoming", self._now(day).get(day, RowDigest()))
            return receipt.digests.get("incoming") != found
        if day is None:
            stamp = self.source.stamped(None)
            newest = next((own for own in map(self._read, reversed(_landed(book))) if own is not None), None)
            return newest is None or newest.fingerprint != _print(f"{stamp.rows} {stamp.mark}")
        stamp, read = self.source.stamped(self._exactly(day)), self._read(publication)
        return read is None or stamp.rows != receipt.counts["incoming"] or self.source.newer(stamp, read.last)

    def _now(self, day: dt.date | None) -> Digests:
        """The digests of what the database holds now: of this day, or of all rows where it cannot choose a day."""
        asked = day if self.source.day is not None else None
        if asked not in self._known:
            found: Digests = {}
            for batch in self.source.rows(self._exactly(asked)):
                for own, digest in self._digests(batch.lazy()).items():
                    found[own] = found.get(own, RowDigest()) + digest
            self._known[asked] = found
        return self._known[asked]

    def came(self, first: dt.date, last: dt.date) -> bool:
        """True if the database holds rows of these days."""
        span = span_of(self.source, first, last, self.zone)
        rows = self.source.rows(replace(span, dayless=False) if span else None)
        with closing(rows):
            return any(first <= day <= last for batch in rows for day in self._digests(batch.lazy()) if day)

    def _exactly(self, day: dt.date | None) -> Span | None:
        span = span_of(self.source, day, day, self.zone)
        return replace(span, dayless=False) if span else None

    def _digests(self, frame: pl.LazyFrame) -> Digests:
        found: Digests = {}
        day = pl.lit(None, dtype=pl.Date)
        if self.kept.contract.partition is not None:
            made = casts(self.kept.contract, frame.collect_schema(), self.source.reading, self.zone)
            day = made[self.kept.contract.partition].value
        for batch in frame.with_columns(__partition=day).collect_batches(maintain_order=True):
            rows = batch.drop("__partition")
            hashed = batch.select("__partition").with_columns(row_hashes(rows).alias("__hash"))
            for own, part in by_partition(hashed):
                found[own] = found.get(own, RowDigest()) + RowDigest.of(part["__hash"])
        return found

    def _since(self, book: ReceiptBook) -> Since | None:
        """The newest watermark of what stands published; None where everything has to be read.

        A publication that was held brought nothing, so that its rows are read again. Under another contract or binding
        everything is.
        """
        column, mark = self.source.watermark, None
        if column is None:
            return None
        for publication in _landed(book):
            read = self._read(publication)
            if read is not None:
                same = publication.contract == self.kept.contract.digest and publication.code == self.code
                mark = (read.last or mark) if same and (mark or publication.mode != "merge") else None
        return Since(column.name, column.kind, mark) if mark is not None else None

    def _read(self, publication: Publication) -> InputRead | None:
        return next((own for own in publication.inputs if own.name == self.name), None)


def drawing_of(mesh: Mesh, kept: MeshProduct, source: SourceFrame, code: str) -> Drawing:
    """How the rows of a product are drawn from the database that is its source."""
    assert isinstance(source, DatabaseSource)  # noqa: S101 - asked only of a binding to a database
    keys, store = None, mesh.warehouse
    if kept.contract.sealed:
        keys = load_keys(mesh.keys, store.objects.folder, bound=store.bound_keys())
    return Drawing(kept, source, mesh.file.time_zone, code, keys)


def _landed(book: ReceiptBook) -> list[Publication]:
    return [publication for publication in book.all() if publication.landed]


def _print(seen: str) -> str:
    return sha256(seen.encode())
