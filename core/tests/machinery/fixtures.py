"""Fixtures for tests of every room; the root ``conftest.py`` hands them out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from machinery.faulty import FaultyStore
from machinery.object_store import Bucket, ObjectStore
from machinery.postgres import PostgreSQL


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """A real S3 server, one for each worker of a test run."""
    with ObjectStore() as store:
        yield store


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A real PostgreSQL, one for each worker of a test run; ask it for a schema of the test's own."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture
def bucket(object_store: ObjectStore) -> Bucket:
    """An empty bucket of the test's own."""
    return object_store.bucket()


@pytest.fixture
def faulty(object_store: ObjectStore) -> Iterator[FaultyStore]:
    """A proxy before the server: ``bucket.at(faulty.url)`` is the bucket seen through it."""
    with FaultyStore(object_store.url) as store:
        yield store
