"""Honest purchases by card, at home, on journeys and online, and how a purchase is turned into a movement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox import accounts, places
from hansa_sandbox.accounts import NONE, Devices, Holdings
from hansa_sandbox.categories import CATEGORIES, MEDIANS, NUMBER, PERSONAS, SPREADS, numbers, tilt_matrix
from hansa_sandbox.chance import Floats, Integers, cents, choose, logistic, stream
from hansa_sandbox.life import Life
from hansa_sandbox.merchants import Merchants, abroad
from hansa_sandbox.movements import LOOK_ALIKES, ONLINE_PAYMENT, PRESENT, movements
from hansa_sandbox.people import MEDIAN_INCOME, People
from hansa_sandbox.rhythm import DAY, DAYS, FESTIVAL, HOLIDAY, WEEKEND, draw_days, draw_seconds

#: What is bought on a journey beside the daily purchases, and how much.
JOURNEY_CATEGORIES = ("hotels", "restaurants", "fast_food", "department", "clothing", "transport", "jewellery")
JOURNEY_WEIGHTS = np.array([0.18, 0.28, 0.14, 0.14, 0.12, 0.10, 0.04])


@dataclass(frozen=True)
class Town:
    """Everything that a purchase needs to know, put together once."""

    people: People
    holdings: Holdings
    devices: Devices
    merchants: Merchants
    favourites: Integers
    home_network: Integers
    life: Life

    def network(self, customer: Integers, day: Integers) -> Integers:
        """The network at home of each of these customers on that day."""
        moved = day >= self.life.move[customer]
        return np.where(moved, self.life.new_network[customer], self.home_network[customer])

    def amounts(self, rng: np.random.Generator, customer: Integers, merchant: Integers) -> Floats:
        """Yuan of ordinary purchases: by category, the merchant's prices, income and price sensitivity."""
        category = self.merchants.category[merchant]
        income = (self.people.income[customer] / MEDIAN_INCOME) ** 0.35
        thrift = np.exp(-0.5 * (self.people.trait("price_sensitivity")[customer] - 0.5))
        spread = np.exp(rng.normal(0, 1, len(customer)) * SPREADS[category])
        return MEDIANS[category] * self.merchants.level[merchant] * income * thrift * spread


def home_places(people: People, life: Life) -> Integers:
    """Where each customer lives on each day (n x days): who moves lives elsewhere from that day on."""
    moved = np.arange(DAYS) >= life.move[:, None]
    return np.where(moved, life.new_city[:, None], people.city[:, None])


def send_on_journeys(people: People, life: Life, seed: int) -> Integers:
    """Where each customer is on each day (n x days): at home, in another city, abroad."""
    rng = stream(seed, "journeys")
    where = home_places(people, life)
    pull = people.personas @ np.array([persona.journeys for persona in PERSONAS])
    leisure = np.where(HOLIDAY, 3.0, np.where(WEEKEND, 1.6, 1.0)) + 2.0 * FESTIVAL
    for rate, first, shares, longest in (
        (0.9, 0, places.HOME_SHARES, 5),
        (0.17, len(places.HOME), places.ABROAD_SHARES, 9),
    ):
        wealth = (people.income / MEDIAN_INCOME) ** (0.3 if first == 0 else 0.7)
        customer = np.repeat(np.arange(people.size), rng.poisson(rate * pull * wealth))
        start = choose(rng, leisure, len(customer))
        length = rng.integers(2, longest + 1, len(customer))
        target = first + choose(rng, shares, len(customer))
        for step in range(longest):
            there = (step < length) & (start + step < DAYS)
            where[customer[there], start[there] + step] = target[there]
    return where


#: What a child makes a household buy, how much of it, and the share of purchases that a lost wage leaves out.
FOR_A_CHILD, CHILD_FACTOR, SAVED_WITHOUT_WAGE = ("groceries", "pharmacy", "department", "marketplace"), 0.9, 0.45


