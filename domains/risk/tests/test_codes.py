"""Each error code of the module, raised by what has this one thing wrong."""

import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest
from hansa.errors import HansaError
from hansa_risk import model
from hansa_risk.features import LONGEST, oldest_event
from hansa_risk.fraud import _artefacts
from hansa_risk.scoring import versions_by_day

DAY = dt.date(2026, 2, 27)


def code_of(act, *given):
    with pytest.raises(HansaError) as caught:
        act(*given)
    return caught.value.code


def test_a_history_shorter_than_the_longest_window():
    assert code_of(oldest_event, LONGEST) == "setting.history_days"


def test_a_run_without_a_store_of_models():
    assert code_of(_artefacts, SimpleNamespace(artefacts=None)) == "artefacts.absent"


def test_a_day_before_every_model():
    kinds = {"business_date": pl.Date, "model_version": pl.String, "artefact": pl.String, "features": pl.String}
    none = pl.LazyFrame(schema=kinds)
    assert code_of(lambda: list(versions_by_day(none, [DAY], bytes.fromhex))) == "model.absent"


def test_too_few_frauds_to_learn_from(bank, features):
    recipe = model.Recipe(
        label_wait=6, negative_share=0.5, trees=5, depth=2, learning_rate=0.1, least_frauds=10**6, seed=5, threads=2
    )
    at = dt.datetime(2026, 2, 27, 16, tzinfo=dt.UTC)
    assert code_of(model.train, features.lazy(), bank.labels.lazy(), at, recipe) == "training.frauds"
