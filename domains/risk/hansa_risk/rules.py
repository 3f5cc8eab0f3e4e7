"""The rules-only baseline: what a desk without a model would queue, on the same days and within the same capacity.

Five rules as institutions write them before they have a model. A transaction is queued by the number of rules that it
breaks, then by how far its amount lies above the card's own mean; the rules read the same features as the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

#: An amount of more than this many times the card's own mean of 30 days breaks the first rule.
TIMES_OWN_MEAN = 3.0
#: This many payments with a card in 24 hours break the second rule.
PAYMENTS_IN_A_DAY = 8
#: This many frauds that became known at a merchant within 7 days break the third rule.
FRAUDS_AT_MERCHANT = 2


@dataclass(frozen=True)
class Rule:
    """A rule by name, and the expression over ``risk.fraud_features`` that is true (or null) where it is broken.

    Its text stands in ``reasons.yaml`` under ``rule.NAME``.
    """

    name: str
    broken: Callable[[], pl.Expr]


RULES = (
    Rule("times_own_mean", lambda: pl.col("amount_to_mean_30d") > TIMES_OWN_MEAN),
    Rule("payments_in_a_day", lambda: pl.col("card_count_1d") >= PAYMENTS_IN_A_DAY),
    Rule("frauds_at_merchant", lambda: pl.col("merchant_frauds_7d") >= FRAUDS_AT_MERCHANT),
    Rule("new_device", lambda: pl.col("new_device_for_card")),
    Rule("new_country", lambda: pl.col("new_country_for_card")),
)


def broken_rules() -> pl.Expr:
    """How many of the five rules a row of ``risk.fraud_features`` breaks; what is missing breaks none."""
    return pl.sum_horizontal(rule.broken().fill_null(False).cast(pl.Int64) for rule in RULES)


def rules_score() -> pl.Expr:
    """Broken rules plus a share below one for the amount against the card's own mean: a score, not a chance."""
    ratio = pl.col("amount_to_mean_30d").fill_null(1.0)
    return broken_rules() + ratio / (1.0 + ratio)
