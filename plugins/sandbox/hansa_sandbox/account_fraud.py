"""Three patterns of fraud on accounts: access taken over, an account lent to launderers, a ring of applicants."""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox import places
from hansa_sandbox.accounts import NONE, networks
from hansa_sandbox.balances import wealth
from hansa_sandbox.categories import CATEGORIES, numbers
from hansa_sandbox.chance import Integers, by_hand, cents, choose, stream
from hansa_sandbox.household import ELSEWHERE, STRANGERS
from hansa_sandbox.look_alikes import DEAR, DEAR_WEIGHTS
from hansa_sandbox.movements import CASH, ONLINE_PAYMENT, PATTERNS, PRESENT, TRANSFER, movements
from hansa_sandbox.purchases import Town
from hansa_sandbox.rhythm import DAY, DAYS, draw_seconds

#: Accounts taken over and mule accounts for each customer in 180 days.
TAKEN, MULES = 0.016, 0.0045

#: Accounts at other banks to which the takers send the money: one for so many victims.
VICTIMS_A_COLLECTOR = 3


def takeovers(town: Town, victim: Integers, day: Integers, seed: int) -> pl.DataFrame:
    """An account taken over: from a device of the taker one to five transfers within three hours.

    One taker in seven sits in the customer's own device; -2, -3 ... stand for the takers' own until they are numbered.
    """
    rng = stream(seed, "takeovers")
    size = len(victim)
    begin = day * DAY + draw_seconds(rng, "round", size)
    number = np.repeat(np.arange(size), 1 + rng.binomial(4, 0.45, size))
    customer = victim[number]
    share = rng.beta(1.6, 2.2, len(number))
    yuan = by_hand(rng, np.maximum(150.0, share * wealth(town, seed)[customer]))
    collector = rng.permutation(size) // VICTIMS_A_COLLECTOR
    remote = (rng.random(size) < 0.15)[number]
    device = np.where(remote, town.devices.main[customer], -2 - number)
    own = networks(rng, town.network(customer, day[number]), town.people.city[customer])
    anywhere = rng.integers(0, len(places.PLACES) + len(places.HOME), size) * 256 + rng.integers(0, 24, size)
    return movements(
        customer=customer,
        account=town.holdings.current[customer],
        counterparty=ELSEWHERE + collector[number],
        at=begin[number] + rng.integers(0, 3 * 3_600, len(number)),
        cents=cents(yuan),
        channel=TRANSFER,
        device=device,
        network=np.where(remote | (rng.random(len(number)) < 0.25), own, anywhere[number]),
        pattern=PATTERNS.index("account_takeover"),
        episode=number,
    )


def mules(town: Town, seed: int) -> pl.DataFrame:
    """A mule account: money of strangers comes in and has gone within hours, a few times in some weeks."""
    rng = stream(seed, "mules")
    people = town.people
    size = max(2, round(MULES * people.size))
    chance = np.exp(-0.04 * people.age) * (people.joined < 10) * (people.left >= DAYS) * (people.circles.ring < 0)
    mule = choose(rng, chance, size)
    begin = rng.permutation(np.linspace(4, DAYS - 25, size).astype(np.int64))
    turn = np.repeat(np.arange(size), 1 + rng.binomial(3, 0.45, size))
    start = (begin[turn] + rng.integers(0, 20, len(turn))) * DAY + draw_seconds(rng, "shop", len(turn))
    comes = np.repeat(np.arange(len(turn)), 1 + rng.binomial(3, 0.4, len(turn)))
    came = 4_500 * np.exp(rng.normal(0, 0.8, len(comes)))
    came = by_hand(rng, came)
    total = np.bincount(comes, came, minlength=len(turn))
    goes = np.repeat(np.arange(len(turn)), 1 + rng.binomial(2, 0.4, len(turn)))
    parts = np.bincount(goes, minlength=len(turn))
    left = by_hand(rng, (0.86 + 0.13 * rng.random(len(turn)))[goes] * total[goes] / parts[goes])
    leaves = start[goes] + 2_400 + rng.integers(0, 6 * 3_600, len(goes))
    cash = rng.random(len(goes)) < 0.2
    owner = mule[turn]
    kind = PATTERNS.index("mule_account")
    receipts = movements(
        customer=owner[comes],
        account=town.holdings.current[owner[comes]],
        counterparty=STRANGERS + rng.integers(0, 900_000, len(comes)),
        at=start[comes] + rng.integers(0, 2_400, len(comes)),
        cents=cents(came),
        credit=1,
        channel=TRANSFER,
        pattern=kind,
        episode=comes,
    )
    sent = movements(
        customer=owner[goes],
        account=town.holdings.current[owner[goes]],
        counterparty=np.where(cash, NONE, ELSEWHERE + 500_000 + (turn[goes] // 4)),
        at=leaves,
        cents=cents(left),
        channel=np.where(cash, CASH, TRANSFER),
        device=np.where(cash, NONE, town.devices.of(rng, owner[goes], np.minimum(leaves // DAY, DAYS - 1))),
        network=np.where(cash, NONE, town.home_network[owner[goes]]),
        pattern=kind,
        episode=goes,
    )
    return pl.concat([receipts, sent])


def rings(town: Town, seed: int) -> pl.DataFrame:
    """A ring of applicants: weeks of a quiet life on cards granted together, then all of them are emptied in days."""
    rng = stream(seed, "rings")
    member = np.flatnonzero((town.people.circles.ring >= 0) & (town.holdings.credit != NONE))
    ring = town.people.circles.ring[member]
    last = np.zeros(ring.max() + 1, dtype=np.int64)
    np.maximum.at(last, ring, town.people.joined[member])
    end = np.minimum(last + rng.integers(20, 50, len(last)), DAYS - 6)
    number = np.repeat(np.arange(len(member)), rng.integers(4, 9, len(member)))
    customer = member[number]
    category = numbers(*DEAR)[choose(rng, DEAR_WEIGHTS, len(number))]
    online = rng.random(len(number)) < np.array([kind.online for kind in CATEGORIES])[category]
    merchant = town.merchants.draw(rng, np.where(online, places.ONLINE, town.people.city[customer]), category)
    # What is sold on well is bought where the others of the ring buy it.
    shown = np.argsort(ring[number], kind="stable")
    leader = shown[np.searchsorted(ring[number][shown], ring[number])]
    merchant = np.where(rng.random(len(number)) < 0.4, merchant[leader], merchant)
    online = town.merchants.place[merchant] == places.ONLINE
    at = (end[ring[number]] + rng.integers(0, 4, len(number))) * DAY + draw_seconds(rng, "shop", len(number))
    yuan = town.amounts(rng, customer, merchant) * np.exp(rng.normal(1.7, 0.6, len(number)))
    card = town.holdings.credit_card[customer]
    return movements(
        customer=customer,
        account=town.holdings.card_account[card],
        card=card,
        merchant=merchant,
        at=at,
        cents=cents(yuan),
        channel=np.where(online, ONLINE_PAYMENT, PRESENT),
        device=np.where(online, town.devices.of(rng, customer, at // DAY), NONE),
        network=np.where(online, town.home_network[customer], NONE),
        pattern=PATTERNS.index("application_ring"),
        episode=ring[number],
    )
