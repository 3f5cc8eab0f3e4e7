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
CARD_STATES = ("active", "blocked", "closed")

#: A number that stands for "none" in columns of positions.
NONE = -1


@dataclass(frozen=True)
class Holdings:
    """Accounts and cards. A position in ``customer``, ``kind`` ... is the account's number here; -1 stands for none.

    ``current``, ``savings``, ``credit`` give a customer's account of that kind; ``debit_card`` and ``credit_card`` the
    customer's cards; ``card_account`` the account of a card; ``prefers_credit`` the share of payments by credit card;
    ``opened`` and ``closed`` the days of an account, ``DAYS`` where it stays open.
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
    opened: Integers
    closed: Integers

    def open_on(self, account: Integers, day: Integers) -> Flags:
        """True where the account was open on that day."""
        return (day >= self.opened[account]) & (day < self.closed[account])

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
    # Who opens an account for the sake of its credit gets the card.
    borrows = (rng.random(size) < chance) | (people.circles.ring >= 0)
    everyone = np.arange(size)
    customer = np.concatenate([everyone, everyone[saves], everyone[borrows]])
    kind = np.repeat([0, 1, 2], [size, saves.sum(), borrows.sum()])
    credit = _numbered(borrows, size + int(saves.sum()))
    opened, closed = _spans(people, customer, kind, seed)
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
        opened=opened,
        closed=closed,
    )


def _spans(people: People, customer: Integers, kind: Integers, seed: int) -> tuple[Integers, Integers]:
    """First day and day of closing of each account: some savings are closed, and all that the dead leave behind."""
    rng = stream(seed, "spans of accounts")
    size, joined = len(customer), people.joined[customer]
    later = rng.integers(0, np.maximum(1, -joined + 1)) // 3
    opened = joined + np.where((kind == 0) | (people.circles.ring[customer] >= 0), 0, later)
    spare = (kind == 1) & (rng.random(size) < 0.04)
    closed = np.where(spare, rng.integers(-200, DAYS, size), DAYS)
    closed = np.where(people.deceased[customer], np.minimum(people.left[customer] + 20, DAYS - 1), closed)
    return opened, np.maximum(closed, opened + 1)


def _numbered(chosen: Flags, first: int) -> Integers:
    """Numbers from ``first`` for the chosen, -1 for the others."""
    return np.where(chosen, first + np.cumsum(chosen) - 1, NONE)


def register(holdings: Holdings, seed: int) -> pl.DataFrame:
    """The bank's register of accounts, one row each."""
    rng = stream(seed, "account register")
    size = len(holdings.customer)
    serial = rng.permutation(size)
    shut = holdings.closed < DAYS
    state = np.where(shut, 1, np.where(rng.random(size) < 0.004, 2, 0))
    return pl.DataFrame(
        {
            "number": "62" + identifiers.padded((serial * identifiers.STEP + 77) % 10**9, 11),
            "customer": holdings.customer,
            "kind": [KINDS[number] for number in holdings.kind],
            "currency": ["CNY"] * size,
            "opened": [START + dt.timedelta(days=day) for day in holdings.opened.tolist()],
            "closed": [START + dt.timedelta(days=day) if day < DAYS else None for day in holdings.closed.tolist()],
            "state": [STATES[number] for number in state],
        },
        schema_overrides={"closed": pl.Date},
    )


#: Years for which a card is issued.
VALID = 5


