"""Verify names what was changed, lost, added or left."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil

import hansa.verify
import polars as pl
import pytest
from hansa.errors import DataError
from hansa.store.objects import Folder
from hansa.upkeep import upkeep
from hansa.verify import clean, verify


@pytest.fixture
def data(bench, daily, texts):
    """The data files of a product with two days, by day."""
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1"), daily)
    return sorted((bench.warehouse.table("t.a", 1).folder / "data").rglob("*.parquet"))


def kinds(bench):
    return [(fault.kind, fault.place) for fault in verify(bench.warehouse, "t.a").faults]


def test_what_was_published_is_right(bench, data):
    verdict = verify(bench.warehouse, "t.a")
    assert (verdict.partitions, verdict.files, verdict.rows, verdict.faults) == (2, 2, 2, ())


def test_replaced_and_emptied_days_are_right(bench, data, daily, texts):
    bench.publish(texts("id day cents", "C 2026-03-01 1"), daily, "2026-03-01", "2026-03-02")
    assert kinds(bench) == []


def test_what_is_published_while_it_is_verified_is_no_fault(bench, data, daily, texts, monkeypatch):
    named, asked = hansa.verify._named, []

    def late(*given):
        asked.append(given)
        if len(asked) == 1:
            bench.publish(texts("id day cents", "C 2026-03-01 7"), daily)
        return named(*given)

    monkeypatch.setattr(hansa.verify, "_named", late)
    assert kinds(bench) == []
    assert len(asked) == 2


def test_a_changed_file_is_named(bench, data):
    content = bytearray(data[0].read_bytes())
    content[len(content) // 2] ^= 1
    data[0].write_bytes(bytes(content))
    assert kinds(bench) == [("changed", str(data[0]))]


def test_a_file_with_other_rows_is_named(bench, data):
    pl.read_parquet(data[0], glob=False, hive_partitioning=False).with_columns(id=pl.lit("Z")).write_parquet(data[0])
    assert kinds(bench) == [("changed", str(data[0]))]


def test_a_lost_file_is_named(bench, data):
    data[1].unlink()
    assert kinds(bench) == [("lost", str(data[1]))]


def test_a_file_that_another_tool_added_to_the_table_is_named(bench, data):
    copy = data[0].with_name("added.parquet")
    shutil.copy(data[0], copy)
    bench.warehouse.catalog.load_table(("t", "a")).add_files([f"file://{copy}"])
    assert kinds(bench) == [("added", str(copy))]


def test_a_file_that_only_lies_in_the_folder_is_named_as_left(bench, data):
    copy = data[0].with_name("00000000-late.parquet")
    shutil.copy(data[0], copy)
    assert kinds(bench) == [("left", str(copy))]
    assert bench.rows().height == 2


def test_the_files_of_a_running_publication_are_not_named(bench, data):
    folder = data[0].parent.parent.with_name("running")
    with bench.warehouse.table("t.a").claim("claims/running"):
        folder.mkdir()
        shutil.copy(data[0], folder / "0.parquet")
        assert kinds(bench) == []


def test_what_was_left_is_cleaned_away_after_the_longest_run_and_nothing_else(bench, data):
    copy = data[0].with_name("00000000-late.parquet")
    shutil.copy(data[0], copy)
    assert clean(bench.warehouse, "t.a") == []
    os.utime(copy, (0, 0))
    assert clean(bench.warehouse, "t.a") == [str(copy)]
    assert kinds(bench) == []
    assert bench.rows().height == 2


def test_an_edited_receipt_is_named(bench, data):
    receipt = next((bench.warehouse.root / "t" / "a" / "receipts").glob("*.json"))
    receipt.write_bytes(receipt.read_bytes().replace(b'"published":1', b'"published":2'))
    assert kinds(bench) == [("changed", str(receipt))]


@pytest.mark.parametrize("name", ["v1.metadata.json", "v2.metadata.json", "*-m0.avro", "snap-*.avro"])
def test_an_edited_metadata_file_is_named(bench, data, daily, texts, name):
    bench.publish(texts("id day cents", "C 2026-03-01 1"), daily)
    path = min((bench.warehouse.root / "t" / "a" / "metadata").glob(name))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert ("changed", str(path)) in kinds(bench)


def test_files_of_an_earlier_snapshot_are_not_named(bench, data, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 2"), daily)
    assert data[0].exists()
    assert kinds(bench) == []


def test_a_product_that_was_never_published_is_one_sentence(bench):
    with pytest.raises(DataError) as raised:
        verify(bench.warehouse, "t.nothing")
    assert raised.value.code == "product.unknown"


@pytest.fixture
def marks(bench, daily, texts):
    """The marks of two publications of one day, the replaced one first."""
    made = [bench.publish(texts("id day cents", f"A 2026-03-01 {n}"), daily) for n in (1, 2)]
    return [bench.warehouse.table("t.a", 1).folder / "receipts" / f"{one.digest}.landed" for one in made]


def test_a_cut_mark_is_named(bench, marks):
    marks[0].write_text("{")
    assert kinds(bench) == [("changed", str(marks[0]))]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("name", ["snapshot", "sequence"])
def test_a_mark_that_says_another_place_than_the_table_is_named(bench, marks, at, name):
    marks[at].write_text(json.dumps(json.loads(marks[at].read_text()) | {name: 99}))
    assert ("changed", str(marks[at])) in kinds(bench)


def test_a_commit_whose_mark_says_held_is_named(bench, marks):
    held = marks[1].with_suffix(".held")
    marks[1].rename(held)
    assert ("changed", str(held)) in kinds(bench)


def test_a_mark_that_names_the_snapshot_of_another_publication_is_named(bench, marks, daily, texts):
    held = bench.publish(texts("id day cents", "A 2026-03-01 -1"), daily)
    forged = marks[1].with_name(f"{held.digest}.landed")
    shutil.copy(marks[1], forged)
    assert kinds(bench) == [("changed", str(forged))]


def test_the_lost_receipt_of_a_replaced_day_is_named(bench, marks):
    receipt = marks[0].with_suffix(".json")
    receipt.unlink()
    assert ("lost", str(receipt)) in kinds(bench)


def test_marks_of_expired_snapshots_are_right(bench, marks):
    upkeep(bench.warehouse, "t.a", keep=dt.timedelta(0))
    assert len(bench.snapshots()) == 1
    assert kinds(bench) == []


@pytest.fixture
def key_file(bench, data):
    return min((bench.warehouse.table("t.a", 1).folder / "keys").rglob("*.arrow"))


def test_a_changed_key_file_is_named(bench, key_file):
    key_file.write_bytes(key_file.read_bytes()[:20])
    assert kinds(bench) == [("changed", str(key_file))]


def test_a_lost_key_file_is_named(bench, key_file):
    key_file.unlink()
    assert kinds(bench) == [("lost", str(key_file))]


def test_a_proof_that_was_not_written_is_written_by_verify(bench, data):
    (proof,) = (bench.warehouse.table("t.a", 1).folder / "proofs").iterdir()
    content = proof.read_bytes()
    proof.unlink()
    assert kinds(bench) == []
    assert proof.read_bytes() == content


def test_a_place_that_cannot_be_written_can_be_verified(bench, data, monkeypatch):
    def refused(self, name, content):
        raise OSError("read only")

    (proof,) = (bench.warehouse.table("t.a", 1).folder / "proofs").iterdir()
    proof.unlink()
    monkeypatch.setattr(Folder, "create", refused)
    assert kinds(bench) == []
    assert not proof.exists()


def test_a_changed_or_lost_file_of_refused_rows_is_named(bench, daily, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -1"), daily)
    (path,) = (bench.warehouse.root / "t" / "a" / "quarantine").glob("*.parquet")
    path.write_bytes(path.read_bytes() + b"x")
    assert kinds(bench) == [("changed", str(path))]
    path.unlink()
    assert kinds(bench) == [("lost", str(path))]


def test_a_lost_file_is_written_again_by_the_same_rows(bench, data, daily, texts):
    data[0].unlink()
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1"), daily)
    assert kinds(bench) == []
    assert bench.rows().height == 2
