"""Three marketing campaigns with a control group drawn by lot; what each does follows from traits alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox.chance import Floats, Integers, stream
from hansa_sandbox.people import People
from hansa_sandbox.rhythm import DAY, DAYS, draw_seconds

KINDS = ("sent", "shown", "click", "convert", "unsubscribe", "assigned")
SENT, SHOWN, CLICK, CONVERT, UNSUBSCRIBE, ASSIGNED = range(6)
ARMS = ("treatment", "control")

#: Share of those with consent whom a campaign takes in, of them the control, and days within which they decide.
TAKEN_IN, CONTROL, DECIDE = 0.6, 0.3, 12

#: A pull between these two moves nobody: neither is persuaded nor annoyed.
ANNOYED_BELOW, PERSUADED_ABOVE = -0.22, 0.03


@dataclass(frozen=True)
class Campaign:
    """``base`` and ``pull`` are weights on traits (each less a half): of buying anyway, and of being moved.

    ``bias`` is the chance of buying anyway of an average customer, ``strength`` the gain in chance for a pull of one;
    ``cost`` and ``margin`` are fen for each one contacted and each one who buys.
    """

    name: str
    first: int
    last: int
    bias: float
    base: Mapping[str, float]
    pull: Mapping[str, float]
    strength: float
    cost: int
    margin: int


CAMPAIGNS = (
    Campaign("C2601", 38, 62, 0.05, {"prudence": 0.05}, {"price_sensitivity": 1.0, "loyalty": 0.3}, 0.35, 40, 6_000),
    Campaign("C2602", 88, 118, 0.06, {"prudence": -0.06}, {"digital_affinity": 1.1, "prudence": -0.5}, 0.22, 25, 4_000),
    Campaign("C2603", 150, DAYS - 1, 0.07, {"loyalty": 0.08}, {"loyalty": -1.1}, 0.10, 900, 8_000),
)


def uplift(people: People, campaign: Campaign) -> tuple[Floats, Floats]:
    """For each customer the chance of buying anyway, and what contact adds to it: more, nothing or less."""
    base = campaign.bias + sum(weight * (people.trait(name) - 0.5) for name, weight in campaign.base.items())
    base = np.clip(base, 0.01, 0.5)
    pull = np.sum([weight * (people.trait(name) - 0.5) for name, weight in campaign.pull.items()], axis=0)
    moved = np.where(pull > PERSUADED_ABOVE, pull - PERSUADED_ABOVE, np.minimum(0.0, pull - ANNOYED_BELOW))
    return base, np.maximum(campaign.strength * moved, 0.002 - base)


def campaign_events(people: People, consents: np.ndarray, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events in order of time (campaign, customer, at, kind, cost, revenue, arm), and the truth of who would be moved.

    ``consents`` says who agreed to marketing; nobody else is in a campaign.
    """
    made = [_run(people, consents, number, seed) for number in range(len(CAMPAIGNS))]
    events = pl.concat([events for events, _ in made]).filter(pl.col("at") < DAYS * DAY)
    return events.sort("at", "campaign", "customer", maintain_order=True), pl.concat([truth for _, truth in made])


def _run(people: People, consents: np.ndarray, number: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One campaign and its truth."""
    campaign = CAMPAIGNS[number]
    rng = stream(seed, f"campaign {campaign.name}")
    able = consents & ~people.deceased & (people.joined < campaign.first) & (rng.random(people.size) < TAKEN_IN)
    customer = np.flatnonzero(able)
    control = rng.random(len(customer)) < CONTROL
    base, gain = (values[customer] for values in uplift(people, campaign))
    day = rng.integers(campaign.first, campaign.last + 1, len(customer))
    # Somebody is contacted on the last day, however small the bank is.
    day[-1:] = campaign.last
    at = day * DAY + draw_seconds(rng, "office", len(customer))
    bought = rng.random(len(customer)) < base + np.where(control, 0.0, gain)
    later = at + 3_600 + np.rint(DECIDE * DAY * rng.beta(1.0, 3.0, len(customer))).astype(np.int64)
    shown = ~control & (rng.random(len(customer)) < 0.72)
    clicks = shown & (rng.random(len(customer)) < np.where(bought, 0.55, 0.06))
    leaves = shown & (rng.random(len(customer)) < 0.004 + 0.5 * np.maximum(0.0, -gain))
    opened = at + 600 + rng.integers(0, 2 * 3_600, len(customer))
    parts = [
        _events(customer, at, SENT, ~control, number, control, cost=campaign.cost),
        _events(customer, at, ASSIGNED, control, number, control),
        _events(customer, opened, SHOWN, shown, number, control),
        _events(customer, np.minimum(opened + 300, later), CLICK, clicks, number, control),
        _events(customer, later, CONVERT, bought, number, control, revenue=campaign.margin),
        _events(customer, opened + 60, UNSUBSCRIBE, leaves, number, control),
    ]
    truth = pl.DataFrame({"campaign": number, "customer": customer, "base": base, "uplift": gain, "control": control})
    return pl.concat(parts), truth


def _events(
    customer: Integers,
    at: Integers,
    kind: int,
    chosen: np.ndarray,
    campaign: int,
    control: np.ndarray,
    cost: int = 0,
    revenue: int = 0,
) -> pl.DataFrame:
    """Events of one kind for those who are chosen."""
    size = int(chosen.sum())
    same = {"campaign": campaign, "kind": kind, "cost": cost, "revenue": revenue}
    return pl.DataFrame(
        {
            "customer": customer[chosen],
            "at": at[chosen],
            "arm": control[chosen].astype(np.int64),
            **{name: np.full(size, value, dtype=np.int64) for name, value in same.items()},
        }
    )
