"""A bucket as a store of objects: real HTTP, and a proxy that misbehaves on demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hansa.errors import MeshError, WorldError
from hansa.store.bucket import Bucket, _before
from hypothesis import given
from hypothesis import strategies as st
from machinery.buckets import refused, settings

pytestmark = pytest.mark.usefixtures("only_bucket_keys")


def test_what_was_created_is_read_back_and_lies_under_the_prefix(direct, bucket):
    assert direct.create("a/b", b"one")
    assert direct.read("a/b") == b"one"
    assert bucket.objects() == {"wh/a/b": b"one"}


def test_an_object_is_created_once(direct):
    direct.create("a", b"one")
    assert not direct.create("a", b"two")
    assert direct.read("a") == b"one"


def test_a_second_put_of_the_same_bytes_is_not_the_first(direct):
    direct.create("a", b"one")
    assert not direct.create("a", b"one")


def test_of_many_writers_at_once_one_creates(direct):
    direct.exists("a")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: direct.create("a", b"%d" % n), range(8)))
    assert [b"%d" % n for n in range(8) if won[n]] == [direct.read("a")]


def test_replacing_needs_nothing_to_be_there(direct):
    direct.replace("a", b"one")
    direct.replace("a", b"two")
    assert direct.read("a") == b"two"


def test_removing_twice_is_as_good_as_once(direct):
    direct.create("a", b"")
    direct.remove("a")
    direct.remove("a")
    assert not direct.exists("a")


def test_an_absent_object_is_a_missing_file(direct):
    with pytest.raises(FileNotFoundError):
        direct.read("a")
    with pytest.raises(FileNotFoundError):
        list(direct.chunks("a"))


def test_pieces_make_the_whole(direct, monkeypatch):
    monkeypatch.setattr("hansa.store.bucket._CHUNK", 3)
    direct.create("a", b"0123456789")
    direct.create("empty", b"")
    assert list(direct.chunks("a")) == [b"012", b"345", b"678", b"9"]
    assert list(direct.chunks("empty")) == []


def test_pieces_of_two_versions_are_not_mixed(direct, monkeypatch):
    monkeypatch.setattr("hansa.store.bucket._CHUNK", 3)
    direct.replace("a", b"0123456789")
    pieces = direct.chunks("a")
    next(pieces)
    direct.replace("a", b"9876543210")
    with pytest.raises(WorldError):
        next(pieces)


def test_the_listing_has_every_object_that_begins_so_and_no_draft(direct):
    for name in ("t/a/v1.json", "t/a/v10.json", "t/a/u", "t/a/version", "t/ab/v1.json", "t/a/deep/v", "t/a/.v3"):
        direct.create(name, b"123")
    assert sorted(entry.name for entry in direct.entries("t/a/v")) == ["t/a/v1.json", "t/a/v10.json", "t/a/version"]
    assert sorted(entry.name for entry in direct.entries("t/a/")) == [
        "t/a/deep/v",
        "t/a/u",
        "t/a/v1.json",
        "t/a/v10.json",
        "t/a/version",
    ]
    assert len(list(direct.entries())) == 6
    assert {entry.size for entry in direct.entries()} == {3}
    assert list(direct.entries("none/")) == []


@given(stem=st.text(min_size=1, max_size=4).filter(lambda text: "/" not in text), rest=st.text(max_size=3))
def test_a_listing_begins_before_every_name_that_it_wants(stem, rest):
    before = _before(stem)
    assert before is None or before.encode("utf-8", "surrogatepass") < (stem + rest).encode("utf-8", "surrogatepass")


def test_a_long_listing_comes_in_several_pages(direct):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: direct.replace(f"m/{n}", b""), range(1100)))
    assert len(list(direct.entries("m/"))) == 1100


def test_folders_are_what_lies_directly_below(direct):
    for name in ("b/x/1", "b/y", "a/z/2", ".hidden/1", "file"):
        direct.create(name, b"")
    assert direct.folders() == ["a", "b"]
    assert direct.folders("b/") == ["x"]
    assert direct.folders("none/") == []


def test_markers_of_folders_that_other_tools_leave_do_no_harm(direct, bucket):
    client = bucket.client()
    for name in ("wh/", "wh/a/", "wh/a/b"):
        client.put_object(Bucket=bucket.name, Key=name, Body=b"")
    assert "a/b" in [entry.name for entry in direct.entries()]
    assert direct.folders() == ["a"]


def test_objects_below_a_prefix_have_their_own_names(direct):
    below = direct.at("t/a")
    below.create("x", b"1")
    assert direct.read("t/a/x") == b"1"
    assert [entry.name for entry in below.entries()] == ["x"]
    assert below.location("x") == f"{direct.uri}/t/a/x"
    assert direct.at("").uri == direct.uri


def test_a_warehouse_can_be_the_bucket_itself(bucket):
    whole = Bucket(bucket.uri, settings(bucket.endpoint))
    whole.create("t/a", b"1")
    assert (whole.uri, whole.location("t/a"), whole.folders()) == (bucket.uri, f"{bucket.uri}/t/a", ["t"])
    assert [entry.name for entry in whole.entries("t/")] == ["t/a"]


@pytest.mark.parametrize("name", ["../a", "a/../b", "/a", "a//b", "", ".", "..", "a/./b", "a\nb", "a\x00"])
def test_a_name_that_leaves_the_prefix_is_refused(direct, bucket, name):
    with pytest.raises(ValueError, match="leaves its folder"):
        direct.create(name, b"")
    assert bucket.objects() == {}


@pytest.mark.parametrize(
    "name", ["a b", "a+b=c&d", "ä/日本", "e\u0301", "a%20b", "a#b?c", "day=2026-03-01/x", "-", "a:b~c"]
)
def test_odd_names_come_back_as_they_were(direct, bucket, name):
    direct.create(name, b"1")
    assert [entry.name for entry in direct.entries()] == [name]
    assert list(bucket.objects()) == [f"wh/{name}"]
    assert direct.read(name) == b"1"
    direct.remove(name)
    assert bucket.objects() == {}


@pytest.mark.parametrize(
    "uri", ["s3://", "s3://b", "s3:///x", "s3://Bucket/x", "s3://bucket/a//b", "s3://bucket/a?b", "x"]
)
def test_an_address_that_is_none_is_refused(uri):
    assert refused(lambda: Bucket(uri, settings("http://localhost:1")), MeshError).code == "warehouse.name"
