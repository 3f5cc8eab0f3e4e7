"""Volume: a day is compared with the product's own published days of its kind; held days are no evidence."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.contract.model import VolumeRule
from hansa.volume import expected, keeps

FIRST = dt.date(2026, 3, 1)  # a Sunday


@pytest.fixture
def b4(contract, column):
    return contract(
        column("id", key_position=1, required=True),
        column("day", "date", partitioned=True),
        rules=(),
        volume=VolumeRule("rows.usual", 0.3, 1),
    )


@pytest.fixture
def day(bench, b4):
    """Publish a day of so many rows, as a file."""

    def publish(number, rows, contract=b4, **options):
        date = str(FIRST + dt.timedelta(days=number - 1))
        ids = [f"{number}-{at}" for at in range(rows)]
        frame = pl.DataFrame({"id": ids, "day": [date] * rows}, schema={"id": pl.String, "day": pl.String})
        return bench.publish(frame, contract, **({"mode": "file"} | options))

    return publish


def test_b4_a_missing_delivery_is_held_and_spoils_no_expectation(bench, day):
    made = {number: day(number, 100) for number in range(1, 6)}
    made |= {6: day(6, 0), 7: day(7, 4), 8: day(8, 97), 9: day(9, 100)}
    assert [number for number, answer in made.items() if answer.held] == [6, 7]
    assert made[6].held[0].reasons == (
        "no rows came and about 100 were expected (median of 5 days), so there is no day to publish",
    )
    assert made[7].held[0].reasons == (
        "rows.usual: 4 rows came and about 100 were expected (median of 5 days), "
        "the contract allows a difference of 0.3 of it",
    )
    assert bench.rows().height == 697


def test_b4_days_with_too_little_history_say_so(day):
    assert [day(number, 100).receipts[0].unchecked for number in range(1, 5)] == [("rows.usual",)] * 3 + [()]


def test_b4_row_rules_over_no_row_say_that_there_was_nothing_to_check(day, contract, rule, b4):
    known = rule("id.known", "invalidValues", "id", valid_values=("A",))
    made = contract(*b4.columns, rules=(known,), volume=b4.volume)
    assert {"id.known", "id.required", "day.required"} <= set(day(1, 0, contract=made).held[0].unchecked)


def test_a_day_that_was_held_for_its_volume_is_held_again_without_a_change(bench, day):
    for number in range(1, 5):
        day(number, 100)
    day(5, 4)
    files = bench.listing()
    again = day(5, 4)
    assert (again.unchanged, bool(again.held), bench.listing() == files) == (True, True, True)


def test_a_warning_is_counted_and_holds_nothing(day, contract, b4):
    warning = contract(*b4.columns, volume=VolumeRule("rows.usual", 0.3, 1, severity="warning"))
    for number in range(1, 5):
        day(number, 100, contract=warning)
    made = day(5, 4, contract=warning)
    assert (made.held, made.receipts[0].broken) == ((), {"rows.usual": 1})


def test_a_merged_day_is_judged_by_all_of_its_rows(day):
    for number in range(1, 6):
        day(number, 100)
    assert not day(5, 110, mode="merge").held
    assert day(5, 200, mode="merge").held


def test_days_of_one_publication_are_evidence_for_the_later_ones(bench, b4):
    days = [FIRST + dt.timedelta(days=n) for n in range(5)]
    rows = [(f"{date}-{at}", str(date)) for date in days for at in range(4 if date == days[-1] else 20)]
    frame = pl.DataFrame(rows, schema=["id", "day"], orient="row")
    made = bench.publish(frame, b4)
    assert [r.partition for r in made.held] == [str(days[-1])]
    assert bench.publish(frame, b4).unchanged


RULE = VolumeRule("v", 0.1, 1, history=3, minimum=2)
WEEK = {FIRST + dt.timedelta(days=n): rows for n, rows in enumerate([10, 100, 110, 120, 130, 140, 20])}


@pytest.mark.parametrize(
    ("day", "rows", "kind"),
    [
        (dt.date(2026, 3, 6), 120, "workdays"),
        (dt.date(2026, 3, 8), 15, "weekend days"),
        (dt.date(2026, 3, 7), 130, "days"),
        (dt.date(2026, 3, 3), 55, "days"),
        (None, 130, "days"),
    ],
)
def test_the_newest_days_of_the_same_kind_are_the_evidence(day, rows, kind):
    found = expected(RULE, WEEK, day)
    assert (found.rows, found.kind) == (rows, kind)


def test_without_history_nothing_is_expected():
    assert expected(RULE, WEEK, dt.date(2026, 3, 2)) is None


@pytest.mark.parametrize(("rows", "kept"), [(90, True), (110, True), (89, False), (111, False)])
def test_the_tolerance_is_a_share_of_what_is_expected(rows, kept):
    found = expected(RULE, {FIRST: 100, FIRST + dt.timedelta(days=1): 100}, FIRST + dt.timedelta(days=9))
    assert keeps(RULE, rows, found) is kept


def test_a_tolerance_is_read_as_it_was_written():
    # 0.29 of 100 is 28.999999999999996 in doubles.
    found = expected(RULE, {FIRST: 100, FIRST + dt.timedelta(days=1): 100}, FIRST + dt.timedelta(days=9))
    assert keeps(VolumeRule("v", 0.29, 1), 71, found)
