"""Attempts to log in: honest ones with their forgotten passwords and new phones, and those of account takers."""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox.accounts import NONE
from hansa_sandbox.chance import Flags, Integers, choose, stream
from hansa_sandbox.movements import PATTERNS, TRANSFER, column, within_span
from hansa_sandbox.places import ABROAD, ABROAD_SHARES, HOME
from hansa_sandbox.purchases import Town
from hansa_sandbox.rhythm import DAY, DAYS, draw_days, draw_seconds

METHODS = ("password", "biometric", "sms_code")
PASSWORD, BIOMETRIC, SMS = range(3)

#: Looks at an account in 180 days of an average customer, and the share of ordered transfers that begin with a log-in.
LOOKS, BEFORE_A_TRANSFER = 15.0, 0.7

#: Share of log-ins that first fail: with a password, otherwise, on a phone's first day, by a taker.
FAILS, FAILS_RARELY, FAILS_NEW, FAILS_TAKER = 0.07, 0.012, 0.35, 0.6


def logins(town: Town, where: Integers, moves: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Attempts in order of time: customer, at, device, place, success (0, 1), method, taker (0, 1).

    ``moves`` are all movements: transfers that were ordered at a device follow a log-in there.
    """
    rng = stream(seed, "logins")
    parts = [
        _looks(rng, town, where),
        _first_days(rng, town, where),
        _before_transfers(rng, where, moves),
        _takers(rng, moves),
    ]
    done = within_span(pl.concat(parts))
    there = town.people.there(column(done, "customer"), column(done, "at") // DAY)
    return done.filter(pl.Series(np.asarray(there))).sort("at", maintain_order=True)


def _looks(rng: np.random.Generator, town: Town, where: Integers) -> pl.DataFrame:
    """A look at the account in the course of a day."""
    people = town.people
    rate = LOOKS * rng.gamma(3.0, 1 / 3, people.size) * (0.25 + 1.5 * people.trait("digital_affinity"))
    customer = np.repeat(np.arange(people.size), rng.poisson(rate))
    day = draw_days(rng, "flat", len(customer))
    at = day * DAY + draw_seconds(rng, "evening", len(customer))
    device = town.devices.of(rng, customer, day)
    biometric = (device != town.devices.second[customer]) & (rng.random(len(customer)) < 0.62)
    method = np.where(biometric, BIOMETRIC, np.where(rng.random(len(customer)) < 0.12, SMS, PASSWORD))
    fails = rng.random(len(customer)) < np.where(method == PASSWORD, FAILS, FAILS_RARELY)
    return _tried(rng, customer, at, device, where[customer, day], method, fails)


def _first_days(rng: np.random.Generator, town: Town, where: Integers) -> pl.DataFrame:
    """A new phone: the first log-ins on it, by a code, and one in three first mistypes the password."""
    customer = np.flatnonzero(town.devices.changed < DAYS)
    customer = np.repeat(customer, 1 + rng.binomial(2, 0.4, len(customer)))
    day = town.devices.changed[customer]
    at = day * DAY + draw_seconds(rng, "round", len(customer))
    fails = rng.random(len(customer)) < FAILS_NEW
    method = np.where(rng.random(len(customer)) < 0.75, SMS, PASSWORD)
    return _tried(rng, customer, at, town.devices.newer[customer], where[customer, day], method, fails)


def _before_transfers(rng: np.random.Generator, where: Integers, moves: pl.DataFrame) -> pl.DataFrame:
    """The log-in minutes before an honest transfer, at its device."""
    taken = PATTERNS.index("account_takeover")
    ordered = moves.filter((pl.col("channel") == TRANSFER) & (pl.col("device") >= 0) & (pl.col("pattern") != taken))
    ordered = ordered.filter(pl.Series(rng.random(len(ordered)) < BEFORE_A_TRANSFER))
    customer = column(ordered, "customer")
    at = column(ordered, "at") - rng.integers(40, 900, len(ordered))
    place = where[customer, np.clip(at // DAY, 0, DAYS - 1)]
    draw = rng.random(len(ordered))
    # On a device used for the first time nobody logs in by finger or face.
    unknown = column(ordered, "look_alike") != NONE
    method = np.where(draw < np.where(unknown, 0.25, 0.55), BIOMETRIC, np.where(draw > 0.85, SMS, PASSWORD))
    fails = rng.random(len(ordered)) < np.where(unknown, 0.2, np.where(method == PASSWORD, FAILS, FAILS_RARELY))
    return _tried(rng, customer, at, column(ordered, "device"), place, method, fails)


def _takers(rng: np.random.Generator, moves: pl.DataFrame) -> pl.DataFrame:
    """The taker's log-in before the first transfer: guessed in six of ten cases, else with what was phished."""
    taken = moves.filter(pl.col("pattern") == PATTERNS.index("account_takeover"))
    first = taken.group_by("episode").agg(pl.col("customer", "device").first(), pl.col("at").min()).sort("episode")
    size = len(first)
    at = column(first, "at") - np.rint(np.exp(rng.normal(7.2, 1.2, size))).astype(np.int64).clip(60, 2 * DAY)
    abroad = len(HOME) + choose(rng, ABROAD_SHARES, size)
    place = np.where(rng.random(size) < 0.22, abroad, rng.integers(0, len(HOME), size))
    method = np.where(rng.random(size) < 0.45, SMS, PASSWORD)
    fails = rng.random(size) < FAILS_TAKER
    return _tried(rng, column(first, "customer"), at, column(first, "device"), place, method, fails, taker=1)


def _tried(
    rng: np.random.Generator,
    customer: Integers,
    at: Integers,
    device: Integers,
    place: Integers,
    method: Integers,
    fails: Flags,
    taker: int = 0,
) -> pl.DataFrame:
    """Log-ins that succeed at ``at``; where one ``fails`` first, one to four failed attempts stand before it."""
    again = np.repeat(np.flatnonzero(fails), 1 + rng.binomial(3, 0.3 + 0.2 * taker, int(fails.sum())))
    row = np.append(np.arange(len(customer)), again)
    earlier = np.append(np.zeros(len(customer), dtype=np.int64), 8 + rng.integers(0, 240, len(again)))
    password = np.append(method, np.where(method[again] == BIOMETRIC, BIOMETRIC, PASSWORD))
    columns = {
        "customer": customer[row],
        "at": at[row] - earlier,
        "device": device[row],
        "place": np.minimum(place[row], len(HOME) + len(ABROAD) - 1),
        "success": np.append(np.ones(len(customer), dtype=np.int64), np.zeros(len(again), dtype=np.int64)),
        "method": password,
        "taker": np.full(len(row), taker),
    }
    return pl.DataFrame({name: np.asarray(value, dtype=np.int64) for name, value in columns.items()})
