"""Merging: new rows join those that stand in their day, a known key replaces the older row, and nothing is lost."""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import nullcontext
from dataclasses import replace

import hansa.settlement
import polars as pl
import pytest
from hansa.errors import MeshError, WorldError
from hansa.receipt import ReceiptBook
from hansa.store.table import ProductTable
from hansa.verify import verify

NAMES = "id day cents"
ONE, TWO = "2026-03-01", "2026-03-02"


@pytest.fixture
def sent(bench, daily, texts):
    """Publish rows of the daily contract."""

    def publish(*rows, contract=daily, days=(), **options):
        return bench.publish(texts(NAMES, *rows), contract, *days, **options)

    return publish


def cents(bench):
    return {identity: amount for identity, _, amount in bench.rows().rows()}


def counts(made):
    names = ("incoming", "accepted", "kept", "replaced", "published", "quarantined")
    return [tuple(r.counts[name] for name in names) for r in made.receipts]


def test_new_rows_join_those_that_stand_in_their_day(bench, sent):
    sent(f"A {ONE} 1", f"B {ONE} 2")
    made = sent(f"C {ONE} 3", mode="merge")
    assert cents(bench) == {"A": 1, "B": 2, "C": 3}
    assert counts(made) == [(1, 1, 2, 0, 3, 0)]


def test_a_row_with_a_known_key_replaces_the_older_one(bench, sent):
    sent(f"A {ONE} 1", f"B {ONE} 2")
    made = sent(f"B {ONE} 9", f"C {ONE} 3", mode="merge")
    assert cents(bench) == {"A": 1, "B": 9, "C": 3}
    assert counts(made) == [(2, 2, 2, 1, 3, 0)]


def test_a_merge_is_verified_like_any_publication(bench, sent):
    sent(f"A {ONE} 1", f"B {ONE} 2")
    sent(f"B {ONE} 9", mode="merge")
    assert verify(bench.warehouse, "t.a").faults == ()


def test_rows_that_stand_already_change_nothing(bench, sent):
    sent(f"A {ONE} 1", f"B {ONE} 2")
    files = bench.listing()
    assert sent(f"B {ONE} 2", mode="merge").unchanged
    assert bench.listing() == files


def test_a_second_merge_of_the_same_rows_changes_nothing(bench, sent):
    sent(f"A {ONE} 1")
    rows = (f"A {ONE} 5", f"B {ONE} -1", f"C {ONE} 2")
    sent(*rows, mode="merge")
    files = bench.listing()
    assert sent(*rows, mode="merge").unchanged
    assert bench.listing() == files


def test_a_merge_that_comes_again_after_another_one_changes_nothing(bench, sent):
    sent(f"A {ONE} 1")
    sent(f"B {ONE} 2", f"X {ONE} -1", mode="merge")
    sent(f"C {ONE} 3", mode="merge")
    assert sent(f"B {ONE} 2", f"X {ONE} -1", mode="merge").unchanged


def test_the_first_merge_of_a_day_is_the_day(bench, sent):
    made = sent(f"A {ONE} 1", f"B {TWO} 2", mode="merge")
    assert (cents(bench), [r.merged for r in made.receipts]) == ({"A": 1, "B": 2}, [False, False])


def test_of_identical_rows_of_a_merge_one_stays_and_rivals_all_go(bench, sent):
    sent(f"A {ONE} 1")
    made = sent(f"B {ONE} 2", f"B {ONE} 2", f"C {ONE} 1", f"C {ONE} 2", f"A {ONE} 3", f"A {ONE} 4", mode="merge")
    assert cents(bench) == {"A": 1, "B": 2}
    assert made.receipts[0].broken == {"primaryKey": 4, "primaryKey.identical": 1}


def test_a_key_that_stands_in_another_day_is_refused(bench, sent):
    sent(f"A {ONE} 1", f"B {TWO} 2")
    made = sent(f"A {TWO} 9", f"C {TWO} 3", mode="merge")
    assert cents(bench) == {"A": 1, "B": 2, "C": 3}
    assert made.receipts[0].broken == {"primaryKey": 1}


def test_a_key_of_a_day_that_is_merged_too_is_refused_in_another_one(bench, sent):
    sent(f"A {ONE} 1", f"B {TWO} 2")
    made = sent(f"A {TWO} 9", f"C {ONE} 3", f"D {TWO} 4", mode="merge")
    assert cents(bench) == {"A": 1, "B": 2, "C": 3, "D": 4}
    assert [r.broken for r in made.receipts] == [{}, {"primaryKey": 1}]


def test_a_bad_row_leaves_the_older_one_in_its_place(bench, sent):
    sent(f"A {ONE} 1")
    made = sent(f"A {ONE} -5", f"B {ONE} 2", mode="merge")
    assert (cents(bench), counts(made)) == ({"A": 1, "B": 2}, [(2, 1, 1, 0, 2, 1)])


def test_a_day_to_which_only_bad_rows_came_is_neither_held_nor_touched(bench, sent):
    sent(f"A {ONE} 1")
    made = sent(f"B {ONE} -5", f"C {TWO} 2", mode="merge")
    assert {r.partition: r.state for r in made.receipts} == {ONE: "prepared", TWO: "published"}
    assert cents(bench) == {"A": 1, "C": 2}


