"""The module's products called as the runner calls them, on the synthetic bank."""

from __future__ import annotations

import dataclasses
import datetime as dt

import polars as pl
import pytest
from hansa.errors import MeshError, WorldError
from hansa_risk import fraud, plugin

FIRST, LAST = dt.date(2026, 2, 21), dt.date(2026, 2, 23)
AS_OF = FIRST


def cargo(bank, features, make_run, memory) -> dict[str, pl.DataFrame]:
    labels, days = bank.labels.lazy(), features.filter(pl.col("business_date").is_between(FIRST, LAST)).lazy()
    before = features.filter(pl.col("business_date") < AS_OF).lazy()
    run = make_run(FIRST, LAST, memory)
    models = plugin.fraud_models.function(before, labels, make_run(AS_OF, store=memory)).collect()
    # Who scores rows may give them in another order.
    scores = plugin.fraud_scores.function(days, models.lazy(), run).sort("txn_id").collect()
    alerts = plugin.fraud_alerts.function(scores.lazy(), days, models.lazy(), run).collect()
    drift = plugin.fraud_drift.function(scores.lazy(), days, models.lazy(), run).collect()
    transactions = bank.transactions.lazy()
    whole = make_run(None, store=memory)
    read = (scores.lazy(), alerts.lazy(), days, drift.lazy(), transactions, labels)
    kpis = plugin.fraud_kpis.function(*read, whole).collect()
    made = {"fraud_models": models, "fraud_scores": scores, "fraud_alerts": alerts, "fraud_drift": drift}
    return made | {"fraud_kpis": kpis}


@pytest.fixture
def published(bank, features, make_run, memory) -> dict[str, pl.DataFrame]:
    return cargo(bank, features, make_run, memory)


@pytest.mark.parametrize("product", ["fraud_models", "fraud_scores", "fraud_alerts", "fraud_drift", "fraud_kpis"])
def test_columns_and_types_are_the_contract_s(published, product, promised):
    assert dict(published[product].schema) == promised(product)


def test_the_order_of_rows_changes_nothing_from_features_to_kpis(bank, features, make_run, memory, published):
    again = cargo(bank.shuffled(), features.sample(fraction=1, shuffle=True, seed=2), make_run, memory)
    assert all(again[name].equals(frame) for name, frame in published.items())


def test_a_version_is_named_by_its_day_and_the_bytes_that_it_keeps(published, memory):
    row = published["fraud_models"].row(0, named=True)
    assert row["model_version"] == f"2026-02-21-{row['artefact'][:12]}"
    assert row["artefact"] in memory.held


def test_every_transaction_of_the_days_has_one_score(published, features):
    days = features.filter(pl.col("business_date").is_between(FIRST, LAST))
    assert published["fraud_scores"]["txn_id"].sort().equals(days["txn_id"].sort())


def test_alerts_are_within_capacity_and_each_has_a_reason(published):
    alerts = published["fraud_alerts"]
    assert alerts.group_by("business_date").len()["len"].to_list() == [5, 5, 5]
    assert alerts["reason_1_code"].null_count() == 0


def test_the_model_ranks_better_than_the_rules(published):
    kpis = {row["kpi"]: row for row in published["fraud_kpis"].to_dicts()}
    precision = kpis["risk.fraud.average_precision"]
    assert precision["value"] > precision["baseline"]
    assert {row["obtained"] for row in kpis.values()} == {"measured"}


def test_every_kpi_of_the_module_has_a_row(published):
    named = set(published["fraud_kpis"].filter(~pl.col("kpi").str.starts_with("risk.fraud.recall."))["kpi"])
    assert named == {kpi.id for kpi in plugin.FRAUD.kpis}


def test_the_drift_of_the_score_is_the_largest_of_its_measured_days(published):
    (row,) = published["fraud_kpis"].filter(pl.col("kpi") == "risk.fraud.score_drift").to_dicts()
    of_score = published["fraud_drift"].filter(pl.col("watched") == "score")
    assert of_score.height == 3
    assert row["value"] == of_score["stability_index"].max()


def test_the_loss_has_an_interval_around_it(published):
    (row,) = published["fraud_kpis"].filter(pl.col("kpi") == "risk.fraud.loss").to_dicts()
    assert row["low"] <= row["value"] <= row["high"]


def test_without_a_store_the_run_is_refused(features, make_run):
    run = dataclasses.replace(make_run(FIRST), artefacts=None)
    with pytest.raises(WorldError, match="no store for model bytes"):
        plugin.fraud_scores.function(features.lazy(), features.lazy(), run)


@pytest.mark.parametrize(
    "told",
    [
        {"negative_share": 0.0},
        {"negative_share": -0.2},
        {"negative_share": 1.5},
        {"negative_share": float("nan")},
        {"trees": 0},
        {"depth": 0},
        {"depth": 17},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"training_threads": 0},
        {"label_wait": -1},
        {"leaf_penalty": -1.0},
    ],
    ids=str,
)
def test_a_setting_with_which_no_model_can_be_trained_is_refused_by_its_name(bank, features, make_run, memory, told):
    run = make_run(AS_OF, store=memory, **told)
    with pytest.raises(MeshError, match=f"risk.fraud: {next(iter(told))} is ") as refused:
        plugin.fraud_models.function(features.lazy(), bank.labels.lazy(), run)
    assert refused.value.code == "setting.training"
    assert memory.held == {}


def test_labels_that_are_known_at_once_are_no_mistake(make_run):
    assert fraud._recipe(make_run(AS_OF, label_wait=0, negative_share=1.0)).label_wait == 0


def test_a_model_learns_from_whole_days_where_a_clock_was_changed(bank, features, make_run, memory):
    """Berlin, the first of April: one of the seven days that labels are waited for had 23 hours."""
    shifted = dt.timedelta(days=32)
    moved = features.with_columns(pl.col("booked_at", "known_at") + shifted)
    moved = moved.with_columns(business_date=pl.col("booked_at").dt.convert_time_zone("Europe/Berlin").dt.date())
    labels = bank.labels.with_columns(pl.col("known_at") + shifted)
    day = dt.date(2026, 4, 1)
    run = dataclasses.replace(make_run(day, store=memory, training_days=60), zone="Europe/Berlin")
    (row,) = plugin.fraud_models.function(moved.lazy(), labels.lazy(), run).collect().to_dicts()
    due = moved.filter(pl.col("business_date") < day - dt.timedelta(days=run.settings["label_wait"]))
    assert (row["rows"], row["window_last"]) == (len(due), due["business_date"].max())
