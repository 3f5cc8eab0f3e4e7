from __future__ import annotations

import dataclasses
import datetime as dt

import polars as pl
import pytest
from hansa.errors import DataError
from hansa_risk import model
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


def test_contributions_add_up_to_the_score(features, known):
    import numpy as np

    rows = features.head(20)
    chance = model.probabilities(known.artefact, rows, MODEL_FEATURES, threads=2)
    sums = model.contributions(known.artefact, rows, MODEL_FEATURES, threads=2).sum(axis=1)
    expected = np.log(chance / (1 - chance)) - sums
    assert expected == pytest.approx(np.full(20, expected[0]))


def test_the_holdout_is_ranked_by_a_model_of_the_days_before(bank, features):
    held = model.hold_out(features.lazy(), bank.labels.lazy(), AS_OF, RECIPE)
    assert held is not None
    assert (held.first, held.last) == (dt.date(2026, 2, 15), dt.date(2026, 2, 21))
    assert 0.5 < held.auc < 1
    assert 0 < held.average_precision < 1


def test_no_holdout_is_claimed_where_too_little_lies_before_it(bank, features):
    young = features.filter(pl.col("business_date") > dt.date(2026, 2, 14))
    assert model.hold_out(young.lazy(), bank.labels.lazy(), AS_OF, RECIPE) is None
