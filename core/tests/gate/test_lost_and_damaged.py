"""Receipts, data files and metadata that are gone or damaged: nothing is published upon them, and each is named."""

from __future__ import annotations

import pytest
from hansa.errors import WorldError
from hansa.verify import verify

ONE, TWO = "2026-03-01", "2026-03-02"


@pytest.fixture
def sent(bench, daily, texts):
    """Publish rows of the daily contract."""

    def publish(*rows, **options):
        return bench.publish(texts("id day cents", *rows), daily, **options)

    return publish


@pytest.fixture
def table(bench):
    """The folder of the product."""
    return bench.warehouse.root / "t" / "a"


@pytest.mark.parametrize("mode", ["merge", "replace", "file"])
@pytest.mark.parametrize("lost", [0, 1])
def test_nothing_is_published_where_a_receipt_of_what_stands_is_gone(bench, sent, table, mode, lost):
    made = [sent(f"A {ONE} 1"), sent(f"B {TWO} 2")]
    (table / "receipts" / f"{made[lost].digest}.json").unlink()
    before = bench.rows()
    with pytest.raises(WorldError) as raised:
        sent(f"C {TWO} 3", mode=mode)
    assert (raised.value.code, made[lost].digest in raised.value.what) == ("receipt.lost", True)
    assert bench.rows().equals(before)


def test_a_merge_names_the_data_file_that_cannot_be_read_and_not_the_rows_that_came(bench, sent, table):
    sent(f"A {ONE} 1")
    (file,) = table.rglob("data/**/*.parquet")
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(WorldError) as raised:
        sent(f"B {ONE} 2", mode="merge")
    assert (raised.value.code, raised.value.where) == ("table.data", str(file))
    assert len(bench.snapshots()) == 1


@pytest.mark.parametrize("name", ["*-m0.avro", "snap-*.avro"])
@pytest.mark.parametrize("size", [None, 1, 100])
def test_verify_names_metadata_that_are_gone_or_cut(bench, sent, table, name, size):
    sent(f"A {ONE} 1")
    (file,) = table.glob(f"metadata/{name}")
    if size is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:size])
    faults = verify(bench.warehouse, "t.a").faults
    assert ("lost" if size is None else "changed", str(file)) in [(fault.kind, fault.place) for fault in faults]


def test_a_data_file_in_whose_place_a_folder_lies_is_lost(bench, sent, table):
    sent(f"A {ONE} 1")
    (file,) = table.rglob("data/**/*.parquet")
    file.unlink()
    file.mkdir()
    assert ("lost", str(file)) in [(fault.kind, fault.place) for fault in verify(bench.warehouse, "t.a").faults]


def test_a_dry_run_of_which_no_row_is_left_leaves_no_folder(bench, sent, table):
    sent(f"A {ONE} 1")
    before = sorted(table.rglob("*"))
    sent(f"B {TWO} x", dry_run=True)
    assert sorted(table.rglob("*")) == before
