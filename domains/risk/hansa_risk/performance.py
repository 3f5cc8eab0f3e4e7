"""How good the published scores and alerts were, measured once the labels of their days are due.

The protocol is that of Le Borgne et al., Reproducible Machine Learning for Credit Card Fraud Detection, on business
days: on a scored day the cards already known to be compromised are left out, since catching them again proves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from hansa_risk.labels import held_as_fraud, with_last_word
from hansa_risk.measures import MODEL, RULES, Measured, loss, ratios
from hansa_risk.queue import queue
from hansa_risk.ranking import area_under_curve, average_precision
from hansa_risk.rules import rules_score
from hansa_risk.watch import SCORE

#: Cards looked at each day by the measure card precision.
CARDS = 100
#: The kind of a fraud whose label names none.
UNNAMED = "unnamed"


@dataclass(frozen=True)
class Period:
    """The days ``first`` to ``last`` that one model version scored; ``measured`` are those whose labels are due."""

    model_version: str
    first: dt.date
    last: dt.date
    measured: tuple[dt.date, ...]


@dataclass(frozen=True)
class Published:
    """The products that are measured and the labels that measure them, as lazy frames of their contracts.

    ``delivered`` is the newest business day of which the label book was delivered; the desk's own decisions come sooner
    and say nothing of how far the book is. None: the newest day of ``labels``. ``kept_out`` has the ``txn_id`` of those
    whom a list or a snooze keeps out of every queue; None: of nobody. ``drift`` has the rows of ``risk.fraud_drift``.
    """

    scores: pl.LazyFrame
    alerts: pl.LazyFrame
    features: pl.LazyFrame
    transactions: pl.LazyFrame
    labels: pl.LazyFrame
    delivered: dt.date | None = None
    kept_out: pl.LazyFrame | None = None
    drift: pl.LazyFrame | None = None


def fraud_kpis(
    published: Published,
    start_of: Callable[[dt.date], dt.datetime],
    label_wait: int,
    compromised_days: int,
    seed: int = 0,
) -> pl.LazyFrame:
    """The rows of ``risk.fraud_kpis``: each KPI for each period, with the rules-only baseline where it has one."""
    rows = []
    for period in periods(published, label_wait):
        judged = judged_rows(published, period, start_of, compromised_days, label_wait)
        rows += _rows_of(period, judged, seed, _most_moved(published, period))
    return pl.LazyFrame(rows, schema=SCHEMA, orient="row").sort("kpi", "period_first")


#: The columns of ``risk.fraud_kpis``.
SCHEMA = {
    "kpi": pl.String,
    "period_first": pl.Date,
    "period_last": pl.Date,
    "model_version": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "baseline": pl.Float64,
    "rows": pl.Int64,
    "frauds": pl.Int64,
    "obtained": pl.String,
}


def periods(published: Published, label_wait: int) -> Iterator[Period]:
    """One period for each model version, by its first day.

    The labels of a day are due ``label_wait`` days later; how far they are known is read from the newest of them.
    """
    newest = published.delivered or newest_day(published.labels)
    due = newest - dt.timedelta(days=label_wait) if newest else dt.date.min
    by_version = published.scores.group_by("model_version").agg(pl.col("business_date").unique().sort()).collect()
    for version, days in sorted(by_version.rows(), key=lambda row: (row[1][0], row[0])):
        yield Period(version, days[0], days[-1], tuple(day for day in days if day <= due))


def newest_day(labels: pl.LazyFrame) -> dt.date | None:
    """The newest business day of any label; None without a label."""
    found: dt.date | None = labels.select(pl.col("business_date").max()).collect().item()
    return found


def judged_rows(
    published: Published,
    period: Period,
    start_of: Callable[[dt.date], dt.datetime],
    compromised_days: int,
    label_wait: int,
) -> pl.DataFrame:
    """The period's measured transactions with their label, both scores and both decisions, compromised cards left out.

    The label is the last word until the day is due, ``label_wait`` days after it: a longer run, which reads later
    labels, judges a day as a shorter one does.
    Columns: txn_id, business_date, payer_token, score, rules, amount, is_fraud, scenario, alerted, rules_alerted.
    """
    of_period = (pl.col("model_version") == period.model_version) & pl.col("business_date").is_in(period.measured)
    judged = published.features.select("txn_id", "amount", rules=rules_score())
    scored = published.scores.filter(of_period).select("txn_id", "business_date", "payer_token", "score")
    labels = _timely(published.labels, scored, period.measured, start_of, label_wait)
    rows = with_last_word(scored.join(judged, on="txn_id"), labels)
    rows = rows.join(_scenarios(labels), on="txn_id", how="left")
    alerted = _decided(rows, published.alerts.filter(of_period), published.kept_out).collect()
    known = compromised(published, start_of(period.first - dt.timedelta(days=compromised_days)))
    starts = _instants("start", period.measured, start_of)
    left_out = starts.join(known, how="cross").filter(
        (pl.col("from_at") < pl.col("start")) & (pl.col("until_at").is_null() | (pl.col("until_at") >= pl.col("start")))
    )
    return alerted.join(left_out, on=["business_date", "payer_token"], how="anti").sort("txn_id")


def _timely(
    labels: pl.LazyFrame,
    scored: pl.LazyFrame,
    days: Sequence[dt.date],
    start_of: Callable[[dt.date], dt.datetime],
    label_wait: int,
) -> pl.LazyFrame:
    """The labels of scored transactions that were known when the transaction's day was due."""
    due = _instants("due", days, lambda day: start_of(day + dt.timedelta(days=label_wait + 1)))
    until = scored.select("txn_id", "business_date").join(due.lazy(), on="business_date").select("txn_id", "due")
    return labels.join(until, on="txn_id").filter(pl.col("known_at") < pl.col("due")).drop("due")


