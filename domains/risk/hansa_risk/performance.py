"""How good the published scores and alerts were, measured once the labels of their days are due.

The protocol is that of Le Borgne et al., Reproducible Machine Learning for Credit Card Fraud Detection, on business
days: on a scored day the cards already known to be compromised are left out, since catching them again proves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from hansa_risk.alerts import queue
from hansa_risk.labels import held_as_fraud, with_last_word
from hansa_risk.ranking import area_under_curve, average_precision
from hansa_risk.rules import rules_score

#: Cards looked at each day by the measure card precision.
CARDS = 100

Measures = dict[str, float | None]


@dataclass(frozen=True)
class Period:
    """The days ``first`` to ``last`` that one model version scored; ``measured`` are those whose labels are due."""

    model_version: str
    first: dt.date
    last: dt.date
    measured: tuple[dt.date, ...]


@dataclass(frozen=True)
class Published:
    """The products that are measured and the labels that measure them, as lazy frames of their contracts."""

    scores: pl.LazyFrame
    alerts: pl.LazyFrame
    features: pl.LazyFrame
    transactions: pl.LazyFrame
    labels: pl.LazyFrame


def fraud_kpis(
    published: Published, start_of: Callable[[dt.date], dt.datetime], label_wait: int, compromised_days: int
) -> pl.LazyFrame:
    """The rows of ``risk.fraud_kpis``: each KPI for each period, with the rules-only baseline where it has one."""
    rows = []
    for period in periods(published.scores, published.labels, label_wait):
        judged = judged_rows(published, period, start_of, compromised_days)
        rows += _rows_of(period, judged)
    return pl.LazyFrame(rows, schema=SCHEMA, orient="row").sort("kpi", "period_first")


#: The columns of ``risk.fraud_kpis``.
SCHEMA = {
    "kpi": pl.String,
    "period_first": pl.Date,
    "period_last": pl.Date,
    "model_version": pl.String,
    "value": pl.Float64,
    "baseline": pl.Float64,
    "rows": pl.Int64,
    "frauds": pl.Int64,
    "obtained": pl.String,
}


def periods(scores: pl.LazyFrame, labels: pl.LazyFrame, label_wait: int) -> Iterator[Period]:
    """One period for each model version, by its first day.

    The labels of a day are due ``label_wait`` days later; how far they are known is read from the newest of them.
    """
    newest = labels.select(pl.col("business_date").max()).collect().item()
    due = newest - dt.timedelta(days=label_wait) if newest else dt.date.min
    by_version = scores.group_by("model_version").agg(pl.col("business_date").unique().sort()).collect()
    for version, days in sorted(by_version.rows(), key=lambda row: (row[1][0], row[0])):
        yield Period(version, days[0], days[-1], tuple(day for day in days if day <= due))


def judged_rows(
    published: Published, period: Period, start_of: Callable[[dt.date], dt.datetime], compromised_days: int
) -> pl.DataFrame:
    """The period's measured transactions with their label, both scores and both decisions, compromised cards left out.

    Columns: txn_id, business_date, payer_token, score, rules, amount, is_fraud, alerted, rules_alerted.
    """
    of_period = (pl.col("model_version") == period.model_version) & pl.col("business_date").is_in(period.measured)
    judged = published.features.select("txn_id", "amount", rules=rules_score())
    scored = published.scores.filter(of_period).select("txn_id", "business_date", "payer_token", "score")
    rows = with_last_word(scored.join(judged, on="txn_id"), published.labels)
    alerted = _decided(rows, published.alerts.filter(of_period)).collect()
    known = compromised(published, start_of(period.first - dt.timedelta(days=compromised_days)))
    starts = pl.DataFrame(
        [(day, start_of(day)) for day in period.measured],
        schema={"business_date": pl.Date, "start": pl.Datetime("us", "UTC")},
        orient="row",
    )
    left_out = starts.join(known, how="cross").filter(
        (pl.col("from_at") < pl.col("start")) & (pl.col("until_at").is_null() | (pl.col("until_at") >= pl.col("start")))
    )
    return alerted.join(left_out, on=["business_date", "payer_token"], how="anti").sort("txn_id")


def compromised(published: Published, since: dt.datetime) -> pl.DataFrame:
    """``payer_token``, ``from_at``, ``until_at``: when a card was known for a fraud that happened since ``since``."""
    booked = published.transactions.filter(pl.col("booked_at") >= since)
    payers = booked.select("txn_id", payer_token=pl.coalesce("card_token", "account_token"))
    spans = held_as_fraud(published.labels)
    return payers.join(spans, on="txn_id").select("payer_token", "from_at", "until_at").collect()


def _decided(rows: pl.LazyFrame, alerts: pl.LazyFrame) -> pl.LazyFrame:
    """``rows`` with the published decision, and with the one the rules would have made in equally many alerts a day."""
    capacity = alerts.group_by("business_date").agg(pl.len().alias("capacity"))
    by_rules = rows.select("txn_id", "business_date", "amount", score="rules").join(capacity, on="business_date")
    ruled = queue(by_rules, capacity=2**31).filter(pl.col("rank") <= pl.col("capacity"))
    marked = rows.join(alerts.select("txn_id", alerted=True), on="txn_id", how="left")
    both = marked.join(ruled.select("txn_id", rules_alerted=True), on="txn_id", how="left")
    return both.with_columns(pl.col("alerted", "rules_alerted").fill_null(False))


def _rows_of(period: Period, judged: pl.DataFrame) -> list[tuple[object, ...]]:
    """The rows of one period in the order of ``SCHEMA``."""
    values = measures(judged, "score", "alerted")
    baselines = measures(judged, "rules", "rules_alerted")
    values["risk.fraud.loss"] = change(values["risk.fraud.lost_share"], baselines["risk.fraud.lost_share"])
    baselines["risk.fraud.loss"] = None
    last = max(period.measured, default=period.last)
    counted = (len(judged), int(judged["is_fraud"].sum()), "measured")
    head = (period.first, last, period.model_version)
    return [(kpi, *head, value, baselines[kpi], *counted) for kpi, value in values.items()]


def measures(judged: pl.DataFrame, score: str, alerted: str) -> Measures:
    """Each KPI of one way to score and decide; None where it is not defined on these rows."""
    fraud, decided = judged["is_fraud"], judged[alerted]
    amount = judged["amount"].cast(pl.Float64)
    right, hit = int((fraud == decided).sum()), int((fraud & decided).sum())
    lost = float(amount.filter(fraud & ~decided).sum())
    scores = judged[score].to_numpy()
    return {
        "risk.fraud.auc": area_under_curve(scores, fraud.to_numpy()),
        "risk.fraud.average_precision": average_precision(scores, fraud.to_numpy()),
        "risk.fraud.card_precision_at_100": card_precision(judged, score),
        "risk.fraud.accuracy": _share(right, len(judged)),
        "risk.fraud.precision": _share(hit, int(decided.sum())),
        "risk.fraud.recall": _share(hit, int(fraud.sum())),
        "risk.fraud.lost_share": _share(lost, float(amount.filter(fraud).sum())),
    }


def card_precision(judged: pl.DataFrame, score: str) -> float | None:
    """Mean over the days of the share of the day's ``CARDS`` highest cards that had a fraud that day.

    A card stands by its highest score, equal ones by their token; a card that was found is out on the days after.
    """
    by_card = judged.group_by("business_date", "payer_token").agg(pl.col(score).max(), pl.col("is_fraud").any())
    ordered = by_card.sort("business_date", score, "payer_token", descending=[False, True, False])
    found: set[str] = set()
    shares = []
    for day in ordered.partition_by("business_date", maintain_order=True):
        looked_at = day.filter(~pl.col("payer_token").is_in(list(found))).head(CARDS)
        caught = looked_at.filter("is_fraud")["payer_token"].to_list()
        found.update(caught)
        shares.append(len(caught) / CARDS)
    return sum(shares) / len(shares) if shares else None


def change(value: float | None, baseline: float | None) -> float | None:
    """``value`` against ``baseline`` as a share of it: -0.4 is forty percent less."""
    return value / baseline - 1 if value is not None and baseline else None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
