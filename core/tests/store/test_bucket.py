"""A bucket as a store of objects: real HTTP, and a proxy that misbehaves on demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hansa.errors import MeshError, WorldError
from hansa.store.bucket import Bucket, _before
from hypothesis import given
from hypothesis import strategies as st
from machinery.buckets import give_credentials, refused, settings

CREATE = "create"


@pytest.fixture(autouse=True)
def credentials(bucket, monkeypatch):
    give_credentials(bucket, monkeypatch)


@pytest.fixture
def objects(bucket):
    return Bucket(f"{bucket.uri}/wh", settings(bucket.endpoint))


@pytest.fixture
def through(bucket, faulty):
    """The same objects, seen through the proxy."""
    return Bucket(f"{bucket.uri}/wh", settings(faulty.url))


def test_what_was_created_is_read_back_and_lies_under_the_prefix(objects, bucket):
    assert objects.create("a/b", b"one")
    assert objects.read("a/b") == b"one"
    assert bucket.objects() == {"wh/a/b": b"one"}


def test_an_object_is_created_once(objects):
    objects.create("a", b"one")
    assert not objects.create("a", b"two")
    assert objects.read("a") == b"one"


def test_a_second_put_of_the_same_bytes_is_not_the_first(objects):
    objects.create("a", b"one")
    assert not objects.create("a", b"one")


def test_of_many_writers_at_once_one_creates(objects):
    objects.exists("a")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: objects.create("a", b"%d" % n), range(8)))
    assert [b"%d" % n for n in range(8) if won[n]] == [objects.read("a")]


def test_replacing_needs_nothing_to_be_there(objects):
    objects.replace("a", b"one")
    objects.replace("a", b"two")
    assert objects.read("a") == b"two"


def test_removing_twice_is_as_good_as_once(objects):
    objects.create("a", b"")
    objects.remove("a")
    objects.remove("a")
    assert not objects.exists("a")


def test_an_absent_object_is_a_missing_file(objects):
    with pytest.raises(FileNotFoundError):
        objects.read("a")
    with pytest.raises(FileNotFoundError):
        list(objects.chunks("a"))


def test_pieces_make_the_whole(objects, monkeypatch):
    monkeypatch.setattr("hansa.store.bucket._CHUNK", 3)
    objects.create("a", b"0123456789")
    objects.create("empty", b"")
    assert list(objects.chunks("a")) == [b"012", b"345", b"678", b"9"]
    assert list(objects.chunks("empty")) == []


def test_pieces_of_two_versions_are_not_mixed(objects, monkeypatch):
    monkeypatch.setattr("hansa.store.bucket._CHUNK", 3)
    objects.replace("a", b"0123456789")
    pieces = objects.chunks("a")
    next(pieces)
    objects.replace("a", b"9876543210")
    with pytest.raises(WorldError):
        next(pieces)


def test_the_listing_has_every_object_that_begins_so_and_no_draft(objects):
    for name in ("t/a/v1.json", "t/a/v10.json", "t/a/u", "t/a/version", "t/ab/v1.json", "t/a/deep/v", "t/a/.v3"):
        objects.create(name, b"123")
    assert sorted(entry.name for entry in objects.entries("t/a/v")) == ["t/a/v1.json", "t/a/v10.json", "t/a/version"]
    assert sorted(entry.name for entry in objects.entries("t/a/")) == [
        "t/a/deep/v",
        "t/a/u",
        "t/a/v1.json",
        "t/a/v10.json",
        "t/a/version",
    ]
    assert len(list(objects.entries())) == 6
    assert {entry.size for entry in objects.entries()} == {3}
    assert list(objects.entries("none/")) == []


@given(stem=st.text(min_size=1, max_size=4).filter(lambda text: "/" not in text), rest=st.text(max_size=3))
def test_a_listing_begins_before_every_name_that_it_wants(stem, rest):
    before = _before(stem)
    assert before is None or before.encode("utf-8", "surrogatepass") < (stem + rest).encode("utf-8", "surrogatepass")


def test_a_long_listing_comes_in_several_pages(objects):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: objects.replace(f"m/{n}", b""), range(1100)))
    assert len(list(objects.entries("m/"))) == 1100


def test_folders_are_what_lies_directly_below(objects):
    for name in ("b/x/1", "b/y", "a/z/2", ".hidden/1", "file"):
        objects.create(name, b"")
    assert objects.folders() == ["a", "b"]
    assert objects.folders("b/") == ["x"]
    assert objects.folders("none/") == []


def test_markers_of_folders_that_other_tools_leave_do_no_harm(objects, bucket):
    client = bucket.client()
    for name in ("wh/", "wh/a/", "wh/a/b"):
        client.put_object(Bucket=bucket.name, Key=name, Body=b"")
    assert "a/b" in [entry.name for entry in objects.entries()]
    assert objects.folders() == ["a"]


def test_objects_below_a_prefix_have_their_own_names(objects):
    below = objects.at("t/a")
    below.create("x", b"1")
    assert objects.read("t/a/x") == b"1"
    assert [entry.name for entry in below.entries()] == ["x"]
    assert below.location("x") == f"{objects.uri}/t/a/x"
    assert objects.at("").uri == objects.uri


def test_a_warehouse_can_be_the_bucket_itself(bucket):
    whole = Bucket(bucket.uri, settings(bucket.endpoint))
    whole.create("t/a", b"1")
    assert (whole.uri, whole.location("t/a"), whole.folders()) == (bucket.uri, f"{bucket.uri}/t/a", ["t"])
    assert [entry.name for entry in whole.entries("t/")] == ["t/a"]


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "a//b", "", ".", "..", "a/./b", "a\nb", "a\x00"])
def test_a_name_that_leaves_the_prefix_is_refused(objects, bucket, name):
    with pytest.raises(ValueError, match="leaves its folder"):
        objects.create(name, b"")
    assert bucket.objects() == {}


@pytest.mark.parametrize(
    "name", ["a b", "a+b=c&d", "ä/日本", "e\u0301", "a%20b", "a#b?c", "day=2026-03-01/x", "-", "a:b~c"]
)
def test_odd_names_come_back_as_they_were(objects, bucket, name):
    objects.create(name, b"1")
    assert [entry.name for entry in objects.entries()] == [name]
    assert list(bucket.objects()) == [f"wh/{name}"]
    assert objects.read(name) == b"1"
    objects.remove(name)
    assert bucket.objects() == {}


@pytest.mark.parametrize(
    "uri", ["s3://", "s3://b", "s3:///x", "s3://Bucket/x", "s3://bucket/a//b", "s3://bucket/a?b", "x"]
)
def test_an_address_that_is_none_is_refused(uri):
    assert refused(lambda: Bucket(uri, settings("http://localhost:1")), MeshError).code == "warehouse.name"
