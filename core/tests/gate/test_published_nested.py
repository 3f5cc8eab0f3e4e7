"""Nested columns, times of day and wide decimals through the gate, and read back by the door and by PyIceberg."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import polars as pl
import pytest
from hansa.digest import row_hashes
from hansa.schema import polars_schema
from hansa.store.columns import iceberg_fields, iceberg_schema
from pyiceberg.schema import assign_fresh_schema_ids

WIDE = Decimal("1234567890123456789012345678.0123456789")
ROWS = [
    {
        "id": "a",
        "address": {"city": "X", "since": dt.time(23, 59, 59, 999999), "geo": {"x": 0.1}},
        "lines": [{"sku": "A", "amount": WIDE, "days": [dt.date(2026, 3, 1), None]}, None],
        "at": dt.time(9, 30),
        "amount": -WIDE,
    },
    {"id": "b", "address": {"city": "Y", "since": None, "geo": None}, "lines": [], "at": None, "amount": None},
    {"id": "c", "address": None, "lines": [{"sku": None, "amount": None, "days": None}], "at": None, "amount": None},
]


@pytest.fixture(scope="module")
def orders(contract, column):
    wide = {"precision": 38, "scale": 10}
    return contract(
        column("id", required=True, key_position=1),
        column(
            "address",
            "object",
            fields=(
                column("city", required=True),
                column("since", "time"),
                column("geo", "object", fields=(column("x", "number"),)),
            ),
        ),
        column(
            "lines",
            "array",
            items=column(
                "[]",
                "object",
                fields=(
                    column("sku"),
                    column("amount", "number", **wide),
                    column("days", "array", items=column("[]", "date")),
                ),
            ),
        ),
        column("at", "time"),
        column("amount", "number", **wide),
    )


@pytest.fixture
def typed(orders):
    return pl.DataFrame(ROWS, schema=polars_schema(orders))


@pytest.fixture
def texts():
    """The rows as a file of texts has them."""

    def cell(value):
        if isinstance(value, dict | list):
            return json.dumps(value, default=str)
        return None if value is None else str(value)

    return pl.DataFrame([{name: cell(value) for name, value in row.items()} for row in ROWS])


def test_what_came_typed_is_read_back_as_it_was(bench, orders, typed):
    made = bench.publish(typed, orders)
    assert (made.total("published"), made.total("quarantined")) == (3, 0)
    assert bench.rows().equals(typed.sort(typed.columns), null_equal=True)


def test_what_came_as_text_is_the_same_publication(bench, orders, typed, texts):
    made = bench.publish(texts, orders)
    assert made.total("published") == 3
    read = bench.rows()
    assert read.equals(typed.sort(typed.columns), null_equal=True)
    assert sorted(row_hashes(read)) == sorted(row_hashes(typed))


def test_another_engine_reads_the_same_values(bench, orders, typed):
    bench.publish(typed, orders)
    table = bench.warehouse.catalog.load_table(("t", "a"))
    assert sorted(table.scan().to_arrow().to_pylist(), key=lambda row: row["id"]) == ROWS


def test_a_part_that_cannot_be_cast_sends_its_row_to_quarantine(bench, orders, texts):
    bad = texts.with_columns(address=pl.lit('{"city": "X", "since": "25:00"}'))
    made = bench.publish(bad, orders)
    assert (made.total("published"), made.total("quarantined")) == (0, 3)
    assert {name for receipt in made.receipts for name in receipt.broken} == {"address.since.type"}


def test_the_first_schema_is_numbered_as_a_new_table_is(orders):
    schema = iceberg_schema(orders)
    assert assign_fresh_schema_ids(schema) == schema
    assert [field.field_id for field in schema.fields] == [1, 2, 3, 4, 5]


def test_what_is_within_has_ids_after_all_columns(orders):
    ids = sorted(iceberg_schema(orders)._lazy_id_to_field)
    assert ids == list(range(1, len(ids) + 1))
    assert min(field.field_id for field in iceberg_fields(orders)["address"].field_type.fields) == 6


def test_a_column_that_is_added_gets_an_id_that_nobody_had(bench, orders, typed, contract, column):
    bench.publish(typed, orders)
    before = set(bench.warehouse.catalog.load_table(("t", "a")).schema()._lazy_id_to_field)
    wider = contract(*orders.columns, column("more"), version="1.1.0", digest="d2")
    bench.publish(typed.with_columns(more=pl.lit("m")), wider)
    table = bench.warehouse.catalog.load_table(("t", "a"))
    assert table.schema().find_field("more").field_id not in before
    assert bench.rows()["more"].to_list() == ["m", "m", "m"]
    assert bench.rows().drop("more").equals(typed.sort(typed.columns), null_equal=True)


def test_a_nested_product_sent_again_changes_nothing(bench, orders, typed):
    bench.publish(typed, orders)
    assert bench.publish(typed, orders).unchanged
