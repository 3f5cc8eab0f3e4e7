"""After the demo every clear identifier of the synthetic bank is searched in every byte that was written."""

import shutil
import sqlite3
from contextlib import closing

import polars as pl
from machinery.clear_data import Search, file_pieces, find_clear


def told(hits):
    """Hits by place, without values: what a person needs to mend it."""
    return sorted({(hit.path, hit.where, hit.form) for hit in hits})[:20]


def test_the_bank_has_identifiers_of_every_kind(identifiers):
    lengths = {len(value) for value in identifiers if value.isascii() and value.isdigit()}
    assert {10, 11, 13, 16, 18} <= lengths | {len(value) for value in identifiers}
    assert sum("@" in value for value in identifiers) > 100
    assert sum(not value.isascii() for value in identifiers) > 100
    assert len(identifiers) > 2_000


def test_no_identifier_stands_in_the_clear_after_the_demo(demo, identifiers):
    sources = [demo.home / "bank", demo.home / "truth"]
    texts = {"stdout": demo.done.out, "stderr": demo.done.err}
    assert told(find_clear(identifiers, [demo.home], texts, without=sources)) == []


def test_the_search_read_the_warehouse_and_dagsters_home(demo, identifiers):
    search = Search(identifiers[:1])
    for path in (demo.home / "warehouse").rglob("*.parquet"):
        search.feed(str(path), file_pieces(path))
    databases = [path for path in (demo.home / ".hansa" / "dagster").rglob("*.db") if path.stat().st_size]
    assert search.files > 20
    assert databases
    for path in databases:
        assert any("table" in where for where, _ in file_pieces(path))


def test_a_planted_identifier_is_found_in_the_warehouse(demo, identifiers, tmp_path):
    files = (demo.home / "warehouse" / "governance" / "customers" / "data").rglob("*.parquet")
    rows = pl.read_parquet(next(files), hive_partitioning=False)
    planted = next(value for value in identifiers if len(value) == 18)
    rows[0, "id_number_token"] = planted
    rows.write_parquet(tmp_path / "customers.parquet", compression="zstd")
    assert planted.encode() not in (tmp_path / "customers.parquet").read_bytes()
    hits = find_clear(identifiers, [tmp_path])
    assert {identifiers[hit.value_index] for hit in hits} == {planted}


def test_a_planted_identifier_is_found_in_dagsters_event_log(demo, identifiers, tmp_path):
    source = max((demo.home / ".hansa" / "dagster").rglob("*.db"), key=lambda path: path.stat().st_size)
    shutil.copyfile(source, tmp_path / "events.db")
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection, connection:
        connection.execute("UPDATE event_logs SET event = event || ? WHERE id = 1", (identifiers[0],))
    assert {hit.value_index for hit in find_clear(identifiers, [tmp_path])} == {0}


def test_hardly_any_name_had_to_be_left_out(demo, identifiers):
    names = set(pl.read_csv(demo.home / "bank" / "customers.csv", infer_schema=False)["CUST_NAME"].drop_nulls())
    assert len(names - set(identifiers)) < len(names) / 50
