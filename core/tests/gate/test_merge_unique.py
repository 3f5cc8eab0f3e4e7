"""Unique columns in a merge: a value is free once the row that has it is replaced by one with another value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import hansa.uniqueness
import polars as pl
import pytest
from hansa.contract.model import GroupRule
from hypothesis import given, settings
from hypothesis import strategies as st
from machinery.laws import examples

ONE, TWO, THREE = "2026-03-01", "2026-03-02", "2026-03-03"


@pytest.fixture(params=["days", "whole"])
def seats(request, bench, contract, column, texts):
    """Publish rows of ``id seat``, in one day or without days; what stands then."""
    day = [column("day", "date", partitioned=True)] if request.param == "days" else []
    key = column("id", key_position=1, required=True)

    def publish(*rows, unique=("seat",), mode="replace", **options):
        made = contract(key, *day, *(column(name, unique=True) for name in unique), **options)
        names = " ".join(["id", *(["day"] if day else []), *unique])
        full = [row.replace(" ", f" {ONE} ", 1) for row in rows] if day else rows
        answer = bench.publish(texts(names, *full), made, mode=mode)
        return [" ".join(row) for row in bench.rows().select("id", *unique).rows()], answer

    return publish


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("A 1, B 2", "A 2, B 3", "A 2, B 3"),
        ("A 1, B 2", "A 2, B 1", "A 2, B 1"),
        ("A 1, B 2, C 3", "A 2, B 3, C 1", "A 2, B 3, C 1"),
        # What nobody gives up is kept, and so is all that waits for it.
        ("A 1, B 2, C 3", "A 2, B 3", "A 1, B 2, C 3"),
        ("A 1, B 2, C 3, D 4", "A 2, B 3, D 5", "A 1, B 2, C 3, D 5"),
        # Two that want what one gives up.
        ("A 1, B 2, C 3", "A 2, B 9, C 2", "A 1, B 9, C 3"),
        ("A 1, B 2", "C 2, B 9", "A 1, B 9, C 2"),
        # The row that would give it up is refused itself.
        ("A 1, B 2", "A 2, B 3, B 4", "A 1, B 2"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 500_000])
def test_a_unique_value_is_free_once_its_row_is_replaced_by_another_value(
    seats, monkeypatch, before, new, after, at_once
):
    monkeypatch.setattr("hansa.uniqueness.PASS", at_once)
    seats(*before.split(", "))
    stands, _ = seats(*new.split(", "), mode="merge")
    again, _ = seats(*new.split(", "), mode="merge")
    assert (stands, again) == (after.split(", "), after.split(", "))


SEATS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 6)), max_size=6)


def left(before, new):
    """What a naive model leaves of a merge: rivals go, then what wants a value that a row keeps, until none does."""
    rows = set(new)
    rows -= {row for row in rows if sum(row[0] == other[0] for other in rows) > 1}
    rows -= {row for row in rows if sum(row[1] == other[1] for other in rows) > 1}
    while True:
        ids = {identity for identity, _ in rows}
        kept = {seat: identity for identity, seat in before.items() if identity not in ids}
        bad = {row for row in rows if kept.get(row[1], row[0]) != row[0]}
        if not bad:
            return sorted((before | dict(rows)).items())
        rows -= bad


@settings(max_examples=examples(20), deadline=None)
@given(st.permutations(range(1, 7)), st.integers(1, 5), SEATS, st.sampled_from([1, 500_000]), st.booleans())
def test_a_merge_of_unique_values_is_judged_as_a_naive_model_says(
    new_bench, contract, column, seated, count, new, at_once, daily
):
    day = [column("day", "date", partitioned=True)] if daily else []
    made = contract(column("id", key_position=1, required=True), column("seat", "integer", unique=True), *day)
    before = dict(zip("ABCDE"[:count], seated, strict=False))

    def frame(rows):
        found = pl.DataFrame(rows, schema={"id": pl.String, "seat": pl.Int64}, orient="row")
        return found.with_columns(day=pl.lit(dt.date.fromisoformat(ONE))) if daily else found

    bench = new_bench()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hansa.uniqueness, "PASS", at_once)
        bench.publish(frame(list(before.items())), made)
        for _ in range(2):
            bench.publish(frame(new), made, mode="merge")
            assert bench.rows().select("id", "seat").rows() == left(before, new)


def test_what_one_unique_column_refuses_frees_nothing_in_another(seats):
    seats("A 1 x", "B 2 y", "C 3 z", unique=("seat", "desk"))
    stands, made = seats("A 2 x", "B 4 z", unique=("seat", "desk"), mode="merge")
    assert stands == ["A 1 x", "B 2 y", "C 3 z"]
    assert made.receipts[0].broken == {"seat.unique": 1, "desk.unique": 1}


def test_a_long_chain_falls_at_once(seats):
    seats(*(f"{n:04} {n}" for n in range(3000)))
    stands, made = seats(*(f"{n:04} {n + 1}" for n in range(2999)), mode="merge")
    assert made.receipts[0].broken == {"seat.unique": 2999}
    assert stands[0] == "0000 0"


def pairs():
    return GroupRule("pairs", "groupRowCount", ("seat",), None, "mustBeLessThan", (Decimal(2),), 1)


def test_a_value_is_free_beside_a_rule_of_groups_that_takes_nothing_back(seats):
    seats("A 1", "B 2", groups=(pairs(),))
    stands, _ = seats("A 2", "B 3", groups=(pairs(),), mode="merge")
    assert stands == ["A 2", "B 3"]


def test_a_value_is_not_free_where_a_group_takes_the_row_back(bench, contract, column, texts):
    whole = GroupRule("whole", "groupRowCount", ("team",), None, "mustBeGreaterThan", (Decimal(1),), 1)
    made = contract(
        column("id", key_position=1, required=True), column("seat", unique=True), column("team"), groups=(whole,)
    )
    bench.publish(texts("id seat team", "A 1 x", "B 2 x", "C 3 x"), made)
    # B gives up its seat in a group of its own, which is too small.
    bench.publish(texts("id seat team", "A 2 x", "B 9 alone"), made, mode="merge")
    assert bench.rows().select("id", "seat").rows() == [("A", "1"), ("B", "2"), ("C", "3")]


@pytest.fixture
def days(bench, contract, column, texts):
    """Publish rows of ``id day seat``, of a product whose ids and seats stand once over all days; what stands then."""
    columns = (
        column("id", key_position=1, required=True),
        column("day", "date", partitioned=True),
        column("seat", unique=True),
    )

    def publish(*rows, mode="merge", **options):
        made = contract(*columns, **options)
        answer = bench.publish(texts("id day seat", *rows), made, mode=mode)
        return [" ".join(row) for row in bench.rows().select("id", "seat").rows()], answer

    return publish


@pytest.mark.parametrize(
    ("new", "after"),
    [
        (("A 1 2", "B 2 3"), ["A 2", "B 3"]),
        (("A 1 2", "B 2 1"), ["A 2", "B 1"]),
        (("A 1 9", "B 2 1"), ["A 9", "B 1"]),
        # Nobody gives it up, or who does is refused.
        (("A 1 2",), ["A 1", "B 2"]),
        (("A 1 2", "B 2 3", "C 2 3"), ["A 1", "B 2"]),
    ],
)
def test_a_value_that_another_day_gives_up_in_the_same_publication_is_free(days, new, after):
    def dated(rows):
        return [f"{name} 2026-03-0{day} {seat}" for name, day, seat in (row.split() for row in rows)]

    days(*dated(("A 1 1", "B 2 2")))
    stands, _ = days(*dated(new))
    again, _ = days(*dated(new))
    assert (stands, again) == (after, after)


@pytest.mark.parametrize(("gives", "takes"), [(ONE, TWO), (TWO, ONE)])
def test_a_day_that_is_held_holds_the_day_that_takes_its_value(days, rule, gives, takes):
    few = {"rules": (rule("few", "rowCount", operator="mustBeLessThan", operands=(3.0,)),)}
    days(f"A {gives} 1", f"B {takes} 2", f"C {THREE} 3", **few)
    stands, made = days(f"A {gives} 9", f"D {gives} 7", f"E {gives} 8", f"B {takes} 1", f"C {THREE} 4", **few)
    assert stands == ["A 1", "B 2", "C 4"]
    assert {r.partition for r in made.held} == {gives, takes}


@settings(max_examples=examples(14), deadline=None)
@given(st.permutations(range(1, 7)), st.lists(SEATS, min_size=1, max_size=3), st.sampled_from([1, 500_000]))
def test_no_value_stands_twice_whatever_days_give_and_take(new_bench, contract, column, rule, seated, merges, at_once):
    key = column("id", key_position=1, required=True)
    few = rule("few", "rowCount", operator="mustBeLessThan", operands=(3.0,))
    made = contract(key, column("day", "date", partitioned=True), column("seat", "integer", unique=True), rules=(few,))

    def frame(rows):
        found = pl.DataFrame(rows, schema={"id": pl.String, "seat": pl.Int64}, orient="row")
        day = pl.col("id").replace_strict({"A": ONE, "B": ONE, "C": TWO, "D": TWO, "E": THREE}, return_dtype=pl.String)
        return found.with_columns(day=day.str.to_date("%Y-%m-%d"))

    bench = new_bench()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hansa.uniqueness, "PASS", at_once)
        bench.publish(frame(list(zip("ACE", seated, strict=False))), made)
        for rows in merges:
            bench.publish(frame(rows), made, mode="merge")
            stands = bench.rows()
            bench.publish(frame(rows), made, mode="merge")
            assert bench.rows().equals(stands)
            assert stands["seat"].drop_nulls().is_unique().all()
            assert stands["id"].is_unique().all()
