"""The products of ``risk.fraud`` as functions of frames and a Run: each step of the method in one place.

Frames come and go in the columns of their contracts; time, zone, seed, threads and settings come from the Run alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
from hansa.errors import MeshError, WorldError
from hansa.run import Artefacts, Run

from hansa_risk import alerts, costs, features, model, outcomes, own_features, performance, registered, scoring, watch

#: The tag of columns that an institution adds for the models to learn from.
FEATURE = "feature"
#: Depth of a tree beyond which CatBoost does not go.
DEEPEST = 16
#: What a setting of a training must be, and how that is said. No comparison holds for a NaN.
TRAINING: dict[str, tuple[Callable[[float], bool], str]] = {
    "negative_share": (lambda share: 0 < share <= 1, "a share above 0, at most 1"),
    "trees": (lambda trees: trees >= 1, "a number of at least 1"),
    "depth": (lambda depth: 1 <= depth <= DEEPEST, f"a number from 1 to {DEEPEST}"),
    "learning_rate": (lambda rate: 0 < rate < float("inf"), "a number above 0"),
    "leaf_penalty": (lambda penalty: 0 <= penalty < float("inf"), "a number of at least 0"),
    "training_threads": (lambda threads: threads >= 1, "a number of at least 1"),
    "label_wait": (lambda days: days >= 0, "a number of days of at least 0"),
}


def fraud_features(
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
    accounts: pl.LazyFrame | None = None,
    customers: pl.LazyFrame | None = None,
    merchants: pl.LazyFrame | None = None,
    logins: pl.LazyFrame | None = None,
    fraud_decisions: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """What was known of each transaction of the run's days when it was booked, and the institution's own columns."""
    history, labels = int(run.settings["history_days"]), outcomes.one_stream(fraud_labels, fraud_decisions)
    made = features.fraud_features(transactions, labels, run.days, run.zone, history, accounts, merchants, logins)
    own = {part: [c.name for c in run.tagged(part, FEATURE)] for part in ("transactions", "accounts", "customers")}
    if not any(own.values()):
        return made
    asked = transactions.filter(pl.col("business_date").is_in(list(run.days)))
    return own_features.added(made, asked, accounts, customers, own)


def fraud_models(
    fraud_features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
    fraud_decisions: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """One model for each day of the run, trained as of the instant at which that day begins."""
    labels = outcomes.one_stream(fraud_labels, fraud_decisions)
    rows = [_model_row(fraud_features, labels, day, run) for day in run.days]
    return pl.LazyFrame(rows, schema=registered.SCHEMA)


def fraud_scores(fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """Each transaction of the run's days scored by the newest model trained as of its day or before.

    A day that was scored before is scored by the version that its receipt names, unless ``rescore`` is set.
    """
    _artefacts(run)
    if run.settings["rescore"]:
        return run.score(fraud_features, scoring.work_of(fraud_models, run.days))
    named, models = scoring.versions_before(fraud_models, run)
    return run.score(fraud_features, scoring.work_of(models, run.days, named))


def fraud_alerts(
    fraud_scores: pl.LazyFrame, fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run, books: alerts.Books
) -> pl.LazyFrame:
    """The queue for review of each day of the run, with reasons."""
    store, desk = _artefacts(run).get, costs.desk_of(run.settings)
    models = scoring.models_before(fraud_models, run)
    return alerts.fraud_alerts(fraud_scores, fraud_features, models, run.days, store, desk, books, run.threads)


def fraud_desk(fraud_scores: pl.LazyFrame, fraud_features: pl.LazyFrame, run: Run, books: alerts.Books) -> pl.LazyFrame:
    """How the queue of each day of the run came about, in counts."""
    return alerts.fraud_desk(fraud_scores, fraud_features, run.days, costs.desk_of(run.settings), books)


def fraud_drift(
    fraud_scores: pl.LazyFrame, fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run
) -> pl.LazyFrame:
    """How far each day of the run has moved from the training of the model that scored it."""
    models, mark = scoring.models_read(fraud_models, run), watch.mark_of(run.settings)
    return watch.fraud_drift(fraud_scores, fraud_features, models, run.days, _artefacts(run).get, mark)


def fraud_kpis(
    fraud_scores: pl.LazyFrame,
    fraud_alerts: pl.LazyFrame,
    fraud_features: pl.LazyFrame,
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    fraud_decisions: pl.LazyFrame | None,
    run: Run,
    books: alerts.Books,
    fraud_drift: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """The module's KPIs for each period that one model version scored."""
    labels = outcomes.one_stream(fraud_labels, fraud_decisions)
    published = performance.Published(
        fraud_scores,
        fraud_alerts,
        fraud_features,
        transactions,
        labels,
        delivered=performance.newest_day(fraud_labels),
        kept_out=alerts.kept_out(books),
        drift=fraud_drift,
    )
    wait, compromised = int(run.settings["label_wait"]), int(run.settings["compromised_days"])
    return performance.fraud_kpis(published, run.start_of, wait, compromised, run.seed)


def _model_row(rows: pl.LazyFrame, fraud_labels: pl.LazyFrame, day: dt.date, run: Run) -> dict[str, Any]:
    """Train as of ``day``, keep the bytes and the report, and say what they came from."""
    capacity = int(run.settings["capacity"])
    return registered.row(rows, fraud_labels, day, run.start_of, _recipe(run), capacity, _artefacts(run))


def _recipe(run: Run) -> model.Recipe:
    """The module's settings as a recipe, with what the institution tagged as a feature.

    Errors: MeshError for a number with which no model can be trained.
    """
    for name, (holds, mend) in TRAINING.items():
        if not holds(run.settings[name]):
            told = f"{name} is {run.settings[name]}"
            raise MeshError("setting.training", told, where="risk.fraud", next_step=f"write {mend} in mesh.yaml")
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
        threads=int(run.settings["training_threads"]),
        leaf_penalty=float(run.settings["leaf_penalty"]),
        training_days=int(run.settings["training_days"]),
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
