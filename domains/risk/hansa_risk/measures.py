"""How good the decisions of a period were: ratios of sums over payers, each with an interval.

A payer (card, or account without one) is the unit: its transactions are not independent of each other. A payer whose
fraud was in the queue of an earlier day of the period is caught, for whoever caught it: the card is blocked from the
next day on. What follows on it is neither found again nor missed again; a later fraud on it does not happen, so its
amount counts as stopped. Model and rules each have their own caught payers.

The interval is that of a bootstrap over payers with Poisson weights (Hanley and MacGibbon 2006), 95 percent between the
percentiles of ``REPLICATES`` draws, from the seed of the run. Payers with neither a fraud nor an alert have nothing but
right decisions and are not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Draws of the bootstrap, and how many are drawn at once.
REPLICATES, AT_ONCE = 1000, 100
#: Ends of the interval, as percentiles.
LOW, HIGH = 2.5, 97.5
#: Payers below which no interval is told.
LEAST_PAYERS = 5

#: The two ways to decide: the published alerts and the rules-only baseline.
MODEL, RULES = "alerted", "rules_alerted"
#: What is summed over a payer for one way to decide.
PARTS = ("rows", "right", "alerts", "hits", "frauds", "lost", "amount")
#: Each measure as numerator and denominator among the parts.
RATIOS = {
    "risk.fraud.accuracy": ("right", "rows"),
    "risk.fraud.precision": ("hits", "alerts"),
    "risk.fraud.recall": ("hits", "frauds"),
    "risk.fraud.lost_share": ("lost", "amount"),
}


@dataclass(frozen=True)
class Measured:
    """A value with the ends of its interval; each None where it is not defined."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


def with_caught(judged: pl.DataFrame, alerted: str) -> pl.DataFrame:
    """``judged`` with ``caught``: the payer had a fraud in the queue of an earlier day. Sorted by key."""
    found = judged.filter(pl.col("is_fraud") & pl.col(alerted))
    first = found.group_by("payer_token").agg(_caught_on=pl.col("business_date").min())
    rows = judged.join(first, on="payer_token", how="left").sort("txn_id")
    return rows.with_columns(caught=(pl.col("business_date") > pl.col("_caught_on")).fill_null(False)).drop(
        "_caught_on"
    )


def parts(judged: pl.DataFrame, alerted: str, kind: str | None = None) -> pl.DataFrame:
    """The sums ``PARTS`` of each payer for one way to decide, by payer; amounts in hundredths: exact."""
    fraud, decided, free = pl.col("is_fraud"), pl.col(alerted), ~pl.col("caught")
    cents = (pl.col("amount").cast(pl.Float64) * 100).round().cast(pl.Int64)
    sums = {
        "rows": free,
        "right": free & (fraud == decided),
        "alerts": free & decided,
        "hits": free & decided & fraud,
        "frauds": free & fraud,
        "lost": (free & fraud & ~decided) * cents,
        "amount": fraud * cents,
    }
    told = [expression.cast(pl.Int64).sum().alias(name) for name, expression in sums.items()]
    rows = with_caught(judged, alerted)
    if kind is not None:
        rows = rows.filter(pl.col("is_fraud") & (pl.col("scenario") == kind))
    return rows.group_by("payer_token").agg(told).sort("payer_token")


def ratios(judged: pl.DataFrame, alerted: str, seed: int, kind: str | None = None) -> dict[str, Measured]:
    """Each measure of ``RATIOS`` for one way to decide; with ``kind``, of the frauds of that scenario alone."""
    sums = parts(judged, alerted, kind)
    draws = drawn(sums.select(PARTS), seed)
    return {name: _ratio(sums, draws, above, below) for name, (above, below) in RATIOS.items()}


def loss(judged: pl.DataFrame, seed: int) -> Measured:
    """The fraud amount that the alerts did not stop against that of the rules, as a share of it: -0.4 is 40 % less."""
    both = parts(judged, MODEL).select("payer_token", "frauds", "alerts", model="lost")
    both = both.join(parts(judged, RULES).select("payer_token", rules_alerts="alerts", rules="lost"), on="payer_token")
    sums = both.sort("payer_token").with_columns(pl.col("alerts") + pl.col("rules_alerts"))
    found = _ratio(sums, drawn(sums.drop("payer_token"), seed), "model", "rules")
    return Measured(*(None if one is None else one - 1 for one in (found.value, found.low, found.high)))


def drawn(sums: pl.DataFrame, seed: int) -> Mapping[str, NDArray[np.float64]]:
    """The totals of each column in each draw; empty where too few payers have a fraud or an alert."""
    import numpy as np

    loud = (pl.col("frauds") > 0) | (pl.col("alerts") > 0)
    heard = sums.filter(loud).to_numpy().astype(np.float64)
    if len(heard) < LEAST_PAYERS:
        return {}
    constant = sums.filter(~loud).sum().to_numpy().astype(np.float64)[0]
    random = np.random.default_rng(seed)
    totals = [random.poisson(1.0, (AT_ONCE, len(heard))) @ heard for _ in range(REPLICATES // AT_ONCE)]
    return dict(zip(sums.columns, (np.concatenate(totals) + constant).T, strict=True))


def _ratio(sums: pl.DataFrame, draws: Mapping[str, NDArray[np.float64]], above: str, below: str) -> Measured:
    import numpy as np

    whole = int(sums[below].sum())
    if not whole:
        return Measured()
    value = int(sums[above].sum()) / whole
    if not draws:
        return Measured(value)
    defined = draws[below] > 0
    low, high = np.percentile(draws[above][defined] / draws[below][defined], [LOW, HIGH])
    return Measured(value, float(low), float(high))
