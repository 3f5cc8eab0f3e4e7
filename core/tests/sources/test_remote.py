"""A source in a bucket is fetched whole, once for each version of it, and read like a file of this machine."""

import pytest
from hansa.errors import DataError, MeshError, WorldError
from hansa.sources import remote
from machinery.buckets import give_credentials, settings


@pytest.fixture
def store(bucket, monkeypatch):
    give_credentials(bucket, monkeypatch)
    return settings(bucket.endpoint)


def put(bucket, key, content):
    bucket.client().put_object(Bucket=bucket.name, Key=key, Body=content)


@pytest.mark.parametrize("key", ["rows.csv", "in/2026 03/täglich +1%20.csv", "no-ending"])
def test_an_object_is_a_file_with_the_ending_of_its_name(bucket, store, key):
    put(bucket, key, b"id\nA\n")
    path, _ = remote.fetched(f"{bucket.uri}/{key}", "sources.a.rows.uri", store)
    assert path.read_bytes() == b"id\nA\n"
    assert path.suffix == (".csv" if "." in key else "")
    assert path.stat().st_mode & 0o077 == 0 or path.parent.parent.stat().st_mode & 0o077 == 0


def test_what_did_not_change_is_not_fetched_again(bucket, store):
    put(bucket, "rows.csv", b"id\nA\n")
    first = remote.fetched(f"{bucket.uri}/rows.csv", "", store)
    first[0].write_bytes(b"marked")
    assert remote.fetched(f"{bucket.uri}/rows.csv", "", store) == first
    assert first[0].read_bytes() == b"marked"


def test_a_new_version_is_fetched_and_the_old_one_let_go(bucket, store):
    put(bucket, "rows.csv", b"id\nA\n")
    old, seen = remote.fetched(f"{bucket.uri}/rows.csv", "", store)
    put(bucket, "rows.csv", b"id\nB\n")
    new, now = remote.fetched(f"{bucket.uri}/rows.csv", "", store)
    assert (new.read_bytes(), old.exists(), seen == now) == (b"id\nB\n", False, False)
    assert remote.current(f"{bucket.uri}/rows.csv", "", store) == now


def test_an_object_of_several_pieces_comes_whole(bucket, store):
    content = bytes(range(256)) * 70_000
    put(bucket, "large.parquet", content)
    assert remote.fetched(f"{bucket.uri}/large.parquet", "", store)[0].read_bytes() == content


def test_an_object_that_is_replaced_while_it_is_fetched_is_never_half_of_each(bucket, store, monkeypatch):
    from hansa.store.bucket import Bucket

    put(bucket, "rows.csv", b"id\nA\n")
    chunks, replaced = Bucket.chunks, []

    def overtaken(self, name):
        yield from chunks(self, name)
        if not replaced:
            replaced.append(put(bucket, "rows.csv", b"id\nBB\n"))

    monkeypatch.setattr(Bucket, "chunks", overtaken)
    path, seen = remote.fetched(f"{bucket.uri}/rows.csv", "", store)
    assert path.read_bytes() == b"id\nBB\n"
    assert seen == remote.current(f"{bucket.uri}/rows.csv", "", store)


def test_what_is_not_there_is_the_deliverys_fault(bucket, store):
    with pytest.raises(DataError) as caught:
        remote.fetched(f"{bucket.uri}/no.csv", "", store)
    assert caught.value.code == "source.missing"


def test_a_bucket_that_is_not_there_is_the_worlds(store):
    with pytest.raises(WorldError) as caught:
        remote.fetched("s3://no-such-bucket-here/rows.csv", "", store)
    assert caught.value.code == "store.no-bucket"


@pytest.mark.parametrize("uri", ["s3://lake", "s3://lake/", "s3:///rows.csv", "s3://LAKE/a.csv", "s3://lake/a//b.csv"])
def test_what_is_no_address_of_an_object_is_the_meshs(uri, store):
    with pytest.raises(MeshError) as caught:
        remote.fetched(uri, "sources.a.rows.uri", store)
    assert (caught.value.code, caught.value.where) == ("source.uri", "sources.a.rows.uri")
