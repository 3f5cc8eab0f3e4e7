"""A warehouse with one daily product, published by the gate."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.gate import publish
from hansa.run import Run
from hansa.store.warehouse import Warehouse

COLUMNS = (
    Column("id", "string", 1, required=True, key_position=1),
    Column("day", "date", 1, partitioned=True),
    Column("cents", "number", 1, precision=18, scale=2),
    Column("at", "timestamp", 1),
)


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
