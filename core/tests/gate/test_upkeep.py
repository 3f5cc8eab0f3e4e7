"""Upkeep: replaced rows go when their time is over, what is needed stays, and receipts outlive it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import replace

import polars as pl
import pytest
from hansa.errors import WorldError
from hansa.store.door import Door
from hansa.store.settings import CatalogSettings
from hansa.store.warehouse import Warehouse
from hansa.upkeep import upkeep
from hansa.verify import clean, verify

NOTHING = dt.timedelta()


@pytest.fixture
def replaced(bench, daily, texts):
    """One day that was published three times beside one that was published once; all files are old."""
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-02 1"), daily)
    bench.publish(texts("id day cents", "A 2026-03-01 2", "C 2026-03-01 -1"), daily)
    bench.publish(texts("id day cents", "A 2026-03-01 3"), daily)
    for path in bench.warehouse.root.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))
    return bench


def data(bench):
    return sorted((bench.warehouse.root / "t" / "a" / "data").rglob("*.parquet"))


def test_snapshots_older_than_their_time_expire_and_their_files_go(replaced):
    done = upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    assert done.expired == 2
    assert len(data(replaced)) == 2
    assert len(replaced.snapshots()) == 1
    assert replaced.rows()["cents"].to_list() == [3, 1]


def test_what_is_left_is_right(replaced):
    upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    assert verify(replaced.warehouse, "t.a").faults == ()


def test_receipts_outlive_expiry_with_their_marks(replaced):
    before = [(p.digest, p.landed) for p in replaced.book().all()]
    for mark in (replaced.warehouse.root / "t" / "a" / "receipts").glob("*.landed"):
        mark.unlink()
    upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    assert [(p.digest, p.landed) for p in replaced.book().all()] == before
    assert len(before) == 3


def test_snapshots_within_their_time_stay_readable(replaced):
    done = upkeep(replaced.warehouse, "t.a", keep=dt.timedelta(days=1))
    assert (done.expired, len(replaced.snapshots()), len(data(replaced))) == (0, 3, 4)


def test_a_second_upkeep_finds_nothing_to_do(replaced):
    upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    done = upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    assert (done.expired, done.removed) == (0, ())


def test_young_files_of_nobody_stay(replaced):
    copy = data(replaced)[0].with_name("late.parquet")
    shutil.copy(data(replaced)[0], copy)
    upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    assert copy.exists()


def test_old_files_that_a_living_publication_claims_stay(replaced):
    folder = replaced.warehouse.root / "t" / "a" / "data" / "slow"
    with replaced.warehouse.table("t.a").claim("claims/slow"):
        folder.mkdir()
        shutil.copy(data(replaced)[0], folder / "0.parquet")
        os.utime(folder / "0.parquet", (0, 0))
        upkeep(replaced.warehouse, "t.a", keep=NOTHING)
        assert (folder / "0.parquet").exists()


def test_a_statistics_file_that_is_registered_stays(replaced):
    from pyiceberg.table.statistics import StatisticsFile

    path = replaced.warehouse.root / "t" / "a" / "metadata" / "stats.parquet"
    path.write_bytes(b"puffin")
    os.utime(path, (0, 0))
    table = replaced.warehouse.catalog.load_table(("t", "a"))
    file = StatisticsFile(
        snapshot_id=table.current_snapshot().snapshot_id,
        statistics_path=f"file://{path}",
        file_size_in_bytes=6,
        file_footer_size_in_bytes=1,
        blob_metadata=[],
    )
    with table.update_statistics() as update:
        update.set_statistics(file)
    upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    assert path.exists()


def test_a_dry_run_changes_nothing(replaced):
    before = replaced.listing()
    assert upkeep(replaced.warehouse, "t.a", keep=NOTHING, dry_run=True).expired == 0
    assert replaced.listing() == before


def test_publishing_goes_on_after_upkeep(replaced, daily, texts):
    upkeep(replaced.warehouse, "t.a", keep=NOTHING)
    replaced.publish(texts("id day cents", "D 2026-03-03 4"), daily)
    assert replaced.rows()["id"].to_list() == ["A", "B", "D"]
    assert verify(replaced.warehouse, "t.a").faults == ()


def test_the_retention_of_the_contract_holds_where_nothing_else_is_said(bench, daily, texts):
    brief = replace(daily, retention_days=0)
    for cents in (1, 2):
        bench.publish(texts("id day cents", f"A 2026-03-01 {cents}"), brief)
    assert upkeep(bench.warehouse, "t.a").expired == 1


def test_a_changed_retention_holds_from_the_next_publication_on(bench, daily, texts):
    for cents, days in ((1, 0), (2, 10)):
        contract = replace(daily, retention_days=days, digest=f"d{days}")
        bench.publish(texts("id day cents", f"A 2026-03-01 {cents}"), contract)
    assert upkeep(bench.warehouse, "t.a").expired == 0


def refused(act):
    with pytest.raises(WorldError) as raised:
        act()
    return raised.value.code


def test_a_warehouse_whose_catalog_was_not_named_keeps_every_file(replaced, tmp_path, contract, column):
    elsewhere = CatalogSettings(type="sql", uri=f"sqlite:///{tmp_path}/catalog.db")
    named = Warehouse(tmp_path / "named", None, elsewhere)
    replaced.warehouse = named
    replaced.publish(pl.DataFrame({"id": ["A"]}), contract(column("id")))
    for path in named.root.rglob("*"):
        os.utime(path, (0, 0))
    before = replaced.listing()
    assert refused(lambda: upkeep(Warehouse(tmp_path / "named"), "t.a", keep=NOTHING)) == "warehouse.catalog"
    assert refused(lambda: clean(Warehouse(tmp_path / "named"), "t.a")) == "warehouse.catalog"
    assert replaced.listing() == before


def test_a_copy_of_a_warehouse_is_refused_and_keeps_every_file(replaced, tmp_path, daily, texts):
    copy = tmp_path / "copy"
    shutil.copytree(replaced.warehouse.root, copy)
    both = (replaced.warehouse.root, copy)
    before = [sorted(place.rglob("*")) for place in both]
    assert refused(lambda: upkeep(Warehouse(copy), "t.a", keep=NOTHING)) == "warehouse.moved"
    assert refused(lambda: Door(Warehouse(copy)).open("t.a")) == "warehouse.moved"
    replaced.warehouse = Warehouse(copy)
    assert refused(lambda: replaced.publish(texts("id day cents", "Z 2026-03-09 1"), daily)) == "warehouse.moved"
    assert [sorted(place.rglob("*")) for place in both] == before
