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

ONE, TWO = "2026-03-01", "2026-03-02"


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


@settings(max_examples=40, deadline=None)
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


def test_a_value_is_not_free_where_a_group_may_take_the_row_back(seats):
    pairs = GroupRule("pairs", "groupRowCount", ("seat",), None, "mustBeLessThan", (Decimal(2),), 1)
    seats("A 1", "B 2", groups=(pairs,))
    stands, _ = seats("A 2", "B 3", groups=(pairs,), mode="merge")
    assert stands == ["A 1", "B 3"]


def test_a_value_that_another_day_gives_up_is_not_free_yet(bench, contract, column, texts):
    made = contract(
        column("id", key_position=1, required=True),
        column("day", "date", partitioned=True),
        column("seat", unique=True),
    )
    bench.publish(texts("id day seat", f"A {ONE} 1", f"B {TWO} 2"), made)
    bench.publish(texts("id day seat", f"A {ONE} 2", f"B {TWO} 3"), made, mode="merge")
    assert bench.rows().select("id", "seat").rows() == [("A", "1"), ("B", "3")]
