from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hansa.errors import DataError
from hansa_risk import model
from hansa_risk.calibration import Sigmoid
from hansa_risk.features import MODEL_FEATURES

AS_OF = dt.datetime(2026, 2, 27, 16, tzinfo=dt.UTC)
RECIPE = model.Recipe(
    label_wait=6, negative_share=0.5, trees=25, depth=4, learning_rate=0.1, least_frauds=10, seed=5, threads=2
)


def trained(features: pl.DataFrame, labels: pl.DataFrame, recipe: model.Recipe = RECIPE) -> model.Trained:
    return model.train(features.lazy(), labels.lazy(), AS_OF, recipe)


@pytest.fixture(scope="module")
def known(bank, features) -> model.Trained:
    return trained(features, bank.labels)


def test_the_same_data_give_the_same_bytes(bank, features, known):
    assert trained(features, bank.labels) == known


def test_the_order_of_rows_changes_no_byte(bank, features, known):
    shuffled = features.sample(fraction=1, shuffle=True, seed=3)
    assert trained(shuffled, bank.shuffled().labels).artefact == known.artefact


def test_another_seed_gives_another_model(bank, features, known):
    assert trained(features, bank.labels, dataclasses.replace(RECIPE, seed=6)).artefact != known.artefact


def test_labels_known_later_change_no_byte(bank, features, known):
    later = bank.labels.with_columns(is_fraud=pl.col("is_fraud") ^ (pl.col("known_at") >= AS_OF))
    assert not later.equals(bank.labels)
    assert trained(features, later).artefact == known.artefact


def test_a_transaction_that_was_not_known_yet_is_left_out(bank, features, known):
    first = features.sort("booked_at")["txn_id"][0]
    late = pl.when(pl.col("txn_id") == first).then(pl.lit(AS_OF)).otherwise("known_at")
    assert trained(features.with_columns(known_at=late), bank.labels).rows == known.rows - 1


def test_rows_whose_label_is_not_due_are_left_out(features, known):
    due = features.filter(pl.col("booked_at") < AS_OF - dt.timedelta(days=6))
    assert (known.rows, known.last) == (len(due), due["business_date"].max())
    assert known.rows < len(features)


def test_scores_are_probabilities_among_all_rows_not_the_drawn_ones(bank, features):
    few = dataclasses.replace(RECIPE, negative_share=0.1)
    learned = trained(features, bank.labels, few)
    due = features.filter(pl.col("booked_at") < AS_OF - dt.timedelta(days=6))
    mean = model.probabilities(learned.artefact, due, MODEL_FEATURES, threads=2).mean()
    assert mean == pytest.approx(learned.frauds / learned.rows, rel=0.25)


def test_too_few_frauds_are_refused_with_what_to_do(bank, features):
    with pytest.raises(DataError, match=r"frauds are known among .* are needed to train; begin on a later day"):
        trained(features, bank.labels, dataclasses.replace(RECIPE, least_frauds=100_000))


def test_a_training_that_draws_no_row_without_fraud_is_refused(bank, features):
    with pytest.raises(DataError, match=r"none of .* transactions without fraud was drawn") as refused:
        trained(features, bank.labels, dataclasses.replace(RECIPE, negative_share=1e-9))
    assert refused.value.code == "training.frauds"


def test_all_of_the_last_day_that_is_due_is_learned_from_where_a_clock_was_changed(bank, features):
    """A day of 25 hours among those that labels are waited for: the caller says when the last due day ended."""
    end = AS_OF - dt.timedelta(days=6, hours=1)
    known = model.due(features.lazy(), bank.labels.lazy(), AS_OF, RECIPE, end)
    assert known["txn_id"].sort().equals(features.filter(pl.col("booked_at") < end)["txn_id"].sort())


def test_contributions_add_up_to_the_score(features, known):
    rows = features.head(20)
    chance = model.probabilities(known.artefact, rows, MODEL_FEATURES, threads=2)
    sums = model.contributions(known.artefact, rows, MODEL_FEATURES, threads=2).sum(axis=1)
    expected = np.log(chance / (1 - chance)) - sums
    assert expected == pytest.approx(np.full(20, expected[0]))


@pytest.mark.parametrize("cores", [1, 2])
def test_the_number_of_cores_changes_no_byte(bank, features, known, tmp_path, cores):
    if len(os.sched_getaffinity(0)) < cores:
        pytest.skip(f"this machine lends {len(os.sched_getaffinity(0))} cores")
    features.write_parquet(tmp_path / "features.parquet")
    bank.labels.write_parquet(tmp_path / "labels.parquet")
    script = f"""
import os, hashlib
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:{cores}])
import datetime as dt, polars as pl
from hansa_risk import model
recipe = model.Recipe.read({RECIPE.written!r})
rows, labels = (pl.scan_parquet({str(tmp_path)!r} + "/" + name) for name in ("features.parquet", "labels.parquet"))
print(hashlib.sha256(model.train(rows, labels, {AS_OF!r}, recipe).artefact).hexdigest())
""".replace("datetime.datetime(", "dt.datetime(").replace("datetime.timezone.utc", "dt.UTC")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(known.artefact).hexdigest()


def test_a_sigmoid_moves_the_log_odds_and_no_rank(bank, features, known):
    calibrated = model.train(features.lazy(), bank.labels.lazy(), AS_OF, RECIPE, Sigmoid(0.8, -0.3))
    before = model.log_odds(known.artefact, features, MODEL_FEATURES, threads=2)
    after = model.log_odds(calibrated.artefact, features, MODEL_FEATURES, threads=2)
    assert after == pytest.approx(0.8 * before - 0.3)
    assert (np.argsort(after, kind="stable") == np.argsort(before, kind="stable")).all()


def test_contributions_to_a_calibrated_score_add_up_to_it(bank, features):
    calibrated = model.train(features.lazy(), bank.labels.lazy(), AS_OF, RECIPE, Sigmoid(0.8, -0.3))
    rows = features.head(20)
    odds = model.log_odds(calibrated.artefact, rows, MODEL_FEATURES, threads=2)
    sums = model.contributions(calibrated.artefact, rows, MODEL_FEATURES, threads=2).sum(axis=1)
    assert odds - sums == pytest.approx(np.full(20, (odds - sums)[0]))


def test_a_row_alone_has_the_score_that_it_has_among_others(features, known):
    together = model.probabilities(known.artefact, features.head(50), MODEL_FEATURES, threads=2)
    alone = [model.probabilities(known.artefact, features[n : n + 1], MODEL_FEATURES, threads=1)[0] for n in range(50)]
    assert alone == together.tolist()


def test_evidence_names_what_differs(bank, features, known):
    flipped = known.drawn.filter("is_fraud")["txn_id"][0]
    turned = bank.labels.with_columns(is_fraud=pl.col("is_fraud") & (pl.col("txn_id") != flipped))
    everything = dataclasses.replace(RECIPE, negative_share=1.0)
    before, after = trained(features, bank.labels, everything), trained(features, turned, everything)
    same = [getattr(before.evidence, name) == getattr(after.evidence, name) for name in ("keys", "labels", "features")]
    assert same == [True, False, True]
    dearer = features.with_columns(amount=pl.col("amount") + 1)
    assert trained(dearer, bank.labels).evidence.features != known.evidence.features


def test_a_recipe_comes_back_from_its_json():
    recipe = dataclasses.replace(RECIPE, numbers=("a",), texts=("b", "c"), negative_share=0.1)
    assert model.Recipe.read(recipe.written) == recipe
