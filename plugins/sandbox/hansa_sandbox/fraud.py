"""Six patterns of fraud, each made so that it overlaps with honest life: three of cards here, three of accounts beside.

Volumes are set per customer, so that fraud is about 0.7 % of the card movements at any size of bank.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox import account_fraud, places
from hansa_sandbox.accounts import NONE
from hansa_sandbox.categories import CATEGORIES, numbers
from hansa_sandbox.chance import Floats, Integers, cents, choose, stream
from hansa_sandbox.look_alikes import DEAR, DEAR_WEIGHTS
from hansa_sandbox.movements import ONLINE_PAYMENT, PATTERNS, PRESENT, column, movements
from hansa_sandbox.purchases import Town
from hansa_sandbox.rhythm import DAY, DAYS, draw_seconds

#: Stolen cards, tested cards and compromised terminals for each customer in 180 days.
STOLEN, TESTED, TERMINALS = 0.018, 0.016, 1 / 260

#: Frauds at one compromised terminal.
TERMINAL_FRAUDS = 26

#: Honest visits in 180 days of the shops whose terminals are compromised.
BUSY = 75

#: Every so many tested cards come from one list that one fraudster works through.
CARDS_A_LIST = 3


def frauds(town: Town, honest: pl.DataFrame, seed: int) -> list[pl.DataFrame]:
    """All fraudulent movements, pattern by pattern, episodes numbered through.

    ``honest`` are the card payments among which the compromised terminals are chosen. Devices -2, -3 ... are the
    fraudsters' own, see :func:`hansa_sandbox.movements.number_devices`.
    """
    taken = _victims(stream(seed, "taken accounts"), town, account_fraud.TAKEN)
    made = [
        _stolen(town, seed),
        _tested(town, seed),
        _terminals(town, honest, seed),
        account_fraud.takeovers(town, *taken, seed),
        account_fraud.mules(town, seed),
        account_fraud.rings(town, seed),
    ]
    parts, episodes = [], 0
    for part in made:
        parts.append(part.with_columns(pl.col("episode") + episodes))
        episodes += int(part.get_column("episode").max() or 0) + 1
    return parts


def _foreign_device(number: Integers) -> Integers:
    """A fraudster's device, written as -2, -3 ... until it gets its place behind the customers' own."""
    return -2 - number


def _victims(rng: np.random.Generator, town: Town, rate: float) -> tuple[Integers, Integers]:
    """Customers whose card is misused, and the day from which on: any day on which they are customers."""
    day = _spread(rng, max(2, round(rate * town.people.size)), DAYS)
    return _customers_on(rng, town, day), day


def _customers_on(rng: np.random.Generator, town: Town, day: Integers) -> Integers:
    """Someone for each of these days who is a customer then."""
    customer = rng.integers(0, town.people.size, (20, len(day)))
    there = town.people.there(customer, day)
    return customer[there.argmax(axis=0), np.arange(len(day))]


def _spread(rng: np.random.Generator, count: int, days: int) -> Integers:
    """A day for each of ``count`` episodes: by chance, yet evenly over the span, in no order."""
    return rng.permutation(np.floor((np.arange(count) + rng.random(count)) * days / count).astype(np.int64))


def _stolen(town: Town, seed: int) -> pl.DataFrame:
    """A stolen card: four to twelve payments within three days, mostly larger, at merchants as they come."""
    rng = stream(seed, "stolen cards")
    victim, day = _victims(rng, town, STOLEN)
    card = town.holdings.pay(rng, victim)
    number = np.repeat(np.arange(len(victim)), 4 + rng.binomial(8, 0.45, len(victim)))
    customer = victim[number]
    dear = numbers(*DEAR)[choose(rng, DEAR_WEIGHTS, len(number))]
    plain = numbers("groceries", "fuel", "restaurants", "pharmacy")[rng.integers(0, 4, len(number))]
    category = np.where(rng.random(len(number)) < 0.74, dear, plain)
    online = rng.random(len(number)) < np.array([kind.online for kind in CATEGORIES])[category]
    place = np.where(online, places.ONLINE, _scene(rng, town, victim)[number])
    merchant = town.merchants.draw(rng, place, category)
    at = (day * DAY + draw_seconds(rng, "round", len(victim)))[number] + rng.integers(0, 4 * 3_600, len(number))
    at = at + DAY * rng.integers(1, 3, len(number)) * (rng.random(len(number)) < 0.25)
    yuan = town.amounts(rng, customer, merchant) * np.exp(rng.normal(1.9, 0.6, len(number)))
    own = rng.random(len(victim)) < 0.15
    device = np.where(own[number], town.devices.main[customer], _foreign_device(number))
    return _misuse(town, rng, customer, card[number], merchant, at, yuan, device, "stolen_card", number)


def _scene(rng: np.random.Generator, town: Town, victim: Integers) -> Integers:
    """Where the stolen card is used: mostly in the owner's own city, else in another one or abroad."""
    draw = rng.random(len(victim))
    elsewhere = choose(rng, places.HOME_SHARES, len(victim))
    outside = len(places.HOME) + choose(rng, places.ABROAD_SHARES, len(victim))
    return np.where(draw < 0.42, town.people.city[victim], np.where(draw < 0.70, elsewhere, outside))


