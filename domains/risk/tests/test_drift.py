from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hansa_risk.drift import MUCH, drift, stability_index
from hypothesis import given
from hypothesis import strategies as st

counts = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=12)


def index(earlier, later):
    (found,) = drift(pl.DataFrame({"a": earlier}), pl.DataFrame({"a": later}), ["a"])
    return found


def test_a_known_value():
    # Shares (50.5, 50.5)/101 and (90.5, 10.5)/101: half a row stands in each class.
    expected = (90.5 - 50.5) / 101 * math.log(90.5 / 50.5) + (10.5 - 50.5) / 101 * math.log(10.5 / 50.5)
    assert stability_index([50, 50], [90, 10]) == pytest.approx(expected)


@given(counts)
def test_it_is_finite_and_never_below_zero(pairs):
    value = stability_index([a for a, _ in pairs], [b for _, b in pairs])
    assert math.isfinite(value)
    assert value >= -1e-12


@given(counts)
def test_a_class_that_is_empty_on_both_sides_counts_for_nothing(pairs):
    earlier, later = [a for a, _ in pairs], [b for _, b in pairs]
    assert stability_index([*earlier, 0], [*later, 0]) == stability_index(earlier, later)


def test_an_empty_class_weighs_less_the_fewer_rows_there_are():
    assert 0 < stability_index([5, 5], [10, 0]) < stability_index([5000, 5000], [10_000, 0])


def test_without_rows_on_one_side_nothing_has_moved():
    assert stability_index([3, 4], [0, 0]) == stability_index([], []) == 0.0


def test_the_same_rows_have_not_moved():
    numbers = np.random.default_rng(1).normal(size=3000)
    assert index(numbers, numbers).index == pytest.approx(0)


def test_rows_from_one_source_hardly_move_and_shifted_ones_do():
    random = np.random.default_rng(2)
    first, second = random.normal(size=5000), random.normal(size=5000)
    assert index(first, second).index < 0.02
    assert index(first, second + 1).index > MUCH


def test_missing_values_are_a_class_of_their_own():
    found = index([1.0, 2.0, 3.0, None] * 100, [1.0, 2.0, None, None] * 100)
    assert {name: (a, b) for name, a, b in found.counts}["missing"] == (100, 200)


def test_nan_counts_as_missing():
    assert index([1.0, float("nan")] * 50, [1.0, None] * 50).index == pytest.approx(0)


def test_a_feature_that_was_never_there_before_is_one_missing_class_and_the_new_values():
    found = index(pl.Series([None] * 100, dtype=pl.Float64), pl.Series([1.0] * 100))
    assert [(a, b) for _, a, b in found.counts] == [(0, 100), (100, 0)]
    assert found.index > MUCH


def test_a_value_that_most_rows_share_does_not_split_its_class():
    mostly_zero = [0.0] * 950 + [float(n) for n in range(50)]
    assert index(mostly_zero, mostly_zero).index == pytest.approx(0)
    assert index(mostly_zero, [0.0] * 1000).index > 0


def test_numbers_outside_the_earlier_range_stand_in_the_outer_classes():
    found = index([float(n) for n in range(100)], [-1e300, 1e300, float("inf"), float("-inf")])
    assert sum(b for _, _, b in found.counts) == 4
    assert math.isfinite(found.index)


def test_texts_fall_into_classes_by_value_unknown_ones_together():
    found = index(["app", "web", None, "app"], ["atm", "kiosk", None, "app"])
    assert found.counts == (("0000", 2, 1), ("0001", 1, 0), ("missing", 1, 1), ("new", 0, 2))


def test_no_value_of_a_text_is_shown():
    assert "secret" not in str(index(["secret", "b"], ["secret", "c"]))


def test_the_most_moved_feature_stands_first_equal_ones_by_name():
    before = pl.DataFrame({"b": [1.0, 2.0] * 50, "a": [1.0, 2.0] * 50, "c": [1.0, 2.0] * 50})
    found = drift(before, before.with_columns(c=pl.lit(9.0)), ["b", "a", "c"])
    assert [one.feature for one in found] == ["c", "a", "b"]


def test_booleans_are_numbers():
    assert index([True, False] * 50, [True] * 100).index > MUCH