def _instants(name: str, days: Sequence[dt.date], instant_of: Callable[[dt.date], dt.datetime]) -> pl.DataFrame:
    """``business_date`` and, by that name, an instant of each day."""
    schema: dict[str, type[pl.DataType] | pl.DataType] = {"business_date": pl.Date, name: pl.Datetime("us", "UTC")}
    return pl.DataFrame([(day, instant_of(day)) for day in days], schema=schema, orient="row")


def compromised(published: Published, since: dt.datetime) -> pl.DataFrame:
    """``payer_token``, ``from_at``, ``until_at``: when a card was known for a fraud that happened since ``since``."""
    booked = published.transactions.filter(pl.col("booked_at") >= since)
    payers = booked.select("txn_id", payer_token=pl.coalesce("card_token", "account_token"))
    spans = held_as_fraud(published.labels)
    return payers.join(spans, on="txn_id").select("payer_token", "from_at", "until_at").collect()


def _scenarios(labels: pl.LazyFrame) -> pl.LazyFrame:
    """``txn_id`` and ``scenario``: the kind of fraud that the newest label that names one names."""
    if "scenario" not in labels.collect_schema().names():
        return pl.LazyFrame(schema={"txn_id": pl.String, "scenario": pl.String})
    naming = labels.filter(pl.col("is_fraud") & pl.col("scenario").is_not_null())
    return naming.group_by("txn_id").agg(pl.col("scenario").sort_by("known_at", "scenario").last())


def _decided(rows: pl.LazyFrame, alerts: pl.LazyFrame, kept_out: pl.LazyFrame | None) -> pl.LazyFrame:
    """``rows`` with the published decision, and with the one the rules would have made in equally many alerts a day.

    A desk without a model has its lists and snoozes all the same: an alert that a list raised is the rules' alert too,
    and they choose the rest of the places, among those whom nothing keeps out.
    """
    by_list = pl.col("list").is_not_null() if "list" in alerts.collect_schema().names() else pl.lit(False)
    raised = alerts.select("txn_id", "business_date", by_list=by_list)
    capacity = raised.group_by("business_date").agg(capacity=(~pl.col("by_list")).sum())
    marked = rows.join(raised.select("txn_id", "by_list", alerted=True), on="txn_id", how="left")
    open_rows = marked.filter(~pl.col("by_list").fill_null(False))
    if kept_out is not None:
        open_rows = open_rows.join(kept_out, on="txn_id", how="anti")
    by_rules = open_rows.select("txn_id", "business_date", "amount", score="rules").join(capacity, on="business_date")
    ruled = queue(by_rules, capacity=2**31).filter(pl.col("rank") <= pl.col("capacity"))
    both = marked.join(ruled.select("txn_id", rules_alerted=True), on="txn_id", how="left")
    decided = both.with_columns(pl.col("alerted", "rules_alerted", "by_list").fill_null(False))
    return decided.with_columns(pl.col("rules_alerted") | pl.col("by_list")).drop("by_list")


def _most_moved(published: Published, period: Period) -> float | None:
    """The largest drift of the score on a measured day of a period; None where no day's is known."""
    if published.drift is None:
        return None
    of_period = (pl.col("model_version") == period.model_version) & pl.col("business_date").is_in(period.measured)
    of_score = published.drift.filter(of_period & (pl.col("watched") == SCORE))
    found: float | None = of_score.select(pl.col("stability_index").max()).collect().item()
    return found


def _rows_of(period: Period, judged: pl.DataFrame, seed: int, moved: float | None = None) -> list[tuple[object, ...]]:
    """The rows of one period in the order of ``SCHEMA``."""
    values, baselines = measures(judged, "score", MODEL, seed), measures(judged, "rules", RULES, seed)
    values["risk.fraud.loss"], baselines["risk.fraud.loss"] = loss(judged, seed), Measured()
    values["risk.fraud.score_drift"], baselines["risk.fraud.score_drift"] = Measured(moved), Measured()
    last = max(period.measured, default=period.last)

    def row(kpi: str, found: Measured, baseline: Measured, rows: pl.DataFrame) -> tuple[object, ...]:
        counts = (len(rows), int(rows["is_fraud"].sum()))
        head = (kpi, period.first, last, period.model_version)
        return (*head, found.value, found.low, found.high, baseline.value, *counts, "measured")

    told = [row(kpi, found, baselines[kpi], judged) for kpi, found in values.items()]
    named = judged.with_columns(pl.col("scenario").fill_null(UNNAMED))
    for kind, rows in by_scenario(named):
        found, baseline = (ratios(named, way, seed, kind)["risk.fraud.recall"] for way in (MODEL, RULES))
        told.append(row(f"risk.fraud.recall.{kind}", found, baseline, rows))
    return told


def by_scenario(judged: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The frauds of each scenario, by its name."""
    frauds = judged.filter("is_fraud").sort("scenario", "txn_id")
    for (kind,), rows in frauds.group_by("scenario", maintain_order=True):
        yield str(kind), rows


def measures(judged: pl.DataFrame, score: str, alerted: str, seed: int = 0) -> dict[str, Measured]:
    """Each KPI of one way to score and decide; a value is None where it is not defined on these rows."""
    scores, fraud = judged[score].to_numpy(), judged["is_fraud"].to_numpy()
    return {
        "risk.fraud.auc": Measured(area_under_curve(scores, fraud)),
        "risk.fraud.average_precision": Measured(average_precision(scores, fraud)),
        "risk.fraud.card_precision_at_100": Measured(card_precision(judged, score)),
        **ratios(judged, alerted, seed),
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