def _tested(town: Town, seed: int) -> pl.DataFrame:
    """Card testing: four to nine small online payments at a few merchants within hours, then often a large one."""
    rng = stream(seed, "tested cards")
    lists = np.arange(max(2, round(TESTED * town.people.size))) // CARDS_A_LIST
    # A list is worked through within some days.
    begin = (_spread(rng, lists.max() + 1, DAYS - 6) * DAY + draw_seconds(rng, "round", lists.max() + 1))[lists]
    begin = begin + rng.integers(0, 5 * DAY, len(lists))
    victim = _customers_on(rng, town, begin // DAY)
    card = town.holdings.pay(rng, victim)
    number = np.repeat(np.arange(len(victim)), rng.integers(4, 10, len(victim)))
    shops = numbers("digital_goods", "subscriptions", "games", "marketplace")
    kinds = rng.choice(shops, (lists.max() + 1) * 3)
    tried = town.merchants.draw(rng, np.full(len(kinds), places.ONLINE), kinds)
    merchant = tried[lists[number] * 3 + rng.integers(0, 3, len(number))]
    at = begin[number] + rng.integers(0, 2 * 3_600, len(number))
    shared = rng.random(len(victim)) < 0.75
    device = np.where(shared, _foreign_device(lists), _foreign_device(len(victim) + np.arange(len(victim))))
    # Some testers sit in the customer's own device, some in a public one.
    hidden = rng.random(len(victim)) < 0.08
    device = np.where(hidden, town.devices.of(rng, victim, np.minimum(begin // DAY, DAYS - 1)), device)
    yuan = 12 * np.exp(rng.normal(0, 0.8, len(number)))
    small = _misuse(town, rng, victim[number], card[number], merchant, at, yuan, device[number], "card_testing", number)
    ends = np.flatnonzero(rng.random(len(victim)) < 0.6)
    kind = numbers("marketplace", "electronics", "airlines")[rng.integers(0, 3, len(ends))]
    dear = town.merchants.draw(rng, np.full(len(ends), places.ONLINE), kind)
    yuan = town.amounts(rng, victim[ends], dear) * 2.0
    at = begin[ends] + 3 * 3_600 + rng.integers(0, 5 * 3_600, len(ends))
    large = _misuse(town, rng, victim[ends], card[ends], dear, at, yuan, device[ends], "card_testing", ends)
    return pl.concat([small, large])


def _terminals(town: Town, honest: pl.DataFrame, seed: int) -> pl.DataFrame:
    """A compromised terminal: for weeks copies of its customers' cards pay there, in normal amounts."""
    rng = stream(seed, "terminals")
    count = max(2, round(TERMINALS * town.people.size))
    merchant = _busy_shops(rng, town, honest, count)
    begin, length = _spread(rng, count, DAYS - 12), rng.integers(12, 25, count)
    number = np.repeat(np.arange(count), rng.poisson(TERMINAL_FRAUDS, count))
    customer, card = _customers_of(rng, honest, merchant[number])
    odd = rng.random(len(number)) < 0.4
    hour = np.where(odd, draw_seconds(rng, "round", len(number)), draw_seconds(rng, "shop", len(number)))
    at = (begin[number] + rng.integers(0, length[number])) * DAY + hour
    yuan = town.amounts(rng, customer, merchant[number]) * np.exp(rng.normal(0.4, 0.25, len(number)))
    device = np.full(len(number), NONE)
    return _misuse(town, rng, customer, card, merchant[number], at, yuan, device, "compromised_terminal", number)


def _busy_shops(rng: np.random.Generator, town: Town, honest: pl.DataFrame, count: int) -> Integers:
    """``count`` merchants at home with neither few nor many customers: about one visit in two or three days."""
    visits = np.bincount(column(honest, "merchant"), minlength=town.merchants.size)
    local = town.merchants.place < len(places.HOME)
    plain = np.isin(town.merchants.category, numbers("groceries", "restaurants", "fast_food", "fuel", "clothing"))
    order = np.argsort(np.where(local & plain, np.abs(visits - BUSY), np.iinfo(np.int64).max), kind="stable")
    return rng.permutation(order[: 3 * count])[:count]


def _customers_of(rng: np.random.Generator, honest: pl.DataFrame, merchant: Integers) -> tuple[Integers, Integers]:
    """For each merchant a customer who paid there and the card that was read."""
    order = np.argsort(column(honest, "merchant"), kind="stable")
    paid = column(honest, "merchant")[order]
    first, last = np.searchsorted(paid, merchant), np.searchsorted(paid, merchant, side="right")
    chosen = order[first + np.floor(rng.random(len(merchant)) * (last - first)).astype(np.int64)]
    return column(honest, "customer")[chosen], column(honest, "card")[chosen]


def _misuse(
    town: Town,
    rng: np.random.Generator,
    customer: Integers,
    card: Integers,
    merchant: Integers,
    at: Integers,
    yuan: Floats,
    device: Integers,
    pattern: str,
    episode: Integers,
) -> pl.DataFrame:
    """Movements of fraudulent card payments; those online come from anywhere."""
    online = town.merchants.place[merchant] == places.ONLINE
    anywhere = rng.integers(0, len(places.PLACES) + len(places.HOME), len(customer)) * 256
    nearby = (len(places.HOME) + town.people.city[customer]) * 256
    network = np.where(rng.random(len(customer)) < 0.5, anywhere, nearby) + rng.integers(0, 24, len(customer))
    return movements(
        customer=customer,
        account=town.holdings.card_account[card],
        card=card,
        merchant=merchant,
        at=at,
        cents=cents(yuan),
        channel=np.where(online, ONLINE_PAYMENT, PRESENT),
        device=np.where(online, device, NONE),
        network=np.where(online, network, NONE),
        pattern=PATTERNS.index(pattern),
        episode=episode,
    )
