"""A contract and files that are made for one test."""

from pathlib import Path

import pytest
from hansa.contract.model import Column, Contract
from hansa.sources import Binding, built_in_readers, open_file, open_source

MOVEMENTS = Contract(
    "bank.movements",
    "1.0.0",
    (
        Column("id", "string", 1, required=True, key_position=1),
        Column("amount", "number", 2, required=True, precision=18, scale=2),
        Column("direction", "string", 3),
        Column("booked_at", "timestamp", 4),
        Column("known_at", "timestamp", 5),
        Column("booked_on", "date", 6, business_date_of="booked_at"),
    ),
    Path("movements.odcs.yaml"),
    digest="0",
)


@pytest.fixture
def contract():
    return MOVEMENTS


@pytest.fixture
def bound(tmp_path):
    """Open a file of these bytes under this mapping, as a mesh file beside it would."""

    def open_bound(content, mapping=None, name="rows.csv", contract=MOVEMENTS, **words):
        (tmp_path / name).write_bytes(content)
        binding = Binding(uri=name, mapping=mapping or {}, **words)
        return open_source(binding, contract, tmp_path, built_in_readers())

    return open_bound


@pytest.fixture
def published(tmp_path):
    """Open a file of these bytes as ``hansa publish`` does."""

    def open_published(content, name="rows.csv", contract=MOVEMENTS, **options):
        (tmp_path / name).write_bytes(content)
        return open_file(tmp_path / name, contract, built_in_readers(), **options)

    return open_published
