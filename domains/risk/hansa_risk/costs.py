"""Who is worth a review: by what it is expected to save, or simply by capacity.

The expected saving of a review is ``p * missed_share * amount - review_cost - (1 - p) * disturb_cost``, where p is the
calibrated probability of fraud (Elkan 2001, The Foundations of Cost-Sensitive Learning). A transaction is wanted where
it is above zero. It is a figure of declared costs: no setting of this house knows what an institution's review costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from hansa.errors import MeshError

CAPACITY, COSTS = "capacity", "costs"


@dataclass(frozen=True)
class Desk:
    """How many reviews a day, and by what a transaction is chosen for one.

    ``threshold`` is ``capacity`` (the highest scores) or ``costs`` (the highest expected savings, none below zero).
    Costs are in the main unit of the amounts; ``missed_share`` is the part of a missed fraud's amount that is lost.
    ``grey_share`` of the capacity is kept for the grey list, whatever the scores.
    """

    capacity: int
    threshold: str = CAPACITY
    review_cost: float = 0.0
    missed_share: float = 1.0
    disturb_cost: float = 0.0
    grey_share: float = 0.0

    @property
    def grey_places(self) -> int:
        """Places of the queue that the grey list fills first, rounded down."""
        # 100 * 0.29 is 28.999999999999996 as a float; what is that near to a whole number is meant to be it.
        return int(round(self.capacity * self.grey_share, 9))


def desk_of(settings: Mapping[str, Any]) -> Desk:
    """The desk that a module's settings describe. Errors: MeshError for a word or a number that means nothing."""
    desk = Desk(
        capacity=int(settings["capacity"]),
        threshold=str(settings["threshold"]),
        review_cost=float(settings["review_cost"]),
        missed_share=float(settings["missed_share"]),
        disturb_cost=float(settings["disturb_cost"]),
        grey_share=float(settings["grey_share"]),
    )
    if desk.threshold not in (CAPACITY, COSTS):
        raise _refused("threshold", desk.threshold, f"write {CAPACITY} or {COSTS}")
    for name in ("capacity", "review_cost", "disturb_cost"):
        if not 0 <= getattr(desk, name) < float("inf"):
            raise _refused(name, getattr(desk, name), "write a number of at least zero")
    for name in ("missed_share", "grey_share"):
        if not 0 <= getattr(desk, name) <= 1:
            raise _refused(name, getattr(desk, name), "write a share from 0 to 1")
    return desk


def _refused(name: str, value: object, mend: str) -> MeshError:
    return MeshError("setting.desk", f"{name} is {value}", where="risk.fraud", next_step=mend)


def saving(desk: Desk) -> pl.Expr:
    """The expected saving of a review, in the unit of ``amount``, from the columns ``score`` and ``amount``."""
    chance, amount = pl.col("score"), pl.col("amount").cast(pl.Float64)
    return chance * desk.missed_share * amount - desk.review_cost - (1.0 - chance) * desk.disturb_cost
