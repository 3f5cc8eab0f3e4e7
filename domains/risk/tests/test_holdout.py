from __future__ import annotations

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hansa_risk import holdout, model
from hansa_risk.holdout import Holdout, hold_out

AS_OF_DAY = dt.date(2026, 2, 28)
RECIPE = model.Recipe(
    label_wait=6, negative_share=0.5, trees=25, depth=4, learning_rate=0.1, least_frauds=10, seed=5, threads=2
)
DAY = dt.date(2026, 3, 1)


def start_in(zone: str):
    """When a business day begins in a zone."""
    return lambda day: dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


start_of = start_in("Asia/Shanghai")
AS_OF = start_of(AS_OF_DAY)


@pytest.fixture(scope="module")
def held(bank, features) -> Holdout:
    named = bank.labels.with_columns(
        scenario=pl.when("is_fraud").then(pl.when(pl.col("txn_id") < "t004500").then(pl.lit("stolen")))
    )
    made = hold_out(features.lazy(), named.lazy(), AS_OF_DAY, start_of, RECIPE)
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


@pytest.mark.parametrize(
    ("day", "changed", "hours"),
    [(dt.date(2026, 4, 1), dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 28), dt.date(2026, 10, 25), 25)],
    ids=["spring", "autumn"],
)
def test_whole_business_days_are_held_out_where_a_clock_was_changed(day, changed, hours):
    """A transaction each half hour, every eighth a fraud that is known an hour later."""
    start = start_in("Europe/Berlin")
    last = day - dt.timedelta(days=RECIPE.label_wait)
    assert start(changed + dt.timedelta(days=1)) - start(changed) == dt.timedelta(hours=hours)
    size = int((start(day) - start(day - dt.timedelta(days=21))) / dt.timedelta(minutes=30))
    booked = [start(day - dt.timedelta(days=21)) + n * dt.timedelta(minutes=30) for n in range(size)]
    rows = pl.DataFrame({"txn_id": [f"t{n:05}" for n in range(size)], "booked_at": booked}).with_columns(
        pl.col("booked_at").cast(pl.Datetime("us", "UTC")),
        *(pl.lit(1.0).alias(name) for name in model.MODEL_FEATURES if name != "amount" and name[:8] != "channel_"),
        amount=pl.Series([float(n % 11) for n in range(size)]),
        channel=pl.lit("transfer"),
        known_at=pl.col("booked_at").cast(pl.Datetime("us", "UTC")),
        business_date=pl.col("booked_at").dt.convert_time_zone("Europe/Berlin").dt.date(),
    )
    labels = rows.gather_every(8).select(
        "txn_id", known_at=pl.col("known_at") + dt.timedelta(hours=1), is_fraud=pl.lit(True)
    )
    made = hold_out(rows.lazy(), labels.lazy(), day, start, RECIPE)
    assert made is not None
    assert (made.first, made.last) == (last - dt.timedelta(days=holdout.DAYS), last - dt.timedelta(days=1))
    held_days = rows.filter(pl.col("business_date").is_between(made.first, made.last))
    assert made.rows["txn_id"].to_list() == held_days["txn_id"].to_list()


def test_nothing_is_claimed_where_no_row_without_fraud_was_drawn_for_the_twin(bank, features):
    few = dataclasses.replace(RECIPE, negative_share=1e-9)
    assert hold_out(features.lazy(), bank.labels.lazy(), AS_OF_DAY, start_of, few) is None


def test_none_is_claimed_where_too_little_lies_before_it(bank, features):
    young = features.filter(pl.col("business_date") > dt.date(2026, 2, 14))
    assert hold_out(young.lazy(), bank.labels.lazy(), AS_OF_DAY, start_of, RECIPE) is None


def test_what_became_known_at_the_as_of_instant_or_later_changes_nothing(bank, features, held):
    later = bank.labels.with_columns(is_fraud=pl.col("is_fraud") ^ (pl.col("known_at") >= AS_OF))
    unnamed = held.rows.drop("pattern")
    again = hold_out(features.lazy(), later.lazy(), AS_OF_DAY, start_of, RECIPE)
    assert again.rows.drop("pattern").equals(unnamed)


def test_labels_of_its_days_do_not_reach_the_twin(bank, features, held):
    start = AS_OF - dt.timedelta(days=6 + holdout.DAYS)
    turned = bank.labels.with_columns(is_fraud=pl.col("is_fraud") ^ (pl.col("known_at") >= start))
    again = hold_out(features.lazy(), turned.lazy(), AS_OF_DAY, start_of, RECIPE)
    assert again.rows["log_odds"].equals(held.rows["log_odds"])
    assert not again.rows["is_fraud"].equals(held.rows["is_fraud"])


def test_the_order_of_rows_changes_nothing(bank, features, held):
    mixed = features.sample(fraction=1, shuffle=True, seed=8)
    again = hold_out(mixed.lazy(), bank.shuffled().labels.lazy(), AS_OF_DAY, start_of, RECIPE)
    assert again.rows.drop("pattern").equals(held.rows.drop("pattern"))
    assert again.drift == held.drift


def test_patterns_come_from_labels_and_a_fraud_without_a_name_has_its_own_line(held):
    found = {one.name: one for one in held.patterns(150)}
    assert set(found) == {"stolen", "-"}
    assert sum(one.frauds for one in found.values()) == held.rows["is_fraud"].sum()
    assert all(one.found == one.frauds for one in found.values())


def test_labels_without_scenarios_give_one_line(bank, features):
    made = hold_out(features.lazy(), bank.labels.lazy(), AS_OF_DAY, start_of, RECIPE)
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