def daily_purchases(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """What customers buy in the ordinary course of life, category by category."""
    rng = stream(seed, "purchases")
    people, life = town.people, town.life
    busy = rng.gamma(5.0, 0.172, people.size) * (people.income / MEDIAN_INCOME) ** 0.15
    busy = busy * np.exp(-0.5 * (people.trait("prudence") - 0.5))
    tilts = people.personas @ tilt_matrix()
    grown = np.isin(np.arange(len(CATEGORIES)), [NUMBER[name] for name in FOR_A_CHILD]) * CHILD_FACTOR
    parts = []
    for kind, category in enumerate(CATEGORIES):
        rate = category.visits * busy * np.exp(tilts[:, kind])
        customer = np.repeat(np.arange(people.size), rng.poisson(rate * (1 + grown[kind] * (life.birth < DAYS))))
        day = draw_days(rng, category.days, len(customer))
        at = day * DAY + draw_seconds(rng, category.hours, len(customer))
        draw = rng.random(len(customer))
        before = (day < life.birth[customer]) & (life.birth[customer] < DAYS)
        spared = before & (draw < grown[kind] / (1 + grown[kind]))
        spared |= (day > life.job_loss[customer] + 10) & (draw < SAVED_WITHOUT_WAGE)
        customer, at = customer[~spared], at[~spared]
        parts.append(_bought(town, rng, where, customer, np.full(len(customer), kind), at))
    return pl.concat(parts)


def _bought(
    town: Town, rng: np.random.Generator, where: Integers, customer: Integers, category: Integers, at: Integers
) -> pl.DataFrame:
    """Ordinary purchases: online or in a shop, of the usual merchant or another."""
    share = np.array([kind.online for kind in CATEGORIES])[category].clip(1e-6, 1 - 1e-6)
    inclination = np.log(share / (1 - share)) + 2.4 * (town.people.trait("digital_affinity")[customer] - 0.5)
    online = (rng.random(len(customer)) < logistic(inclination)) | (share > 0.99)
    place = where[customer, at // DAY]
    merchant = town.merchants.draw(rng, np.where(online, places.ONLINE, place), category)
    favourite = town.favourites[customer, category]
    regular = rng.random(len(customer)) < 0.25 + 0.5 * town.people.trait("loyalty")[customer]
    reachable = np.where(online, town.merchants.place[favourite] == places.ONLINE, place == town.people.city[customer])
    merchant = np.where(regular & reachable, favourite, merchant)
    return pay(town, rng, customer, merchant, at, town.amounts(rng, customer, merchant), where=where)


def pay(
    town: Town,
    rng: np.random.Generator,
    customer: Integers,
    merchant: Integers,
    at: Integers,
    yuan: Floats,
    where: Integers | None = None,
    look_alike: str | None = None,
    episode: Integers | int = NONE,
) -> pl.DataFrame:
    """Movements of honest card payments, with a device and a network where they are online.

    ``where`` lets those on a journey pay from there; ``look_alike`` names what an honest spree resembles.
    """
    day = np.clip(at // DAY, 0, DAYS - 1)
    online = town.merchants.place[merchant] == places.ONLINE
    card = town.holdings.pay(rng, customer)
    place = town.people.city[customer] if where is None else where[customer, day]
    device = np.where(online, town.devices.of(rng, customer, day), NONE)
    network = accounts.networks(rng, town.network(customer, day), place)
    fresh = online & (device == town.devices.newer[customer]) & (day < town.devices.changed[customer] + 7)
    kind = NONE if look_alike is None else LOOK_ALIKES.index(look_alike)
    if look_alike is None:
        kind = np.where(fresh & (device != NONE), LOOK_ALIKES.index("new_phone"), NONE)
        kind = np.where(abroad(town.merchants.place[merchant]), LOOK_ALIKES.index("journey_abroad"), kind)
    return movements(
        customer=customer,
        account=town.holdings.card_account[card],
        card=card,
        merchant=merchant,
        at=at,
        cents=cents(yuan),
        channel=np.where(online, ONLINE_PAYMENT, PRESENT),
        device=device,
        network=np.where(online, network, NONE),
        look_alike=kind,
        episode=episode,
    )


def journey_purchases(town: Town, where: Integers, seed: int) -> pl.DataFrame:
    """What is bought on journeys on top: hotels, meals, souvenirs, larger abroad."""
    rng = stream(seed, "journey purchases")
    customer, day = np.nonzero(where != home_places(town.people, town.life))
    place = where[customer, day]
    repeats = rng.poisson(np.where(abroad(place), 2.2, 0.8))
    customer, day, place = (np.repeat(column, repeats) for column in (customer, day, place))
    category = numbers(*JOURNEY_CATEGORIES)[choose(rng, JOURNEY_WEIGHTS, len(customer))]
    merchant = town.merchants.draw(rng, place, category)
    at = day * DAY + draw_seconds(rng, "shop", len(customer))
    yuan = town.amounts(rng, customer, merchant) * np.where(abroad(place), 1.8, 1.2)
    return pay(town, rng, customer, merchant, at, yuan, where=where)
