"""What stands published in a mesh, read from the receipts, and whether it still follows from its inputs."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.cast import casts
from hansa.digest import canonical, sha256
from hansa.errors import HansaError
from hansa.mesh import Finding
from hansa.mesh.shadow import live_name
from hansa.quarantine.account import Entry
from hansa.receipt import InputRead, Publication, Receipt, ReceiptBook, book_of
from hansa.sources import open_source
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct
    from hansa.sources import SourceFrame

Current = dict[str | None, tuple[Receipt, Publication]]


class Standing:
    """The receipts of a mesh's products, read once; ``forget`` a product after publishing it."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._books: dict[str, ReceiptBook] = {}
        self._current: dict[str, Current] = {}
        self._wholes: dict[str, dict[str | None, Publication]] = {}
        self._held: dict[str, set[str | None]] = {}
        self._codes: dict[str, str] = {}
        self._sources: dict[str, SourceFrame] = {}
        self._extents: dict[str, tuple[dt.date, dt.date] | None] = {}

    @cached_property
    def warehouse(self) -> Warehouse:
        """The mesh's warehouse."""
        return self._mesh.warehouse

    def current(self, product: str) -> Current:
        """For each partition the receipt of what readers see, with its publication."""
        if product not in self._current:
            current = self._book(product).current() if self.warehouse.exists else {}
            if current:
                # Receipts of a table that no catalog knows any more would make a plan of things that are not there.
                self.warehouse.iceberg(product, self._mesh.products[product].contract.major)
            self._current[product] = current
        return self._current[product]

    def _book(self, product: str) -> ReceiptBook:
        if product not in self._books:
            major = self._mesh.products[product].contract.major
            self._books[product] = book_of(self.warehouse, product, major)
        return self._books[product]

    def forget(self, product: str) -> None:
        """Read the product's receipts anew when they are next asked for."""
        self._current.pop(product, None)
        self._wholes.pop(product, None)
        self._held.pop(product, None)

    def days(self, product: str) -> set[dt.date]:
        """The days of a daily product that are published."""
        return {dt.date.fromisoformat(day) for day in self.current(product) if day is not None}

    def source(self, product: str) -> SourceFrame:
        """The bound source of a source-aligned product, opened once."""
        if product not in self._sources:
            kept = self._mesh.products[product]
            assert kept.binding is not None  # noqa: S101 - the mesh leaves out a source product without binding
            base = self._mesh.path.resolve().parent
            # A fault names the entry of the mesh file, which a module in shadow has none of.
            contract = replace(kept.contract, id=live_name(product))
            self._sources[product] = open_source(
                kept.binding, contract, base, self._mesh.registry.readers, self._mesh.file.store
            )
        return self._sources[product]

    def extent(self, product: str) -> tuple[dt.date, dt.date] | None:
        """First and last business day that the source of a daily product holds; None if it holds none."""
        if product not in self._extents:
            kept, source = self._mesh.products[product], self.source(product)
            day = partition_expression(kept, source, self._mesh.file.time_zone)
            found = source.frame.select(first=day.min(), last=day.max()).collect(engine="streaming").row(0)
            self._extents[product] = None if found[0] is None else (found[0], found[1])
        return self._extents[product]

    def code(self, product: str) -> str:
        """Digest of what decides a product's rows beside its inputs.

        That is its package's files or its binding, its settings, and the mesh's zone and seed.
        """
        if product not in self._codes:
            run = {"zone": self._mesh.file.time_zone, "seed": self._mesh.file.seed}
            self._codes[product] = _code(self._mesh.products[product], run)
        return self._codes[product]

    def right(self, product: str, day: dt.date | None) -> bool:
        """True if the partition is published under this contract and code, and its inputs are still what it read.

        What a replay or a delivery added to it later was added on purpose and is none of its product's doing: the
        publication that brought the partition whole decides. One whose newest whole attempt was held is not right,
        although the rows before it go on serving.
        """
        partition = str(day) if day else None
        if partition not in self.current(product) or partition in self._held_last(product):
            return False
        publication = self._whole(product)[partition]
        kept = self._mesh.products[product]
        if (publication.contract, publication.code) != (kept.contract.digest, self.code(product)):
            return False
        return all(self._unmoved(product, given) for given in publication.inputs)

    def _whole(self, product: str) -> dict[str | None, Publication]:
        """For each partition the publication that brought it whole last."""
        if product not in self._wholes:
            layers = self._book(product).layers()
            self._wholes[product] = {partition: own[0][1] for partition, own in layers.items()}
        return self._wholes[product]

    def _held_last(self, product: str) -> set[str | None]:
        """Partitions whose newest attempt to bring them whole was held."""
        if product not in self._held:
            held: dict[str | None, bool] = {}
            for publication in self._book(product).all():
                decided = [r for r in publication.receipts if r.state != "prepared"]
                held |= {r.partition: r.state == "held" for r in decided if not Entry(publication, r).adds}
            self._held[product] = {partition for partition, is_held in held.items() if is_held}
        return self._held[product]

    def _unmoved(self, product: str, given: InputRead) -> bool:
        if given.fingerprint is not None:
            return given.fingerprint == self.source(product).fingerprint
        if given.name not in self._mesh.products:
            return False
        for partition, (_, publication) in self.current(given.name).items():
            inside = partition is None or given.first is None or given.first <= partition <= (given.last or partition)
            if inside and publication.landed and publication.landed.sequence > (given.sequence or 0):
                return False
        return True


def source_findings(mesh: Mesh) -> list[Finding]:
    """What is wrong with the bound sources of a mesh: each is opened, and its mapping held against its contract."""
    standing, found = Standing(mesh), []
    for id, kept in mesh.products.items():
        if kept.binding is not None:
            try:
                standing.source(id)
            except HansaError as error:
                what = f"{error.where}: {error.what}" if error.where else error.what
                found.append(Finding("error", what, error.next_step, module=kept.module, product=id))
    return found


def _code(kept: MeshProduct, run: Mapping[str, Any]) -> str:
    settings = canonical({"settings": dict(kept.settings), **run})
    if kept.binding is not None:
        return sha256(settings + kept.binding.model_dump_json().encode())
    assert kept.product.function is not None  # noqa: S101 - what has no function has a binding
    return sha256(settings + _package_digest(kept.product.function.__module__.split(".")[0]).encode())


_packages: dict[str, str] = {}


def _package_digest(package: str) -> str:
    """Digest of the Python and data files of a package, by name and content."""
    if package not in _packages:
        made = hashlib.sha256()
        spec = importlib.util.find_spec(package)
        roots = list(spec.submodule_search_locations or []) if spec else []
        files = [path for root in roots for path in Path(root).rglob("*") if path.suffix in {".py", ".yaml", ".json"}]
        if spec and spec.origin and not roots:
            files = [Path(spec.origin)]
        for path in sorted(files):
            made.update(f"{path.name}\x00".encode())
            made.update(path.read_bytes())
        _packages[package] = made.hexdigest()
    return _packages[package]


def partition_expression(kept: MeshProduct, source: SourceFrame, zone: str) -> pl.Expr:
    """The business day of each row of a source, as an expression over the rows as they came."""
    made = casts(kept.contract, source.frame.collect_schema(), source.reading, zone)
    return made[kept.contract.partition or ""].value
