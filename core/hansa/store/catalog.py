"""The warehouse as its own catalog: Iceberg's layout of a file system, committed by create-if-absent.

No service and no database: the store of objects itself decides who was first. Other engines read these tables as they
read a file-system table of Iceberg; only Hansa writes them. What is promised: an acknowledged commit is in the chain of
every later one, and a commit that is reported as failed is in none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from pyiceberg.catalog import Catalog, MetastoreCatalog, PropertiesUpdateSummary
from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationError,
)
from pyiceberg.io import FileIO, load_file_io
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties
from pyiceberg.utils.properties import property_as_bool

from hansa.errors import WorldError
from hansa.store.objects import Entry, Objects
from hansa.store.settings import CatalogSettings, StoreSettings
from hansa.store.versions import Versions

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema
    from pyiceberg.table.update import TableRequirement, TableUpdate
    from pyiceberg.view import View

#: A table's property that makes every version's bytes unlike any other's, so that a writer knows its own again.
COMMIT_PROPERTY = "hansa.commit"
_NAME = "hansa"


def catalog_for(objects: Objects, settings: CatalogSettings, store: StoreSettings) -> Catalog:
    """The catalog that ``settings`` name, for the tables of the warehouse ``objects``."""
    if settings.type == "warehouse":
        return WarehouseCatalog(objects)
    from hansa.store.services import glue_catalog, rest_catalog, sql_catalog

    given = {**objects.properties, "warehouse": objects.uri}
    if settings.type == "sql":
        return sql_catalog(_NAME, settings, given)
    if settings.type == "glue":
        return glue_catalog(_NAME, settings, {"glue.region": store.region} | given)
    return rest_catalog(_NAME, settings, given)


class WarehouseCatalog(MetastoreCatalog):
    """Tables ``<namespace>/<table>`` under ``objects``; a namespace is a folder, which is there when a table is."""

    def __init__(self, objects: Objects, name: str = _NAME) -> None:
        super().__init__(name, **objects.properties, warehouse=objects.uri)
        self._objects = objects

    # Tables

    def create_table(
        self,
        identifier: str | Identifier,
        schema: Schema | pa.Schema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Properties = EMPTY_DICT,
    ) -> Table:
        """Create a table without a snapshot; TableAlreadyExistsError if there is one. See also the transaction."""
        staged = self._create_staged_table(identifier, schema, location, partition_spec, sort_order, properties)
        return self._begin(identifier, staged.metadata, 0)

    def register_table(self, identifier: str | Identifier, metadata_location: str, overwrite: bool = False) -> Table:
        """Take over a table that another catalog has led, whose files lie where ours would.

        With ``overwrite`` it may be one that was ours before: its metadata become the next version.
        """
        versions = self._versions(identifier)
        number = versions.head()
        if number and not overwrite:
            raise TableAlreadyExistsError(f"Table {_dotted(identifier)} already exists")
        with self._load_file_io(location=metadata_location).new_input(metadata_location).open() as stream:
            metadata = _parsed(stream.read(), metadata_location)
        if number and self._metadata(versions, number).table_uuid != metadata.table_uuid:
            raise TableAlreadyExistsError(f"Table {_dotted(identifier)} already exists, and is another one")
        return self._begin(identifier, metadata, number)

    def load_table(self, identifier: str | Identifier) -> Table:
        """The newest version; NoSuchTableError if there is none."""
        loaded = self._loaded(identifier)
        if loaded is None:
            raise NoSuchTableError(f"Table does not exist: {_dotted(identifier)}")
        return loaded[1]

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Make the next version of ``table``, or the first one of a staged table.

        CommitFailedException: it is in no chain, and can be tried again on the newest version.
        Any other error: whether it landed is not known.
        """
        identifier = table.name()
        loaded = self._loaded(identifier)
        number, current = loaded or (0, None)
        if current is not None and not isinstance(table, StagedTable) and not _same_version(table, current):
            raise CommitFailedException(f"Table {_dotted(identifier)} has a newer version: v{number}")
        staged = self._update_and_stage_table(current, identifier, requirements, updates)
        if current is not None and staged.metadata == current.metadata:
            return CommitTableResponse(metadata=current.metadata, metadata_location=current.metadata_location)
        versions, base = self._versions(identifier), current.metadata if current else None
        metadata = self._commit(versions, identifier, number + 1, staged.metadata, base)
        return CommitTableResponse(metadata=metadata, metadata_location=versions.location(number + 1))

    def metadata_versions(self, identifier: str | Identifier) -> list[tuple[int, Entry]]:
        """Every version that is there with its object, ascending."""
        return list(self._versions(identifier).entries().items())

    def table_exists(self, identifier: str | Identifier) -> bool:
        """True if a version is there."""
        return self._versions(identifier).head() > 0

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        """Every table of a namespace, sorted."""
        folder = self.identifier_to_database(namespace)
        names = self._objects.folders(f"{folder}/")
        return [(folder, name) for name in names if self._versions((folder, name)).entries()]

    # The chain of versions

    def _begin(self, identifier: str | Identifier, metadata: TableMetadata, number: int) -> Table:
        versions = self._versions(identifier)
        if number == 0 and versions.head():
            raise TableAlreadyExistsError(f"Table {_dotted(identifier)} already exists")
        try:
            self._commit(versions, identifier, number + 1, metadata, None)
        except CommitFailedException:
            raise TableAlreadyExistsError(f"Table {_dotted(identifier)} already exists") from None
        return self.load_table(identifier)

    def _commit(
        self,
        versions: Versions,
        identifier: str | Identifier,
        number: int,
        metadata: TableMetadata,
        base: TableMetadata | None,
    ) -> TableMetadata:
        """Create version ``number``, look whether it is in the chain, then let the hint follow."""
        self._refuse(identifier, metadata)
        stamp = metadata.properties | {COMMIT_PROPERTY: uuid4().hex}
        metadata = metadata.model_copy(update={"properties": stamp})
        if not versions.create(number, metadata.model_dump_json(exclude_none=True).encode()):
            raise CommitFailedException(f"Another writer made version v{number} of {_dotted(identifier)}")
        self._look_again(versions, identifier, number, metadata, base)
        versions.point()
        return metadata

    def _look_again(
        self,
        versions: Versions,
        identifier: str | Identifier,
        number: int,
        metadata: TableMetadata,
        base: TableMetadata | None,
    ) -> None:
        """Refuse a version that closed a gap behind the newest one.

        A writer that was stopped between its look and its put can find the name free again, because what others had
        made under it was cleaned away meanwhile. Nobody reads its version, so it must not be acknowledged.
        """
        there, _ = versions.chain()
        later = [other for other in there if other > number]
        if not later and number in there:
            return
        follows = None
        if later:
            following = self._metadata(versions, later[0])
            follows = _follows(following, later[0] == number + 1, versions.location(number), metadata, base)
        if follows is None:
            raise CommitStateUnknownException(f"Version v{number} of {_dotted(identifier)} cannot be found again")
        if not follows:
            versions.remove(number)
            raise CommitFailedException(f"Table {_dotted(identifier)} had newer versions: v{later[-1]}")

    def _loaded(self, identifier: str | Identifier) -> tuple[int, Table] | None:
        versions = self._versions(identifier)
        number = versions.head()
        if not number:
            return None
        metadata, location = self._metadata(versions, number), versions.location(number)
        name = self.identifier_to_database_and_table(identifier)
        return number, Table(name, metadata, location, self._load_file_io(location=location), self)

    def _metadata(self, versions: Versions, number: int) -> TableMetadata:
        return _parsed(versions.read(number), versions.location(number))

    def _versions(self, identifier: str | Identifier) -> Versions:
        namespace, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        return Versions(self._objects, f"{namespace}/{name}")

    def _refuse(self, identifier: str | Identifier, metadata: TableMetadata) -> None:
        """Refuse what would lead the next writer, or another engine, away from this chain."""
        own = self._get_default_warehouse_location(*self.identifier_to_database_and_table(identifier))
        if metadata.location != own:
            _refused(identifier, f"its location is {metadata.location}, and this catalog keeps it at {own}")
        properties = metadata.properties
        if properties.get("write.metadata.compression-codec", "none").lower() != "none":
            _refused(identifier, "write.metadata.compression-codec is set, and engines find plain metadata only")
        if properties.get("write.metadata.path", f"{own}/metadata").rstrip("/") != f"{own}/metadata":
            _refused(identifier, "write.metadata.path is set, and the metadata are the catalog")
        if property_as_bool(properties, "write.metadata.delete-after-commit.enabled", False):
            _refused(identifier, "write.metadata.delete-after-commit.enabled is set, and would lose commits")

    def _load_file_io(self, properties: Properties = EMPTY_DICT, location: str | None = None) -> FileIO:
        """A table's own properties do not say which endpoint our credentials go to."""
        return self._files

    @cached_property
    def _files(self) -> FileIO:
        """One for all tables: it holds connections."""
        if self._objects.folder is not None:
            return load_file_io(dict(self._objects.properties), self._objects.uri)
        from hansa.store.manifest_io import ManifestIO

        return ManifestIO(self._objects)

    def _get_default_warehouse_location(self, database_name: str, table_name: str) -> str:
        return self._objects.location(f"{database_name}/{table_name}")

    @staticmethod
    def _delete_old_metadata(io: FileIO, base: TableMetadata, metadata: TableMetadata) -> None:
        """A commit never removes a version: a slow writer may stand on it."""

    # Namespaces

    def list_namespaces(self, namespace: str | Identifier = ()) -> list[Identifier]:
        """Every folder that has a table in it, sorted."""
        return [] if namespace else [(name,) for name in self._objects.folders() if self.list_tables(name)]

    def create_namespace(self, namespace: str | Identifier, properties: Properties = EMPTY_DICT) -> None:
        """A folder comes with its first table."""
        self.identifier_to_database(namespace)

    def drop_namespace(self, namespace: str | Identifier) -> None:
        """A folder goes with its last table."""

    def load_namespace_properties(self, namespace: str | Identifier) -> Properties:
        """A folder has none."""
        self.identifier_to_database(namespace)
        return {}

    def update_namespace_properties(
        self, namespace: str | Identifier, removals: set[str] | None = None, updates: Properties = EMPTY_DICT
    ) -> PropertiesUpdateSummary:
        """Not possible: a folder has no properties."""
        raise NotImplementedError("a namespace of a warehouse has no properties")

    # What a chain of files cannot do in one step

    def drop_table(self, identifier: str | Identifier) -> None:
        """Refused: it cannot be done in one step, and a writer could go on meanwhile."""
        _refused(identifier, "a table of a warehouse is removed with its folder, by hand, while nobody writes it")

    def rename_table(self, from_identifier: str | Identifier, to_identifier: str | Identifier) -> Table:
        """Refused: the addresses of a table's files hold its name."""
        _refused(from_identifier, "a table of a warehouse cannot be renamed")

    def list_views(self, namespace: str | Identifier) -> list[Identifier]:
        """There are none."""
        return []

    def view_exists(self, identifier: str | Identifier) -> bool:
        """There is none."""
        return False

    def load_view(self, identifier: str | Identifier) -> View:
        """Not possible: a warehouse has no views."""
        raise NotImplementedError("a warehouse has no views")

    def register_view(self, identifier: str | Identifier, metadata_location: str) -> View:
        """Not possible: a warehouse has no views."""
        raise NotImplementedError("a warehouse has no views")

    def drop_view(self, identifier: str | Identifier) -> None:
        """Not possible: a warehouse has no views."""
        raise NotImplementedError("a warehouse has no views")


