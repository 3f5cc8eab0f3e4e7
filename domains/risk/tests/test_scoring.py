from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest
from hansa.errors import DataError
from hansa_risk import model
from hansa_risk.features import MODEL_FEATURES
from hansa_risk.scoring import score, versions_before, versions_by_day, work_of

MODELS = pl.LazyFrame(
    {
        "business_date": [dt.date(2026, 2, 8), dt.date(2026, 2, 1)],
        "model_version": ["second", "first"],
        "artefact": ["d2", "d1"],
        "features": ["amount,hour", "amount"],
    }
)


def test_a_day_is_scored_by_the_newest_model_of_that_day_or_before():
    days = [dt.date(2026, 2, n) for n in (1, 7, 8, 9)]
    chosen = [version.model_version for _, version in versions_by_day(MODELS, days, str.encode)]
    assert chosen == ["first", "first", "second", "second"]


def test_a_version_carries_its_bytes_and_its_features_in_order():
    _, version = next(versions_by_day(MODELS, [dt.date(2026, 2, 8)], str.encode))
    assert (version.artefact, version.features) == (b"d2", ("amount", "hour"))


def test_a_day_before_the_first_model_is_refused_with_what_to_do():
    with pytest.raises(DataError, match="no model was trained as of 2026-01-31 or before; hansa run"):
        list(versions_by_day(MODELS, [dt.date(2026, 1, 31)], str.encode))


def chosen_of(days, named, models=MODELS):
    return [version.model_version for _, version in versions_by_day(models, days, str.encode, named)]


def test_a_day_that_was_scored_before_keeps_its_version_though_a_newer_model_stands():
    days = [dt.date(2026, 2, 9), dt.date(2026, 2, 10)]
    assert chosen_of(days, {days[0]: "first"}) == ["first", "second"]


def test_a_version_of_which_no_row_can_be_read_is_refused_and_not_replaced_in_silence():
    day = dt.date(2026, 2, 9)
    with pytest.raises(DataError, match="2026-02-09 was scored by model third, of which no row") as refused:
        chosen_of([day], {day: "third"})
    assert refused.value.code == "model.gone"


def test_a_model_of_a_later_day_speaks_for_no_earlier_one_even_if_it_is_named():
    day = dt.date(2026, 2, 7)
    with pytest.raises(DataError) as refused:
        chosen_of([day], {day: "second"})
    assert refused.value.code == "model.gone"


def test_the_version_of_a_day_is_read_from_its_own_rows_and_a_replaced_row_from_the_receipt_s_snapshot():
    day, other = dt.date(2026, 2, 9), dt.date(2026, 2, 10)
    scores = pl.LazyFrame({"business_date": [day, day], "model_version": ["old", "old"]})
    replaced = MODELS.with_columns(model_version=pl.lit("old"), artefact=pl.lit("d0"))
    stood = SimpleNamespace(rows=scores, input={"risk.fraud_models": replaced}.get)
    run = SimpleNamespace(days=(day, other), before={day: stood}.get)
    named, models = versions_before(MODELS, run)
    assert chosen_of([day, other], named, models) == ["old", "second"]


def test_models_that_are_read_twice_are_one():
    assert chosen_of([dt.date(2026, 2, 9)], None, pl.concat([MODELS, MODELS])) == ["second"]


def arguments_of(features, models=MODELS):
    return work_of(models, features["business_date"].unique().to_list()).plain()


def test_the_work_of_no_rows_is_a_frame_without_rows_in_the_columns_of_the_product(features, promised):
    scores = score(features.clear(), {"days": {}}, str.encode, 2)
    assert (len(scores), dict(scores.schema)) == (0, promised("fraud_scores"))


@pytest.fixture(scope="module")
def trained(bank, features):
    """Two models as rows of ``risk.fraud_models``, and their bytes."""
    held = {}
    for day, seed in ((20, 5), (25, 6)):
        recipe = model.Recipe(6, 0.5, 10, 3, 0.1, 5, seed, 2)
        at = dt.datetime(2026, 2, day, tzinfo=dt.UTC)
        held[day] = model.train(features.lazy(), bank.labels.lazy(), at, recipe).artefact
    rows = {
        "business_date": [dt.date(2026, 2, day) for day in held],
        "model_version": [f"v{day}" for day in held],
        "artefact": [str(day) for day in held],
        "features": [",".join(MODEL_FEATURES)] * 2,
    }
    return pl.LazyFrame(rows), lambda digest: held[int(digest)]


def test_rows_of_many_days_in_any_order_keep_their_places(features, trained):
    models, artefact = trained
    days = features.filter(pl.col("business_date") >= dt.date(2026, 2, 20)).sample(fraction=1, shuffle=True, seed=1)
    scores = score(days, arguments_of(days, models), artefact, 2)
    assert scores["txn_id"].equals(days["txn_id"])
    assert set(scores["model_version"]) == {"v20", "v25"}


def test_a_row_has_the_same_score_in_whatever_batch_it_comes(features, trained):
    models, artefact = trained
    days = features.filter(pl.col("business_date") >= dt.date(2026, 2, 20))
    told = arguments_of(days, models)
    whole = score(days, told, artefact, 2)
    parts = [score(days[start : start + 97], told, artefact, 1) for start in range(0, len(days), 97)]
    assert pl.concat(parts).equals(whole)
