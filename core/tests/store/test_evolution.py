"""A table's columns follow its contract: parts are found by their ids, in whatever order a version writes them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hansa.contract.model import Column, Contract
from hansa.errors import WorldError
from hansa.gate import publish
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.evolution import same_ids
from hansa.store.table import ProductTable
from hansa.store.warehouse import Warehouse
from hansa.verify import verify


def text(name):
    return Column(name, "string", 1)


def version(number, *parts):
    """A contract of one object with these parts."""
    columns = (text("id"), Column("o", "object", 1, fields=tuple(text(part) for part in parts)))
    return Contract("t.a", number, columns, Path("a.odcs.yaml"), f"d{number}")


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "wh")


@pytest.fixture
def send(warehouse):
    def sent(contract, **parts):
        frame = pl.DataFrame({"id": ["A"], "o": [parts]})
        return publish(frame.lazy(), contract, Run("r", "UTC"), warehouse)

    return sent


def rows(warehouse):
    return Door(warehouse).open("t.a").frame.collect()["o"].to_list()


@pytest.mark.parametrize("parts", [("x", "b", "a"), ("b", "x"), ("a", "b", "x")])
def test_parts_added_anywhere_hold_their_own_values(warehouse, send, parts):
    send(version("1.0.0", "x"), x="1")
    send(version("1.1.0", *parts), **{part: f"is {part}" for part in parts})
    assert rows(warehouse) == [{part: f"is {part}" for part in parts}]
    assert verify(warehouse, "t.a").faults == ()


def test_plain_pyiceberg_finds_the_same_values_by_their_ids(warehouse, send):
    send(version("1.0.0", "x"), x="1")
    send(version("1.1.0", "b", "x", "a"), b="is b", x="is x", a="is a")
    (found,) = warehouse.catalog.load_table(("t", "a")).scan().to_arrow()["o"].to_pylist()
    assert found == {"b": "is b", "x": "is x", "a": "is a"}


def test_files_written_for_ids_that_another_version_took_meanwhile_are_not_committed(warehouse, send):
    send(version("1.0.0", "x"), x="1")
    late = version("1.2.0", "x", "b", "a")
    with ProductTable(warehouse, late) as table:
        batch = pl.DataFrame({"id": ["B"], "o": [{"x": "is x", "b": "is b", "a": "is a"}]})
        files = table.write(iter([batch]))
        send(version("1.1.0", "x", "a"), x="1", a="is a")
        with pytest.raises(WorldError) as raised:
            table.commit(table.look(), None, files, {"hansa.publication": "x"})
    assert raised.value.code == "commit.columns"


def test_ids_are_compared_at_every_depth():
    from hansa.store.columns import iceberg_schema

    one = iceberg_schema(version("1.0.0", "a", "b"))
    other = iceberg_schema(version("1.0.0", "b", "a"))
    assert same_ids(one, one)
    assert not same_ids(one, other)


def test_a_part_that_goes_needs_a_new_major_version(send):
    send(version("1.0.0", "x", "y"), x="1", y="2")
    with pytest.raises(WorldError) as raised:
        send(version("1.1.0", "x"), x="1")
    assert raised.value.code == "table.columns"
