from __future__ import annotations

import numpy as np
import pytest
from hansa_risk.ranking import area_under_curve, average_precision
from hypothesis import given
from hypothesis import strategies as st

ranked = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)


def arrays(rows):
    return np.array([score for score, _ in rows], dtype=float), np.array([fraud for _, fraud in rows])


def test_known_values_without_ties():
    score, fraud = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
    assert area_under_curve(score, fraud) == 0.75
    assert average_precision(score, fraud) == pytest.approx(0.8333333333333333)


def test_one_score_for_all_is_chance():
    score, fraud = np.full(8, 0.3), np.array([True, True, *[False] * 6])
    assert area_under_curve(score, fraud) == 0.5
    assert average_precision(score, fraud) == 0.25


@given(ranked)
def test_area_is_the_share_of_pairs_in_the_right_order(rows):
    score, fraud = arrays(rows)
    pairs = [(f > o) + (f == o) / 2 for f in score[fraud] for o in score[~fraud]]
    expected = sum(pairs) / len(pairs) if pairs else None
    assert area_under_curve(score, fraud) == (expected if expected is None else pytest.approx(expected))


@given(ranked)
def test_average_precision_is_the_sum_over_distinct_thresholds(rows):
    score, fraud = arrays(rows)
    if not fraud.any():
        assert average_precision(score, fraud) is None
        return
    total = 0.0
    for threshold in np.unique(score):
        taken = score >= threshold
        total += fraud[taken].mean() * fraud[score == threshold].sum() / fraud.sum()
    assert average_precision(score, fraud) == pytest.approx(total)


@given(ranked, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert area_under_curve(*arrays(rows)) == area_under_curve(*arrays(shuffled))
    assert average_precision(*arrays(rows)) == average_precision(*arrays(shuffled))


def test_without_a_fraud_or_without_another_nothing_is_claimed():
    score = np.array([0.1, 0.2])
    assert area_under_curve(score, np.array([True, True])) is None
    assert average_precision(score, np.array([False, False])) is None
