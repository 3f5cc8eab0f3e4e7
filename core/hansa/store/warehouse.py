"""A warehouse: one folder with tables, their catalog, receipts and artefacts."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import WorldError
from hansa.store import files
from hansa.store.artefacts import ArtefactStore

if TYPE_CHECKING:
    from pyiceberg.catalog.sql import SqlCatalog

# PyIceberg plans the scans; Polars would otherwise warn that a plugin of its own is not installed.
os.environ.setdefault("POLARS_ICEBERG_PLANNER", "pyiceberg")


def table_name(product: str, major: int) -> str:
    """The table of a product: its own name, and a name of its own for every major after the first."""
    return product if major <= 1 else f"{product}_v{major}"


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

    def prepare(self) -> None:
        """Make the folder and prove that it can be written; refuse in one sentence if not."""
        probe = self.root / f".probe-{os.getpid()}"
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

    def staging(self, run: str) -> Path:
        """A folder for what a run writes before its commit; it goes with the run."""
        return self.root / ".staging" / run

    def bind_keys(self, fingerprint: str) -> None:
        """Remember the keys' fingerprint at the first use, and refuse other keys ever after."""
        path = self.root / ".keys"
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

        return SqlCatalog(
            "hansa", uri=f"sqlite:///{self._catalog_file}?timeout=60", warehouse=self.root.as_uri(), init_catalog_tables="true"
        )

    def products(self) -> list[tuple[str, Path]]:
        """Every table as ``domain.table`` with its folder, sorted; those of a killed first publication are included."""
        found = sorted(self.root.glob("*/*/receipts"))
        return [(f"{path.parent.parent.name}.{path.parent.name}", path.parent) for path in found]
