"""The baselines of "Reproducible Machine Learning for Credit Card Fraud Detection" (Le Borgne et al.), in numpy.

Logistic regression and a random forest on the book's fifteen features, trained on the book's week, with the defaults
that the book takes from scikit-learn, which is no dependency here: an L2 penalty of weight 1 on standardised features;
a hundred trees grown until their leaves are pure, a bootstrap and the square root of the features for each.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOWS = (1, 7, 30)
#: Days after which a fraud is known.
DELAY = 7
FEATURES = (
    "amount",
    "weekend",
    "night",
    *(f"customer_{what}_{days}d" for days in WINDOWS for what in ("count", "mean")),
    *(f"terminal_{what}_{days}d" for days in WINDOWS for what in ("count", "risk")),
)
TREES, BINS = 100, 1024


def book_features(raw: pl.DataFrame) -> pl.DataFrame:
    """The file's rows in the order of time, with the book's features; its windows hold the transaction itself."""

    def past(value: pl.Expr, days: int, key: str) -> pl.Expr:
        return value.rolling_sum_by("TX_DATETIME", f"{days}d").over(key)

    one, amount, fraud = pl.lit(1, pl.Int64), pl.col("TX_AMOUNT"), pl.col("TX_FRAUD")
    made = raw.sort("TX_DATETIME", "TRANSACTION_ID").with_columns(
        amount=amount,
        weekend=(pl.col("TX_DATETIME").dt.weekday() > 5).cast(pl.Float64),
        night=(pl.col("TX_DATETIME").dt.hour() <= 6).cast(pl.Float64),
        _one=one,
    )
    one, columns = pl.col("_one"), {}
    for days in WINDOWS:
        count = past(one, days, "CUSTOMER_ID")
        columns[f"customer_count_{days}d"] = count
        columns[f"customer_mean_{days}d"] = past(amount, days, "CUSTOMER_ID") / count
        seen = past(one, days + DELAY, "TERMINAL_ID") - past(one, DELAY, "TERMINAL_ID")
        frauds = past(fraud, days + DELAY, "TERMINAL_ID") - past(fraud, DELAY, "TERMINAL_ID")
        columns[f"terminal_count_{days}d"] = seen
        columns[f"terminal_risk_{days}d"] = pl.when(seen > 0).then(frauds / seen).otherwise(0.0)
    return made.with_columns(**columns).drop("_one")


def logistic(train: Floats, fraud: NDArray[np.bool_], test: Floats) -> Floats:
    """Scores of ``test`` by logistic regression, by Newton's method to the end."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread[spread == 0] = 1.0
    ones = [np.column_stack([(rows - mean) / spread, np.ones(len(rows))]) for rows in (train, test)]
    weights, penalty = np.zeros(ones[0].shape[1]), np.append(np.ones(train.shape[1]), 0.0)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-ones[0] @ weights))
        gradient = ones[0].T @ (chance - fraud) + penalty * weights
        if np.abs(gradient).max() < 1e-8:
            break
        curve = (ones[0] * (chance * (1 - chance))[:, None]).T @ ones[0] + np.diag(penalty)
        weights = weights - np.linalg.solve(curve, gradient)
    return ones[1] @ weights


def forest(train: Floats, fraud: NDArray[np.bool_], test: Floats, seed: int = 0) -> Floats:
    """Scores of ``test`` by a random forest."""
    random = np.random.default_rng(seed)
    borders = [_borders(column) for column in train.T]
    learn, asked = (
        np.column_stack([np.searchsorted(b, column, side="left") for b, column in zip(borders, rows.T, strict=True)])
        for rows in (train, test)
    )
    total = np.zeros(len(test))
    for _ in range(TREES):
        drawn = random.integers(0, len(learn), len(learn))
        total += _grown(learn[drawn], fraud[drawn].astype(np.float64), asked, random)
    return total / TREES


def _borders(column: Floats) -> Floats:
    """Values between which a tree may cut, fewer than ``BINS``: half are quantiles of the rows, half of the values that
    there are, for the risk of a terminal is zero in nearly all rows and tells of fraud in the others."""
    at = np.linspace(0, 1, BINS // 2)[1:-1]
    return np.unique(np.concatenate([np.quantile(column, at), np.quantile(np.unique(column), at)]))


def _grown(rows: NDArray[np.int64], fraud: Floats, asked: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """Grow one tree on ``rows`` and send the rows ``asked`` down with them: the share of frauds in their leaves."""
    answer = np.zeros(len(asked))
    waiting = [(np.arange(len(rows)), np.arange(len(asked)))]
    while waiting:
        here, sent = waiting.pop()
        share = fraud[here].mean()
        cut = _cut(rows, fraud, here, random) if len(sent) and 0 < share < 1 else None
        if cut is None:
            answer[sent] = share
            continue
        feature, border = cut
        left, sent_left = rows[here, feature] <= border, asked[sent, feature] <= border
        waiting += [(here[left], sent[sent_left]), (here[~left], sent[~sent_left])]
    return answer


def _cut(
    rows: NDArray[np.int64], fraud: Floats, here: NDArray[np.int64], random: np.random.Generator
) -> tuple[int, int] | None:
    """The feature and border after which Gini's impurity is least; more features are looked at until one can cut."""
    wanted, best = int(np.sqrt(rows.shape[1])), None
    for looked, feature in enumerate(random.permutation(rows.shape[1])):
        if looked >= wanted and best is not None:
            break
        values = rows[here, feature]
        count = np.cumsum(np.bincount(values, minlength=BINS))
        frauds = np.cumsum(np.bincount(values, fraud[here], BINS))
        inside = np.flatnonzero((count > 0) & (count < len(here)))
        if not len(inside):
            continue
        below, bad = count[inside], frauds[inside]
        above, rest = len(here) - below, frauds[-1] - bad
        impurity = bad * (1 - bad / below) + rest * (1 - rest / above)
        place = int(impurity.argmin())
        if best is None or impurity[place] < best[0]:
            best = (float(impurity[place]), int(feature), int(inside[place]))
    return best and best[1:]
