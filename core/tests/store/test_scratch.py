"""Files on their way: whole or not there, read by name alone, and gone when nobody can need them."""

from __future__ import annotations

import datetime as dt
import os

import polars as pl
import pytest
from hansa.store import scratch
from hansa.store.warehouse import Warehouse
from hansa.upkeep import upkeep
from machinery.buckets import settings

ROWS = pl.LazyFrame({"id": [1, 2]})


def lying(warehouse):
    return sorted(entry.name for entry in warehouse.objects.entries(f"{scratch.SCRATCH}/"))


def aged(warehouse, hours):
    moment = dt.datetime.now().timestamp() - hours * 3600
    for name in lying(warehouse):
        os.utime(warehouse.root / name, (moment, moment))


def test_rows_are_read_in_the_order_of_the_names_and_from_them_alone(warehouse):
    names = [scratch.put(warehouse, "run1", stem, ROWS) for stem in ("0", "1", "0")]
    assert scratch.rows(warehouse, "run1", [names[1], names[0]]).collect()["id"].to_list() == [1, 2, 1, 2]
    assert len(set(names)) == 3


def test_a_part_of_them_is_read_as_it_is_asked_for(warehouse):
    frame = pl.LazyFrame({"id": [1, 2, 3], "other": ["a", "b", "c"]})
    found = scratch.rows(warehouse, "run1", [scratch.put(warehouse, "run1", stem, frame) for stem in "01"])
    assert found.select("other").collect()["other"].to_list() == ["a", "b", "c"] * 2
    assert found.filter(pl.col("id") > 1).select("other").head(3).collect()["other"].to_list() == ["b", "c", "b"]
    assert found.head(4).collect()["id"].to_list() == [1, 2, 3, 1]


def test_what_cannot_be_computed_leaves_no_file(warehouse):
    with pytest.raises(pl.exceptions.PolarsError):
        scratch.put(warehouse, "run1", "0", ROWS.select("absent"))
    assert lying(warehouse) == []


def test_a_run_is_cleared_and_another_stays(warehouse):
    for run in ("run1", "run2"):
        scratch.put(warehouse, run, "0", ROWS)
    scratch.clear(warehouse, "run1")
    assert [name.split("/")[1] for name in lying(warehouse)] == ["run2"]


def test_what_a_dead_run_left_goes_when_it_is_older_than_the_longest_run(warehouse):
    scratch.put(warehouse, "run1", "0", ROWS)
    aged(warehouse, 25)
    scratch.put(warehouse, "run2", "0", ROWS)
    removed = scratch.sweep(warehouse)
    assert [name.split("/")[1] for name in removed] == ["run1"]
    assert [name.split("/")[1] for name in lying(warehouse)] == ["run2"]


def test_a_draft_of_a_killed_writer_goes_as_well(warehouse):
    name = scratch.put(warehouse, "run1", "0", ROWS)
    path = warehouse.root / scratch.SCRATCH / "run1" / name
    path.rename(path.with_suffix(".draft"))
    aged(warehouse, 25)
    assert len(scratch.sweep(warehouse)) == 1
    assert not (warehouse.root / scratch.SCRATCH).exists()


def test_it_is_no_table_of_the_warehouse(warehouse, send):
    send("2026-03-01=1")
    scratch.put(warehouse, "run1", "0", ROWS)
    assert [name for name, _ in Warehouse(warehouse.place).products()] == ["t.a"]


def test_upkeep_of_a_product_sweeps_it_as_well_and_a_dry_run_does_not(warehouse, send):
    send("2026-03-01=1")
    scratch.put(warehouse, "run1", "0", ROWS)
    aged(warehouse, 25)
    upkeep(warehouse, "t.a", dry_run=True)
    assert len(lying(warehouse)) == 1
    upkeep(warehouse, "t.a")
    assert lying(warehouse) == []


def test_in_a_bucket_it_is_written_read_swept_and_cleared(bucket, only_bucket_keys):
    warehouse = Warehouse(f"{bucket.uri}/wh", settings(bucket.endpoint))
    name = scratch.put(warehouse, "run1", "0", ROWS)
    assert scratch.rows(warehouse, "run1", [name]).collect()["id"].to_list() == [1, 2]
    assert scratch.sweep(warehouse) == ()
    scratch.clear(warehouse, "run1")
    assert lying(warehouse) == []
