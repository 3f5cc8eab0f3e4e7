"""What hansa-risk offers: the module ``risk.fraud``, its products, KPIs and settings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hansa.hooks import hookimpl
from hansa.products import Input, Kpi, Module, Setting, days, product

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
    optional=[Input("governance.accounts@1"), Input("governance.customers@1")],
)
def fraud_features(
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
    accounts: pl.LazyFrame | None = None,
    customers: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """What was known of card, merchant and device at the instant of each transaction, and the institution's own."""
    from hansa_risk import fraud

    return fraud.fraud_features(transactions, fraud_labels, run, accounts, customers)


@product(
    "risk.fraud_models",
    requires=[
        Input("risk.fraud_features@1", lookback=days("training_days"), own_days=False),
        Input("governance.fraud_labels@1", lookback=days("training_days"), own_days=False),
    ],
    every=days("train_every"),
    kinds=("polars", "catboost", "iceberg"),
)
def fraud_models(fraud_features: pl.LazyFrame, fraud_labels: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    """One row a model version, trained as of the beginning of its day."""
    from hansa_risk import fraud

    return fraud.fraud_models(fraud_features, fraud_labels, run)


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


@product(
    "risk.fraud_alerts",
    requires=[
        "risk.fraud_scores@1",
        "risk.fraud_features@1",
        Input("risk.fraud_models@1", lookback=days("train_every"), newest=True),
    ],
    kinds=("polars", "catboost", "iceberg"),
    lineage={
        "txn_id": "risk.fraud_scores.txn_id",
        "business_date": "risk.fraud_scores.business_date",
        "rank": ["risk.fraud_scores.score", "risk.fraud_features.amount", "risk.fraud_scores.txn_id"],
        "score": "risk.fraud_scores.score",
        "amount": "risk.fraud_features.amount",
        "model_version": "risk.fraud_scores.model_version",
    },
)
def fraud_alerts(
    fraud_scores: pl.LazyFrame, fraud_features: pl.LazyFrame, fraud_models: pl.LazyFrame, run: Run
) -> pl.LazyFrame:
    """The day's queue for review within capacity, with reasons in English and Chinese."""
    from hansa_risk import fraud

    return fraud.fraud_alerts(fraud_scores, fraud_features, fraud_models, run)


@product(
    "risk.fraud_kpis",
    requires=[
        "risk.fraud_scores@1",
        "risk.fraud_alerts@1",
        "risk.fraud_features@1",
        Input("governance.transactions@1", lookback=days("compromised_days")),
        Input("governance.fraud_labels@1", lookback=days("compromised_days"), lookahead=days("label_wait")),
    ],
)
def fraud_kpis(
    fraud_scores: pl.LazyFrame,
    fraud_alerts: pl.LazyFrame,
    fraud_features: pl.LazyFrame,
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    run: Run,
) -> pl.LazyFrame:
    """The KPIs of each period that one model version scored, measured on the labels that came later."""
    from hansa_risk import fraud

    return fraud.fraud_kpis(fraud_scores, fraud_alerts, fraud_features, transactions, fraud_labels, run)


SETTINGS = {
    "history_days": Setting(62, "days of history read for a feature: 30 of the longest window, the oldest label, 1"),
    "training_days": Setting(90, "days before the as-of day from which a model learns"),
    "train_every": Setting(7, "days after which a new model is trained"),
    "label_wait": Setting(7, "days after which a transaction's label is taken to be known"),
    "negative_share": Setting(
        0.2, "share of the transactions without fraud that a model learns from, above 0, at most 1"
    ),
    "trees": Setting(300, "trees of the model"),
    "depth": Setting(6, "depth of a tree"),
    "learning_rate": Setting(0.05, "weight of each tree"),
    "least_frauds": Setting(30, "known frauds without which no model is trained"),
    "capacity": Setting(100, "alerts that the desk can review in a day"),
    "compromised_days": Setting(14, "days before a measured period whose known frauds mark a card as compromised"),
}

RULES_ONLY = "five rules without a model (hansa_risk/rules.py), same days, as many alerts a day"


def _kpi(
    name: str,
    title: str,
    title_zh: str,
    formula: str,
    target: float | None,
    direction: Literal["at least", "at most"] = "at least",
) -> Kpi:
    """A KPI of this module: a share, measured on labels by ``risk.fraud_kpis``."""
    return Kpi(
        id=f"risk.fraud.{name}",
        title=title,
        title_zh=title_zh,
        formula=formula,
        unit="share",
        target=target,
        direction=direction,
        baseline=RULES_ONLY,
        obtained="measured",
        measured_by="risk.fraud_kpis",
    )


KPIS = (
    _kpi(
        "auc", "Area under the ROC curve", "ROC 曲线下面积", "P(score of a fraud > score of another), ties half", 0.86
    ),
    _kpi(
        "average_precision",
        "Average precision",
        "平均精确率",
        "sum over distinct thresholds of precision x recall gained",
        0.66,
    ),
    _kpi(
        "card_precision_at_100",
        "Card precision at 100",
        "前 100 张卡精确率",
        "mean over days of: cards with fraud among the 100 highest / 100, found cards taken out",
        None,
    ),
    _kpi("accuracy", "Accuracy of the decision", "决策准确率", "alerts on fraud and passes of others / all", 0.98),
    _kpi("precision", "Precision of the alerts", "预警精确率", "alerts on fraud / alerts", None),
    _kpi("recall", "Recall within capacity", "容量内召回率", "frauds with an alert / frauds", None),
    _kpi(
        "lost_share",
        "Fraud amount not stopped",
        "未拦截欺诈金额占比",
        "amount of frauds without an alert / amount of frauds",
        None,
        direction="at most",
    ),
    _kpi(
        "loss",
        "Fraud loss against rules only",
        "欺诈损失较纯规则基线的变化",
        "fraud amount not stopped / the same under the rules-only baseline - 1",
        -0.40,
        direction="at most",
    ),
)


FRAUD = Module(
    "risk.fraud",
    products=(fraud_features, fraud_models, fraud_scores, fraud_alerts, fraud_kpis),
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
