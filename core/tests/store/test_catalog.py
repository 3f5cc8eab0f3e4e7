"""The warehouse as its own catalog: the same laws in a folder and in a bucket."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hansa.errors import HansaError, WorldError
from hansa.store.catalog import COMMIT_PROPERTY, WarehouseCatalog, catalog_for
from hansa.store.objects import Folder
from hansa.store.settings import CatalogSettings, StoreSettings
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.types import StringType
from store.servers import METADATA, NAME, SCHEMA, Between, hint, ids, numbers, rows

pytest_plugins = ["store.servers"]


def test_a_table_has_the_layout_that_other_engines_read(catalog, objects, table):
    table.append(rows(1))
    names = sorted(entry.name for entry in objects.entries(f"{METADATA}/v"))
    assert names == [f"{METADATA}/{name}" for name in ("v1.metadata.json", "v2.metadata.json", "version-hint.text")]
    assert hint(objects) == b"2"
    assert table.metadata_location == objects.location(f"{METADATA}/v2.metadata.json")
    assert table.metadata.format_version == 2
    assert ids(catalog) == [1]


def test_the_head_is_the_largest_number_not_the_last_name(catalog, table):
    for number in range(10):
        table.append(rows(number))
    assert catalog.load_table(NAME).metadata_location.endswith("/v11.metadata.json")
    assert numbers(catalog) == list(range(1, 12))


def test_an_absent_table_is_absent_and_looking_makes_nothing(catalog, objects):
    assert not catalog.table_exists(NAME)
    with pytest.raises(NoSuchTableError):
        catalog.load_table(NAME)
    assert list(objects.entries()) == []
    assert objects.folder is None or not objects.folder.exists()


def test_a_table_is_created_once(catalog, table):
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table(NAME, SCHEMA)
    assert numbers(catalog) == [1]


def test_of_many_first_creators_one_wins(objects):
    def create(_):
        try:
            return str(WarehouseCatalog(objects).create_table(NAME, SCHEMA).metadata.table_uuid)
        except TableAlreadyExistsError:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [uuid for uuid in pool.map(create, range(4)) if uuid]
    assert made == [str(WarehouseCatalog(objects).load_table(NAME).metadata.table_uuid)]


def test_a_table_can_come_into_being_with_its_first_snapshot(catalog, objects):
    with catalog.create_table_transaction(NAME, SCHEMA) as transaction:
        transaction.append(rows(1, 2))
        assert not catalog.table_exists(NAME)
    assert ids(catalog) == [1, 2]
    assert numbers(catalog) == [1]
    assert hint(objects) == b"1"


def test_the_second_of_two_first_publications_fails_and_leaves_the_first(catalog):
    first, second = (catalog.create_table_transaction(NAME, SCHEMA) for _ in range(2))
    for transaction, number in ((first, 1), (second, 2)):
        transaction.append(rows(number))
    first.commit_transaction()
    with pytest.raises(CommitFailedException):
        second.commit_transaction()
    assert ids(catalog) == [1]


def test_two_writers_of_one_version_both_land_by_the_retry(catalog, table):
    other = catalog.load_table(NAME)
    table.append(rows(1))
    other.append(rows(2))
    assert ids(catalog) == [1, 2]


def test_without_retries_the_second_writer_fails_and_nothing_of_it_is_read(catalog):
    first = catalog.create_table(NAME, SCHEMA, properties={"commit.retry.num-retries": "0"})
    second = catalog.load_table(NAME)
    first.append(rows(1))
    with pytest.raises(CommitFailedException):
        second.append(rows(2))
    assert ids(catalog) == [1]


def test_a_change_of_columns_on_an_older_version_fails(catalog, table):
    other = catalog.load_table(NAME)
    table.append(rows(1))
    with pytest.raises(CommitFailedException), other.update_schema() as update:
        update.add_column("more", StringType())
    assert len(catalog.load_table(NAME).schema().fields) == 2


def test_columns_and_rows_change_in_one_version(catalog, table):
    with table.transaction() as transaction:
        with transaction.update_schema() as update:
            update.add_column("more", StringType())
        transaction.append(rows(1))
    assert numbers(catalog) == [1, 2]
    assert len(catalog.load_table(NAME).schema().fields) == 3


def test_two_writers_that_race_for_one_name_are_told_apart_by_their_bytes(objects, catalog, table):
    def act():
        catalog.load_table(NAME).append(rows(1))

    late = WarehouseCatalog(Between(objects, "v2.metadata.json", before=act))
    late.load_table(NAME).append(rows(2))
    assert ids(catalog) == [1, 2]
    assert numbers(catalog) == [1, 2, 3]


def test_each_version_differs_even_where_two_writers_say_the_same(catalog, table):
    table.append(rows(1))
    stamps = {table.properties[COMMIT_PROPERTY], catalog.load_table(NAME).properties[COMMIT_PROPERTY]}
    table.append(rows(2))
    assert len(stamps | {table.properties[COMMIT_PROPERTY]}) == 2


@pytest.mark.parametrize(
    "property_",
    [
        {"write.metadata.compression-codec": "gzip"},
        {"write.metadata.path": "file:///elsewhere"},
        {"write.metadata.delete-after-commit.enabled": "true"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_properties_that_would_break_the_chain_are_refused(catalog, objects, property_):
    with pytest.raises(WorldError) as caught:
        catalog.create_table(NAME, SCHEMA, properties=property_)
    assert caught.value.code == "table.refused"
    table = catalog.create_table(NAME, SCHEMA, properties={"write.metadata.compression-codec": "none"})
    with pytest.raises(WorldError), table.transaction() as transaction:
        transaction.set_properties(**property_)
    assert numbers(catalog) == [1]


def test_a_table_elsewhere_is_refused(catalog, objects):
    with pytest.raises(WorldError, match="its location is"):
        catalog.create_table(NAME, SCHEMA, location=objects.location("shop/other"))
    assert catalog.create_table(NAME, SCHEMA, location=objects.location("shop/orders"))


def test_a_table_is_neither_dropped_nor_renamed(catalog, table):
    for act in (
        lambda: catalog.drop_table(NAME),
        lambda: catalog.purge_table(NAME),
        lambda: catalog.rename_table(NAME, ("shop", "other")),
    ):
        with pytest.raises(WorldError):
            act()
    assert catalog.table_exists(NAME)


def test_a_name_that_leads_out_of_the_warehouse_is_refused(catalog):
    for name in (("..", "orders"), ("shop", "../../orders")):
        with pytest.raises((ValueError, HansaError)):
            catalog.create_table(name, SCHEMA)


def test_a_tables_own_properties_do_not_say_where_credentials_go(catalog):
    table = catalog.create_table(NAME, SCHEMA, properties={"s3.endpoint": "http://elsewhere.invalid"})
    assert table.io.properties.get("s3.endpoint") != "http://elsewhere.invalid"
    assert catalog.load_table(NAME).io.properties.get("s3.endpoint") != "http://elsewhere.invalid"


def test_namespaces_and_tables_are_the_folders_that_hold_versions(catalog, objects, table):
    objects.create("artefacts/ab/abc", b"")
    objects.create("shop/half/receipts/1.json", b"")
    catalog.create_namespace_if_not_exists("shop")
    catalog.create_table(("bank", "a"), SCHEMA)
    assert catalog.list_namespaces() == [("bank",), ("shop",)]
    assert catalog.list_tables("shop") == [NAME]
    assert catalog.list_tables("none") == []
    assert catalog.list_views("shop") == []
    assert not catalog.view_exists(NAME)


def test_a_table_leaves_for_a_sql_catalog_and_comes_back(catalog, objects, table, tmp_path):
    table.append(rows(1))
    settings = CatalogSettings.of(type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
    other = catalog_for(objects, settings, StoreSettings.of())
    other.create_namespace("shop")
    moved = other.register_table(NAME, catalog.load_table(NAME).metadata_location)
    moved.append(rows(2))
    assert ids(other) == [1, 2]
    assert ids(catalog) == [1]
    with pytest.raises(TableAlreadyExistsError):
        catalog.register_table(NAME, other.load_table(NAME).metadata_location)
    catalog.register_table(NAME, other.load_table(NAME).metadata_location, overwrite=True)
    catalog.load_table(NAME).append(rows(3))
    assert ids(catalog) == [1, 2, 3]
    assert numbers(catalog) == [1, 2, 3, 4]


def test_another_table_is_not_taken_over_under_a_name_that_is_in_use(catalog, objects, table, tmp_path):
    settings = CatalogSettings.of(type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
    other = catalog_for(objects, settings, StoreSettings.of())
    other.create_namespace("shop")
    foreign = other.create_table(NAME, SCHEMA, location=objects.location("shop/orders"))
    with pytest.raises(TableAlreadyExistsError, match="another one"):
        catalog.register_table(NAME, foreign.metadata_location, overwrite=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_reader_that_may_not_write_reads(tmp_path):
    objects = Folder(tmp_path / "wh")
    catalog = WarehouseCatalog(objects)
    catalog.create_table(NAME, SCHEMA).append(rows(1))
    objects.replace(f"{METADATA}/version-hint.text", b"1")
    folder = tmp_path / "wh" / METADATA
    folder.chmod(0o500)
    try:
        assert ids(catalog) == [1]
    finally:
        folder.chmod(0o700)
