"""A card that is reported is blocked, and its owner pays with another one from then on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from hansa_sandbox.accounts import Holdings
from hansa_sandbox.chance import Integers
from hansa_sandbox.movements import column
from hansa_sandbox.rhythm import DAY, DAYS


@dataclass(frozen=True)
class Reissued:
    """``card`` was blocked and replaced at the second ``at``; the k-th of them by the k-th card after all others."""

    card: Integers
    at: Integers

    @property
    def day(self) -> Integers:
        """The day on which each replacement was issued."""
        return self.at // DAY


def reissue(moves: pl.DataFrame, labels: pl.DataFrame, cards: int) -> tuple[pl.DataFrame, Reissued]:
    """``moves`` with the new cards, which only their owners have; ``labels`` have txn, known and fraud.

    What a fraudster does afterwards still stands under the old card: the bank sees attempts, too.
    """
    card, at = column(moves, "card"), column(moves, "at")
    said = labels.filter((pl.col("fraud") == 1) & (pl.col("known") < DAYS * DAY))
    by_card = pl.DataFrame({"card": card[column(said, "txn")], "known": column(said, "known")})
    first = by_card.filter(pl.col("card") >= 0).group_by("card").agg(pl.col("known").min()).sort("card")
    blocked, known = column(first, "card"), column(first, "known")
    until, newer = np.full(cards, DAYS * DAY), np.full(cards, -1)
    until[blocked] = known
    newer[blocked] = cards + np.arange(len(blocked))
    replaced = (card >= 0) & (column(moves, "pattern") < 0) & (at >= until[card])
    return moves.with_columns(card=pl.Series(np.where(replaced, newer[card], card))), Reissued(blocked, known)


def with_reissued(holdings: Holdings, reissued: Reissued) -> Holdings:
    """The holdings with the cards that were issued in the place of blocked ones."""
    accounts = np.append(holdings.card_account, holdings.card_account[reissued.card])
    return replace(holdings, card_account=accounts)