def test_a_merge_of_bad_rows_alone_is_held(bench, sent):
    sent(f"A {ONE} 1")
    made = sent(f"B {ONE} -5", mode="merge")
    assert [r.reasons for r in made.held] == [("all 1 rows quarantined, none is left to publish: cents.minimum 1",)]


def test_rows_outside_the_window_do_not_join_their_day(bench, sent):
    sent(f"A {ONE} 1")
    sent(f"B {ONE} 2", f"C {TWO} 3", mode="merge", days=(TWO,))
    assert cents(bench) == {"A": 1, "C": 3}


def test_a_product_without_days_is_merged_as_a_whole(bench, contract, column, texts):
    made = contract(column("id", key_position=1, required=True), column("n", "integer"))
    bench.publish(texts("id n", "A 1", "B 2"), made)
    bench.publish(texts("id n", "B 3", "C 4"), made, mode="merge")
    assert bench.rows().rows() == [("A", 1), ("B", 3), ("C", 4)]


def test_table_rules_are_judged_on_what_will_be_published(bench, contract, daily, rule, sent):
    two = rule("enough", "rowCount", operator="mustBeGreaterOrEqualTo", operands=(2.0,))
    gaps = rule("gaps", "nullValues", "cents", operator="mustBeLessOrEqualTo", operands=(1.0,))
    made = contract(*daily.columns, rules=(two, gaps))
    sent(f"A {ONE} 1", f"B {ONE} -", contract=made)
    assert not sent(f"C {ONE} 3", contract=made, mode="merge").held
    assert sent(f"D {ONE} -", contract=made, mode="merge").held[0].reasons == (
        "gaps: 2 nullValues, the contract wants at most 1",
    )
    assert not sent(f"B {ONE} 7", f"D {ONE} -", contract=made, mode="merge").held


def test_a_merge_without_a_key_is_refused(bench, contract, column, texts):
    with pytest.raises(MeshError) as raised:
        bench.publish(texts("n", "1"), contract(column("n", "integer")), mode="merge")
    assert raised.value.code == "publish.merge"


def test_what_is_added_needs_no_key(bench, contract, column, texts):
    made = contract(column("n", "integer"), column("day", "date", partitioned=True))
    bench.publish(texts("n day", f"1 {ONE}"), made)
    answer = bench.publish(texts("n day", f"2 {ONE}"), made, mode="add")
    assert (bench.rows()["n"].to_list(), counts(answer)) == ([1, 2], [(1, 1, 1, 0, 2, 0)])


def test_a_row_without_its_whole_key_cannot_be_merged(bench, contract, column, texts):
    made = contract(column("id", key_position=1), column("n", "integer"))
    rows = texts("id n", "A 1", "- 2")
    assert bench.publish(rows, made, mode="merge").receipts[0].broken == {"primaryKey": 1}
    assert bench.publish(rows, made, mode="merge").unchanged


@pytest.mark.parametrize("scope", ["product", "partition"])
def test_a_unique_value_that_another_row_keeps_is_refused(bench, contract, column, texts, scope):
    made = contract(
        column("id", key_position=1, required=True),
        column("day", "date", partitioned=True),
        column("seat", unique=True),
        key_scope=scope,
    )
    bench.publish(texts("id day seat", f"A {ONE} 1", f"B {ONE} 2"), made)
    answer = bench.publish(texts("id day seat", f"A {ONE} 1", f"B {ONE} 1", f"C {ONE} 3"), made, mode="merge")
    assert bench.rows().select("id", "seat").rows() == [("A", "1"), ("B", "2"), ("C", "3")]
    assert answer.receipts[0].broken == {"seat.unique": 2}


def test_a_row_may_keep_its_unique_value(bench, contract, column, texts):
    made = contract(column("id", key_position=1, required=True), column("seat", unique=True), column("n", "integer"))
    bench.publish(texts("id seat n", "A 1 1", "B 2 1"), made)
    bench.publish(texts("id seat n", "A 1 7"), made, mode="merge")
    assert bench.rows().rows() == [("A", "1", 7), ("B", "2", 1)]


def test_rows_of_an_older_version_stay_without_the_new_columns(bench, contract, column, texts):
    old = contract(column("id", key_position=1, required=True), column("day", "date", partitioned=True))
    new = contract(old.columns[0], column("n", "integer", required=True), old.columns[1], version="1.1.0", digest="d2")
    bench.publish(texts("id day", f"A {ONE}", f"B {ONE}"), old)
    bench.publish(texts("id n day", f"B 7 {ONE}"), new, mode="merge")
    assert bench.rows().select("id", "n").sort("id").rows() == [("A", None), ("B", 7)]
    assert verify(bench.warehouse, "t.a").faults == ()


