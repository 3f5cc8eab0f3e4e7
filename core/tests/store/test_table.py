"""The table of a product: its schema, one snapshot a publication, and what it refuses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from hansa.contract.model import Column
from hansa.errors import WorldError
from hansa.store.door import Door
from hansa.store.table import ProductTable, iceberg_schema
from hansa.verify import verify


def test_the_schema_has_field_ids_types_and_duties(daily):
    fields = [(f.field_id, f.name, str(f.field_type), f.required) for f in iceberg_schema(daily).fields]
    assert fields == [
        (1, "id", "string", True),
        (2, "day", "date", False),
        (3, "cents", "decimal(18, 2)", False),
        (4, "at", "timestamptz", False),
    ]


def test_each_publication_is_one_snapshot(warehouse, send):
    send("2026-03-01=1", "2026-03-02=2")
    send("2026-03-01=2", "2026-03-02=3")
    assert len(warehouse.catalog.load_table(("t", "a")).snapshots()) == 2


def test_a_year_of_days_is_replaced_in_one_snapshot(warehouse, send):
    days = [str(dt.date(2025, 1, 1) + dt.timedelta(days=n)) for n in range(365)]
    send(*[f"{day}=1" for day in days])
    send(*[f"{day}=2" for day in days])
    assert Door(warehouse).open("t.a").frame.collect()["cents"].sum() == 730
    assert len(warehouse.catalog.load_table(("t", "a")).snapshots()) == 2


def test_other_columns_are_refused_and_named(send, daily):
    send("2026-03-01=1")
    other = replace(daily, columns=(*daily.columns[:-1], Column("at", "string", 1)))
    with pytest.raises(WorldError) as raised:
        send("2026-03-01=1", contract=other)
    assert raised.value.code == "table.columns"
    assert "at" in raised.value.what


def test_a_new_major_version_has_a_table_of_its_own(warehouse, send, daily):
    send("2026-03-01=1")
    send("2026-03-01=2", contract=replace(daily, version="2.0.0", columns=daily.columns[:3]))
    assert Door(warehouse).open("t.a").frame.collect().width == 4
    assert Door(warehouse).open("t.a", 2).frame.collect().width == 3


def test_files_that_also_hold_other_partitions_are_not_swept_away(warehouse, send, daily):
    send("2026-03-01=1")
    table = ProductTable(warehouse, daily)
    old = [task.file for task in table.look().table.scan().plan_files()]
    with pytest.raises(WorldError) as raised:
        table._refuse_wider(old, [dt.date(2026, 3, 2)])
    assert raised.value.code == "commit.wider"


def test_the_error_of_the_batches_comes_out_and_their_files_go(warehouse, daily):
    warehouse.prepare()

    def batches():
        yield pl.DataFrame(
            {"id": ["A"], "day": [dt.date(2026, 3, 1)], "cents": [None], "at": [None]},
            schema_overrides={"cents": pl.Decimal(18, 2), "at": pl.Datetime("us", "UTC")},
        )
        raise LookupError("mine")

    with ProductTable(warehouse, daily) as table, pytest.raises(LookupError, match="mine"):
        table.write(batches())
    assert not list(warehouse.root.rglob("*.parquet"))
    assert not list(warehouse.root.rglob("claims/*"))


def test_an_empty_write_leaves_no_file(warehouse, daily):
    warehouse.prepare()
    with ProductTable(warehouse, daily) as table:
        assert table.write(iter(())) == []
    assert not [path for path in warehouse.root.rglob("*") if path.is_file()]


def test_manifests_are_merged_before_they_grow_many(warehouse, send, monkeypatch):
    monkeypatch.setattr("hansa.store.replacing.MANIFESTS", 4)
    for day in range(1, 10):
        send(f"2026-03-0{day}={day}")
    send("2026-03-03=30")
    table = warehouse.catalog.load_table(("t", "a"))
    assert len(table.current_snapshot().manifests(table.io)) <= 4
    assert sorted(Door(warehouse).open("t.a").frame.collect()["cents"]) == [1, 2, 4, 5, 6, 7, 8, 9, 30]
    assert verify(warehouse, "t.a").faults == ()
