"""Warehouses for tests of the store, in a folder and in a bucket alike, and what such tests say often.

Use it by ``pytest_plugins = ["store.servers"]``. PYTEST_DONT_REWRITE: the tests import it before pytest does.
"""

from __future__ import annotations

import pyarrow as pa
import pytest
from hansa.store.bucket import Bucket
from hansa.store.catalog import WarehouseCatalog
from hansa.store.objects import Folder
from hansa.store.settings import StoreSettings
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

NAME = ("shop", "orders")
METADATA = "shop/orders/metadata"
SCHEMA = Schema(NestedField(1, "id", LongType()), NestedField(2, "who", StringType()))
RETRIES = {"commit.retry.num-retries": "60", "commit.retry.min-wait-ms": "5", "commit.retry.max-wait-ms": "100"}


@pytest.fixture
def s3_credentials(monkeypatch):
    """Credentials of the S3 server, where every client looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=["folder", "bucket"])
def objects(request, tmp_path, s3_credentials):
    """An empty warehouse, in a folder and in a bucket."""
    if request.param == "folder":
        return Folder(tmp_path / "wäre haus")
    bucket = request.getfixturevalue("bucket")
    return Bucket(f"{bucket.uri}/wäre haus", StoreSettings.of(endpoint=bucket.endpoint))


@pytest.fixture
def catalog(objects):
    """The warehouse's own catalog."""
    return WarehouseCatalog(objects)


@pytest.fixture
def table(catalog):
    """A table without a snapshot."""
    return catalog.create_table(NAME, SCHEMA, properties=RETRIES)


def rows(*ids):
    return pa.table({"id": pa.array(ids, pa.int64()), "who": [f"w{each}" for each in ids]})


def append_five(anew, start, failed):
    """Ten appends by a process of its own, which must be able to import this; refused ones are told to ``failed``."""
    table = WarehouseCatalog(anew()).load_table(NAME)
    for number in range(start, start + 5):
        try:
            table.append(rows(number))
        except CommitFailedException:
            failed.put(number)


def ids(catalog, name=NAME):
    return sorted(catalog.load_table(name).scan().to_arrow()["id"].to_pylist())


def hint(objects):
    return objects.read(f"{METADATA}/version-hint.text")


def numbers(catalog):
    return [number for number, _ in catalog.metadata_versions(NAME)]


class Between:
    """Objects that do something of the test's own, once, before or after the creation of the object ``name``."""

    def __init__(self, objects, name, before=None, after=None):
        self._objects, self._name = objects, name
        self._acts = {"before": before, "after": after}

    def __getattr__(self, name):
        return getattr(self._objects, name)

    def at(self, prefix):
        below = type(self)(self._objects.at(prefix), self._name)
        below._acts = self._acts
        return below

    def create(self, name, content):
        self._act("before", name)
        made = self._objects.create(name, content)
        self._act("after", name)
        return made

    def _act(self, when, name):
        if name == self._name and (act := self._acts.pop(when, None)):
            act()


def ten_commits_and_a_clean_up(objects, catalog, upto):
    """What others do while a writer sleeps: versions up to 11, of which those up to ``upto`` are removed."""

    def act():
        other = catalog.load_table(NAME)
        for number in range(100, 110):
            other.append(rows(number))
        for number in range(1, upto + 1):
            objects.remove(f"{METADATA}/v{number}.metadata.json")

    return act
