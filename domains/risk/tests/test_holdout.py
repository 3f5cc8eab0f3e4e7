from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa_risk import holdout, model
from hansa_risk.holdout import Holdout, hold_out

AS_OF = dt.datetime(2026, 2, 27, 16, tzinfo=dt.UTC)
RECIPE = model.Recipe(
    label_wait=6, negative_share=0.5, trees=25, depth=4, learning_rate=0.1, least_frauds=10, seed=5, threads=2
)
DAY = dt.date(2026, 3, 1)


@pytest.fixture(scope="module")
def held(bank, features) -> Holdout:
    named = bank.labels.with_columns(
        scenario=pl.when("is_fraud").then(pl.when(pl.col("txn_id") < "t004500").then(pl.lit("stolen")))
    )
    made = hold_out(features.lazy(), named.lazy(), AS_OF, RECIPE)
    assert made is not None
    return made


def of(rows: list[tuple[int, float, str, bool]], days: int = 1) -> Holdout:
    """A holdout of rows (day from 0, log odds, amount, fraud), keys in the order given."""
    frame = pl.DataFrame(
        {
            "txn_id": [f"P{n:02}" for n in range(len(rows))],
            "business_date": [DAY + dt.timedelta(days=day) for day, *_ in rows],
            "amount": pl.Series([amount for _, _, amount, _ in rows]).cast(pl.Decimal(18, 2)),
            "is_fraud": [fraud for *_, fraud in rows],
            "pattern": ["stolen" if fraud else "-" for *_, fraud in rows],
            "log_odds": [odds for _, odds, *_ in rows],
        }
    )
    return Holdout(DAY, DAY + dt.timedelta(days=days - 1), frame, ())


def test_it_is_ranked_by_a_model_of_the_days_before(held):
    assert (held.first, held.last) == (dt.date(2026, 2, 15), dt.date(2026, 2, 21))
    assert 0.5 < held.auc < 1
    assert 0 < held.average_precision < 1


def test_none_is_claimed_where_too_little_lies_before_it(bank, features):
    young = features.filter(pl.col("business_date") > dt.date(2026, 2, 14))
    assert hold_out(young.lazy(), bank.labels.lazy(), AS_OF, RECIPE) is None


def test_what_became_known_at_the_as_of_instant_or_later_changes_nothing(bank, features, held):
    later = bank.labels.with_columns(is_fraud=pl.col("is_fraud") ^ (pl.col("known_at") >= AS_OF))
    unnamed = held.rows.drop("pattern")
    again = hold_out(features.lazy(), later.lazy(), AS_OF, RECIPE)
    assert again.rows.drop("pattern").equals(unnamed)


def test_labels_of_its_days_do_not_reach_the_twin(bank, features, held):
    start = AS_OF - dt.timedelta(days=6 + holdout.DAYS)
    turned = bank.labels.with_columns(is_fraud=pl.col("is_fraud") ^ (pl.col("known_at") >= start))
    again = hold_out(features.lazy(), turned.lazy(), AS_OF, RECIPE)
    assert again.rows["log_odds"].equals(held.rows["log_odds"])
    assert not again.rows["is_fraud"].equals(held.rows["is_fraud"])


def test_the_order_of_rows_changes_nothing(bank, features, held):
    mixed = features.sample(fraction=1, shuffle=True, seed=8)
    again = hold_out(mixed.lazy(), bank.shuffled().labels.lazy(), AS_OF, RECIPE)
    assert again.rows.drop("pattern").equals(held.rows.drop("pattern"))
    assert again.drift == held.drift


def test_patterns_come_from_labels_and_a_fraud_without_a_name_has_its_own_line(held):
    found = {one.name: one for one in held.patterns(150)}
    assert set(found) == {"stolen", "-"}
    assert sum(one.frauds for one in found.values()) == held.rows["is_fraud"].sum()
    assert all(one.found == one.frauds for one in found.values())


def test_labels_without_scenarios_give_one_line(bank, features):
    made = hold_out(features.lazy(), bank.labels.lazy(), AS_OF, RECIPE)
    assert [one.name for one in made.patterns(5)] == ["-"]


def test_no_more_than_capacity_is_looked_at_and_ties_go_by_amount_then_key():
    tied = [(0, 1.0, "5.00", n == 4) for n in range(9)] + [(0, 1.0, "6.00", True)]
    within = of(tied).within(3)
    assert (within.alerts, within.frauds) == (3, 1)
    assert of(tied).within(6).frauds == 2


def test_precision_recall_and_amount_within_capacity():
    rows = [(0, 3.0, "10.00", True), (0, 2.0, "1.00", False), (0, 1.0, "30.00", True), (1, 5.0, "1.00", False)]
    within = of(rows, days=2).within(1)
    assert (within.alerts, within.precision, within.recall, within.amount) == (2, 0.5, 0.5, 0.25)


def test_without_frauds_shares_are_not_claimed():
    within = of([(0, 1.0, "1.00", False)]).within(1)
    assert (within.precision, within.recall, within.amount) == (0.0, None, None)


def test_the_threshold_of_a_day_is_the_score_of_its_last_alert():
    rows = [(0, 2.0, "1.00", False), (0, 0.0, "1.00", False), (0, -2.0, "1.00", False), (1, -2.0, "1.00", False)]
    assert of(rows, days=2).thresholds(2) == pytest.approx([0.5, 1 / (1 + 2.718281828459045**2)])


def test_calibration_is_measured_on_days_after_those_it_was_fitted_on():
    rows = [(day, -1.0 + (n % 7), "1.00", n % 10 == 0) for day in range(7) for n in range(400)]
    made = of(rows, days=7)
    assert made.checked_rows["business_date"].min() == DAY + dt.timedelta(days=holdout.FITTED)
    assert made.calibrated.rows == 3 * 400
    assert made.calibrated.error_after < made.calibrated.error / 5


def test_with_few_frauds_no_sigmoid_is_claimed():
    few = of([(day, 0.5, "1.00", day == 0) for day in range(7)], days=7)
    assert (few.sigmoid, few.calibrated) == (None, None)


def test_drift_has_an_index_for_each_feature(held):
    assert {one.feature for one in held.drift} == set(RECIPE.names)
