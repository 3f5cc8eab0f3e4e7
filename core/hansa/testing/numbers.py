"""Numbers, days, times and truth values for a column: bounds and what lies beside them, then ordinary ones."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from hansa.contract.model import Column, Rule
from hansa.contract.types import WHOLE_RANGE, step_of
from hansa.schema import written_values
from hansa.testing.texts import listed

#: The first day of whatever is synthesised, where the contract does not say otherwise: a Monday that is past.
MONDAY = dt.date(2024, 3, 4)
_NOON = dt.timedelta(hours=12)


def bounds(column: Column) -> list[Any]:
    """The bounds that the contract gives."""
    given = (column.minimum, column.maximum, column.exclusive_minimum, column.exclusive_maximum)
    return [bound for bound in given if bound is not None]


def edges(column: Column, rules: Sequence[Rule]) -> Iterator[Any]:
    """Values at which a rule may turn: bounds, listed values, and what lies one step beside them."""
    if column.logical_type == "boolean":
        yield from (True, False)
        return
    values = [*bounds(column), *written_values(column, tuple(listed(column, rules))).to_list()]
    for value in values:
        yield value
        for step in (-1, 1):
            yield from _beside(column, value, step)
    if column.logical_type in ("integer", "number"):
        yield from _plain_numbers(column)


def _beside(column: Column, value: Any, step: int) -> Iterator[Any]:
    if isinstance(value, float):
        yield math.nextafter(value, step * math.inf)
        yield value + step
    elif isinstance(value, dt.time):
        moment = dt.datetime.combine(MONDAY, value) + step * dt.timedelta(microseconds=1)
        if moment.date() == MONDAY:
            yield moment.time()
    else:
        try:
            yield value + step * step_of(column)
            yield value + step * step_of(column) * 1000
        except OverflowError:
            return


def _plain_numbers(column: Column) -> Iterator[Any]:
    whole = (0, 1, -1, 2, 100, -100)
    if column.logical_type == "integer":
        yield from (*whole, *WHOLE_RANGE)
        return
    kind = float if column.scale is None else Decimal
    yield from map(kind, whole)
    yield kind("0.5") if column.scale is None or column.scale > 0 else kind(5)
    if column.multiple_of is not None and column.scale is not None:
        yield column.multiple_of + step_of(column)


def ordinary(column: Column, random: Random) -> Iterator[Any]:
    """Endlessly many values of the column's type within its bounds, spread as values of a business are."""
    kind = column.logical_type
    for number in count():
        if kind == "boolean":
            yield random.random() < 0.5
        elif kind == "date":
            yield _first_day(column) + dt.timedelta(days=number)
        elif kind == "timestamp":
            yield moment(column, _first_day(column), number)
        elif kind == "time":
            yield (dt.datetime.combine(MONDAY, dt.time()) + dt.timedelta(seconds=number * 97 % 86_400)).time()
        else:
            yield _number(column, random, number)


def _first_day(column: Column) -> dt.date:
    """A day from which on there is room: the usual one, or one beside the bounds."""
    low, high = column.minimum or column.exclusive_minimum, column.maximum or column.exclusive_maximum
    first, last = _day(low), _day(high)
    if first is not None and first >= MONDAY:
        return first
    if last is not None and last < MONDAY + dt.timedelta(days=60):
        return max(last - dt.timedelta(days=60), first or dt.date.min)
    return MONDAY


def _day(bound: Any) -> dt.date | None:
    if isinstance(bound, dt.datetime):
        return bound.date()
    return bound if isinstance(bound, dt.date) else None


def moment(column: Column, day: dt.date, number: int) -> dt.datetime:
    """A time around noon of a day, with ties: many things happen in one and the same minute."""
    made = dt.datetime.combine(day, dt.time()) + _NOON + dt.timedelta(minutes=number)
    return made.replace(tzinfo=dt.UTC) if column.zoned else made


def _number(column: Column, random: Random, number: int) -> Any:
    low, high = column.minimum, column.maximum
    low = column.exclusive_minimum if low is None else low
    high = column.exclusive_maximum if high is None else high
    first = Decimal(str(low)) if low is not None else (min(Decimal(0), Decimal(str(high))) if high is not None else 0)
    last = Decimal(str(high)) if high is not None else Decimal(first) + 5000
    last = min(last, Decimal(first) + 5000)
    step = column.multiple_of or (
        Decimal(1) if column.logical_type == "integer" else Decimal(1).scaleb(-_places(column))
    )
    steps = int((last - Decimal(first)) / step)
    # The first ones come in their order, so that a key has as many as it needs.
    place = number if number <= 3 else random.randint(0, max(steps, 0))
    value = (Decimal(first) / step).to_integral_value(rounding="ROUND_CEILING") * step + place * step
    if column.logical_type == "integer":
        return int(value)
    return float(value) if column.scale is None else value


def _places(column: Column) -> int:
    return 4 if column.scale is None else min(column.scale, 2)
