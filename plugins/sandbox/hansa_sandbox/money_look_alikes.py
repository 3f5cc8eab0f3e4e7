"""Honest movements between accounts that look like fraud: money sent from a new phone, money that passes through."""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox.accounts import networks
from hansa_sandbox.balances import wealth
from hansa_sandbox.chance import Integers, by_hand, cents, stream
from hansa_sandbox.household import FRIENDS, SELLERS, STRANGERS
from hansa_sandbox.movements import LOOK_ALIKES, TRANSFER, movements
from hansa_sandbox.purchases import Town
from hansa_sandbox.rhythm import DAY, DAYS, draw_days, draw_seconds

#: Share of customers who collect money for a common purpose, and of those who trade beside their work.
COLLECT, TRADE = 0.10, 0.015


def money_look_alikes(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """All honest movements between accounts that are made to look suspicious."""
    return pl.concat([_moving_money(town, where, seed), _passing_through(town, where, seed)])


def _moving_money(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """One to four large transfers in an afternoon: from a new phone, for a home, from a computer never used before."""
    rng = stream(seed, "moving money")
    people, devices = town.people, town.devices
    renewed = np.flatnonzero((devices.changed < DAYS - 3) & (rng.random(people.size) < 0.5))
    bought = np.flatnonzero(town.life.home < DAYS - 1)
    other = np.flatnonzero(rng.random(people.size) < 0.06)
    customer = np.concatenate([renewed, bought, other])
    day = np.concatenate(
        [
            devices.changed[renewed] + rng.integers(0, 3, len(renewed)),
            town.life.home[bought],
            draw_days(rng, "flat", len(other)),
        ]
    )
    begin = day * DAY + draw_seconds(rng, "round", len(customer))
    number = np.repeat(np.arange(len(customer)), 1 + rng.binomial(3, 0.35, len(customer)))
    who, when = customer[number], day[number]
    share = rng.beta(1.2, 4.0, len(number)) * np.where(town.life.home[who] == when, 2.5, 1.0)
    # One in three of the others does it at a device that is nobody else's and is not seen again: an office, a tablet.
    strange = np.concatenate([np.zeros(len(renewed) + len(bought), dtype=bool), rng.random(len(other)) < 0.3])
    device = np.where(strange[number], -2 - number, devices.of(rng, who, when))
    network = networks(rng, town.network(who, when), where[who, when])
    return movements(
        customer=who,
        account=town.holdings.current[who],
        counterparty=SELLERS + rng.integers(0, 900_000, len(customer))[number],
        at=begin[number] + rng.integers(0, 4 * 3_600, len(number)),
        cents=cents(by_hand(rng, np.maximum(150.0, share * wealth(town, seed)[who]))),
        channel=TRANSFER,
        device=device,
        network=network,
        look_alike=LOOK_ALIKES.index("moving_money"),
        episode=number,
    )


def _passing_through(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """Money of others that stays for hours: collections among friends, and small trade beside the work."""
    rng = stream(seed, "passing through")
    size = town.people.size
    alone = town.people.circles.ring < 0
    collects = np.flatnonzero((rng.random(size) < COLLECT) & alone)
    trades = np.flatnonzero((rng.random(size) < TRADE) & alone)
    keeper = np.append(collects, np.repeat(trades, rng.poisson(3.0, len(trades))))
    trade = np.arange(len(keeper)) >= len(collects)
    day = draw_days(rng, "flat", len(keeper))
    start = day * DAY + draw_seconds(rng, "shop", len(keeper))
    friends, buyers = 3 + rng.binomial(4, 0.4, len(keeper)), 1 + rng.binomial(2, 0.4, len(keeper))
    comes = np.repeat(np.arange(len(keeper)), np.where(trade, buyers, friends))
    came = np.where(trade[comes], 1_900, 240) * np.exp(rng.normal(0, 0.8, len(comes)))
    came = by_hand(rng, came)
    total = np.bincount(comes, came, minlength=len(keeper))
    sent = total * (0.75 + 0.25 * rng.random(len(keeper)))
    after = start + 1_800 + rng.integers(0, 11 * 3_600, len(keeper))
    known = FRIENDS + keeper[comes] * 8 + rng.integers(0, 8, len(comes))
    day_after = np.minimum(after // DAY, DAYS - 1)
    common = {"channel": TRANSFER, "look_alike": LOOK_ALIKES.index("pass_through")}
    receipts = movements(
        customer=keeper[comes],
        account=town.holdings.current[keeper[comes]],
        counterparty=np.where(trade[comes], STRANGERS + rng.integers(0, 900_000, len(comes)), known),
        at=start[comes] + rng.integers(0, 1_800, len(comes)),
        cents=cents(came),
        credit=1,
        episode=comes,
        **common,
    )
    onward = movements(
        customer=keeper,
        account=town.holdings.current[keeper],
        counterparty=SELLERS + keeper % 900,
        at=after,
        cents=cents(by_hand(rng, sent)),
        device=town.devices.of(rng, keeper, day_after),
        network=networks(rng, town.network(keeper, day_after), where[keeper, day_after]),
        episode=np.arange(len(keeper)),
        **common,
    )
    return pl.concat([receipts, onward])
