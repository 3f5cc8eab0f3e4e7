"""What hansa-risk offers: the module ``risk.fraud``, its products, KPIs and settings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.hooks import hookimpl
from hansa.products import Input, Module, Setting, days, product

from hansa_risk.kpis import KPIS

if TYPE_CHECKING:
    import polars as pl
    from hansa.run import Run


@product(
    "risk.fraud_features",
    requires=[
        Input("governance.transactions@1", lookback=days("history_days")),
        Input("governance.fraud_labels@1", lookback=days("history_days")),
    ],
    carries="feature",
    optional=[
        Input("governance.accounts@1"),
        Input("governance.customers@1"),
        Input("governance.merchants@1"),
        Input("governance.logins@1", lookback=days("history_days")),
        Input("risk.fraud_decisions@1", lookback=days("history_days")),
    ],
)
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
    """What was known of card, holder, merchant and device when a transaction was booked, and the institution's own."""
    from hansa_risk import fraud

    return fraud.fraud_features(
        transactions, fraud_labels, run, accounts, customers, merchants, logins, fraud_decisions
    )


@product(
    "risk.fraud_models",
    requires=[
        Input("risk.fraud_features@1", lookback=days("training_days"), own_days=False),
        Input("governance.fraud_labels@1", lookback=days("training_days"), own_days=False),
    ],
    optional=[Input("risk.fraud_decisions@1", lookback=days("training_days"), own_days=False)],
    every=days("train_every"),
    kinds=("polars", "catboost", "iceberg"),
)
def fraud_models(
    fraud_features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
    fraud_decisions: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """One row a model version, trained as of the beginning of its day."""
    from hansa_risk import fraud

    return fraud.fraud_models(fraud_features, fraud_labels, run, fraud_decisions)


@product(
    "risk.fraud_scores",
    requires=[
        "risk.fraud_features@1",
        Input("risk.fraud_models@1", lookback=days("train_every"), newest=True),
    ],
    kinds=("polars", "catboost", "iceberg"),
)
def fraud_scores(fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """The probability of fraud of each transaction, by the newest model of its day."""
    from hansa_risk import fraud

    return fraud.fraud_scores(fraud_features, fraud_models, run)


#: What a desk is told beside the scores, where the institution has it, and what says whom it is about.
BOOKS = (
    Input("risk.watchlist@2"),
    Input("risk.fraud_snoozes@1"),
    Input("governance.transactions@1"),
    Input("governance.accounts@1"),
)


@product(
    "risk.fraud_alerts",
    requires=[
        "risk.fraud_scores@1",
        "risk.fraud_features@1",
        Input("risk.fraud_models@1", lookback=days("train_every"), newest=True),
    ],
    optional=BOOKS,
    kinds=("polars", "catboost", "iceberg"),
    lineage={
        "txn_id": "risk.fraud_scores.txn_id",
        "business_date": "risk.fraud_scores.business_date",
        "rank": [
            "risk.fraud_scores.score",
            "risk.fraud_features.amount",
            "risk.fraud_scores.txn_id",
            "risk.watchlist.list",
        ],
        "score": "risk.fraud_scores.score",
        "amount": "risk.fraud_features.amount",
        "model_version": "risk.fraud_scores.model_version",
        "payer_token": "risk.fraud_scores.payer_token",
        "channel": "risk.fraud_features.channel",
        "saving": ["risk.fraud_scores.score", "risk.fraud_features.amount"],
        "list": "risk.watchlist.list",
        "list_source": "risk.watchlist.source",
        "list_reason": "risk.watchlist.reason",
        "list_entry_id": "risk.watchlist.entry_id",
        "list_subject": "risk.watchlist.kind",
        "snoozed_until": "risk.fraud_snoozes.until",
    },
)
def fraud_alerts(
    fraud_scores: pl.LazyFrame,
    fraud_features: pl.LazyFrame,
    fraud_models: pl.LazyFrame,
    run: Run,
    watchlist: pl.LazyFrame | None = None,
    fraud_snoozes: pl.LazyFrame | None = None,
    transactions: pl.LazyFrame | None = None,
    accounts: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """The day's queue for review within capacity, with reasons in English and Chinese."""
    from hansa_risk import alerts, fraud

    books = alerts.Books(watchlist, fraud_snoozes, transactions, accounts)
    return fraud.fraud_alerts(fraud_scores, fraud_features, fraud_models, run, books)


@product(
    "risk.fraud_desk",
    requires=["risk.fraud_scores@1", "risk.fraud_features@1"],
    optional=BOOKS,
    lineage={"business_date": "risk.fraud_scores.business_date", "transactions": "risk.fraud_scores.txn_id"},
)
def fraud_desk(
    fraud_scores: pl.LazyFrame,
    fraud_features: pl.LazyFrame,
    run: Run,
    watchlist: pl.LazyFrame | None = None,
    fraud_snoozes: pl.LazyFrame | None = None,
    transactions: pl.LazyFrame | None = None,
    accounts: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """How the queue of a day came about: what lists, snoozes and capacity did, in counts."""
    from hansa_risk import alerts, fraud

    return fraud.fraud_desk(
        fraud_scores, fraud_features, run, alerts.Books(watchlist, fraud_snoozes, transactions, accounts)
    )


@product(
    "risk.fraud_drift",
    requires=[
        "risk.fraud_scores@1",
        "risk.fraud_features@1",
        Input("risk.fraud_models@1", lookback=days("train_every"), newest=True),
    ],
    lineage={
        "business_date": "risk.fraud_scores.business_date",
        "model_version": "risk.fraud_scores.model_version",
        "rows_scored": "risk.fraud_scores.txn_id",
    },
)
def fraud_drift(
    fraud_scores: pl.LazyFrame, fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run
) -> pl.LazyFrame:
    """How far score and main features of a scored day have moved from what its model learned from."""
    from hansa_risk import fraud

    return fraud.fraud_drift(fraud_scores, fraud_features, fraud_models, run)


@product(
    "risk.fraud_kpis",
    requires=[
        "risk.fraud_scores@1",
        "risk.fraud_alerts@1",
        "risk.fraud_features@1",
        "risk.fraud_drift@1",
        Input("governance.transactions@1", lookback=days("compromised_days")),
        Input("governance.fraud_labels@1", lookback=days("compromised_days"), lookahead=days("label_wait")),
    ],
    optional=[
        Input("risk.fraud_decisions@1", lookback=days("compromised_days"), lookahead=days("label_wait")),
        Input("risk.watchlist@2"),
        Input("risk.fraud_snoozes@1"),
        Input("governance.accounts@1"),
    ],
)
def fraud_kpis(
    fraud_scores: pl.LazyFrame,
    fraud_alerts: pl.LazyFrame,
    fraud_features: pl.LazyFrame,
    fraud_drift: pl.LazyFrame,
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
    fraud_decisions: pl.LazyFrame | None = None,
    watchlist: pl.LazyFrame | None = None,
    fraud_snoozes: pl.LazyFrame | None = None,
    accounts: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """The KPIs of each period that one model version scored, measured on the labels that came later."""
    from hansa_risk import alerts, fraud

    books = alerts.Books(watchlist, fraud_snoozes, transactions, accounts)
    labels = (fraud_labels, fraud_decisions)
    return fraud.fraud_kpis(fraud_scores, fraud_alerts, fraud_features, transactions, *labels, run, books, fraud_drift)


SETTINGS = {
    "history_days": Setting(62, "days of history read for a feature: 30 of the longest window, the oldest label, 1"),
    "training_days": Setting(90, "days before the as-of day from which a model learns"),
    "train_every": Setting(7, "days after which a new model is trained"),
    "label_wait": Setting(7, "days after which a transaction's label is taken to be known"),
    "negative_share": Setting(
        0.2, "share of the transactions without fraud that a model learns from, above 0, at most 1"
    ),
    # These four were chosen on the handbook's weeks from 2018-06-06 to 2018-07-03, none later.
    "trees": Setting(300, "trees of the model"),
    "depth": Setting(6, "depth of a tree"),
    "learning_rate": Setting(0.05, "weight of each tree"),
    "leaf_penalty": Setting(20.0, "penalty on the values of leaves: the higher, the smoother the model"),
    "rescore": Setting(
        False, "score a day that was scored before by the newest model, not by the version that its receipt names"
    ),
    "training_threads": Setting(
        2, "threads of a training, whatever the number of cores: with other threads the bytes may be others"
    ),
    "least_frauds": Setting(30, "known frauds without which no model is trained"),
    "capacity": Setting(100, "alerts that the desk can review in a day"),
    "threshold": Setting(
        "capacity", "capacity: the highest scores; costs: what is worth the costs below, at most so many"
    ),
    "review_cost": Setting(15.0, "cost of a review, in the main unit of the amounts"),
    "missed_share": Setting(1.0, "cost of a missed fraud, as a share of its amount"),
    "disturb_cost": Setting(5.0, "cost of a customer who is disturbed for nothing"),
    "grey_share": Setting(0.2, "share of the capacity that the grey list fills first, whatever the scores"),
    "drift_warning": Setting(
        0.25, "population stability index of the score or a main feature from which a scored day is warned of"
    ),
    "compromised_days": Setting(14, "days before a measured period whose known frauds mark a card as compromised"),
}

FRAUD = Module(
    "risk.fraud",
    products=(fraud_features, fraud_models, fraud_scores, fraud_alerts, fraud_desk, fraud_drift, fraud_kpis),
    title="Fraud detection",
    title_zh="欺诈检测",
    kpis=KPIS,
    settings=SETTINGS,
)


@hookimpl
def hansa_contracts() -> list[Path]:
    """The contracts of Hansa's own products, as installed."""
    return [Path(str(files("hansa_contracts")))]


@hookimpl
def hansa_modules() -> list[Module]:
    """The modules of the risk team."""
    return [FRAUD]
