"""A file brings its newest day whole; rows of earlier days are late, and none is lost or takes a day with it."""

from __future__ import annotations

import datetime as dt

import pytest
from hansa.quarantine import envelopes

NAMES = "id day cents"
ONE, TWO, THREE = "2026-03-01", "2026-03-02", "2026-03-03"


@pytest.fixture
def file(bench, daily, texts):
    def publish(*rows, contract=daily, names=NAMES, **options):
        return bench.publish(texts(names, *rows), contract, mode="file", **options)

    return publish


@pytest.fixture
def keyless(contract, column):
    return contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer", minimum=0))


def ids(bench):
    return bench.rows()["id"].to_list()


def rules(bench):
    return envelopes(bench.book().latest(), bench.warehouse.table("t.a"))["rules"].to_list()


def test_f4_late_rows_join_the_day_that_stands(bench, file):
    file(f"T1 {ONE} 1", f"T2 {ONE} 2", f"T3 {ONE} 3")
    late = (f"T4 {TWO} 4", f"T5 {ONE} 5")
    made = file(*late)
    assert ids(bench) == ["T1", "T2", "T3", "T4", "T5"]
    assert [(r.partition, r.merged) for r in made.receipts] == [(ONE, True), (TWO, False)]
    assert file(*late).unchanged


def test_c5_the_newest_day_of_a_file_is_brought_whole(bench, file):
    rows = (f"A {ONE} 1", "B - 1", "C 2026-13-01 1", f"D {TWO} 1")
    assert file(*rows).total("quarantined") == 2
    assert file(*rows).unchanged
    file(f"A2 {ONE} 1")
    assert ids(bench) == ["A2", "D"]


def test_a_file_that_comes_again_after_others_changes_nothing(bench, file):
    first = (f"A {ONE} 1", f"B {TWO} 2", f"X {ONE} -1")
    file(*first)
    file(f"C {THREE} 3")
    snapshots = bench.snapshots()
    assert file(*first).unchanged
    assert bench.snapshots() == snapshots


def test_days_that_are_not_published_yet_are_brought_by_a_file_of_many(bench, file):
    made = file(f"A {ONE} 1", f"B {TWO} 2", f"C {THREE} 3")
    assert (ids(bench), [r.merged for r in made.receipts]) == (["A", "B", "C"], [False, False, False])


def test_late_rows_without_a_key_go_to_quarantine(bench, file, keyless):
    file(f"A {ONE} 1", contract=keyless)
    made = file(f"B {TWO} 2", f"C {ONE} 3", contract=keyless)
    assert (ids(bench), rules(bench)) == (["A", "B"], [["late"]])
    assert {r.partition: r.state for r in made.receipts} == {ONE: "prepared", TWO: "published"}
    assert file(f"B {TWO} 2", f"C {ONE} 3", contract=keyless).unchanged


def test_a_late_row_without_a_key_can_be_added_to_its_day(bench, file, texts, keyless):
    file(f"A {ONE} 1", contract=keyless)
    file(f"B {TWO} 2", f"C {ONE} 3", contract=keyless)
    bench.publish(texts(NAMES, f"C {ONE} 3"), keyless, mode="add")
    assert ids(bench) == ["A", "B", "C"]


def test_a_file_of_many_days_without_a_key_that_comes_again_changes_nothing(bench, file, keyless):
    rows = (f"A {ONE} 1", f"A {ONE} 1", f"B {TWO} 2")
    file(*rows, contract=keyless)
    file(f"C {THREE} 3", contract=keyless)
    snapshots = bench.snapshots()
    assert file(*rows, contract=keyless).unchanged
    assert bench.snapshots() == snapshots


def test_a_file_of_late_rows_alone_brings_its_newest_day(bench, file):
    file(f"A {ONE} 1", f"B {TWO} 2")
    file(f"C {ONE} 3")
    assert ids(bench) == ["B", "C"]


def test_a_file_of_a_product_without_days_replaces_it(bench, contract, column, file):
    made = contract(column("id", key_position=1, required=True))
    file("A", "B", contract=made, names="id")
    file("C", contract=made, names="id")
    assert ids(bench) == ["C"]


