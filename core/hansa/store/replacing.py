"""The snapshot of a publication: files out, files in, and manifests merged before they grow many.

PyIceberg merges manifests when it appends, but not when it overwrites; a product that is published day by day would
get a manifest more each day, and every reader and publisher opens all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _ManifestMergeManager, _OverwriteFiles

if TYPE_CHECKING:
    from pyiceberg.io import FileIO
    from pyiceberg.table.update import TableUpdate

#: So many manifests become one.
MANIFESTS = 100
_MANIFEST_SIZE = 8 << 20


class Upon(Transaction):
    """A transaction upon one look at a table, which knows its metadata until it changes them.

    PyIceberg's own copies them, all snapshots included, each time that they are asked for: for each manifest of a
    commit, in a table that keeps hundreds of snapshots.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._known: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's metadata with what was staged; nobody may change them in place."""
        base, updates, known = self._table.metadata, self._updates, self._known
        if known is None or known[0] is not base or known[1] is not updates:
            self._known = known = base, updates, super().table_metadata
        return known[2]


class _Replacing(_OverwriteFiles):
    def _build_manifest_evaluator(self, spec_id: int) -> Callable[[ManifestFile], bool]:
        """A judge of manifests for threads: PyIceberg's own keeps the manifest under way in itself, and they share it.

        Of many manifests one was then judged by the days of another, and its files were not found.
        """
        return lambda manifest: super(_Replacing, self)._build_manifest_evaluator(spec_id)(manifest)

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        return _ManifestMergeManager(_MANIFEST_SIZE, MANIFESTS, True, self).merge_manifests(manifests)


def replacing(transaction: Transaction, first: bool, io: FileIO, properties: Mapping[str, str]) -> _OverwriteFiles:
    """A snapshot to be made upon the head of ``transaction``: a context that takes files to delete and to append."""
    return _Replacing(
        operation=Operation.APPEND if first else Operation.OVERWRITE,
        transaction=transaction,
        io=io,
        snapshot_properties=dict(properties),
    )
