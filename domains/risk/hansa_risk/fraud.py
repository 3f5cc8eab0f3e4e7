"""The five products of ``risk.fraud`` as functions of frames and a Run: each step of the method in one place.

Frames come and go in the columns of their contracts; time, zone, seed, threads and settings come from the Run alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hansa.errors import WorldError
from hansa.run import Artefacts, Run

from hansa_risk import alerts, features, model, own_features, performance, scoring

#: The tag of columns that an institution adds for the models to learn from.
FEATURE = "feature"


def fraud_features(
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
    accounts: pl.LazyFrame | None = None,
    customers: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """What was known of each transaction of the run's days when it was booked, and the institution's own columns."""
    history = int(run.settings["history_days"])
    made = features.fraud_features(transactions, fraud_labels, run.days, run.zone, history)
    own = {part: [c.name for c in run.tagged(part, FEATURE)] for part in ("transactions", "accounts", "customers")}
    if not any(own.values()):
        return made
    return own_features.added(made, transactions, accounts, customers, own)


def fraud_models(fraud_features: pl.LazyFrame, fraud_labels: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """One model for each day of the run, trained as of the instant at which that day begins."""
    rows = [_model_row(fraud_features, fraud_labels, day, run) for day in run.days]
    return pl.LazyFrame(rows, schema=MODEL_SCHEMA)


def fraud_scores(fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """Each transaction of the run's days scored by the newest model trained as of its day or before."""
    return scoring.fraud_scores(fraud_features, fraud_models, run.days, _artefacts(run).get, run.threads)


def fraud_alerts(
    fraud_scores: pl.LazyFrame, fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run
) -> pl.LazyFrame:
    """The queue for review of each day of the run, with reasons."""
    capacity = int(run.settings["capacity"])
    return alerts.fraud_alerts(
        fraud_scores, fraud_features, fraud_models, run.days, _artefacts(run).get, capacity, run.threads
    )


def fraud_kpis(
    fraud_scores: pl.LazyFrame,
    fraud_alerts: pl.LazyFrame,
    fraud_features: pl.LazyFrame,
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
) -> pl.LazyFrame:
    """The module's KPIs for each period that one model version scored."""
    published = performance.Published(fraud_scores, fraud_alerts, fraud_features, transactions, fraud_labels)
    wait, compromised = int(run.settings["label_wait"]), int(run.settings["compromised_days"])
    return performance.fraud_kpis(published, run.start_of, wait, compromised)


#: The columns of ``risk.fraud_models``.
MODEL_SCHEMA = {
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
}


def _model_row(rows: pl.LazyFrame, fraud_labels: pl.LazyFrame, day: dt.date, run: Run) -> dict[str, Any]:
    """Train as of ``day``, keep the bytes, and say what they came from."""
    import catboost

    recipe, as_of = _recipe(run), run.start_of(day)
    window = rows.filter(pl.col("business_date").is_between(_window_start(day, run), day, closed="left"))
    trained = model.train(window, fraud_labels, as_of, recipe)
    held_out = model.hold_out(window, fraud_labels, as_of, recipe)
    digest = _artefacts(run).put(trained.artefact)
    return {
        "model_version": f"{day}-{digest[:12]}",
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
        "library": f"catboost {catboost.__version__}",
        "holdout_first": held_out and held_out.first,
        "holdout_last": held_out and held_out.last,
        "holdout_auc": held_out and held_out.auc,
        "holdout_average_precision": held_out and held_out.average_precision,
    }


def _window_start(day: dt.date, run: Run) -> dt.date:
    return day - dt.timedelta(days=int(run.settings["training_days"]))


def _recipe(run: Run) -> model.Recipe:
    """The module's settings as a recipe, with what the institution tagged as a feature."""
    own = run.tagged("fraud_features", FEATURE)
    return model.Recipe(
        numbers=tuple(column.name for column in own if column.logical_type != "string"),
        texts=tuple(column.name for column in own if column.logical_type == "string"),
        label_wait=int(run.settings["label_wait"]),
        negative_share=float(run.settings["negative_share"]),
        trees=int(run.settings["trees"]),
        depth=int(run.settings["depth"]),
        learning_rate=float(run.settings["learning_rate"]),
        least_frauds=int(run.settings["least_frauds"]),
        seed=run.seed,
        threads=run.threads,
    )


def _artefacts(run: Run) -> Artefacts:
    """The run's store of model bytes."""
    if run.artefacts is None:
        raise WorldError(
            "artefacts.absent",
            "this run has no store for model bytes",
            where="risk.fraud",
            next_step="run it on a mesh with a warehouse",
        )
    return run.artefacts
