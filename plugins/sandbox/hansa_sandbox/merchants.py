"""Merchants by place and category, their popularity by Zipf's law, and how customers choose among them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox import identifiers
from hansa_sandbox.categories import CATEGORIES
from hansa_sandbox.chance import Floats, Integers, stream
from hansa_sandbox.people import People
from hansa_sandbox.places import ABROAD, HOME, LATITUDES, LONGITUDES, ONLINE, PLACES
from hansa_sandbox.rhythm import START

WORDS = (
    "鑫源",
    "和记",
    "大成",
    "福临",
    "新悦",
    "百汇",
    "金桥",
    "万佳",
    "乐活",
    "东方",
    "天和",
    "永盛",
    "佳美",
    "星光",
    "云尚",
    "春晓",
)

#: How many merchants of one place a customer looks at before becoming a regular of the nearest.
CANDIDATES = 4


@dataclass(frozen=True)
class Merchants:
    """Merchants, those of one place and category side by side and the most popular first.

    ``first`` and ``number`` give the positions of a place's merchants of a category (places x categories); ``level`` is
    a factor on prices.
    """

    place: Integers
    category: Integers
    latitude: Floats
    longitude: Floats
    level: Floats
    first: Integers
    number: Integers

    @property
    def size(self) -> int:
        """Number of merchants."""
        return len(self.place)

    def draw(self, rng: np.random.Generator, place: Integers, category: Integers) -> Integers:
        """A merchant for each pair of place and category: rank r with a chance of log((r + 1) / r), near to 1 / r."""
        number = self.number[place, category]
        rank = np.floor(np.exp(rng.random(len(number)) * np.log(number + 1.0))).astype(np.int64) - 1
        return self.first[place, category] + np.minimum(rank, number - 1)

    def distance(self, merchant: Integers, latitude: Floats, longitude: Floats) -> Floats:
        """Degrees between a merchant and a point, near enough to compare merchants of one city."""
        return np.hypot(self.latitude[merchant] - latitude, self.longitude[merchant] - longitude)


def settle_merchants(size: int, seed: int) -> Merchants:
    """Merchants for ``size`` customers, in every home city, abroad and online."""
    rng = stream(seed, "merchants")
    shops = np.array([category.shops for category in CATEGORIES]) * size / 1_000
    online = np.array([category.online for category in CATEGORIES])
    number = np.zeros((ONLINE + 1, len(CATEGORIES)), dtype=np.int64)
    for position, home in enumerate(HOME):
        number[position] = np.where(online < 1, np.maximum(2, np.rint(shops * home.share)), 0)
    number[len(HOME) : ONLINE] = np.where(online < 1, np.maximum(2, np.rint(shops * 0.03)), 0)
    number[ONLINE] = np.maximum(3, np.rint(12 * online + shops * online * 0.3))
    place, category = (np.repeat(axis.ravel(), number.ravel()) for axis in np.indices(number.shape))
    first = np.concatenate([[0], np.cumsum(number.ravel())[:-1]]).reshape(number.shape)
    seat = np.where(place == ONLINE, rng.integers(0, len(HOME), len(place)), place)
    return Merchants(
        place=place,
        category=category,
        latitude=LATITUDES[seat] + rng.normal(0, 0.06, len(place)),
        longitude=LONGITUDES[seat] + rng.normal(0, 0.07, len(place)),
        level=np.exp(rng.normal(0, 0.3, len(place))),
        first=first,
        number=number,
    )


def favourites(people: People, merchants: Merchants, seed: int) -> Integers:
    """The merchant of each category of which a customer is a regular: the nearest of four at home (n x categories).

    Categories that are only online get one of the online merchants.
    """
    rng = stream(seed, "favourites")
    kinds = np.arange(len(CATEGORIES))
    local = merchants.number[0] > 0
    customer, category = (axis.ravel() for axis in np.indices((people.size, len(kinds))))
    place = np.where(local[category], people.city[customer], ONLINE)
    drawn = np.stack([merchants.draw(rng, place, category) for _ in range(CANDIDATES)])
    far = merchants.distance(drawn, people.latitude[customer], people.longitude[customer])
    nearest = np.where(local[category], far.argmin(axis=0), 0)
    return drawn[nearest, np.arange(len(customer))].reshape(people.size, len(kinds))


def register(merchants: Merchants, seed: int) -> pl.DataFrame:
    """The bank's register of merchants, one row each."""
    rng = stream(seed, "merchant register")
    size = merchants.size
    serial = rng.permutation(size)
    words = np.array(WORDS)[rng.integers(0, len(WORDS), (size, 2))]
    kinds = [CATEGORIES[number].word for number in merchants.category]
    seats = [_seat(int(place)) for place in merchants.place]
    opened = -rng.integers(20, 4_000, size)
    return pl.DataFrame(
        {
            "number": "M" + identifiers.padded((serial * identifiers.STEP + 5) % 10**8, 8),
            "name": [f"{first}{second}{kind}" for (first, second), kind in zip(words, kinds, strict=True)],
            "mcc": [CATEGORIES[number].mcc for number in merchants.category],
            "city": [city for city, _ in seats],
            "country": [country for _, country in seats],
            "latitude": np.round(merchants.latitude, 5),
            "longitude": np.round(merchants.longitude, 5),
            "opened": [START + dt.timedelta(days=int(day)) for day in opened],
        },
        schema_overrides={"city": pl.String},
    )


def _seat(place: int) -> tuple[str | None, str]:
    """City and country as the register has them: an online merchant has no city."""
    return (None, "CN") if place == ONLINE else (PLACES[place].name, PLACES[place].country)


def abroad(place: Integers) -> np.ndarray:
    """True for places outside the country."""
    return (place >= len(HOME)) & (place < len(HOME) + len(ABROAD))
