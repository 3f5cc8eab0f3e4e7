from __future__ import annotations

import numpy as np
import pytest
from hansa_risk.calibration import Sigmoid, brier, calibration_error, fitted, probability, reliability
from hypothesis import given
from hypothesis import strategies as st

odds = st.lists(st.floats(-40, 40), min_size=1, max_size=60)


def drawn(slope, intercept, size=40_000, seed=4):
    """Log odds, and frauds that come with the probability of a sigmoid over them."""
    random = np.random.default_rng(seed)
    said = random.normal(-3, 1.5, size)
    return said, random.random(size) < probability(slope * said + intercept)


def test_the_sigmoid_that_made_the_frauds_is_found():
    sigmoid = fitted(*drawn(0.6, -0.8))
    assert (sigmoid.slope, sigmoid.intercept) == pytest.approx((0.6, -0.8), abs=0.1)


def test_scores_that_are_right_already_stay_as_they_are():
    sigmoid = fitted(*drawn(1.0, 0.0))
    assert (sigmoid.slope, sigmoid.intercept) == pytest.approx((1.0, 0.0), abs=0.1)


def test_calibrated_scores_are_nearer_to_what_comes_on_rows_not_fitted():
    sigmoid = fitted(*drawn(0.6, -0.8))
    said, fraud = drawn(0.6, -0.8, seed=5)
    before, after = Sigmoid().of(said), sigmoid.of(said)
    assert brier(after, fraud) < brier(before, fraud)
    assert calibration_error(after, fraud) < calibration_error(before, fraud) / 4


def test_the_order_of_rows_gives_the_same_sigmoid():
    said, fraud = drawn(0.6, -0.8)
    order = np.random.default_rng(1).permutation(len(said))
    assert fitted(said[order], fraud[order]) == fitted(said, fraud)


@given(odds)
def test_a_sigmoid_never_turns_two_scores_round_and_keeps_ties(said):
    chance = Sigmoid(0.7, -0.2).of(np.array(said))
    for n, one in enumerate(said):
        for m, other in enumerate(said):
            assert one != other or chance[n] == chance[m]
            assert one <= other or chance[n] >= chance[m]


def test_with_fewer_than_twenty_of_a_kind_no_sigmoid_is_claimed():
    said = np.linspace(-3, 3, 100)
    assert fitted(said, np.arange(100) >= 81) is None
    assert fitted(said, np.arange(100) < 19) is None
    assert fitted(np.array([]), np.array([], dtype=bool)) is None


def test_scores_that_rank_frauds_last_are_not_turned_round():
    said = np.linspace(-3, 3, 1000)
    assert fitted(said, np.arange(1000) < 300) is None


def test_one_score_for_all_fits_their_share():
    fraud = np.arange(1000) < 100
    sigmoid = fitted(np.full(1000, -1.0), fraud)
    assert sigmoid is None or sigmoid.of(np.array([-1.0]))[0] == pytest.approx(0.1, abs=0.01)


def test_frauds_that_are_told_apart_perfectly_still_give_a_finite_sigmoid():
    said = np.concatenate([np.full(500, -30.0), np.full(500, 30.0)])
    sigmoid = fitted(said, said > 0)
    assert np.isfinite([sigmoid.slope, sigmoid.intercept]).all()
    assert ((sigmoid.of(said) > 0) & (sigmoid.of(said) < 1)).all()


def test_probabilities_at_the_ends_neither_overflow_nor_warn():
    with np.errstate(all="raise"):
        assert probability(np.array([-700.0, 0.0, 700.0])) == pytest.approx([0, 0.5, 1])


def test_equal_scores_are_in_one_class():
    chance, fraud = np.array([0.01, 0.01, 0.01, 0.3]), np.array([False, True, False, True])
    assert [(group.rows, group.came) for group in reliability(chance, fraud)] == [(3, pytest.approx(1 / 3)), (1, 1.0)]


def test_the_error_is_the_mean_distance_over_rows():
    chance, fraud = np.array([0.3, 0.3, 0.8, 0.8]), np.array([False, False, True, True])
    assert calibration_error(chance, fraud) == pytest.approx((2 * 0.3 + 2 * 0.2) / 4)
    assert brier(chance, fraud) == pytest.approx((2 * 0.09 + 2 * 0.04) / 4)


def test_without_rows_nothing_is_claimed():
    none = np.array([])
    assert (brier(none, none.astype(bool)), calibration_error(none, none.astype(bool))) == (None, None)
