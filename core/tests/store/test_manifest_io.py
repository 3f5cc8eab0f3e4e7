"""Manifests of tables in a bucket are fetched once; whatever else PyIceberg asks for, it asks the store."""

from __future__ import annotations

import copy
from uuid import uuid4

import pytest
from hansa.store import manifest_io
from hansa.store.manifest_io import ManifestIO
from pyiceberg.io.pyarrow import PyArrowFileIO

pytestmark = pytest.mark.usefixtures("only_bucket_keys")


@pytest.fixture
def files(direct):
    return ManifestIO(direct)


def manifest(direct, content: bytes = b"rows") -> str:
    """A manifest in the bucket; where it lies."""
    name = f"trial/ledger/metadata/{uuid4()}-m0.avro"
    direct.create(name, content)
    return direct.location(name)


def read(files, location: str) -> bytes:
    with files.new_input(location).open() as stream:
        return stream.read()


def test_a_manifest_that_was_read_is_not_asked_for_again(direct, files):
    location = manifest(direct)
    assert read(files, location) == b"rows"
    direct.remove(location.removeprefix(f"{direct.uri}/"))
    assert (read(files, location), len(files.new_input(location))) == (b"rows", 4)


def test_a_manifest_list_is_a_manifest(direct, files):
    name = f"trial/ledger/metadata/snap-2006019673921965512-0-{uuid4()}.avro"
    direct.create(name, b"list")
    assert read(files, direct.location(name)) == b"list"
    direct.remove(name)
    assert read(files, direct.location(name)) == b"list"


def test_an_absent_manifest_is_a_missing_file_and_is_found_when_it_comes(direct, files):
    name = f"trial/ledger/metadata/{uuid4()}-m0.avro"
    assert not files.new_input(direct.location(name)).exists()
    with pytest.raises(FileNotFoundError):
        files.new_input(direct.location(name)).open()
    direct.create(name, b"rows")
    assert read(files, direct.location(name)) == b"rows"


@pytest.mark.parametrize("name", ["trial/ledger/data/rows.parquet", "trial/ledger/metadata/manifest.avro"])
def test_a_file_whose_name_may_come_again_is_read_anew(direct, files, name):
    direct.replace(name, b"one")
    assert read(files, direct.location(name)) == b"one"
    direct.replace(name, b"two")
    assert read(files, direct.location(name)) == b"two"


def test_what_was_not_used_for_longest_goes_first(direct, files, monkeypatch):
    monkeypatch.setattr(manifest_io, "LIMIT", 10)
    first, second, third = (manifest(direct) for _ in range(3))
    for location in (first, second, first, third):
        read(files, location)
    for location in (first, second, third):
        direct.remove(location.removeprefix(f"{direct.uri}/"))
    assert [files.new_input(location).exists() for location in (first, second, third)] == [True, False, True]


def test_a_copy_in_another_process_is_the_usual_access(direct, files):
    location = manifest(direct)
    other = copy.deepcopy(files)
    assert (type(other), read(other, location)) == (PyArrowFileIO, b"rows")
