"""A warehouse: one folder or bucket with tables, their catalog, receipts and artefacts."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from hansa.errors import WorldError
from hansa.secrets.keyset import BOUND, bound_to
from hansa.store import files
from hansa.store.artefacts import ArtefactStore
from hansa.store.objects import LONGEST_RUN, Folder, Objects
from hansa.store.reach import cannot_make, refuse_strange, unwritable

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.io import FileIO
    from pyiceberg.table import Table

    from hansa.store.settings import CatalogSettings, StoreSettings

# PyIceberg plans the scans; Polars would otherwise warn that a plugin of its own is not installed.
os.environ.setdefault("POLARS_ICEBERG_PLANNER", "pyiceberg")


#: Folders that a product has from its first publication on, in the order in which they come, should it die meanwhile.
_SIGNS = frozenset({"claims", "data", "receipts"})


def table_name(product: str, major: int) -> str:
    """The table of a product: its own name, and for every later major one that no product can have."""
    return product if major <= 1 else f"{product}-v{major}"


def named_by(table: str) -> tuple[str, int]:
    """The product and major version that a table is of: ``risk.scores-v2`` is version 2 of ``risk.scores``."""
    name, _, major = table.rpartition("-v")
    return (name, int(major)) if name and major.isdecimal() else (table, 1)


def refuse_forgotten(warehouse: Warehouse, product: str) -> NoReturn:
    """Refuse to go on where receipts speak of a table that is not there any more."""
    raise WorldError(
        "warehouse.catalog",
        f"receipts of {product} lie here, and the catalog that they speak of is gone",
        where=warehouse.place,
        state="nothing was changed",
        next_step="restore the warehouse from its backup, or name another one",
    )


class Warehouse:
    """The tables under one place. It is made when the first publication is prepared; reading makes nothing."""

    def __init__(
        self, place: Path | str, store: StoreSettings | None = None, catalog: CatalogSettings | None = None
    ) -> None:
        self._store, self._catalog = store, catalog
        self.objects: Objects = _objects(place, store)
        self.artefacts = ArtefactStore(self.objects.at("artefacts"))

    @property
    def root(self) -> Path:
        """The folder of a warehouse that lies in one."""
        folder = self.objects.folder
        assert folder is not None  # noqa: S101 - asked of folders only
        return folder

    @property
    def place(self) -> str:
        """Where the warehouse lies, as its user wrote it: a folder or an address."""
        folder = self.objects.folder
        return str(folder) if folder else self.objects.uri

    @property
    def exists(self) -> bool:
        """True if something was ever published here, or tried."""
        return next(self._tables(), None) is not None

    @property
    def longest_run(self) -> dt.timedelta:
        """How long a publication can take; what is younger is never taken for left over."""
        return self._store.longest_run if self._store else LONGEST_RUN

    def table(self, product: str, major: int = 1) -> Objects:
        """The objects of a product's table: data, metadata, receipts and quarantine."""
        domain, name = product.split(".", 1)
        return self.objects.at(f"{domain}/{table_name(name, major)}")

    def products(self) -> list[tuple[str, Objects]]:
        """Every table as ``domain.table`` with its objects, sorted; those that never got to a first publication too."""
        return list(self._tables())

    def _tables(self) -> Iterator[tuple[str, Objects]]:
        """See ``products``; each is looked for when it is asked for."""
        for domain in self.objects.folders():
            for name in self.objects.folders(f"{domain}/"):
                if _SIGNS & set(self.objects.folders(f"{domain}/{name}/")):
                    yield f"{domain}.{name}", self.objects.at(f"{domain}/{name}")

    def prepare(self) -> None:
        """Make the place and prove that it can be written; refuse in one sentence if not."""
        folder = self.objects.folder
        if folder is not None:
            _prepare_folder(folder)
        elif self._catalog is None or self._catalog.type == "warehouse":
            # Without this one guarantee of the store acknowledged publications would vanish.
            self.objects.prove_conditional_puts()

    @contextmanager
    def staging(self, nameless: bool = False) -> Iterator[Path]:
        """A file on this machine for rows as they came; it goes with the block. What killed processes left goes too.

        A ``nameless`` one is unlinked before anything is written to it and reached through the process alone (Linux),
        so that not even a killed process leaves its rows on the disk.
        """
        root = (self.objects.folder or Path(tempfile.gettempdir()) / f"hansa-{os.getuid()}") / ".staging"
        for left in root.glob("*.alive"):
            if files.abandoned(left):
                shutil.rmtree(left.with_suffix(""), ignore_errors=True)
                left.unlink(missing_ok=True)
        folder = root / uuid4().hex
        with files.claim(folder.with_suffix(".alive")):
            folder.mkdir(mode=0o700)
            path = folder / "rows.parquet"
            try:
                if nameless and Path("/proc/self/fd").is_dir():
                    with path.open("xb") as file:
                        path.unlink()
                        yield Path(f"/proc/self/fd/{file.fileno()}")
                else:
                    yield path
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def bound_keys(self) -> str | None:
        """The fingerprint of the token key that this warehouse was filled with; None before the first use of keys."""
        try:
            return bound_to(self.objects.read(BOUND).decode("ascii", "replace"))
        except FileNotFoundError:
            return None

    def bind_keys(self, fingerprint: str) -> None:
        """Remember the token key's fingerprint at the first use, and refuse other keys ever after."""
        if self.objects.create(BOUND, fingerprint.encode()):
            return
        bound = self.bound_keys()
        if bound != fingerprint:
            raise WorldError(
                "keys.other",
                f"this warehouse was filled with token key {bound}, these are those of {fingerprint}: "
                "their tokens would not join",
                where=self.place,
                state="nothing was changed",
                next_step="use the keys of the first publication, or another warehouse",
            )

    @cached_property
    def catalog(self) -> Catalog:
        """The PyIceberg catalog of this warehouse: its own, unless the settings name another."""
        from hansa.store.catalog import catalog_for
        from hansa.store.settings import CatalogSettings, StoreSettings

        return catalog_for(self.objects, self._catalog or CatalogSettings(), self._store or StoreSettings())

    def iceberg(self, product: str, major: int = 1) -> Table | None:
        """The Iceberg table of a product, or None if nothing was published.

        Errors: WorldError if receipts speak of a table that this catalog does not know, and if the table lies
        elsewhere: a copy of a warehouse would read and change the original.
        """
        objects = self.table(product, major)
        table = self._loaded(product, major)
        if table is None and any(entry.name.endswith(".landed") for entry in objects.entries("receipts/")):
            # Another first publication may have landed between the two looks.
            table = self._loaded(product, major) or refuse_forgotten(self, product)
        if table is None:
            return None
        if table.location().rstrip("/") != objects.uri:
            raise WorldError(
                "warehouse.moved",
                f"the table was made at {table.location()}, and this warehouse is a copy or was moved",
                where=self.place,
                state="nothing was changed",
                next_step="move it back to where it was made, or publish into a new warehouse",
            )
        return table

    def _loaded(self, product: str, major: int) -> Table | None:
        """The table as the catalog knows it."""
        from pyiceberg.exceptions import NoSuchTableError

        domain, name = product.split(".", 1)
        try:
            return self.catalog.load_table((domain, table_name(name, major)))
        except NoSuchTableError:
            return None

    @cached_property
    def file_io(self) -> FileIO:
        """PyIceberg's way to the files of this warehouse, before a table says its own."""
        from pyiceberg.io import load_file_io

        return load_file_io(dict(self.objects.properties), self.objects.uri)


def _objects(place: Path | str, store: StoreSettings | None) -> Objects:
    if isinstance(place, str) and place.startswith("s3://"):
        from hansa.store.bucket import Bucket

        return Bucket(place, store)
    return Folder(Path(place))


def _prepare_folder(root: Path) -> None:
    probe = root / f".probe-{os.getpid()}-{uuid4().hex[:8]}"
    refuse_strange(root, state="nothing was changed")
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        why = cannot_make(root) or str(error.strerror)
        raise unwritable(root, why, "nothing was changed", error.errno) from None
