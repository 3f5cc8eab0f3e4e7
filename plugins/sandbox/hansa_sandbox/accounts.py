"""What a customer holds: accounts, cards, devices and network addresses."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox import identifiers
from hansa_sandbox.chance import Flags, Floats, Integers, logistic, stream
from hansa_sandbox.people import People
from hansa_sandbox.places import HOME
from hansa_sandbox.rhythm import DAYS, START

KINDS = ("current", "savings", "credit_card")
STATES = ("open", "closed", "blocked")

#: A number that stands for "none" in columns of positions.
NONE = -1


@dataclass(frozen=True)
class Holdings:
    """Accounts and cards. A position in ``customer``, ``kind`` ... is the account's number here; -1 stands for none.

    ``current``, ``savings``, ``credit`` give a customer's account of that kind; ``debit_card`` and ``credit_card`` the
    customer's cards; ``card_account`` the account of a card; ``prefers_credit`` the share of payments by credit card.
    """

    customer: Integers
    kind: Integers
    current: Integers
    savings: Integers
    credit: Integers
    debit_card: Integers
    credit_card: Integers
    card_account: Integers
    prefers_credit: Floats

    def pay(self, rng: np.random.Generator, customer: Integers) -> Integers:
        """The card with which each of these customers pays this time."""
        by_credit = rng.random(len(customer)) < self.prefers_credit[customer]
        return np.where(by_credit, self.credit_card[customer], self.debit_card[customer])


def open_accounts(people: People, seed: int) -> Holdings:
    """A current account for everyone, savings for a third, a credit card for about half."""
    rng = stream(seed, "accounts")
    size = people.size
    saves = rng.random(size) < 0.15 + 0.45 * people.trait("prudence")
    chance = logistic(0.4 + 1.1 * np.log(people.income / 7_000) - 1.4 * (people.age < 22) - 0.9 * (people.age > 64))
    borrows = rng.random(size) < chance
    everyone = np.arange(size)
    customer = np.concatenate([everyone, everyone[saves], everyone[borrows]])
    kind = np.repeat([0, 1, 2], [size, saves.sum(), borrows.sum()])
    credit = _numbered(borrows, size + int(saves.sum()))
    return Holdings(
        customer=customer,
        kind=kind,
        current=everyone,
        savings=_numbered(saves, size),
        credit=credit,
        debit_card=everyone,
        credit_card=_numbered(borrows, size),
        card_account=np.concatenate([everyone, credit[borrows]]),
        prefers_credit=np.where(borrows, rng.beta(2.2, 1.6, size), 0.0),
    )


def _numbered(chosen: Flags, first: int) -> Integers:
    """Numbers from ``first`` for the chosen, -1 for the others."""
    return np.where(chosen, first + np.cumsum(chosen) - 1, NONE)


def register(people: People, holdings: Holdings, seed: int) -> tuple[pl.DataFrame, pl.Series]:
    """The bank's register of accounts, one row each, and the numbers of its cards."""
    rng = stream(seed, "account register")
    size = len(holdings.customer)
    serial = rng.permutation(size)
    joined = people.joined[holdings.customer]
    opened = joined + np.where(holdings.kind == 0, 0, rng.integers(0, np.maximum(1, DAYS - joined)) // 3)
    ended = people.left[holdings.customer]
    dies = people.deceased[holdings.customer]
    spare = (holdings.kind == 1) & (rng.random(size) < 0.04)
    closed = np.where(dies, np.minimum(ended + 20, DAYS - 1), np.where(spare, rng.integers(-200, DAYS, size), DAYS))
    closed = np.maximum(closed, opened + 1)
    shut = (dies | spare) & (closed < DAYS)
    state = np.where(shut, 1, np.where(rng.random(size) < 0.004, 2, 0))
    frame = pl.DataFrame(
        {
            "number": "62" + identifiers.padded((serial * identifiers.STEP + 77) % 10**9, 11),
            "customer": holdings.customer,
            "kind": [KINDS[number] for number in holdings.kind],
            "currency": ["CNY"] * size,
            "opened": [START + dt.timedelta(days=int(day)) for day in opened],
            "closed": [START + dt.timedelta(days=int(d)) if s else None for d, s in zip(closed, shut, strict=True)],
            "state": [STATES[number] for number in state],
        },
        schema_overrides={"closed": pl.Date},
    )
    cards = identifiers.card_numbers(rng.permutation(len(holdings.card_account)), int(rng.integers(0, 10**9)))
    return frame, cards


@dataclass(frozen=True)
class Devices:
    """Phones and computers by number. A new phone replaces ``main`` from the day ``changed`` on (180: never).

    ``borrowed`` of one customer in twenty is another customer's own device: families and flats share them.
    """

    main: Integers
    second: Integers
    newer: Integers
    changed: Integers
    borrowed: Integers
    count: int

    def of(self, rng: np.random.Generator, customer: Integers, day: Integers) -> Integers:
        """The device that each of these customers uses on that day."""
        own = np.where(day >= self.changed[customer], self.newer[customer], self.main[customer])
        draw = rng.random(len(customer))
        second, borrowed = self.second[customer], self.borrowed[customer]
        chosen = np.where((draw < 0.18) & (second != NONE), second, own)
        return np.where((draw > 0.96) & (borrowed != NONE), borrowed, chosen)


def hand_out_devices(people: People, seed: int) -> Devices:
    """One or two devices a customer, and a new phone for one in seven within the span."""
    rng = stream(seed, "devices")
    size = people.size
    has_second = rng.random(size) < 0.15 + 0.5 * people.trait("digital_affinity")
    renews = rng.random(size) < 0.14
    second = _numbered(has_second, size)
    newer = _numbered(renews, size + int(has_second.sum()))
    borrowed = np.where(rng.random(size) < 0.05, rng.integers(0, size, size), NONE)
    changed = np.where(renews, rng.integers(5, DAYS, size), DAYS)
    return Devices(np.arange(size), second, newer, changed, borrowed, size + int(has_second.sum() + renews.sum()))


def device_names(count: int, seed: int) -> pl.Series:
    """A name for each of ``count`` devices, in which nothing of its owner or its age can be read."""
    offset = int(stream(seed, "device names").integers(0, 10**9))
    return "DEV" + identifiers.padded((np.arange(count) * identifiers.STEP + offset) % 10**9, 9)


def home_networks(people: People, seed: int) -> Integers:
    """The network of each customer's home, as second octet x 256 + third octet under 10.0.0.0/8 (RFC 1918)."""
    rng = stream(seed, "networks")
    return people.city * 256 + rng.integers(0, 256, people.size)


def networks(rng: np.random.Generator, home: Integers, place: Integers) -> Integers:
    """Where payments come from: home mostly, else one of the mobile networks of the place."""
    mobile = (len(HOME) + place) * 256 + rng.integers(0, 24, len(home))
    return np.where(rng.random(len(home)) < 0.68, home, mobile)
