from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.errors import DataError
from hansa_risk.scoring import fraud_scores, versions_by_day

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


def test_a_day_without_a_transaction_has_no_score(features):
    empty = features.clear().lazy()
    scores = fraud_scores(empty, MODELS, [dt.date(2026, 2, 8)], str.encode, threads=2).collect()
    assert (len(scores), scores.schema["score"]) == (0, pl.Float64)
