"""The queue: its written order, its capacity, and what lists and snoozes do to it. No order of rows changes it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.errors import MeshError
from hansa_risk.costs import Desk, desk_of
from hansa_risk.lists import HIT
from hansa_risk.plugin import SETTINGS
from hansa_risk.queue import contenders, counted, judged, queue
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


def frame(rows: list[dict]) -> pl.LazyFrame:
    return pl.LazyFrame(rows).with_columns(business_date=pl.lit(DAY))


def listed(**by_txn: str) -> pl.LazyFrame:
    rows = [{"txn_id": txn, "list": word} for txn, word in by_txn.items()]
    given = pl.LazyFrame(rows, schema={"txn_id": pl.String, "list": pl.String})
    return given.with_columns(pl.lit(None, kind).alias(name) for name, kind in HIT.items() if name != "list")


def resting(*txns: str) -> pl.LazyFrame:
    return pl.LazyFrame({"txn_id": txns}, schema={"txn_id": pl.String}).with_columns(
        snoozed_until=pl.lit(DAY + dt.timedelta(days=9))
    )


def decided(desk: Desk, hits: pl.LazyFrame | None = None, snoozed: pl.LazyFrame | None = None, rows=SCORED):
    return judged(frame(rows), desk, hits, snoozed).collect()


def queued(desk: Desk, hits: pl.LazyFrame | None = None, snoozed: pl.LazyFrame | None = None, rows=SCORED) -> list[str]:
    return decided(desk, hits, snoozed, rows).filter("queued").sort("rank")["txn_id"].to_list()


# Order and capacity


def test_the_queue_goes_by_score_then_amount_then_key():
    assert queued(Desk(9)) == ["d", "c", "a", "b", "e"]


def test_capacity_cuts_the_queue():
    assert queued(Desk(2)) == ["d", "c"]


def test_ranks_count_from_one_without_a_gap():
    assert decided(Desk(3)).filter("queued")["rank"].to_list() == [1, 2, 3]


def test_each_day_has_a_queue_of_its_own():
    two_days = pl.LazyFrame(SCORED).join(
        pl.LazyFrame({"business_date": [DAY, DAY + dt.timedelta(days=1)]}), how="cross"
    )
    assert queue(two_days, 2).collect()["rank"].to_list() == [1, 2, 1, 2]


def test_a_desk_without_a_place_reviews_nobody_not_even_the_black_list():
    assert queued(Desk(0), listed(e="black")) == []


TEN_EQUAL = [{"txn_id": f"P{n:02d}", "score": 0.97, "amount": 50} for n in range(1, 11)]


@given(st.permutations(TEN_EQUAL))
def test_of_ten_equal_transactions_and_three_places_the_same_three_are_queued_in_any_order_of_rows(rows):
    assert queued(Desk(3), rows=[*rows, *SCORED]) == ["P01", "P02", "P03"]


ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.1, 0.5, 0.5000000001, 0.9]),
        st.sampled_from([1, 10, 500]),
        st.sampled_from([None, None, "black", "grey", "white"]),
        st.booleans(),
    ),
    max_size=25,
)
DESKS = st.builds(
    Desk,
    capacity=st.integers(0, 8),
    threshold=st.sampled_from(["capacity", "costs"]),
    review_cost=st.sampled_from([0.0, 5.0]),
    disturb_cost=st.sampled_from([0.0, 3.0]),
    grey_share=st.sampled_from([0.0, 0.3, 1.0]),
)


def told(rows, shuffled=None):
    numbered = list(enumerate(rows))
    numbered = shuffled(numbered) if shuffled else numbered
    scored = pl.LazyFrame(
        [(f"t{n}", score, amount, DAY) for n, (score, amount, _, _) in numbered],
        schema={"txn_id": pl.String, "score": pl.Float64, "amount": pl.Int64, "business_date": pl.Date},
        orient="row",
    )
    hits = listed(**{f"t{n}": row[2] for n, row in numbered if row[2]})
    return scored, hits, resting(*(f"t{n}" for n, row in numbered if row[3]))


@given(ROWS, DESKS)
def test_of_the_contenders_alone_the_same_are_queued_and_kept_out(rows, desk):
    scored, *books = told(rows)
    shown = ("txn_id", "tier", "rank", "queued", "missed_by")
    matters = pl.col("queued") | pl.col("missed_by").is_not_null()
    whole = judged(scored, desk, *books).filter(matters)
    near = judged(contenders(scored, desk, *books), desk, *books).filter(matters)
    assert near.select(shown).collect().sort("txn_id").equals(whole.select(shown).collect().sort("txn_id"))


@given(ROWS, DESKS)
def test_what_is_counted_is_what_is_judged(rows, desk):
    scored, *books = told(rows)
    out = judged(scored, desk, *books).collect()
    in_line = out["rank"].is_not_null().sum()
    assert counted(scored, desk, *books) == (len(out), out["wanted"].sum(), in_line)


@given(ROWS, DESKS, st.randoms(use_true_random=False))
def test_no_order_of_rows_changes_anything_of_the_queue(rows, desk, random):
    one = judged(*told(rows)[:1], desk, *told(rows)[1:]).collect()
    scored, hits, rest = told(rows, lambda numbered: random.sample(numbered, len(numbered)))
    assert judged(scored, desk, hits, rest).collect().equals(one)


@given(ROWS, DESKS)
def test_the_queue_is_never_longer_than_the_capacity_and_everybody_on_it_may_be_on_it(rows, desk):
    scored, hits, rest = told(rows)
    on_it = judged(scored, desk, hits, rest).collect().filter("queued")
    assert on_it["rank"].to_list() == list(range(1, min(len(on_it), desk.capacity) + 1))
    kept_out = (pl.col("list") == "white") | (pl.col("snoozed_until").is_not_null() & (pl.col("list") != "black"))
    assert on_it.filter(kept_out.fill_null(False) | ~pl.col("wanted")).is_empty()


@given(ROWS, DESKS)
def test_every_hit_on_the_black_list_is_queued_as_far_as_there_are_places(rows, desk):
    scored, hits, rest = told(rows)
    out = judged(scored, desk, hits, rest).collect()
    black = out.filter(pl.col("list") == "black")
    assert black["queued"].sum() == min(len(black), desk.capacity)


# Costs


def test_by_costs_only_what_is_worth_a_review_is_queued_the_largest_saving_first():
    """e: 0.1 x 99 - 2 - 0.9 x 1 = 7.0; c: 0.9 x 20 - 2 - 0.1 = 15.9; d: 0.95 x 1 - 2.05 < 0."""
    desk = Desk(9, "costs", review_cost=2, disturb_cost=1)
    assert queued(desk) == ["c", "e", "a", "b"]
    saved = dict(decided(desk).select("txn_id", "saving").rows())
    assert saved["e"] == pytest.approx(7.0)
    assert saved["c"] == pytest.approx(15.9)
    assert saved["d"] < 0


def test_by_costs_the_capacity_holds_all_the_same():
    assert queued(Desk(1, "costs", review_cost=2)) == ["c"]


def test_a_share_of_a_missed_fraud_that_is_won_back_makes_fewer_reviews_worth_while():
    assert queued(Desk(9, "costs", review_cost=8, missed_share=0.5)) == ["c"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": "cost"},
        {"capacity": -1},
        {"review_cost": float("nan")},
        {"disturb_cost": -0.1},
        {"missed_share": 1.5},
        {"grey_share": -0.2},
    ],
)
def test_a_desk_that_means_nothing_is_refused_with_the_setting_s_name(wrong):
    settings = {name: setting.default for name, setting in SETTINGS.items()} | wrong
    with pytest.raises(MeshError) as refused:
        desk_of(settings)
    assert refused.value.code == "setting.desk"
    assert next(iter(wrong)) in refused.value.what


# Lists and snoozes


def test_the_black_list_comes_first_whatever_its_score():
    assert queued(Desk(2), listed(e="black")) == ["e", "d"]


def test_the_white_list_keeps_out_and_the_next_one_takes_the_place():
    assert queued(Desk(2), listed(d="white")) == ["c", "a"]


def test_the_grey_list_fills_its_share_of_the_places_first():
    rows = [*SCORED, {"txn_id": "f", "score": 0.05, "amount": 1}]
    assert queued(Desk(4, grey_share=0.25), listed(e="grey", f="grey"), rows=rows) == ["e", "d", "c", "a"]


@pytest.mark.parametrize(
    ("capacity", "share", "places"), [(100, 0.29, 29), (100, 0.57, 57), (50, 0.58, 29), (9, 0.12, 1), (10, 1.0, 10)]
)
def test_the_grey_list_s_share_of_the_places_loses_none_to_the_float(capacity, share, places):
    assert Desk(capacity, grey_share=share).grey_places == places


def test_beyond_its_share_the_grey_list_stands_where_its_score_stands():
    assert queued(Desk(9, grey_share=0.12), listed(e="grey", b="grey"))[0] == "b"
    assert queued(Desk(9, grey_share=0.12), listed(e="grey", b="grey"))[-1] == "e"


def test_the_grey_list_is_reviewed_though_no_cost_speaks_for_it():
    assert queued(Desk(9, "costs", review_cost=1000), listed(e="grey")) == ["e"]


def test_a_snooze_keeps_out_and_is_counted_only_where_there_would_have_been_an_alert():
    out = decided(Desk(2), snoozed=resting("d", "e"))
    assert out.filter("queued")["txn_id"].to_list() == ["c", "a"]
    assert out.filter(pl.col("missed_by") == "snooze")["txn_id"].to_list() == ["d"]


def test_the_black_list_overrides_a_snooze():
    assert queued(Desk(1), listed(e="black"), resting("e")) == ["e"]


def test_who_is_white_and_snoozed_is_counted_as_white():
    out = decided(Desk(1), listed(d="white"), resting("d"))
    assert out.filter(pl.col("missed_by").is_not_null()).select("txn_id", "missed_by").rows() == [("d", "white")]
