"""Questions and events in one history, and what each window gives to each question: the reading over columns.

A transaction asks at ``booked_at`` and counts from ``known_at`` on (not before it is booked). One that is known at once
is question and event in one row, for what happens at the instant of a question is outside of its windows.

The wide part is made key by key; ``by_parts.py`` brings the history of a large bank in shares.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from hansa_risk import feature_list as listed
from hansa_risk.places import ELAPSED, KM, PLACE, LastPlace
from hansa_risk.windows import CLOCK, COUNT, Since, Window

#: The number of a question; null on rows that only tell.
ASKS = "asks"
#: The place at which a question is asked, where somebody is present.
HERE = "here"
_SPREAD = 2**32


@dataclass(frozen=True)
class Moves:
    """What is asked and told, narrow: parts of keys are numbers, amounts minor units, clocks instants in UTC.

    ``transactions`` has ``booked_at``, ``told_at`` (when it counts from), the parts, ``minor``, ``credit``, ``debit``,
    ``night``, ``here`` and ``asks``; ``verdicts`` has ``clock``, the parts and ``fraud``; ``logins``, where the
    institution has them, ``clock``, ``customer``, ``device`` and ``failed``.
    """

    transactions: pl.DataFrame
    verdicts: pl.DataFrame
    logins: pl.DataFrame | None = None

    @property
    def mostly_asks(self) -> bool:
        """True if so many rows ask that it does not pay to look for the keys that do."""
        return 2 * self.transactions.get_column(ASKS).null_count() < len(self.transactions)

    @property
    def values(self) -> frozenset[str]:
        """The values that can be summed: without logins theirs are not nought, they are unknown."""
        logins = () if self.logins is None else listed.LOGIN_VALUES
        return frozenset({*listed.VALUES, listed.FRAUD, *logins})


@dataclass(frozen=True)
class _Family:
    """What is asked of one key; no event before ``floor`` is in reach of a question."""

    key: str
    windows: tuple[Window, ...]
    since: Since | None
    places: pl.DataFrame | None
    floor: dt.datetime

    @property
    def number(self) -> pl.Expr:
        """The key as a number, null where one of its parts is missing."""
        first, *rest = (pl.col(part).cast(pl.Int64) for part in listed.KEYS[self.key])
        return (first * _SPREAD + rest[0] if rest else first).alias(self.key)

    @property
    def order(self) -> tuple[str, ...]:
        """How a history of this key is sorted."""
        return (self.key, CLOCK) if self.places is None else (self.key, CLOCK, PLACE)


def answers(
    moves: Moves,
    floor: dt.datetime,
    windows: Sequence[Window] = listed.WINDOWS,
    since: Since | None = listed.SINCE,
    places: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row for each question in the order of its number: the windows' integers, seconds since, the last place.

    ``floor`` is the earliest clock that a window of these questions reaches; events before it are left out.
    """
    asked = moves.transactions.select(pl.col(ASKS).drop_nulls().sort())
    parts = [asked]
    for key in dict.fromkeys(window.key for window in windows):
        of_key = tuple(window for window in windows if window.key == key and window.value in moves.values)
        last = since if since is not None and since.key == key else None
        where = places if key == listed.CARD and places is not None and len(places) else None
        family = _Family(key, of_key, last, where, floor)
        parts.append(_in_order(_answered(_history(moves, family), family), asked))
    made = pl.concat(parts, how="horizontal")
    kinds: dict[str, type[pl.DataType]] = {window.name: pl.Int64 for window in windows}
    kinds |= {} if places is None else {KM: pl.Float64, ELAPSED: pl.Int64}
    return made.with_columns(pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in made.columns)


def _in_order(found: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The answers of one key for every question, null for those without it."""
    if len(found) < len(asked):
        return asked.join(found, on=ASKS, how="left", maintain_order="left").drop(ASKS)
    return found.sort(ASKS).drop(ASKS)


def _answered(history: pl.DataFrame, family: _Family) -> pl.DataFrame:
    """The questions of a history that holds whole values of one key, with what is known at each."""
    read: list[Window | Since] = [*family.windows, *([family.since] if family.since else [])]
    made = history.with_columns(one.over_history() for one in read)
    names = [one.name for one in read]
    if family.places is not None:
        made = LastPlace(family.key, listed.REACH).added(made, HERE, family.places)
        names += [KM, ELAPSED]
    return made.filter(pl.col(ASKS).is_not_null()).select(ASKS, *names)


def _history(moves: Moves, family: _Family) -> pl.DataFrame:
    """Questions and events with the key, sorted; what a row does not add is nought."""
    key, wanted = family.key, family.number.is_not_null()
    asking = moves.transactions.lazy().filter(wanted, pl.col(ASKS).is_not_null()).select(family.number).unique()

    def known_of(frame: pl.DataFrame) -> pl.LazyFrame:
        """The rows whose key is asked for."""
        rows = frame.lazy().filter(wanted).with_columns(family.number)
        return rows if moves.mostly_asks else rows.join(asking, on=key, how="semi")

    values = dict.fromkeys([COUNT, *(window.value for window in family.windows)])
    frames = _told(known_of(moves.transactions), family, values)
    if listed.FRAUD in values:
        frames.append(known_of(moves.verdicts).select(key, CLOCK, listed.FRAUD))
    logins = {name: value.over_columns() for name, value in listed.LOGIN_VALUES.items() if name in values}
    if logins and moves.logins is not None:
        frames.append(known_of(moves.logins).select(key, CLOCK, **logins))
    added = pl.concat(frames, how="diagonal").with_columns(pl.col(list(values)).fill_null(0))
    history = added.filter(pl.col(ASKS).is_not_null() | (pl.col(CLOCK) >= family.floor)).collect()
    # One column after the other, the last first, takes half the time of all at once.
    for column in reversed(family.order):
        history = history.sort(column, maintain_order=True)
    return history


def _told(transactions: pl.LazyFrame, family: _Family, values: Collection[str]) -> list[pl.LazyFrame]:
    """Transactions as questions that tell what is known at once, and those that only tell."""
    told = {name: value.over_columns() for name, value in listed.VALUES.items() if name in values}
    at_once = pl.col("told_at") == pl.col("booked_at")
    asks = pl.col(ASKS).is_not_null()
    here = [] if family.places is None else [pl.col(HERE), pl.when(at_once).then(HERE).alias(PLACE)]
    there = [] if family.places is None else [pl.col(HERE).alias(PLACE)]
    known = {name: pl.when(at_once).then(value).otherwise(0) for name, value in told.items()}
    return [
        transactions.filter(asks).select(family.key, pl.col("booked_at").alias(CLOCK), ASKS, *here, **known),
        transactions.filter(~asks | ~at_once).select(family.key, pl.col("told_at").alias(CLOCK), *there, **told),
    ]
