"""How a model of the days before does on the newest days whose labels are due: ranks, alerts, probabilities, drift.

The model that is published has learned from these days too, so a twin of it is trained as of their first day, on what
was known then. The twin's scores on these days calibrate the published model, and all that a report says is the twin's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from hansa_risk import inputs, model
from hansa_risk.calibration import Sigmoid, brier, calibration_error, fitted
from hansa_risk.drift import Drift, drift
from hansa_risk.labels import with_last_word
from hansa_risk.model import Recipe
from hansa_risk.ranking import area_under_curve, average_precision

#: The last days of the training window on which a model of the days before them is measured.
DAYS = 7
#: On the first of them a sigmoid is fitted, and it is measured on the others.
FITTED = 4
#: The queue of a day: score down, amount down, then the key up.
QUEUE, DESCENDING = ("business_date", "log_odds", "amount", "txn_id"), (False, True, True, False)
#: What is said of a fraud whose label names no scenario.
NO_PATTERN = "-"


@dataclass(frozen=True)
class Within:
    """What so many alerts a day find: shares of alerts, of frauds, and of the frauds' amount; None without any."""

    alerts_a_day: int
    alerts: int
    frauds: int
    precision: float | None
    recall: float | None
    amount: float | None


@dataclass(frozen=True)
class Pattern:
    """One kind of fraud: how many there were, and how many of them stood within capacity."""

    name: str
    frauds: int
    found: int


@dataclass(frozen=True)
class Calibrated:
    """Distance of probabilities from what came, as they were and calibrated by a sigmoid of days before."""

    rows: int
    brier: float
    brier_after: float
    error: float
    error_after: float


@dataclass(frozen=True)
class Holdout:
    """The days ``first`` to ``last``, scored by the twin.

    ``rows`` have txn_id, business_date, amount, is_fraud, pattern and log_odds, sorted by key; ``drift`` goes from the
    twin's window to these days.
    """

    first: dt.date
    last: dt.date
    rows: pl.DataFrame
    drift: tuple[Drift, ...]

    @cached_property
    def auc(self) -> float | None:
        """Area under the ROC curve."""
        return area_under_curve(self.rows["log_odds"].to_numpy(), self.rows["is_fraud"].to_numpy())

    @cached_property
    def average_precision(self) -> float | None:
        """Average precision."""
        return average_precision(self.rows["log_odds"].to_numpy(), self.rows["is_fraud"].to_numpy())

    @cached_property
    def sigmoid(self) -> Sigmoid | None:
        """The sigmoid of all these days; None if they hold too few frauds."""
        return _sigmoid(self.rows)

    @cached_property
    def first_sigmoid(self) -> Sigmoid | None:
        """The sigmoid of the first ``FITTED`` days alone, to be measured on ``checked_rows``."""
        return _sigmoid(self.rows.filter(pl.col("business_date") < self._cut))

    @cached_property
    def checked_rows(self) -> pl.DataFrame:
        """The rows of the days after the first ``FITTED``."""
        return self.rows.filter(pl.col("business_date") >= self._cut)

    @property
    def _cut(self) -> dt.date:
        return self.first + dt.timedelta(days=FITTED)

    @cached_property
    def calibrated(self) -> Calibrated | None:
        """How well a sigmoid of the first days fits the others; None if either are too few."""
        sigmoid, later = self.first_sigmoid, self.checked_rows
        if sigmoid is None or later.is_empty():
            return None
        fraud, odds = later["is_fraud"].to_numpy(), later["log_odds"].to_numpy()
        before, after = Sigmoid().of(odds), sigmoid.of(odds)
        briers = [brier(chance, fraud) or 0.0 for chance in (before, after)]
        errors = [calibration_error(chance, fraud) or 0.0 for chance in (before, after)]
        return Calibrated(len(later), *briers, *errors)

    @cached_property
    def _queue(self) -> pl.DataFrame:
        """The rows with their place in the queue of their day, from 1."""
        place = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("business_date")
        return self.rows.sort(QUEUE, descending=DESCENDING).with_columns(place=place)

    def within(self, capacity: int) -> Within:
        """What ``capacity`` alerts a day would have found."""
        alerts = self._queue.filter(pl.col("place") <= capacity)
        hits, frauds = alerts.filter("is_fraud"), self.rows.filter("is_fraud")
        amounts = [float(rows["amount"].cast(pl.Float64).sum()) for rows in (hits, frauds)]
        return Within(
            capacity,
            len(alerts),
            len(hits),
            len(hits) / len(alerts) if len(alerts) else None,
            len(hits) / len(frauds) if len(frauds) else None,
            amounts[0] / amounts[1] if amounts[1] else None,
        )

    def thresholds(self, capacity: int) -> list[float]:
        """Day by day the calibrated probability of the last alert within ``capacity``."""
        alerts = self._queue.filter(pl.col("place") <= capacity)
        lowest = alerts.group_by("business_date").agg(pl.col("log_odds").min()).sort("business_date")
        return [float(chance) for chance in (self.sigmoid or Sigmoid()).of(lowest["log_odds"].to_numpy())]

    def patterns(self, capacity: int) -> list[Pattern]:
        """The kinds of fraud by name, with what ``capacity`` alerts a day would have found of each."""
        found = pl.col("place") <= capacity
        by_name = self._queue.filter("is_fraud").group_by("pattern").agg(pl.len(), found.sum().alias("found"))
        return [Pattern(*row) for row in by_name.sort("pattern").rows()]


