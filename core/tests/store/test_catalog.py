"""The warehouse as its own catalog: the same laws in a folder and in a bucket."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hansa.errors import HansaError, MeshError, WorldError
from hansa.store.bucket import Bucket
from hansa.store.catalog import COMMIT_PROPERTY, WarehouseCatalog, catalog_for
from hansa.store.objects import Folder
from hansa.store.settings import CatalogSettings, StoreSettings
from machinery.faults import Answer, LoseAnswer
from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

NAME = ("shop", "orders")
METADATA = "shop/orders/metadata"
SCHEMA = Schema(NestedField(1, "id", LongType()), NestedField(2, "who", StringType()))
RETRIES = {"commit.retry.num-retries": "60", "commit.retry.min-wait-ms": "5", "commit.retry.max-wait-ms": "100"}


@pytest.fixture(autouse=True)
def credentials(object_store, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["folder", "bucket"])
def objects(request, tmp_path):
    if request.param == "folder":
        return Folder(tmp_path / "wäre haus")
    bucket = request.getfixturevalue("bucket")
    return Bucket(f"{bucket.uri}/wäre haus", StoreSettings.of(endpoint=bucket.endpoint))


@pytest.fixture
def catalog(objects):
    return WarehouseCatalog(objects)


@pytest.fixture
def table(catalog):
    return catalog.create_table(NAME, SCHEMA, properties=RETRIES)


def rows(*ids):
    return pa.table({"id": pa.array(ids, pa.int64()), "who": [f"w{each}" for each in ids]})


def ids(catalog, name=NAME):
    return sorted(catalog.load_table(name).scan().to_arrow()["id"].to_pylist())


def hint(objects):
    return objects.read(f"{METADATA}/version-hint.text")


def numbers(catalog):
    return [number for number, _ in catalog.metadata_versions(NAME)]


class Between:
    """Objects that do something of the test's own before or after the creation of an object whose name ends so."""

    def __init__(self, objects, ending, before=None, after=None):
        self._objects, self._ending, self._before, self._after = objects, ending, before, after

    def __getattr__(self, name):
        return getattr(self._objects, name)

    def at(self, prefix):
        below = Between(self._objects.at(prefix), self._ending)
        below._acts = self._acts
        return below

    @property
    def _acts(self):
        return self

    @_acts.setter
    def _acts(self, acts):
        self.__dict__["_owner"] = acts

    def create(self, name, content):
        owner = self.__dict__.get("_owner", self)
        act, owner._before = (owner._before, None) if name.endswith(owner._ending) else (None, owner._before)
        if act:
            act()
        made = self._objects.create(name, content)
        act, owner._after = (owner._after, None) if name.endswith(owner._ending) else (None, owner._after)
        if act:
            act()
        return made


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
    late = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=lambda: catalog.load_table(NAME).append(rows(1)))
    )
    late.load_table(NAME).append(rows(2))
    assert ids(catalog) == [1, 2]
    assert numbers(catalog) == [1, 2, 3]


def test_each_version_differs_even_where_two_writers_say_the_same(catalog, table):
    table.append(rows(1))
    stamps = {table.properties[COMMIT_PROPERTY], catalog.load_table(NAME).properties[COMMIT_PROPERTY]}
    table.append(rows(2))
    assert len(stamps | {table.properties[COMMIT_PROPERTY]}) == 2


# The slow writer


def _ten_commits_and_a_clean_up(objects, catalog, upto):
    def act():
        other = catalog.load_table(NAME)
        for number in range(100, 110):
            other.append(rows(number))
        for number in range(1, upto + 1):
            objects.remove(f"{METADATA}/v{number}.metadata.json")

    return act


@pytest.mark.parametrize("log", ["100", "1"], ids=["whole log", "short log"])
@pytest.mark.parametrize("upto", [2, 5, 11])
def test_a_slow_writer_whose_name_became_free_again_is_never_acknowledged_on_it(objects, catalog, upto, log):
    properties = RETRIES | {"write.metadata.previous-versions-max": log, "commit.retry.num-retries": "3"}
    catalog.create_table(NAME, SCHEMA, properties=properties)
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=_ten_commits_and_a_clean_up(objects, catalog, upto))
    )
    slow.load_table(NAME).append(rows(1))
    assert ids(catalog) == [1, *range(100, 110)]
    assert numbers(catalog) == [*range(upto + 1, 12), 12] if upto < 11 else [12]
    assert hint(objects) == b"12"


def test_a_slow_change_of_properties_whose_name_became_free_again_fails_and_leaves_no_version(objects, catalog, table):
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=_ten_commits_and_a_clean_up(objects, catalog, 5))
    )
    with pytest.raises(CommitFailedException), slow.load_table(NAME).transaction() as transaction:
        transaction.set_properties(a="b")
    assert numbers(catalog) == list(range(6, 12))
    assert "a" not in catalog.load_table(NAME).properties


