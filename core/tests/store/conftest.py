"""A warehouse with one daily product, published by the gate; a bucket seen directly and through a proxy with faults."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.gate import publish
from hansa.run import Run
from hansa.store.bucket import Bucket
from hansa.store.warehouse import Warehouse
from machinery.buckets import give_credentials, settings

COLUMNS = (
    Column("id", "string", 1, required=True, key_position=1),
    Column("day", "date", 1, partitioned=True),
    Column("cents", "number", 1, precision=18, scale=2),
    Column("at", "timestamp", 1),
)


@pytest.fixture
def only_bucket_keys(bucket, monkeypatch):
    """The keys of the bucket in the environment, and nothing else of it."""
    give_credentials(bucket, monkeypatch)


@pytest.fixture
def direct(bucket):
    """The objects of a bucket, with nothing before it."""
    return Bucket(f"{bucket.uri}/wh", settings(bucket.endpoint))


@pytest.fixture
def through(bucket, faulty):
    """The same objects, seen through the proxy."""
    return Bucket(f"{bucket.uri}/wh", settings(faulty.url))


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "wh")


@pytest.fixture
def daily():
    return Contract("t.a", "1.0.0", COLUMNS, Path("a.odcs.yaml"), "d1")


@pytest.fixture
def send(warehouse, daily):
    """Publish rows of one amount a day: ``send("2026-03-01=1.50", ...)``."""

    def sent(*days, contract=daily, target=warehouse):
        rows = [(f"id-{day}", *day.split("="), "2026-03-01T02:00:00Z") for day in days]
        frame = pl.DataFrame(rows, schema=["id", "day", "cents", "at"], orient="row")
        return publish(frame.select(*contract.by_name).lazy(), contract, Run("r", "UTC"), target)

    return sent