def _follows(
    following: TableMetadata,
    next_to: bool,
    location: str,
    metadata: TableMetadata,
    base: TableMetadata | None,
) -> bool | None:
    """True if ``following`` was built on ``metadata`` at ``location``; False if on another; None if it does not tell.

    The name in its log is no proof: what others had made under the same name was called the same.
    """
    if following.table_uuid != metadata.table_uuid:
        return False
    before = {snapshot.snapshot_id for snapshot in base.snapshots} if base else set()
    added = [snapshot for snapshot in metadata.snapshots if snapshot.snapshot_id not in before]
    kept = {snapshot.snapshot_id: snapshot.sequence_number for snapshot in following.snapshots}
    for snapshot in added:
        if snapshot.snapshot_id in kept:
            return True
        if snapshot.sequence_number and snapshot.sequence_number in kept.values():
            # One chain gives each number once.
            return False
    for entry in following.metadata_log:
        if entry.metadata_file == location:
            return entry.timestamp_ms == metadata.last_updated_ms
    return False if next_to else None


def _same_version(table: Table, current: Table) -> bool:
    stamps = [each.metadata.properties.get(COMMIT_PROPERTY) for each in (table, current)]
    return table.metadata_location == current.metadata_location and stamps[0] == stamps[1]


def _parsed(content: bytes, location: str) -> TableMetadata:
    try:
        return TableMetadataUtil.parse_raw(content.decode())
    except (ValueError, ValidationError):
        raise WorldError(
            "table.metadata",
            "this is no metadata of an Iceberg table",
            where=location,
            state="nothing was changed",
            next_step="restore it from a backup",
        ) from None


def _refused(identifier: str | Identifier, reason: str) -> NoReturn:
    raise WorldError("table.refused", reason, where=_dotted(identifier), state="nothing was changed")


def _dotted(identifier: str | Identifier) -> str:
    return identifier if isinstance(identifier, str) else ".".join(identifier)
