"""The customers: age, city, income, a mixture of personas, and the latent traits that no source ever shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox import identifiers, places
from hansa_sandbox.categories import PERSONAS
from hansa_sandbox.chance import Flags, Floats, Integers, choose, logistic, stream
from hansa_sandbox.circles import NEVER, Circles, draw_circles
from hansa_sandbox.rhythm import DAYS, START

TRAITS = ("prudence", "digital_affinity", "price_sensitivity", "loyalty")

#: Yuan a month after tax of a 40-year-old in a city of income level one.
MEDIAN_INCOME = 8_200.0

SURNAMES = list(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = list(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉秀兰红建国志文斌宇浩然子轩梓涵欣怡雨桐思佳俊峰晓东海燕春梅永康庆安宁琳瑞晨阳月清"
)

STREETS = ("人民路", "中山路", "建设路", "解放路", "和平路", "学院路", "滨江路", "文化路", "新华路", "长江路", "花园路")


@dataclass(frozen=True)
class People:
    """Customers as columns of equal length. ``traits`` is n x 4 in (0, 1), ``personas`` n x 12 with rows that sum to 1.

    ``joined`` and ``left`` are the first day as a customer and the day after the last, counted from the first business
    day; ``income`` is yuan a month; ``status`` 0 works, 1 studies, 2 draws a pension; ``employer`` numbers who pays the
    wage, -1 for none; ``circles`` says who lives with whom.
    """

    city: Integers
    age: Integers
    born: list[dt.date]
    male: Flags
    latitude: Floats
    longitude: Floats
    income: Floats
    status: Integers
    personas: Floats
    traits: Floats
    joined: Integers
    left: Integers
    deceased: Flags
    employer: Integers
    circles: Circles

    @property
    def size(self) -> int:
        """Number of customers."""
        return len(self.city)

    def trait(self, name: str) -> Floats:
        """One latent trait by its name, in (0, 1)."""
        return self.traits[:, TRAITS.index(name)]

    def there(self, customer: Integers, day: Integers) -> Flags:
        """True where the customer was a customer on that day."""
        return (day >= self.joined[customer]) & (day < self.left[customer])


def settle(size: int, seed: int) -> People:
    """Draw ``size`` customers."""
    rng = stream(seed, "people")
    circles = draw_circles(size, seed)
    city = circles.alike(choose(rng, places.HOME_SHARES, size))
    age = np.clip(np.rint(17 + rng.gamma(4.0, 6.2, size)), 18, 88).astype(np.int64)
    age = np.where(circles.flat >= 0, 18 + age % 10, np.where(circles.ring >= 0, 22 + age % 24, age))
    status = np.where(age >= 60, 2, np.where((age <= 23) & (rng.random(size) < 0.75), 1, 0))
    status = np.where(circles.ring >= 0, 0, status)
    deceased = (rng.random(size) < 0.003) & (circles.first == np.arange(size)) & (circles.ring < 0)
    joined = np.where(rng.random(size) < 0.04, rng.integers(0, DAYS - 20, size), -rng.integers(30, 5_500, size))
    joined = np.where(circles.joined == NEVER, joined, circles.joined)
    return People(
        city=city,
        age=age,
        born=_birthdays(rng, age),
        male=rng.random(size) < 0.51,
        latitude=circles.alike(places.LATITUDES[city] + rng.normal(0, 0.06, size)),
        longitude=circles.alike(places.LONGITUDES[city] + rng.normal(0, 0.07, size)),
        income=_income(rng, age, city, status),
        status=status,
        personas=_personas(rng, age),
        traits=_traits(rng, age),
        joined=joined,
        left=np.where(deceased, np.maximum(joined + 10, rng.integers(-60, DAYS, size)), DAYS),
        deceased=deceased,
        employer=_employers(rng, status, circles),
        circles=circles,
    )


def _employers(rng: np.random.Generator, status: Integers, circles: Circles) -> Integers:
    """Who pays each customer's wage or pension: one firm for fifteen customers, a firm of its own for each ring."""
    size = len(status)
    firms = max(20, size // 15)
    paid = (status != 1) | (rng.random(size) < 0.3)
    drawn = rng.integers(0, firms, size)
    # Some who share a flat are colleagues as well.
    drawn = np.where(circles.flat % 3 == 0, circles.alike(drawn), drawn)
    return np.where(circles.ring >= 0, firms + circles.ring, np.where(paid, drawn, -1))


def _birthdays(rng: np.random.Generator, age: Integers) -> list[dt.date]:
    """A birthday for each age on the first business day."""
    back = np.rint((age + rng.random(len(age)) * 0.98) * 365.25).astype(int)
    return [START - dt.timedelta(days=int(days)) for days in back]


def _income(rng: np.random.Generator, age: Integers, city: Integers, status: Integers) -> Floats:
    """Yuan a month: lognormal about a level that rises to the age of 45, by city and status."""
    hump = np.exp(-(((age - 45) / 28.0) ** 2))
    level = MEDIAN_INCOME * places.INCOMES[city] * (0.55 + 0.5 * hump)
    return level * np.array([1.0, 0.28, 0.55])[status] * np.exp(rng.normal(0, 0.48, len(age)))


def _personas(rng: np.random.Generator, age: Integers) -> Floats:
    """Mixtures of the twelve personas: near in age weighs more, and no one is ever of one kind."""
    centres = np.array([persona.age for persona in PERSONAS])
    widths = np.array([persona.width for persona in PERSONAS])
    shares = np.array([persona.share for persona in PERSONAS])
    nearness = np.exp(-0.5 * ((age[:, None] - centres) / widths) ** 2)
    drawn = rng.gamma(0.05 + 0.5 * shares * nearness) + 1e-9
    return 0.88 * drawn / drawn.sum(axis=1, keepdims=True) + 0.12 / len(PERSONAS)


def _traits(rng: np.random.Generator, age: Integers) -> Floats:
    """Prudence and loyalty rise with age, digital affinity falls; the rest is each person's own."""
    years = (age - 40)[:, None] / 15.0
    slope = np.array([0.35, -0.8, 0.1, 0.3])
    return logistic(years * slope + rng.normal(0, 0.9, (len(age), len(TRAITS))))


def registry(people: People, seed: int) -> pl.DataFrame:
    """What the bank's register of persons says of each customer, as text and plain values, one row each."""
    rng = stream(seed, "register")
    size, serial = people.size, rng.permutation(people.size)
    names = np.array(SURNAMES)[rng.integers(0, len(SURNAMES), size)]
    given = np.array(GIVEN)[rng.integers(0, len(GIVEN), (size, 2))]
    second = np.where(rng.random(size) < 0.25, "", given[:, 1])
    full = np.char.add(np.char.add(names, given[:, 0]), second)
    appetite = np.clip(np.rint(3.2 - 3 * (people.trait("prudence") - 0.5) + rng.normal(0, 1, size)), 1, 5)
    return pl.DataFrame(
        {
            "number": "88" + identifiers.padded(serial + 1, 8),
            "name": full.tolist(),
            "identity": identifiers.identity_numbers(people.born, people.male, serial),
            "mobile": identifiers.mobile_numbers(serial, int(rng.integers(0, 10**8))),
            "email": _emails(rng, serial),
            "birth_year": [day.year for day in people.born],
            "male": people.male,
            "city": [places.HOME[number].name for number in people.city],
            "branch": _branches(rng, people.city),
            "address": _addresses(rng, people),
            "employer": [None if number < 0 else f"D{number * 37 + 11:06d}" for number in people.employer.tolist()],
            "opened": [START + dt.timedelta(days=int(day)) for day in people.joined],
            "appetite": appetite.astype(np.int64),
            "marketing": rng.random(size) < 0.62,
            "profiling": rng.random(size) < 0.71,
            "deceased": people.deceased,
        }
    )


def _emails(rng: np.random.Generator, serial: Integers) -> pl.Series:
    """Addresses under domains that are kept for examples; three in ten customers gave none."""
    domains = np.array(identifiers.RESERVED_DOMAINS)[rng.integers(0, 3, len(serial))]
    texts = [f"user{number:07d}@{domain}" for number, domain in zip(serial, domains, strict=True)]
    none = rng.random(len(serial)) < 0.3
    return pl.Series([None if absent else text for text, absent in zip(texts, none, strict=True)], dtype=pl.String)


def _branches(rng: np.random.Generator, city: Integers) -> list[str]:
    """One of three to eight branches of the customer's city."""
    return [f"{number + 1:02d}{rng.integers(1, 4 + 4 * (number < 4)):02d}" for number in city]


def _addresses(rng: np.random.Generator, people: People) -> list[str]:
    """An address for each customer; three in ten share theirs with another customer of their city, circles do too."""
    size = people.size
    dwelling = rng.permutation(size)
    order = np.argsort(people.city, kind="stable")
    one, other = order[0 : size - 1 : 2], order[1:size:2]
    couple = (people.city[one] == people.city[other]) & (rng.random(len(one)) < 0.3)
    dwelling[other[couple]] = dwelling[one[couple]]
    dwelling = people.circles.alike(dwelling)
    streets = np.array(STREETS)[dwelling % len(STREETS)]
    cities = [places.HOME[number].name for number in people.city]
    return [
        f"{city}市{street}{number // 40 + 1}号{number % 40 + 101}室"
        for city, street, number in zip(cities, streets.tolist(), dwelling.tolist(), strict=True)
    ]
