"""The row of ``risk.fraud_models``: a version is trained, measured, reported on and kept, and what is said of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import polars as pl
from hansa.run import Artefacts

from hansa_risk import holdout, model, report, watch
from hansa_risk.holdout import Holdout
from hansa_risk.model import Recipe, Trained

#: The columns of ``risk.fraud_models``.
SCHEMA = {
    "model_version": pl.String,
    "business_date": pl.Date,
    "artefact": pl.String,
    "window_first": pl.Date,
    "window_last": pl.Date,
    "rows": pl.Int64,
    "frauds": pl.Int64,
    "negative_share": pl.Float64,
    "features": pl.String,
    "trees": pl.Int64,
    "depth": pl.Int64,
    "learning_rate": pl.Float64,
    "threads": pl.Int64,
    "seed": pl.Int64,
    "library": pl.String,
    "holdout_first": pl.Date,
    "holdout_last": pl.Date,
    "holdout_auc": pl.Float64,
    "holdout_average_precision": pl.Float64,
    "report": pl.String,
    "recipe": pl.String,
    "evidence": pl.String,
    "libraries": pl.String,
    "calibration_slope": pl.Float64,
    "calibration_intercept": pl.Float64,
    "holdout_brier": pl.Float64,
    "holdout_brier_calibrated": pl.Float64,
    "holdout_calibration_error": pl.Float64,
    "holdout_calibration_error_calibrated": pl.Float64,
    "reference": pl.String,
}
#: What trains, and so decides the bytes of a model beside its rows and its recipe.
LIBRARIES = ("hansa-risk", "catboost", "numpy", "polars")


def libraries() -> dict[str, str]:
    """The versions of what trains a model here."""
    return {name: version(name) for name in LIBRARIES}


def learned(
    features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    day: dt.date,
    start_of: Callable[[dt.date], dt.datetime],
    recipe: Recipe,
) -> tuple[Trained, Holdout | None]:
    """The model as of the beginning of ``day``, calibrated on what was held out by its twin, and that."""
    start = day - dt.timedelta(days=recipe.training_days)
    window = features.filter(pl.col("business_date").is_between(start, day, closed="left"))
    held = holdout.hold_out(window, fraud_labels, day, start_of, recipe)
    due_before = start_of(day - dt.timedelta(days=recipe.label_wait))
    sigmoid = held.sigmoid if held else None
    return model.train(window, fraud_labels, start_of(day), recipe, sigmoid, due_before), held


def row(
    features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    day: dt.date,
    start_of: Callable[[dt.date], dt.datetime],
    recipe: Recipe,
    capacity: int,
    artefacts: Artefacts,
) -> dict[str, Any]:
    """Train as of the beginning of ``day``, keep bytes and report, and say what they came from."""
    trained, held = learned(features, fraud_labels, day, start_of, recipe)
    digest = artefacts.put(trained.artefact)
    named = f"{day}-{digest[:12]}"
    reference = watch.reference(trained, recipe)
    watched = tuple(reference.features)
    subject = report.Subject(named, digest, start_of(day), recipe, trained, capacity, libraries(), watched)
    return {
        "model_version": named,
        "business_date": day,
        "artefact": digest,
        "window_first": trained.first,
        "window_last": trained.last,
        "rows": trained.rows,
        "frauds": trained.frauds,
        "negative_share": recipe.negative_share,
        "features": ",".join(recipe.names),
        "trees": recipe.trees,
        "depth": recipe.depth,
        "learning_rate": recipe.learning_rate,
        "threads": recipe.threads,
        "seed": recipe.seed,
        "library": f"catboost {version('catboost')}",
        "report": artefacts.put(report.html(subject, held)),
        "recipe": recipe.written,
        "evidence": json.dumps(asdict(trained.evidence), sort_keys=True),
        "libraries": json.dumps(libraries(), sort_keys=True),
        **_held(held),
        "reference": artefacts.put(reference.written),
    }


def _held(held: Holdout | None) -> dict[str, Any]:
    """What the row says of the holdout; null of all that could not be had."""
    sigmoid, checked = (held.sigmoid, held.calibrated) if held else (None, None)
    return {
        "holdout_first": held and held.first,
        "holdout_last": held and held.last,
        "holdout_auc": held and held.auc,
        "holdout_average_precision": held and held.average_precision,
        "calibration_slope": sigmoid and sigmoid.slope,
        "calibration_intercept": sigmoid and sigmoid.intercept,
        "holdout_brier": checked and checked.brier,
        "holdout_brier_calibrated": checked and checked.brier_after,
        "holdout_calibration_error": checked and checked.error,
        "holdout_calibration_error_calibrated": checked and checked.error_after,
    }
