"""When people pay: days of the year 2026, hours of the day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from hansa_sandbox.chance import Floats, Integers, choose

START = dt.date(2026, 1, 1)
DAYS = 180
DAY = 86_400
ZONE = "Asia/Shanghai"
SPRING_FESTIVAL = dt.date(2026, 2, 17)

#: First and last days of the public holidays in the span (General Office of the State Council, 2026).
HOLIDAYS = (
    (dt.date(2026, 1, 1), dt.date(2026, 1, 3)),
    (dt.date(2026, 2, 15), dt.date(2026, 2, 23)),
    (dt.date(2026, 4, 4), dt.date(2026, 4, 6)),
    (dt.date(2026, 5, 1), dt.date(2026, 5, 5)),
    (dt.date(2026, 6, 19), dt.date(2026, 6, 21)),
)

DATES = tuple(START + dt.timedelta(days=n) for n in range(DAYS))
WEEKEND = np.array([day.weekday() >= 5 for day in DATES])
HOLIDAY = np.array([any(first <= day <= last for first, last in HOLIDAYS) for day in DATES])
FESTIVAL = np.array([abs((day - SPRING_FESTIVAL).days) <= 4 for day in DATES])
EVE = np.array([1 <= (SPRING_FESTIVAL - day).days <= 14 for day in DATES])

#: How much more is bought on a day: at work, in leisure, for the festival, or as on any other.
DAY_WEIGHTS: dict[str, Floats] = {
    "flat": np.ones(DAYS),
    "work": np.where(WEEKEND, 0.6, 1.0) * np.where(HOLIDAY, 0.5, 1.0),
    "leisure": np.where(WEEKEND, 1.7, 1.0) * np.where(HOLIDAY, 1.5, 1.0) * np.where(FESTIVAL, 0.8, 1.0),
    "shopping": np.where(WEEKEND, 1.4, 1.0) * np.where(EVE, 1.9, 1.0) * np.where(FESTIVAL, 0.4, 1.0),
}

#: Weight of each hour from 0 to 23.
HOUR_WEIGHTS: dict[str, Floats] = {
    "shop": np.array([1, 0, 0, 0, 0, 1, 4, 10, 16, 22, 26, 26, 22, 18, 18, 20, 22, 28, 34, 32, 24, 14, 6, 2], float),
    "meal": np.array([3, 1, 0, 0, 0, 1, 6, 14, 10, 4, 6, 32, 40, 16, 6, 5, 8, 26, 42, 36, 22, 14, 9, 5], float),
    "office": np.array([0, 0, 0, 0, 0, 0, 1, 4, 16, 30, 32, 22, 12, 18, 28, 28, 26, 18, 10, 6, 4, 2, 1, 0], float),
    "evening": np.array([10, 5, 2, 1, 1, 1, 2, 4, 6, 8, 9, 12, 16, 12, 10, 10, 12, 14, 20, 28, 34, 36, 28, 18], float),
    "round": np.array([7, 4, 3, 2, 2, 3, 6, 12, 15, 15, 14, 14, 14, 14, 13, 13, 14, 16, 17, 16, 15, 13, 11, 9], float),
}


def day_of(date: dt.date) -> int:
    """Days from the first business day to ``date``."""
    return (date - START).days


def draw_days(rng: np.random.Generator, profile: str, size: int) -> Integers:
    """``size`` days from 0 to 179, by a profile of DAY_WEIGHTS."""
    return choose(rng, DAY_WEIGHTS[profile], size)


def draw_seconds(rng: np.random.Generator, profile: str, size: int) -> Integers:
    """``size`` seconds after midnight, by a profile of HOUR_WEIGHTS."""
    return choose(rng, HOUR_WEIGHTS[profile], size) * 3_600 + rng.integers(0, 3_600, size)


def month_days(day: int) -> Integers:
    """The day ``day`` of each month of the span, as days from the first; a short month's last day stands for it."""
    return np.array([n for n, date in enumerate(DATES) if date.day == min(day, _last_day(date))], dtype=np.int64)


def _last_day(date: dt.date) -> int:
    """The number of days of a date's month."""
    following = (date.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return (following - dt.timedelta(days=1)).day