def test_rows_that_were_changed_in_the_warehouse_are_not_published_again(bench, sent):
    made = sent(f"A {ONE} 1", f"B {ONE} 2")
    path = bench.warehouse.table("t.a").folder / made.receipts[0].files[0]["path"]
    frame = pl.read_parquet(path, hive_partitioning=False)
    frame.with_columns(cents=pl.col("cents") + 1).write_parquet(path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(WorldError) as raised:
        sent(f"C {ONE} 3", mode="merge")
    assert raised.value.code == "gate.standing"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_a_changed_file_is_mended_by_its_removal_and_the_same_rows_again(bench, sent):
    made = sent(f"A {ONE} 1", f"B {ONE} 2")
    path = bench.warehouse.table("t.a").folder / made.receipts[0].files[0]["path"]
    frame = pl.read_parquet(path, hive_partitioning=False)
    frame.with_columns(cents=pl.col("cents") + 1).write_parquet(path)
    assert verify(bench.warehouse, "t.a").faults
    path.unlink()
    sent(f"A {ONE} 1", f"B {ONE} 2")
    assert verify(bench.warehouse, "t.a").faults == ()
    assert bench.rows()["cents"].sum() == 3


def test_an_other_contract_rewrites_a_merged_day_under_its_name(bench, daily, sent):
    sent(f"A {ONE} 1")
    made = sent(f"A {ONE} 1", contract=replace(daily, digest="d2"), mode="merge")
    assert not made.unchanged


@pytest.fixture
def interrupted(monkeypatch):
    """Do something once, after a publication was computed and before it is settled."""

    def arrange(work):
        settle = hansa.settlement.Settlement.settle
        done = []

        def late(self, *arguments, **options):
            if not done:
                done.append(True)
                work()
            return settle(self, *arguments, **options)

        monkeypatch.setattr(hansa.settlement.Settlement, "settle", late)
        # The lock of the product may be held by the outer publication of this very process.
        monkeypatch.setattr(ProductTable, "lock", lambda self: nullcontext())

    return arrange


def test_two_merges_of_one_day_at_once_both_land(bench, sent, interrupted):
    sent(f"A {ONE} 1", f"B {ONE} 2")
    interrupted(lambda: sent(f"A {ONE} 5", f"C {ONE} 3", mode="merge"))
    made = sent(f"B {ONE} 6", f"D {ONE} 4", mode="merge")
    assert cents(bench) == {"A": 5, "B": 6, "C": 3, "D": 4}
    assert counts(made) == [(2, 2, 3, 1, 4, 0)]


def test_two_first_merges_of_one_day_both_land(bench, sent, interrupted):
    interrupted(lambda: sent(f"A {ONE} 1", mode="merge"))
    sent(f"B {ONE} 2", mode="merge")
    assert cents(bench) == {"A": 1, "B": 2}


def test_a_merge_that_lands_between_the_look_at_the_table_and_that_at_the_receipts_is_merged_with(
    bench, sent, monkeypatch
):
    sent(f"A {ONE} 1")
    current, asked = ReceiptBook.current, []

    def late(book, *given):
        asked.append(given)
        if len(asked) == 1:
            sent(f"B {ONE} 2", mode="merge")
        return current(book, *given)

    monkeypatch.setattr(ReceiptBook, "current", late)
    sent(f"C {ONE} 3", mode="merge")
    assert cents(bench) == {"A": 1, "B": 2, "C": 3}
    assert verify(bench.warehouse, "t.a").faults == ()


def test_a_merge_goes_into_a_day_that_was_replaced_meanwhile(bench, sent, interrupted):
    sent(f"A {ONE} 1", f"B {ONE} 2")
    interrupted(lambda: sent(f"A {ONE} 7"))
    sent(f"C {ONE} 3", mode="merge")
    assert cents(bench) == {"A": 7, "C": 3}


def test_a_merge_is_not_computed_again_for_another_day(bench, sent, interrupted, monkeypatch):
    sent(f"A {ONE} 1")
    interrupted(lambda: sent(f"Z {TWO} 7"))
    computed = []
    attempt = hansa.gate.Attempt
    monkeypatch.setattr(hansa.gate, "Attempt", lambda *given: computed.append(given[0].run.id) or attempt(*given))
    sent(f"C {ONE} 3", mode="merge")
    assert (cents(bench), len([run for run in computed if run == computed[0]])) == ({"A": 1, "C": 3, "Z": 7}, 1)


def test_a_key_that_was_published_in_another_day_meanwhile_holds_the_merge(bench, sent, interrupted):
    sent(f"A {ONE} 1")
    interrupted(lambda: sent(f"C {TWO} 7"))
    made = sent(f"C {ONE} 3", mode="merge")
    assert made.held[0].reasons == ("primaryKey: 1 keys also stand in a day that stays",)
    assert cents(bench) == {"A": 1, "C": 7}


def test_nothing_is_left_behind_by_a_computation_that_was_overtaken(bench, sent, interrupted):
    sent(f"A {ONE} 1")
    interrupted(lambda: sent(f"B {ONE} 2", mode="merge"))
    sent(f"C {ONE} 3", mode="merge")
    assert verify(bench.warehouse, "t.a").faults == ()
    assert dt.date.fromisoformat(ONE) == bench.rows()["day"].unique().item()