def test_where_nothing_tells_what_became_of_a_commit_it_is_not_called_a_failure(objects, catalog):
    catalog.create_table(NAME, SCHEMA, properties=RETRIES | {"write.metadata.previous-versions-max": "1"})
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=_ten_commits_and_a_clean_up(objects, catalog, 5))
    )
    with pytest.raises(CommitStateUnknownException), slow.load_table(NAME).transaction() as transaction:
        transaction.set_properties(a="b")


def test_a_commit_on_which_others_have_built_is_acknowledged(objects, catalog, table):
    def act():
        other = catalog.load_table(NAME)
        for number in range(2, 6):
            other.append(rows(number))

    slow = WarehouseCatalog(Between(objects, "v2.metadata.json", after=act))
    slow.load_table(NAME).append(rows(1))
    assert ids(catalog) == [1, 2, 3, 4, 5]
    assert numbers(catalog) == [1, 2, 3, 4, 5, 6]
    assert hint(objects) == b"6"


def test_a_change_of_properties_on_which_others_have_built_is_acknowledged(objects, catalog, table):
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", after=lambda: catalog.load_table(NAME).append(rows(1)))
    )
    with slow.load_table(NAME).transaction() as transaction:
        transaction.set_properties(a="b")
    assert catalog.load_table(NAME).properties["a"] == "b"


def test_a_first_creator_whose_name_became_free_again_makes_no_second_table(objects, catalog):
    def act():
        catalog.create_table(NAME, SCHEMA, properties=RETRIES)
        _ten_commits_and_a_clean_up(objects, catalog, 5)()

    slow = WarehouseCatalog(Between(objects, "v1.metadata.json", before=act))
    with pytest.raises(TableAlreadyExistsError):
        slow.create_table(NAME, SCHEMA)
    assert numbers(catalog) == list(range(6, 12))


# The hint


def test_a_crash_between_version_and_hint_is_healed_on_open(objects, catalog, table):
    table.append(rows(1))
    objects.replace(f"{METADATA}/version-hint.text", b"1")
    assert ids(catalog) == [1]
    assert hint(objects) == b"2"


@pytest.mark.parametrize("text", [None, b"", b"1\n", b"x", b"\xff", b"02"])
def test_a_hint_that_is_missing_or_garbled_hides_nothing_and_is_healed(objects, catalog, table, text):
    table.append(rows(1))
    objects.remove(f"{METADATA}/version-hint.text")
    if text is not None:
        objects.replace(f"{METADATA}/version-hint.text", text)
    assert ids(catalog) == [1]
    assert hint(objects) == b"2"


def test_a_hint_never_goes_down(objects, catalog, table):
    seen = []

    class Watched(Between):
        def at(self, prefix):
            return Watched(self._objects.at(prefix), self._ending)

        def replace(self, name, content):
            seen.append(int(content))
            self._objects.replace(name, content)

    watched = WarehouseCatalog(Watched(objects, "none"))

    def append(number):
        watched.load_table(NAME).append(rows(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(12)))
    assert hint(objects) == b"13"
    if objects.folder is not None:
        assert seen == sorted(seen)


def test_a_hint_that_cannot_be_written_fails_no_commit(objects, catalog, table):
    class NoHint(Between):
        def at(self, prefix):
            return NoHint(self._objects.at(prefix), self._ending)

        def replace(self, name, content):
            raise WorldError("store.unreachable", "away")

    WarehouseCatalog(NoHint(objects, "none")).load_table(NAME).append(rows(1))
    assert hint(objects) == b"1"
    assert ids(catalog) == [1]
    assert hint(objects) == b"2"


def test_a_version_that_was_acknowledged_and_is_gone_is_said_not_hidden(objects, catalog, table):
    table.append(rows(1))
    objects.remove(f"{METADATA}/v2.metadata.json")
    for act in (lambda: catalog.load_table(NAME), lambda: table.append(rows(2)), lambda: catalog.table_exists(NAME)):
        with pytest.raises(WorldError, match="version 2 of this table's metadata is gone, the newest is 1") as caught:
            act()
        assert caught.value.code == "table.version-lost"
    assert numbers(catalog) == [1]


def test_a_newer_version_that_another_engine_wrote_is_said_not_hidden(objects, catalog, table):
    objects.create(f"{METADATA}/v2.gz.metadata.json", b"")
    with pytest.raises(WorldError, match="another engine wrote version 2"):
        catalog.load_table(NAME)


def test_metadata_that_are_none_are_one_sentence(objects, catalog, table):
    objects.replace(f"{METADATA}/v1.metadata.json", b"{")
    with pytest.raises(WorldError, match="no metadata of an Iceberg table"):
        catalog.load_table(NAME)


# What is refused


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


# Folders as namespaces


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


# Leaving, and coming back


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


# Processes


