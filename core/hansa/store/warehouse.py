"""A warehouse: one folder with tables, their catalog, receipts and artefacts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.errors import WorldError
from hansa.store import files
from hansa.store.artefacts import ArtefactStore

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog

# PyIceberg plans the scans; Polars would otherwise warn that a plugin of its own is not installed.
os.environ.setdefault("POLARS_ICEBERG_PLANNER", "pyiceberg")


#: Tables that PyIceberg makes in a new catalog; a race for each of them can be lost once.
_CATALOG_TABLES = 3


def table_name(product: str, major: int) -> str:
    """The table of a product: its own name, and for every later major one that no product can have."""
    return product if major <= 1 else f"{product}-v{major}"


def named_by(table: str) -> tuple[str, int]:
    """The product and major version that a table is of: ``risk.scores-v2`` is version 2 of ``risk.scores``."""
    name, _, major = table.rpartition("-v")
    return (name, int(major)) if name and major.isdecimal() else (table, 1)


class Warehouse:
    """The folder ``root``. It is made when the first publication is prepared; reading makes nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.artefacts = ArtefactStore(self.root / "artefacts")

    @property
    def exists(self) -> bool:
        """True if something was ever published here."""
        return self._catalog_file.exists()

    @property
    def _catalog_file(self) -> Path:
        return self.root / "catalog.db"

    def folder(self, product: str, major: int) -> Path:
        """The folder of a product's table: data, metadata, receipts and quarantine lie in it."""
        domain, name = product.split(".", 1)
        return self.root / domain / table_name(name, major)

    def refuse_without_catalog(self) -> None:
        """Refuse a warehouse whose receipts speak of tables that no catalog knows any more."""
        if not self.exists and self.products():
            raise WorldError(
                "warehouse.catalog",
                "receipts lie here, and the catalog that they speak of is gone",
                where=str(self.root),
                state="nothing was changed",
                next_step="restore the warehouse from its backup, or name another one",
            )

    def prepare(self) -> None:
        """Make the folder and prove that it can be written; refuse in one sentence if not."""
        self.refuse_without_catalog()
        probe = self.root / f".probe-{os.getpid()}-{uuid4().hex[:8]}"
        strange = sorted(set(str(self.root)) & set("?#%*[]{}"))
        if strange:
            raise WorldError(
                "warehouse.name",
                f"a warehouse's path may not hold {' '.join(strange)}: engines read these as part of an address",
                where=str(self.root),
                state="nothing was changed",
                next_step="choose another folder by --warehouse or 'warehouse' in mesh.yaml",
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise WorldError(
                "warehouse.unwritable",
                f"the warehouse cannot be written ({error.strerror})",
                where=str(self.root),
                state="nothing was changed",
                next_step="choose another folder by --warehouse or 'warehouse' in mesh.yaml, or mend its permissions",
            ) from None

    @contextmanager
    def staging(self, nameless: bool = False) -> Iterator[Path]:
        """A file for rows as they came; it goes with the block. What killed processes left goes too.

        A ``nameless`` one is unlinked before anything is written to it and reached through the process alone (Linux),
        so that not even a killed process leaves its rows on the disk.
        """
        root = self.root / ".staging"
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

    def bind_keys(self, fingerprint: str) -> None:
        """Remember the keys' fingerprint at the first use, and refuse other keys ever after."""
        path = self.root / ".keys-fingerprint"
        if not files.create(path, fingerprint.encode()) and path.read_text("ascii") != fingerprint:
            raise WorldError(
                "keys.other",
                "this warehouse was filled with other keys, so its tokens would not join",
                where=str(self.root),
                state="nothing was changed",
                next_step="use the keys of the first publication, or another warehouse",
            )

    @cached_property
    def catalog(self) -> SqlCatalog:
        """The PyIceberg catalog of this warehouse: SQLite in the folder itself."""
        from pyiceberg.catalog.sql import SqlCatalog
        from sqlalchemy.exc import OperationalError

        settings = {"uri": f"sqlite:///{self._catalog_file}?timeout=60", "warehouse": f"file://{self.root}"}
        for _ in range(_CATALOG_TABLES):
            try:
                return SqlCatalog("hansa", **settings, init_catalog_tables="true")
            except OperationalError:
                # Another process made one of the tables between our look and our making it: it is there now.
                continue
        return SqlCatalog("hansa", **settings, init_catalog_tables="true")

    def products(self) -> list[tuple[str, Path]]:
        """Every table as ``domain.table`` with its folder, sorted; those of a killed first publication are included."""
        found = sorted(self.root.glob("*/*/receipts"))
        return [(f"{path.parent.parent.name}.{path.parent.name}", path.parent) for path in found]
