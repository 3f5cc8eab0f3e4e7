"""The one reading door: now, at a snapshot, at a time, over some days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.errors import DataError
from hansa.store.door import Door


def cents(opened):
    return sorted(opened.frame.collect()["cents"].to_list())


def test_the_newest_rows_are_read(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2")
    send("2026-03-02=3")
    assert cents(Door(warehouse).open("t.a")) == [Decimal(1), Decimal(3)]


def test_an_earlier_snapshot_is_read(warehouse, send):
    first = send("2026-03-01=1")
    send("2026-03-01=2")
    opened = Door(warehouse).open("t.a", at=first.landed.snapshot)
    assert (cents(opened), opened.sequence) == ([Decimal(1)], first.landed.sequence)


def test_rows_as_of_a_time_are_read(warehouse, send):
    send("2026-03-01=1")
    first = warehouse.catalog.load_table(("t", "a")).current_snapshot().timestamp_ms
    send("2026-03-01=2")
    moment = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=first)
    assert cents(Door(warehouse).open("t.a", at=moment)) == [Decimal(1)]


def test_some_days_are_read_and_no_other_file_is_touched(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2", "2026-03-03=3")
    other = [path for path in Door(warehouse).files("t.a") if "2026-03-03" in str(path)]
    (warehouse.table("t.a").folder / other[0]).write_bytes(b"broken")
    days = (dt.date(2026, 3, 1), dt.date(2026, 3, 2))
    assert cents(Door(warehouse).open("t.a", days=days, partition="day")) == [Decimal(1), Decimal(2)]


def test_the_files_of_a_snapshot_are_named(warehouse, send):
    first = send("2026-03-01=1")
    send("2026-03-01=2", "2026-03-02=2")
    assert len(Door(warehouse).files("t.a")) == 2
    assert len(Door(warehouse).files("t.a", snapshot=first.landed.snapshot)) == 1


def test_a_product_that_was_only_held_is_said_to_be_so(warehouse, send):
    send("nonsense=1")
    assert not Door(warehouse).has("t.a")
    with pytest.raises(DataError) as raised:
        Door(warehouse).open("t.a")
    assert (raised.value.code, raised.value.where) == ("product.held", "t.a")


@pytest.mark.parametrize("product", ["t.b", "other.a", "nonsense", ""])
def test_an_unknown_product_is_one_sentence_that_names_the_known(warehouse, send, product):
    send("2026-03-01=1")
    with pytest.raises(DataError) as raised:
        Door(warehouse).open(product)
    assert raised.value.code == "product.unknown"
    assert "t.a" in raised.value.next_step
    assert not Door(warehouse).has(product)


def test_reading_an_absent_warehouse_makes_nothing(warehouse):
    with pytest.raises(DataError):
        Door(warehouse).open("t.a")
    assert not Door(warehouse).has("t.a")
    assert not warehouse.root.exists()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (7, "snapshot.unknown"),
        (dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "snapshot.none"),
        (dt.datetime(2020, 1, 1), "snapshot.zone"),
    ],
)
def test_a_snapshot_that_is_not_there_is_one_sentence(warehouse, send, at, code):
    send("2026-03-01=1")
    with pytest.raises(DataError) as raised:
        Door(warehouse).open("t.a", at=at)
    assert (raised.value.code, raised.value.where) == (code, "t.a")


def test_plain_pyiceberg_reads_the_same_rows(warehouse, send):
    from pyiceberg.table import StaticTable

    send("2026-03-01=1.50", "2026-03-02=2")
    rows = pl.from_arrow(StaticTable.from_metadata(f"{warehouse.root}/t/a").scan().to_arrow())
    assert rows.sort("id").equals(Door(warehouse).open("t.a").frame.collect().sort("id"))


def test_plain_polars_reads_the_same_rows_from_the_metadata_file(warehouse, send):
    send("2026-03-01=1.50", "2026-03-02=2")
    place = warehouse.catalog.load_table(("t", "a")).metadata_location
    assert pl.scan_iceberg(place).collect().sort("id").equals(Door(warehouse).open("t.a").frame.collect().sort("id"))


def test_duckdb_reads_the_same_rows_from_the_files(warehouse, send):
    duckdb = pytest.importorskip("duckdb")
    send("2026-03-01=1.50", "2026-03-02=2")
    paths = [f"{warehouse.root}/t/a/{name}" for name in Door(warehouse).files("t.a")]
    found = duckdb.sql(f"select id, cents from read_parquet({paths!r}, hive_partitioning=false) order by id").fetchall()
    assert found == Door(warehouse).open("t.a").frame.collect().sort("id").select("id", "cents").rows()
