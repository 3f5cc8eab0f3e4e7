"""Honest people who look like fraudsters: big purchases, many small payments, a merchant with a sale.

Journeys abroad and new phones come with the purchases themselves; ``money_look_alikes`` has what only moves money.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox import places
from hansa_sandbox.accounts import NONE
from hansa_sandbox.categories import CATEGORIES, NUMBER, numbers
from hansa_sandbox.chance import Integers, choose, stream
from hansa_sandbox.movements import column
from hansa_sandbox.purchases import Town, pay
from hansa_sandbox.rhythm import DAY, DAYS, draw_days, draw_seconds

#: What is dear: where honest sprees and stolen cards meet.
DEAR = ("electronics", "jewellery", "department", "clothing", "marketplace", "airlines")
DEAR_WEIGHTS = np.array([0.30, 0.12, 0.16, 0.12, 0.18, 0.12])


def look_alikes(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """All honest movements that are made to look suspicious."""
    parts = (_big_purchases, _small_payments, _sales, _new_flats)
    return pl.concat([part(town, where, seed) for part in parts])


def _big_purchases(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """A wedding, a new flat, a present: one to five dear things within two days, for one customer in four or five."""
    rng = stream(seed, "big purchases")
    size = town.people.size
    spree = np.repeat(np.arange(size), rng.poisson(0.22, size))
    day = draw_days(rng, "shopping", len(spree))
    settled = np.minimum(town.life.move, town.life.home)
    new = np.repeat(np.flatnonzero(settled < DAYS - 30), 2)
    spree, day = np.append(spree, new), np.append(day, settled[new] + rng.integers(0, 28, len(new)))
    repeats = 1 + rng.binomial(4, 0.35, len(spree))
    number = np.repeat(np.arange(len(spree)), repeats)
    customer = spree[number]
    category = numbers(*DEAR)[choose(rng, DEAR_WEIGHTS, len(customer))]
    at = (day[number] + rng.integers(0, 2, len(number))) * DAY + draw_seconds(rng, "shop", len(number))
    at = np.minimum(at, DAYS * DAY - 1)
    online = rng.random(len(number)) < np.array([kind.online for kind in CATEGORIES])[category]
    place = np.where(online, places.ONLINE, where[customer, at // DAY])
    merchant = town.merchants.draw(rng, place, category)
    yuan = town.amounts(rng, customer, merchant) * np.exp(rng.normal(0.9, 0.6, len(number)))
    return pay(town, rng, customer, merchant, at, yuan, where, "big_purchase", episode=number)


def _small_payments(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """Evenings of gaming: four to twelve small payments within two hours, sometimes ended by a dear item."""
    rng = stream(seed, "small payments")
    keen = 0.12 + 8.0 * town.people.personas[:, 2] * town.people.trait("digital_affinity")
    session = np.repeat(np.arange(town.people.size), rng.poisson(np.minimum(keen, 4.0) * 0.22))
    begin = draw_days(rng, "leisure", len(session)) * DAY + draw_seconds(rng, "evening", len(session))
    shop = numbers("games", "digital_goods", "subscriptions")[choose(rng, np.array([0.7, 0.2, 0.1]), len(session))]
    usual = town.merchants.draw(rng, np.full(len(session), places.ONLINE), shop)
    number = np.repeat(np.arange(len(session)), rng.integers(3, 10, len(session)))
    at = begin[number] + rng.integers(0, 7_200, len(number))
    yuan = 14 * np.exp(rng.normal(0, 0.8, len(number)))
    small = pay(town, rng, session[number], usual[number], at, yuan, where, "small_payments", episode=number)
    ends = np.flatnonzero(rng.random(len(session)) < 0.3)
    dear = town.merchants.draw(rng, np.full(len(ends), places.ONLINE), np.full(len(ends), NUMBER["marketplace"]))
    yuan = 350 * np.exp(rng.normal(0, 0.8, len(ends)))
    last = pay(town, rng, session[ends], dear, begin[ends] + 7_500, yuan, where, "small_payments", episode=ends)
    return _at_a_friends(rng, town, pl.concat([small, last]), len(session))


def _at_a_friends(rng: np.random.Generator, town: Town, payments: pl.DataFrame, sessions: int) -> pl.DataFrame:
    """One session in sixteen is played on another customer's device."""
    host = np.where(rng.random(sessions) < 0.06, rng.integers(0, town.people.size, sessions), NONE)
    theirs = host[column(payments, "episode")]
    device = np.where(theirs != NONE, town.devices.main[theirs], column(payments, "device"))
    return payments.with_columns(device=pl.Series(device))


def _sales(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """A merchant with a sale: within three to eight days a crowd of usual and unusual customers."""
    rng = stream(seed, "sales")
    kinds = numbers("clothing", "department", "electronics", "groceries", "beauty")
    count = max(3, town.people.size // 80)
    city = choose(rng, places.HOME_SHARES, count)
    merchant = town.merchants.draw(rng, city, rng.choice(kinds, count))
    begin, length = rng.integers(0, DAYS - 8, count), rng.integers(3, 9, count)
    number = np.repeat(np.arange(count), rng.integers(10, 26, count))
    customer = _residents(rng, town, city[number])
    day = begin[number] + rng.integers(0, length[number])
    at = day * DAY + draw_seconds(rng, "shop", len(number))
    yuan = town.amounts(rng, customer, merchant[number]) * 1.1
    here = where[customer, day] == city[number]
    return pay(town, rng, customer, merchant[number], at, yuan, where, "sale", number).filter(pl.Series(here))


def _new_flats(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """Young people at one new address furnish it: most of them new customers, on one device now and then."""
    rng = stream(seed, "new flats")
    circles = town.people.circles
    mate = np.flatnonzero(circles.flat >= 0)
    opened = np.maximum(town.people.joined, 0)[mate]
    begin = np.minimum(opened + rng.integers(5, 50, len(mate)), DAYS - 6)
    number = np.repeat(np.arange(len(mate)), rng.integers(1, 7, len(mate)))
    customer = mate[number]
    category = numbers(*DEAR)[choose(rng, DEAR_WEIGHTS, len(number))]
    online = rng.random(len(number)) < np.array([kind.online for kind in CATEGORIES])[category]
    at = (begin[number] + rng.integers(0, 5, len(number))) * DAY + draw_seconds(rng, "shop", len(number))
    merchant = town.merchants.draw(rng, np.where(online, places.ONLINE, where[customer, at // DAY]), category)
    yuan = town.amounts(rng, customer, merchant) * np.exp(rng.normal(0.8, 0.6, len(number)))
    return pay(town, rng, customer, merchant, at, yuan, where, "shared_address", episode=circles.flat[customer])


def _residents(rng: np.random.Generator, town: Town, city: Integers) -> Integers:
    """A customer who lives in each of these cities."""
    order = np.argsort(town.people.city, kind="stable")
    first = np.searchsorted(town.people.city[order], city)
    last = np.searchsorted(town.people.city[order], city, side="right")
    # A bank of few customers may have none in a small city; then anyone comes, and is dropped as being elsewhere.
    drawn = first + np.floor(rng.random(len(city)) * np.maximum(1, last - first)).astype(np.int64)
    return order[np.minimum(drawn, len(order) - 1)]
