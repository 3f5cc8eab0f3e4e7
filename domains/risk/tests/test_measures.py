"""Decisions measured: who is caught counts once, amounts are exact, intervals are drawn over payers from the seed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hansa_risk.measures import MODEL, RULES, Measured, loss, parts, ratios
from hypothesis import given
from hypothesis import strategies as st

DAY = dt.date(2026, 2, 10)
COLUMNS = {
    "txn_id": pl.String,
    "business_date": pl.Date,
    "payer_token": pl.String,
    "amount": pl.Float64,
    "is_fraud": pl.Boolean,
    MODEL: pl.Boolean,
    RULES: pl.Boolean,
}


def judged(*rows: tuple) -> pl.DataFrame:
    """Rows as (day, payer, amount, is_fraud, alerted, rules_alerted)."""
    told = [
        (f"t{n:04d}", DAY + dt.timedelta(days=day), payer, amount, fraud, model, rules)
        for n, (day, payer, amount, fraud, model, rules) in enumerate(rows)
    ]
    return pl.DataFrame(told, schema=COLUMNS, orient="row")


def value(rows: pl.DataFrame, name: str, alerted: str = MODEL) -> float | None:
    return ratios(rows, alerted, seed=1)[f"risk.fraud.{name}"].value


#: A card that is caught on the first day and defrauded twice more, and one of which nobody knows.
STORY = judged(
    (0, "k", 100.0, True, True, False),
    (1, "k", 30.0, True, True, True),
    (2, "k", 70.0, True, False, False),
    (2, "m", 50.0, True, False, False),
    (2, "n", 9.0, False, True, False),
)


def test_a_card_that_was_caught_is_not_caught_again_on_the_days_after():
    assert value(STORY, "precision") == 1 / 2
    assert value(STORY, "recall") == 1 / 2


def test_what_follows_on_a_caught_card_is_not_lost():
    assert value(STORY, "lost_share") == 50 / 250


def test_two_frauds_on_the_day_on_which_the_card_is_caught_both_count():
    same_day = judged((0, "k", 10.0, True, True, False), (0, "k", 30.0, True, False, False))
    assert value(same_day, "recall") == 1 / 2
    assert value(same_day, "lost_share") == 30 / 40


def test_an_alert_on_an_honest_payment_catches_nobody():
    rows = judged((0, "k", 10.0, False, True, False), (1, "k", 30.0, True, False, False))
    assert value(rows, "lost_share") == 1.0


def test_rules_and_model_each_have_their_own_caught_cards():
    """The rules find the card a day later, so that they lose the first amount and the card that nobody knows."""
    assert value(STORY, "lost_share", RULES) == (100 + 50) / 250
    assert loss(STORY, seed=1).value == pytest.approx(50 / 150 - 1)


def test_without_any_loss_under_the_rules_there_is_nothing_to_compare_with():
    assert loss(judged((0, "k", 10.0, True, True, True)), seed=1) == Measured()


def test_without_a_row_nothing_is_defined():
    assert {one.value for one in ratios(judged(), MODEL, seed=1).values()} == {None}


def test_amounts_are_summed_exactly():
    rows = judged(*((0, f"p{n}", 0.1, True, False, False) for n in range(3)))
    assert parts(rows, MODEL)["lost"].sum() == 30


def crowd(size: int, seed: int = 3) -> pl.DataFrame:
    """Two payments a payer: a fifth is fraud, the model alerts three in ten and the rules one in ten, by chance."""
    random = np.random.default_rng(seed)
    fraud, model, rules = (random.random(size) < share for share in (0.2, 0.3, 0.1))
    payers, days = [f"p{n // 2}" for n in range(size)], random.integers(0, 7, size)
    return pl.DataFrame(
        {
            "txn_id": [f"t{n:06d}" for n in range(size)],
            "business_date": [DAY + dt.timedelta(days=int(day)) for day in days],
            "payer_token": payers,
            "amount": random.lognormal(3, 1, size).round(2),
            "is_fraud": fraud,
            MODEL: model,
            RULES: rules,
        }
    )


def test_the_interval_holds_the_value_and_is_narrower_with_more_payers():
    small, large = loss(crowd(200), seed=1), loss(crowd(4000), seed=1)
    assert small.low < small.value < small.high
    assert large.high - large.low < (small.high - small.low) / 2


def test_the_same_seed_gives_the_same_interval_in_any_order_of_rows_and_another_seed_another():
    rows = crowd(300)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=9)
    assert loss(rows, seed=1) == loss(shuffled, seed=1)
    assert ratios(rows, MODEL, seed=1) == ratios(shuffled, MODEL, seed=1)
    assert loss(rows, seed=2) != loss(rows, seed=1)


def test_nine_in_ten_intervals_or_more_hold_the_true_ratio():
    """A hundred samples of 600 payments, against what a hundred thousand show."""
    truth = value(crowd(100_000, seed=0), "recall")
    found = [ratios(crowd(600, seed), MODEL, seed)["risk.fraud.recall"] for seed in range(1, 101)]
    assert sum(one.low <= truth <= one.high for one in found) >= 90


def test_for_a_handful_of_payers_no_interval_is_told():
    assert loss(STORY, seed=1).low is None


ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["k", "m", "n"]),
        st.sampled_from([0.01, 5.0, 80.0]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    max_size=15,
)


@given(ROWS)
def test_each_measure_is_a_share(rows):
    found = ratios(judged(*rows), MODEL, seed=1)
    assert all(one.value is None or 0 <= one.value <= 1 for one in found.values())


@given(ROWS)
def test_whoever_alerts_everybody_loses_nothing(rows):
    everybody = judged(*rows).with_columns(pl.lit(True).alias(MODEL))
    assert value(everybody, "lost_share") in (0.0, None)


@given(ROWS)
def test_more_alerts_never_lose_more(rows):
    some = judged(*rows)
    more = some.with_columns(pl.col(MODEL) | pl.col(RULES))
    assert parts(more, MODEL)["lost"].sum() <= parts(some, MODEL)["lost"].sum()
