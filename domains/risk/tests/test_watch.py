"""Scored days held against the rows that their model learned from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re

import numpy as np
import polars as pl
import pytest
from hansa.errors import MeshError
from hansa_risk import model, registered, watch
from hansa_risk.drift import LITTLE, MUCH, Classes
from hansa_risk.plugin import SETTINGS
from hansa_risk.scoring import Version, scored
from hansa_risk.watch import SCORE, Reference

DAY = dt.date(2026, 2, 20)
DAYS = [DAY + dt.timedelta(days=n) for n in range(7)]
MARK = SETTINGS["drift_warning"].default
RECIPE = model.Recipe(
    label_wait=6, negative_share=0.5, trees=25, depth=4, learning_rate=0.1, least_frauds=10, seed=5, threads=2
)


def start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


@pytest.fixture(scope="module")
def version(bank, features, make_memory):
    """A model as of ``DAY``: its row, and the bytes that it names."""
    memory = make_memory()
    return registered.row(features.lazy(), bank.labels.lazy(), DAY, start_of, RECIPE, 5, memory), memory


@pytest.fixture(scope="module")
def drift_of(version):
    """The rows of ``risk.fraud_drift`` of feature rows that this model scored, over ``days``."""
    row, memory = version
    named = Version(row["model_version"], memory.get(row["artefact"]), RECIPE.names)

    def found(rows: pl.DataFrame, days=DAYS, models=None, mark=MARK) -> pl.DataFrame:
        scores = scored(rows, named, threads=2).lazy()
        kept = pl.LazyFrame([row], schema=registered.SCHEMA)
        return watch.fraud_drift(scores, rows.lazy(), models or [kept], days, memory.get, mark).collect()

    return found


@pytest.fixture(scope="module")
def later(features):
    """The rows of ``DAYS`` as if they were of one day, so that there are enough of them."""
    return features.filter(pl.col("business_date").is_in(DAYS)).with_columns(business_date=pl.lit(DAY))


def of(frame: pl.DataFrame, watched: str) -> dict:
    (row,) = frame.filter(pl.col("watched") == watched).to_dicts()
    return row


def test_each_scored_day_has_its_score_and_main_features(drift_of, features, version):
    found = drift_of(features.filter(pl.col("business_date").is_in(DAYS)))
    assert found["business_date"].unique().sort().to_list() == DAYS
    assert found.group_by("business_date").len()["len"].unique().to_list() == [watch.WATCHED + 1]
    assert found["model_version"].unique().to_list() == [version[0]["model_version"]]


def test_the_columns_are_those_of_the_contract(drift_of, later, promised):
    assert dict(drift_of(later).schema) == promised("fraud_drift")


def test_rows_like_those_of_the_training_are_steady(drift_of, features):
    # The bank is stationary, its windows of 30 days are filled from the twentieth day on.
    like = features.filter(pl.col("business_date") < DAY).with_columns(business_date=pl.lit(DAY))
    found = drift_of(like)
    assert found["stability_index"].max() < LITTLE
    assert found["state"].unique().to_list() == ["steady"]
    assert not found["warned"].any()


def test_a_day_whose_amounts_have_grown_is_told(drift_of, later):
    before = of(drift_of(later), "feature.amount")
    shifted = later.with_columns((pl.col("amount").cast(pl.Float64) * 30).cast(pl.Decimal(18, 2)).alias("amount"))
    found = drift_of(shifted)
    after = of(found, "feature.amount")
    assert before["stability_index"] < LITTLE < MUCH < after["stability_index"]
    assert (after["state"], after["warned"]) == ("much", True)
    assert of(found, SCORE)["warned"]


def test_a_day_without_a_value_of_a_feature_has_a_finite_index_and_is_told(drift_of, later):
    found = drift_of(later.with_columns(amount=pl.lit(None, pl.Decimal(18, 2))))
    row = of(found, "feature.amount")
    assert math.isfinite(row["stability_index"])
    assert row["warned"]


def test_a_day_of_one_row_is_finite_and_not_warned_of(drift_of, later):
    found = drift_of(later.head(1))
    assert found["stability_index"].is_finite().all()
    assert not found["warned"].any()


def test_a_day_without_scores_has_no_row(drift_of, later):
    assert drift_of(later, days=[DAY + dt.timedelta(days=1)]).is_empty()
    assert drift_of(later.clear()).is_empty()


def test_the_mark_decides_what_is_warned_of_and_the_words_do_not_change(drift_of, later):
    shifted = later.with_columns((pl.col("amount").cast(pl.Float64) * 30).cast(pl.Decimal(18, 2)).alias("amount"))
    loose, strict = (of(drift_of(shifted, mark=mark), "feature.amount") for mark in (1000.0, 0.05))
    assert (loose["warned"], strict["warned"]) == (False, True)
    assert loose["state"] == strict["state"] == "much"


@pytest.mark.parametrize("wrong", [0, -0.1, float("nan"), float("inf")])
def test_a_mark_that_means_nothing_is_refused(wrong):
    with pytest.raises(MeshError) as refused:
        watch.mark_of({"drift_warning": wrong})
    assert refused.value.code == "setting.drift"


def test_both_languages_say_it_with_the_same_figure(drift_of, later):
    shifted = later.with_columns((pl.col("amount").cast(pl.Float64) * 30).cast(pl.Decimal(18, 2)).alias("amount"))
    row = of(drift_of(shifted), "feature.amount")
    figure = f"{row['stability_index']:.3f}"
    assert row["told_en"].startswith("feature amount: moved much") and figure in row["told_en"]
    assert row["told_zh"].startswith("特征 amount：较训练时明显漂移") and figure in row["told_zh"]
    assert "0.25" in row["told_en"] and "0.25" in row["told_zh"]


def test_both_languages_have_the_same_words_to_fill():
    words = watch._words()
    assert set(words["en"]) == set(words["zh"])
    for word, text in words["en"].items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", words["zh"][word])), word


@pytest.mark.parametrize("how", ["null", "no column"])
def test_a_model_of_an_earlier_release_is_said_not_to_be_known(drift_of, later, version, how):
    old = pl.LazyFrame([version[0] | {"reference": None}], schema=registered.SCHEMA)
    found = drift_of(later, models=[old if how == "null" else old.drop("reference")])
    assert found.select("watched", "state", "warned", "stability_index").rows() == [(SCORE, "unknown", False, None)]


def test_a_row_that_was_replaced_since_speaks_as_it_was_read_then(drift_of, later, version):
    gone = pl.LazyFrame(schema=registered.SCHEMA)
    kept = pl.LazyFrame([version[0]], schema=registered.SCHEMA)
    assert drift_of(later, models=[kept, gone]).equals(drift_of(later))


def test_the_order_of_the_rows_changes_nothing(drift_of, later):
    assert drift_of(later.sample(fraction=1, shuffle=True, seed=4)).equals(drift_of(later))


def test_the_same_training_keeps_the_same_reference_whatever_the_order_of_its_rows(
    bank, features, version, make_memory
):
    shuffled = features.sample(fraction=1, shuffle=True, seed=3).lazy()
    again = registered.row(shuffled, bank.shuffled().labels.lazy(), DAY, start_of, RECIPE, 5, make_memory())
    assert again["reference"] == version[0]["reference"]


def test_a_reference_read_back_is_the_one_that_was_written(version):
    row, memory = version
    read = Reference.read(memory.get(row["reference"]))
    assert Reference.read(read.written) == read
    assert read.features[0] in RECIPE.names
    assert SCORE in read.classes


def test_frauds_have_their_natural_share_among_the_rows_that_days_are_held_against(bank, features):
    recipe = dataclasses.replace(RECIPE, negative_share=0.2)
    trained, _ = registered.learned(features.lazy(), bank.labels.lazy(), DAY, start_of, recipe)
    like = model.at_natural_share(trained.drawn, recipe)
    assert trained.drawn["is_fraud"].mean() > 2 * trained.frauds / trained.rows
    assert like["is_fraud"].mean() == pytest.approx(trained.frauds / trained.rows, rel=0.6)
    assert set(trained.drawn.filter(~pl.col("is_fraud"))["txn_id"]) <= set(like["txn_id"])


def test_what_the_day_itself_sets_is_not_watched():
    names = ["weekend", "amount", "night"]
    assert watch.heaviest([90.0, 4.0, 6.0], names) == ["night", "amount"]


def test_features_of_equal_weight_stand_in_the_order_of_the_model():
    assert watch.heaviest([1.0] * 20, [f"f{n}" for n in range(20)]) == [f"f{n}" for n in range(watch.WATCHED)]


def test_a_text_is_held_against_its_values_and_the_reference_shows_none():
    held = Classes.of(pl.Series(["secret", "b", None, "b"]))
    kept = Reference(4, {SCORE: held})
    assert "secret" not in kept.written.decode()
    same = Reference.read(kept.written).classes[SCORE].moved("x", pl.Series(["b", "new", None, "secret"]))
    assert {name: (a, b) for name, a, b in same.counts} == {
        "0000": (2, 1),
        "0001": (1, 1),
        "missing": (1, 1),
        "new": (0, 1),
    }


def test_on_small_days_of_one_source_chance_is_rarely_warned_of():
    random = np.random.default_rng(3)
    held = Classes.of(pl.Series(random.normal(size=3000)))
    found = [held.moved("x", pl.Series(random.normal(size=30))) for _ in range(400)]
    assert sum(one.index >= LITTLE for one in found) > 300
    assert sum(one.index >= LITTLE and one.index > one.by_chance for one in found) <= 12
