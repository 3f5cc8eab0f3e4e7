"""Field ids of data files: a reader of Iceberg finds a column by its id, so verify holds them against the table's."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hansa.contract.model import Column, Contract
from hansa.gate import publish
from hansa.run import Run
from hansa.store.field_ids import misnumbered
from hansa.verify import verify
from pyarrow import parquet

DAY = "2026-03-01"


@pytest.fixture
def file(send, warehouse):
    """The one data file of a product."""
    send(f"{DAY}=1.50")
    (path,) = (warehouse.table("t.a").folder / "data").rglob("*.parquet")
    return path


def told(warehouse):
    return [(fault.kind, fault.what) for fault in verify(warehouse, "t.a").faults]


def test_a_file_as_it_was_written_has_the_ids_of_the_table(file, warehouse):
    assert misnumbered(warehouse.iceberg("t.a"), f"file://{file}") == []


def test_a_file_that_another_tool_rewrote_without_ids_is_told_with_its_columns(file, warehouse):
    pl.read_parquet(file, hive_partitioning=False).write_parquet(file)
    ((kind, what),) = told(warehouse)
    assert kind == "changed"
    assert "its bytes are not those that were published" in what
    assert "field id for id, day, cents, at" in what


def test_a_file_with_the_ids_of_other_columns_is_told(file, warehouse):
    table = parquet.read_table(file, partitioning=None)
    swapped = {"id": b"3", "cents": b"1"}
    fields = [f.with_metadata({b"PARQUET:field_id": swapped.get(f.name, f.metadata[b"PARQUET:field_id"])})
              for f in table.schema]  # fmt: skip
    parquet.write_table(table.cast(pa.schema(fields)), file)
    assert misnumbered(warehouse.iceberg("t.a"), f"file://{file}") == ["id", "cents"]


def test_a_column_that_another_engine_made_anew_under_its_name_is_told(file, warehouse):
    table = warehouse.iceberg("t.a")
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("cents")
    with warehouse.iceberg("t.a").update_schema() as update:
        from pyiceberg.types import DecimalType

        update.add_column("cents", DecimalType(18, 2))
    ((kind, what),) = told(warehouse)
    assert (kind, what) == ("changed", "it has not the table's field id for cents, which readers of Iceberg miss")


def test_parts_of_nested_columns_have_ids_of_their_own(file, warehouse):
    kind = pa.struct([pa.field("city", pa.string())])
    nested = pa.schema([pa.field("at", pa.list_(pa.field("item", kind)))])
    parquet.write_table(nested.empty_table(), file)
    found = misnumbered(warehouse.iceberg("t.a"), f"file://{file}")
    assert found == ["at", "at.element", "at.element.city"]


def test_a_nested_product_as_it_was_published_is_right(warehouse):
    home = Column("home", "object", 1, fields=(Column("city", "string", 1), Column("zip", "string", 1)))
    kept = Column("homes", "array", 1, items=home)
    nested = Contract("t.a", "1.0.0", (Column("id", "string", 1, key_position=1), kept), Path("a.odcs.yaml"), "d1")
    frame = pl.LazyFrame({"id": ["A"], "homes": [[{"zip": "1", "city": "x"}]]})
    publish(frame, nested, Run("r", "UTC"), warehouse)
    assert told(warehouse) == []
    assert verify(warehouse, "t.a").rows == 1


def test_what_is_no_parquet_file_is_told_by_its_bytes_alone(file, warehouse):
    file.write_bytes(b"PAR1 no, it is not PAR1")
    assert told(warehouse) == [("changed", "its bytes are not those that were published")]
