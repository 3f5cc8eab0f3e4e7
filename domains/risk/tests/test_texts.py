"""Texts that an institution adds as features: gaps, values that nobody has seen, and values that look like gaps."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest
from hansa_risk import inputs, model
from hansa_risk.scoring import Version, scored

AS_OF = dt.datetime(2026, 2, 27, 16, tzinfo=dt.UTC)
RECIPE = model.Recipe(
    label_wait=6,
    negative_share=1.0,
    trees=25,
    depth=4,
    learning_rate=0.1,
    least_frauds=10,
    seed=5,
    threads=2,
    texts=("branch",),
)


def version_of(features, labels, recipe=RECIPE) -> Version:
    learned = model.train(features.lazy(), labels.lazy(), AS_OF, recipe)
    return Version("v1", learned.artefact, recipe.names)


def with_texts(features: pl.DataFrame, texts: list[str | None]) -> pl.DataFrame:
    return features.with_columns(branch=pl.Series(texts, dtype=pl.String))


@pytest.fixture(scope="module")
def tidy(bank, features) -> Version:
    """A model that learned from a month of three words without a gap."""
    words = np.random.default_rng(1).choice(["app", "web", "branch"], len(features))
    return version_of(with_texts(features, words.tolist()), bank.labels)


def test_a_gap_on_the_day_of_scoring_costs_no_score_and_new_values_are_counted(tidy, features):
    day = with_texts(features.head(6), ["app", None, "atm", "None", "", "web"])
    scores = scored(day, tidy, threads=2)
    assert scores["score"].is_between(0, 1, closed="none").all()
    assert scores["unseen"].to_list() == [0, 1, 1, 1, 1, 0]


def test_one_row_alone_scores_as_among_others(tidy, features):
    day = with_texts(features.head(5), ["app", None, "atm", "None", ""])
    together = scored(day, tidy, threads=2)
    alone = pl.concat([scored(day[n : n + 1], tidy, threads=1) for n in range(5)])
    assert alone.equals(together)


@pytest.mark.parametrize("lookalike", ["", "None", "null", "NaN", "\u2400", "\x00"])
def test_no_text_is_taken_for_a_gap(bank, features, lookalike):
    suspects = set(bank.labels.filter("is_fraud")["txn_id"])
    texts = [None if txn in suspects else lookalike for txn in features["txn_id"]]
    learned = version_of(with_texts(features, texts), bank.labels)
    one = features.head(1)
    gap, text = (scored(with_texts(one, [value]), learned, 1)["score"][0] for value in (None, lookalike))
    assert gap > 5 * text


def test_texts_that_differ_in_form_alone_are_two_values(tidy, bank, features):
    texts = ["caf\u00e9" if n % 2 else "cafe\u0301" for n in range(len(features))]
    learned = version_of(with_texts(features, texts), bank.labels)
    assert scored(with_texts(features.head(3), ["caf\u00e9", "cafe\u0301", "cafe"]), learned, 1)["unseen"].sum() == 1


def test_with_very_many_values_nothing_is_said_of_new_ones(bank, features, monkeypatch):
    monkeypatch.setattr(inputs, "REMEMBERED", 10)
    learned = version_of(with_texts(features, [f"m{n}" for n in range(len(features))]), bank.labels)
    assert scored(with_texts(features.head(1), ["other"]), learned, 1)["unseen"].to_list() == [0]


def test_a_text_that_is_missing_throughout_trains_and_scores(bank, features):
    learned = version_of(with_texts(features, [None] * len(features)), bank.labels)
    assert scored(with_texts(features.head(2), [None, "app"]), learned, 1)["unseen"].to_list() == [0, 1]


def test_a_model_without_texts_counts_none(bank, features):
    recipe = dataclasses.replace(RECIPE, texts=())
    learned = version_of(features, bank.labels, recipe)
    assert scored(features.head(2), learned, 1)["unseen"].to_list() == [0, 0]


def test_numbers_may_be_missing_or_endless(tidy, features):
    odd = with_texts(features.head(4), ["app"] * 4)
    odd = odd.with_columns(card_mean_30d=pl.Series([None, float("nan"), float("inf"), float("-inf")]))
    assert scored(odd, tidy, 1)["score"].is_between(0, 1, closed="none").all()


def test_rows_equal_in_every_feature_score_equally(tidy, features):
    ten = pl.concat([with_texts(features.head(1), ["app"])] * 10).with_columns(
        txn_id=pl.Series([f"P{n:02}" for n in range(10)])
    )
    assert scored(ten, tidy, threads=2)["score"].n_unique() == 1