def hold_out(
    features: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    day: dt.date,
    start_of: Callable[[dt.date], dt.datetime],
    recipe: Recipe,
) -> Holdout | None:
    """The last ``DAYS`` business days that are due when ``day`` begins, scored by a twin trained as of their first.

    ``start_of`` gives the instant at which a business day begins, so one of 23 or 25 hours is held out whole. The twin
    sees only labels that were known when those days began. None if they were too few to train, or the days are empty.
    """
    as_of, end = start_of(day), day - dt.timedelta(days=recipe.label_wait)
    start = end - dt.timedelta(days=DAYS)
    due_before = start_of(start - dt.timedelta(days=recipe.label_wait))
    known = model.due(features, fraud_labels, start_of(start), recipe, due_before)
    of_days = pl.col("business_date").is_between(start, end, closed="left") & (pl.col("known_at") < as_of)
    later = with_last_word(features.filter(of_days), fraud_labels, before=as_of)
    rows = later.join(_patterns(fraud_labels, as_of), on="txn_id", how="left").sort("txn_id").collect()
    if rows.is_empty() or not model.enough(known, recipe):
        return None
    twin = model.trained(features, known, recipe)
    odds = pl.Series("log_odds", model.log_odds(twin.artefact, rows, recipe.names, recipe.threads))
    kept = rows.select("txn_id", "business_date", "amount", "is_fraud", pl.col("pattern").fill_null(NO_PATTERN), odds)
    return Holdout(*model.span(rows), kept, tuple(_moved(twin.drawn, rows, recipe.names)))


def _patterns(fraud_labels: pl.LazyFrame, before: dt.datetime) -> pl.LazyFrame:
    """``txn_id`` and ``pattern``: what the last label that names a scenario calls it."""
    if "scenario" not in fraud_labels.collect_schema().names():
        return pl.LazyFrame(schema={"txn_id": pl.String, "pattern": pl.String})
    named = fraud_labels.filter((pl.col("known_at") < before) & pl.col("is_fraud") & pl.col("scenario").is_not_null())
    return named.group_by("txn_id").agg(pl.col("scenario").sort_by("known_at", "scenario").last().alias("pattern"))


def _moved(drawn: pl.DataFrame, later: pl.DataFrame, names: Sequence[str]) -> list[Drift]:
    """The drift of each feature from the drawn rows that are no fraud to the later ones that are none.

    Frauds are drawn more often than others, so with them every feature of theirs would seem to have moved.
    """
    before, after = (inputs.as_read(rows.filter(~pl.col("is_fraud")), names) for rows in (drawn, later))
    return drift(before, after, names)


def _sigmoid(rows: pl.DataFrame) -> Sigmoid | None:
    return fitted(rows["log_odds"].to_numpy(), rows["is_fraud"].to_numpy())
