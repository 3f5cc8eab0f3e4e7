from __future__ import annotations

import datetime as dt

import polars as pl
from hansa_risk.alerts import Reason, queue, reasons, sum_by_reason
from hansa_risk.features import MODEL_FEATURES
from hypothesis import given
from hypothesis import strategies as st

DAY = dt.date(2026, 2, 1)
SCORED = [
    {"txn_id": "b", "score": 0.9, "amount": 10},
    {"txn_id": "a", "score": 0.9, "amount": 10},
    {"txn_id": "c", "score": 0.9, "amount": 20},
    {"txn_id": "d", "score": 0.95, "amount": 1},
    {"txn_id": "e", "score": 0.1, "amount": 99},
]


def queued(rows: list[dict], capacity: int) -> list[tuple[str, int]]:
    frame = pl.LazyFrame(rows).with_columns(business_date=pl.lit(DAY))
    return queue(frame, capacity).select("txn_id", "rank").sort("rank").collect().rows()


def test_the_queue_goes_by_score_then_amount_then_key():
    assert queued(SCORED, 9) == [("d", 1), ("c", 2), ("a", 3), ("b", 4), ("e", 5)]


def test_capacity_cuts_the_queue():
    assert queued(SCORED, 2) == [("d", 1), ("c", 2)]


@given(st.permutations(SCORED), st.integers(1, 5))
def test_the_order_of_rows_changes_nothing(rows, capacity):
    assert queued(rows, capacity) == queued(SCORED, capacity)


def test_each_day_has_a_queue_of_its_own():
    two_days = pl.LazyFrame(SCORED).join(
        pl.LazyFrame({"business_date": [DAY, DAY + dt.timedelta(days=1)]}), how="cross"
    )
    assert queue(two_days, 2).collect()["rank"].to_list() == [1, 2, 1, 2]


def test_each_feature_of_the_model_has_exactly_one_reason():
    named = [feature for reason in reasons() for feature in reason.features]
    assert sorted(named) == sorted(MODEL_FEATURES)


def test_each_reason_has_a_text_in_both_languages():
    for reason in reasons():
        assert reason.en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in reason.zh)


def test_a_reason_weighs_the_sum_of_its_features():
    known = [Reason("r", "", "", ("x", "z")), Reason("s", "", "", ("y", "absent"))]
    assert sum_by_reason([[1.0, 2.0, 4.0]], ("x", "y", "z"), known) == [[5.0, 2.0]]
