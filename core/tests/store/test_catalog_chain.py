"""What can go wrong between two commits: slow writers, crashes, networks, many processes. None is lost."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hansa.errors import WorldError
from hansa.store.bucket import Bucket
from hansa.store.catalog import WarehouseCatalog
from hansa.store.objects import Folder
from hansa.store.settings import StoreSettings
from machinery.faults import Answer, LoseAnswer
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException, TableAlreadyExistsError
from store.servers import (
    METADATA,
    NAME,
    RETRIES,
    SCHEMA,
    Between,
    append_five,
    hint,
    ids,
    numbers,
    rows,
    ten_commits_and_a_clean_up,
)

pytest_plugins = ["store.servers"]


@pytest.mark.parametrize("log", ["100", "1"], ids=["whole log", "short log"])
@pytest.mark.parametrize("upto", [2, 5, 10])
def test_a_slow_writer_whose_name_became_free_again_is_never_acknowledged_on_it(objects, catalog, upto, log):
    properties = RETRIES | {"write.metadata.previous-versions-max": log, "commit.retry.num-retries": "3"}
    catalog.create_table(NAME, SCHEMA, properties=properties)
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=ten_commits_and_a_clean_up(objects, catalog, upto))
    )
    slow.load_table(NAME).append(rows(1))
    assert ids(catalog) == [1, *range(100, 110)]
    assert numbers(catalog) == list(range(upto + 1, 13))
    assert hint(objects) == b"12"


def test_a_slow_writer_is_not_acknowledged_where_even_the_newest_version_was_removed(objects, catalog, table):
    act = ten_commits_and_a_clean_up(objects, catalog, 11)
    slow = WarehouseCatalog(Between(objects, "v2.metadata.json", before=act))
    with pytest.raises(WorldError, match="version 11 of this table's metadata is gone"):
        slow.load_table(NAME).append(rows(1))


def test_a_slow_change_of_properties_whose_name_became_free_again_fails_and_leaves_no_version(objects, catalog, table):
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=ten_commits_and_a_clean_up(objects, catalog, 5))
    )
    with pytest.raises(CommitFailedException), slow.load_table(NAME).transaction() as transaction:
        transaction.set_properties(a="b")
    assert numbers(catalog) == list(range(6, 12))
    assert "a" not in catalog.load_table(NAME).properties


def test_where_nothing_tells_what_became_of_a_commit_it_is_not_called_a_failure(objects, catalog):
    catalog.create_table(NAME, SCHEMA, properties=RETRIES | {"write.metadata.previous-versions-max": "1"})
    slow = WarehouseCatalog(
        Between(objects, "v2.metadata.json", before=ten_commits_and_a_clean_up(objects, catalog, 5))
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
        ten_commits_and_a_clean_up(objects, catalog, 5)()

    slow = WarehouseCatalog(Between(objects, "v1.metadata.json", before=act))
    with pytest.raises(TableAlreadyExistsError):
        slow.create_table(NAME, SCHEMA)
    assert numbers(catalog) == list(range(6, 12))


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
        def replace(self, name, content):
            seen.append(int(content))
            self._objects.replace(name, content)

    watched = WarehouseCatalog(Watched(objects, ""))

    def append(number):
        watched.load_table(NAME).append(rows(number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, range(12)))
    assert hint(objects) == b"13"
    if objects.folder is not None:
        assert seen == sorted(seen)


def test_a_hint_that_cannot_be_written_fails_no_commit(objects, catalog, table):
    class NoHint(Between):
        def replace(self, name, content):
            raise WorldError("store.unreachable", "away")

    WarehouseCatalog(NoHint(objects, "")).load_table(NAME).append(rows(1))
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


def test_of_four_processes_with_five_appends_each_none_is_lost(objects, catalog, table):
    spawn = multiprocessing.get_context("spawn")
    failed = spawn.Queue()
    anew = partial(Folder, objects.folder) if objects.folder else partial(Bucket, objects.uri, objects.settings)
    running = [spawn.Process(target=append_five, args=(anew, start, failed)) for start in range(0, 400, 100)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0] * 4
    refused = {failed.get() for _ in range(failed.qsize())}
    wanted = [start + number for start in range(0, 400, 100) for number in range(5) if start + number not in refused]
    assert ids(catalog) == wanted
    assert len(wanted) >= 18
    assert hint(objects) == str(numbers(catalog)[-1]).encode()
    assert len(numbers(catalog)) == len(wanted) + 1


@pytest.fixture
def far(bucket, faulty, s3_credentials):
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