def test_all_days_of_a_file_can_be_brought_whole(bench, daily, texts, file):
    file(f"A {ONE} 1", f"B {ONE} 1")
    bench.publish(texts(NAMES, f"C {TWO} 4", f"A {ONE} 5"), daily, mode="replace")
    assert ids(bench) == ["A", "C"]


@pytest.fixture
def bounded(contract, column):
    """A contract of ``daily`` whose days end in 2027, with a key or without."""

    def made(key):
        day = column("day", "date", partitioned=True, maximum=dt.date(2027, 1, 1))
        return contract(column("id", required=True, key_position=1 if key else None), day, column("cents", "integer"))

    return made


@pytest.mark.parametrize("key", [True, False])
def test_a_day_that_the_contract_refuses_is_not_the_newest_of_a_file(bench, file, bounded, key):
    file(f"A {ONE} 1", f"B {ONE} 1", contract=bounded(key))
    made = file(f"A {ONE} 7", "Z 2999-01-01 1", contract=bounded(key))
    assert bench.rows()["cents"].to_list() == [7]
    assert [(r.partition, r.state) for r in made.receipts] == [(ONE, "published"), ("2999-01-01", "held")]


def test_a_file_whose_days_are_all_refused_is_held(bench, file, bounded):
    file(f"A {ONE} 1", contract=bounded(False))
    made = file("Y 2998-01-01 1", "Z 2999-01-01 1", contract=bounded(False))
    assert (ids(bench), {r.state for r in made.receipts}) == (["A"], {"held"})


#: Half past five in the afternoon of the second day in UTC, half past one of the third in Shanghai.
NOW = dt.datetime(2026, 3, 2, 17, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("key", [True, False])
def test_a_mistyped_year_is_refused_and_makes_no_other_day_late(bench, file, daily, keyless, key):
    contract = daily if key else keyless
    file(f"A {ONE} 1", f"B {ONE} 1", contract=contract, now=NOW)
    made = file(f"A {ONE} 7", "Z 2206-03-01 1", contract=contract, now=NOW)
    assert bench.rows()["cents"].to_list() == [7]
    assert rules(bench) == [["day.future"]]
    assert [(r.partition, r.state) for r in made.receipts] == [(ONE, "published"), ("2206-03-01", "prepared")]
    assert file(f"A {ONE} 7", "Z 2206-03-01 1", contract=contract, now=NOW).unchanged


@pytest.mark.parametrize(
    ("zone", "kept"), [("UTC", [ONE, TWO, THREE]), ("Asia/Shanghai", [ONE, TWO, THREE, "2026-03-04"])]
)
def test_tomorrow_is_the_last_day_of_a_file_in_the_zone_of_its_run(bench, file, zone, kept):
    days = (ONE, TWO, THREE, "2026-03-04", "2026-03-05")
    file(*(f"{day} {day} 1" for day in days), zone=zone, now=NOW)
    assert ids(bench) == kept


def test_days_ahead_are_published_where_the_contract_says_how_far(bench, file, bounded):
    file(f"A {ONE} 1", "B 2026-12-24 1", contract=bounded(True), now=NOW)
    assert ids(bench) == ["A", "B"]


def test_days_ahead_are_published_where_the_file_is_said_to_bring_its_days_whole(bench, daily, texts):
    bench.publish(texts(NAMES, "B 2026-12-24 1"), daily, mode="replace", now=NOW)
    assert ids(bench) == ["B"]


@pytest.mark.parametrize("mode", ["merge", "add"])
def test_rows_that_are_added_may_not_lie_ahead_either(bench, daily, texts, mode):
    bench.publish(texts(NAMES, f"A {ONE} 1", "B 2206-12-24 1"), daily, mode=mode, now=NOW)
    assert ids(bench) == ["A"]


def test_a_file_of_days_ahead_alone_is_held(bench, file):
    file(f"A {ONE} 1", now=NOW)
    made = file("B 2206-12-24 1", now=NOW)
    assert (ids(bench), len(made.held), made.total("quarantined")) == (["A"], 1, 1)