def register_cards(
    holdings: Holdings, opened: pl.Series, blocked: Integers, replaced_on: Integers, seed: int
) -> pl.DataFrame:
    """The bank's register of cards on the last day, one row each; ``opened`` are the days of the accounts' opening.

    The last cards were issued in the place of the ``blocked`` ones, on the days ``replaced_on``. No card runs out
    within the span.
    """
    rng = stream(seed, "card register")
    account = holdings.card_account
    size = len(account)
    oldest = START - dt.timedelta(days=VALID * 365 - DAYS - 60)
    begun = opened.gather(account).to_list()
    reissued = rng.integers(0, VALID * 365 - DAYS - 120, size).tolist()
    again = [START - dt.timedelta(days=back + 1) for back in reissued]
    issued = [day if day > oldest else later for day, later in zip(begun, again, strict=True)]
    issued[size - len(blocked) :] = [START + dt.timedelta(days=day) for day in replaced_on.tolist()]
    state = np.where(rng.random(size) < 0.004, 1, np.where(rng.random(size) < 0.004, 2, 0))
    state[blocked] = 1
    numbers = identifiers.card_numbers(rng.permutation(size), int(rng.integers(0, 10**9)))
    return pl.DataFrame(
        {
            "number": numbers,
            "account": account,
            "bin": numbers.str.slice(0, len(identifiers.RESERVED_BIN)),
            "credit": holdings.kind[account] == 2,
            "issued": issued,
            "state": [CARD_STATES[number] for number in state.tolist()],
        }
    ).with_columns(expires=pl.col("issued").dt.offset_by(f"{VALID}y").dt.month_end())


#: Share of orders at a public device.
SAT_DOWN = 0.005


@dataclass(frozen=True)
class Devices:
    """Phones and computers by number. A new phone replaces ``main`` from the day ``changed`` on (180: never).

    ``borrowed`` of one customer in twenty is another customer's own device: families and flats share them; ``lent`` is
    the share of a customer's orders that come from it. A ring has one device for all. From ``public`` on stand the
    devices of libraries and offices, at which anybody may sit down.
    """

    main: Integers
    second: Integers
    newer: Integers
    changed: Integers
    borrowed: Integers
    lent: Floats
    public: int
    count: int

    def of(self, rng: np.random.Generator, customer: Integers, day: Integers) -> Integers:
        """The device that each of these customers uses on that day."""
        own = np.where(day >= self.changed[customer], self.newer[customer], self.main[customer])
        draw = rng.random(len(customer))
        second, borrowed = self.second[customer], self.borrowed[customer]
        chosen = np.where((draw < 0.18) & (second != NONE), second, own)
        anywhere = rng.integers(self.public, self.count, len(customer))
        chosen = np.where((draw > 0.3) & (draw < 0.3 + SAT_DOWN), anywhere, chosen)
        return np.where((draw > 1 - self.lent[customer]) & (borrowed != NONE), borrowed, chosen)


def hand_out_devices(people: People, seed: int) -> Devices:
    """One or two devices a customer, and a new phone for one in seven within the span."""
    rng = stream(seed, "devices")
    size = people.size
    has_second = rng.random(size) < 0.15 + 0.5 * people.trait("digital_affinity")
    circles = people.circles
    renews = (rng.random(size) < 0.14) & (circles.ring < 0)
    second = _numbered(has_second, size)
    newer = _numbered(renews, size + int(has_second.sum()))
    borrowed = np.where(rng.random(size) < 0.05, rng.integers(0, size, size), NONE)
    borrowed = np.where(circles.flat >= 0, np.where(circles.first == np.arange(size), NONE, circles.first), borrowed)
    changed = np.where(renews, rng.integers(5, DAYS, size), DAYS)
    main = np.where(circles.ring >= 0, circles.first, np.arange(size))
    lent = np.where(circles.flat >= 0, 0.25, 0.04)
    public = size + int(has_second.sum() + renews.sum())
    return Devices(main, second, newer, changed, borrowed, lent, public, public + max(3, size // 25))


def device_names(count: int, seed: int) -> pl.Series:
    """A name for each of ``count`` devices, in which nothing of its owner or its age can be read."""
    offset = int(stream(seed, "device names").integers(0, 10**9))
    return "DEV" + identifiers.padded((np.arange(count) * identifiers.STEP + offset) % 10**9, 9)


def home_networks(people: People, seed: int) -> Integers:
    """The network of each customer's home, as second octet x 256 + third octet under 10.0.0.0/8 (RFC 1918)."""
    rng = stream(seed, "networks")
    return people.circles.alike(people.city * 256 + rng.integers(0, 256, people.size))


def networks(rng: np.random.Generator, home: Integers, place: Integers) -> Integers:
    """Where payments come from: home mostly, else one of the mobile networks of the place."""
    mobile = (len(HOME) + place) * 256 + rng.integers(0, 24, len(home))
    return np.where(rng.random(len(home)) < 0.68, home, mobile)