def _append(objects, start, failed):
    table = WarehouseCatalog(objects).load_table(NAME)
    for number in range(start, start + 10):
        try:
            table.append(rows(number))
        except CommitFailedException:
            failed.put(number)


def test_of_four_processes_with_ten_appends_each_none_is_lost(objects, catalog, table):
    spawn = multiprocessing.get_context("spawn")
    failed = spawn.Queue()
    anew = objects if objects.folder else _Remade(objects.uri, objects.settings)
    running = [spawn.Process(target=_in_process, args=(anew, start, failed)) for start in range(0, 400, 100)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0] * 4
    refused = {failed.get() for _ in range(failed.qsize())}
    wanted = [start + number for start in range(0, 400, 100) for number in range(10) if start + number not in refused]
    assert ids(catalog) == wanted
    assert len(wanted) >= 36
    assert hint(objects) == str(numbers(catalog)[-1]).encode()
    assert len(numbers(catalog)) == len(wanted) + 1


class _Remade(tuple):
    """A bucket's address and settings, which another process can take."""

    def __new__(cls, *parts):
        return super().__new__(cls, (parts,))


def _in_process(objects, start, failed):
    _append(Bucket(*objects[0]) if isinstance(objects, tuple) else objects, start, failed)


# A bucket through a network that fails


@pytest.fixture
def far(bucket, faulty):
    """The catalog of a bucket behind the proxy, and one that goes directly."""
    near = Bucket(f"{bucket.uri}/wh", StoreSettings.of(endpoint=bucket.endpoint))
    WarehouseCatalog(near).create_table(NAME, SCHEMA, properties=RETRIES)
    quick = StoreSettings.of(endpoint=faulty.url, retries=3)
    return WarehouseCatalog(Bucket(f"{bucket.uri}/wh", quick)), WarehouseCatalog(near)


@pytest.mark.parametrize(
    "fault", [LoseAnswer(), Answer(500, done=True), Answer(503), Answer(409)], ids=lambda fault: type(fault).__name__
)
def test_a_commit_whose_answer_is_lost_lands_once(far, faulty, fault):
    through, near = far
    table = through.load_table(NAME)
    faulty.when("PUT", r"v2\.metadata\.json", fault)
    table.append(rows(1))
    assert ids(near) == [1]
    assert numbers(near) == [1, 2]


def test_a_gateway_that_repeats_our_put_and_reports_the_refusal_does_not_fail_the_commit(far, faulty):
    through, near = far
    table = through.load_table(NAME)
    faulty.when("PUT", r"v2\.metadata\.json", Answer(412, done=True))
    table.append(rows(1))
    assert ids(near) == [1]


def test_a_store_that_goes_away_in_the_middle_leaves_the_outcome_unknown_not_failed(far, faulty):
    through, near = far
    table = through.load_table(NAME)
    faulty.when("PUT", r"v2\.metadata\.json", LoseAnswer(), times=None)
    faulty.when("GET", r"v2\.metadata\.json", Answer(503), times=None)
    with pytest.raises(WorldError) as caught:
        table.append(rows(1))
    assert caught.value.code == "store.unreachable"
    assert ids(near) == [1]


def test_a_hint_lost_on_the_way_is_healed_by_the_next_look(far, faulty):
    through, near = far
    table = through.load_table(NAME)
    faulty.when("PUT", "version-hint", Answer(503), times=None)
    table.append(rows(1))
    faulty.mend()
    assert ids(near) == [1]
    assert near._objects.read(f"{METADATA}/version-hint.text") == b"2"


# Readers that may not write


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


# Other catalogs


def test_the_warehouses_own_catalog_is_the_default(objects):
    assert isinstance(catalog_for(objects, CatalogSettings.of(), StoreSettings.of()), WarehouseCatalog)


def test_a_database_that_does_not_answer_is_one_sentence_without_the_password(objects):
    settings = CatalogSettings.of(type="sql", uri="postgresql://user:s3cret@127.0.0.1:1/db")
    with pytest.raises(WorldError, match="the catalog cannot be opened") as caught:
        catalog_for(objects, settings, StoreSettings.of())
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "postgresql://127.0.0.1:1/db" in str(caught.value)
    assert caught.value.__context__ is None


def test_a_service_that_does_not_answer_is_one_sentence(objects):
    settings = CatalogSettings.of(type="rest", uri="http://user:s3cret@127.0.0.1:1/x")
    with pytest.raises(WorldError, match=r"rest http://127\.0\.0\.1:1/x: the catalog cannot be opened") as caught:
        catalog_for(objects, settings, StoreSettings.of())
    assert "s3cret" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_named(objects, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    settings = CatalogSettings.of(type="sql", uri="postgresql://user@127.0.0.1:1/db")
    with pytest.raises(MeshError, match=r"install hansa\[postgres\]"):
        catalog_for(objects, settings, StoreSettings.of())
