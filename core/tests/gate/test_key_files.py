"""Key files: what is known of a key is read from them, and never trusted blindly."""

from __future__ import annotations

from dataclasses import replace

import hansa.known_keys
import polars as pl
import pytest
from hansa.digest import sha256
from hansa.key_sets import KeyHasher, key_sets
from hansa.merge import Standing

NAMES = "id day cents"
ONE, TWO, THREE = "2026-03-01", "2026-03-02", "2026-03-03"


@pytest.fixture
def two_days(bench, daily, texts):
    """A product with two published days; the publication of each."""
    return [bench.publish(texts(NAMES, f"A{n} {day} 1", f"B{n} {day} 2"), daily) for n, day in enumerate((ONE, TWO))]


def folder(bench):
    return bench.warehouse.table("t.a").folder


def entry(made, rule="primaryKey"):
    return made.receipts[0].keys[rule]


@pytest.fixture
def looked_at(monkeypatch):
    """The days of which rows were read to learn about keys."""
    days = []
    rows = Standing.rows

    def noted(self, partitions):
        days.append([str(partition) for partition in partitions])
        return rows(self, partitions)

    monkeypatch.setattr(Standing, "rows", noted)
    return days


def test_a_receipt_proves_the_key_file_of_each_key(bench, two_days):
    told = entry(two_days[0])
    content = (folder(bench) / told["path"]).read_bytes()
    assert (told["rows"], told["sha256"]) == (2, sha256(content))
    assert pl.read_ipc(content)["hash"].is_sorted()


def test_a_new_key_is_published_without_reading_a_row_of_another_day(bench, daily, texts, two_days, looked_at):
    assert bench.publish(texts(NAMES, f"C {THREE} 1"), daily).total("published") == 1
    assert looked_at == []


def test_a_known_key_is_looked_up_in_its_own_day_alone(bench, daily, texts, two_days, looked_at):
    made = bench.publish(texts(NAMES, f"A1 {THREE} 1", f"C {THREE} 1"), daily)
    assert (made.receipts[0].broken, looked_at) == ({"primaryKey": 1}, [[TWO]])


def test_equal_hashes_of_different_keys_harm_nobody(bench, daily, texts, monkeypatch):
    same = pl.Series([7], dtype=pl.UInt64)
    monkeypatch.setattr(KeyHasher, "of", lambda self, rows, keys: same.new_from_index(0, rows.height))
    bench.publish(texts(NAMES, f"A {ONE} 1"), daily)
    bench.publish(texts(NAMES, f"B {TWO} 1", f"C {TWO} 1"), daily)
    bench.publish(texts(NAMES, f"B {TWO} 5", f"D {TWO} 1"), daily, mode="merge")
    assert bench.rows().select("id", "cents").rows() == [("A", 1), ("B", 5), ("C", 1), ("D", 1)]


@pytest.mark.parametrize("harm", ["lost", "changed", "emptied"])
def test_a_key_file_that_is_not_what_was_written_is_made_again(bench, daily, texts, two_days, harm):
    path = folder(bench) / entry(two_days[0])["path"]
    before = path.read_bytes()
    if harm == "lost":
        path.unlink()
    elif harm == "changed":
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    else:
        pl.DataFrame({"hash": pl.Series([], dtype=pl.UInt64)}).write_ipc(path)
    made = bench.publish(texts(NAMES, f"A0 {THREE} 1", f"C {THREE} 1"), daily)
    assert made.receipts[0].broken == {"primaryKey": 1}
    assert path.read_bytes() == before


def test_a_receipt_from_before_key_files_is_no_hole(bench, daily, texts, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("hansa.settlement.Settlement._keys_of", lambda *_: {})
        bench.publish(texts(NAMES, f"A {ONE} 1"), daily)
    assert bench.publish(texts(NAMES, f"A {TWO} 1", f"B {TWO} 1"), daily).receipts[0].broken == {"primaryKey": 1}


def test_a_key_of_other_columns_is_not_compared_with_old_hashes(bench, contract, daily, texts, two_days):
    wider = contract(
        daily.columns[0], daily.columns[1], replace(daily.columns[2], unique=True),
        digest="d2",
    )  # fmt: skip
    made = bench.publish(texts(NAMES, f"C {THREE} 2", f"D {THREE} 3"), wider)
    assert made.receipts[0].broken == {"cents.unique": 1}


def test_hashes_of_a_sealed_key_are_keyed(bench, contract, column):
    made = contract(column("id", key_position=1, required=True, classification="C2"), column("n"))
    (keys,) = key_sets(made)
    rows = pl.DataFrame({"id": ["19900000017"]})
    other = type(bench.keys)(token=b"1" * 32, sealing=b"2" * 32)
    hashes = {KeyHasher(made, bench.keys).of(rows, keys)[0], KeyHasher(made, other).of(rows, keys)[0]}
    assert len(hashes) == 2
    assert KeyHasher(made, None).form(keys).startswith("keyed")


def test_hashes_of_tokens_need_no_key(bench, contract, column):
    made = contract(column("id", key_position=1, required=True, tokenise="mobile"))
    assert KeyHasher(made, bench.keys).form(key_sets(made)[0]).startswith("plain")


def test_the_hash_of_a_known_key_never_changes(contract, column):
    # Key files outlive versions: whoever changes this number makes every key file in the world wrong.
    made = contract(column("a", key_position=1), column("b", "integer", key_position=2))
    rows = pl.DataFrame({"a": ["A", None], "b": [1, 2]})
    assert KeyHasher(made, None).of(rows, key_sets(made)[0]).to_list() == [14051141121818541318, None]


def test_a_held_day_leaves_no_key_file(bench, contract, daily, rule, texts):
    two = rule("enough", "rowCount", operator="mustBeGreaterOrEqualTo", operands=(2.0,))
    made = bench.publish(texts(NAMES, f"A {ONE} 1"), contract(*daily.columns, rules=(two,)))
    assert (made.receipts[0].keys, [f for f in bench.listing() if "/keys/" in f and f.endswith(".arrow")]) == ({}, [])


def test_a_second_run_leaves_no_further_key_file(bench, daily, texts):
    rows = texts(NAMES, f"A {ONE} 1")
    bench.publish(rows, daily)
    files = bench.listing()
    bench.publish(rows, daily)
    assert bench.listing() == files


def test_hashes_of_many_days_are_compared_in_chunks(bench, daily, texts, two_days, monkeypatch):
    monkeypatch.setattr(hansa.known_keys, "_CHUNK", 1)
    made = bench.publish(texts(NAMES, f"A0 {THREE} 1", f"B1 {THREE} 1", f"C {THREE} 1"), daily)
    assert (made.receipts[0].broken, made.total("published")) == ({"primaryKey": 2}, 1)


def test_a_merge_knows_the_keys_of_the_days_that_it_does_not_touch(bench, daily, texts, two_days):
    made = bench.publish(texts(NAMES, f"A0 {TWO} 9", f"C {TWO} 1"), daily, mode="merge")
    assert made.receipts[0].broken == {"primaryKey": 1}
