"""What lies on each account after each movement: never less than nothing, never more owed than the limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from hansa_sandbox.chance import Floats, Integers, stream
from hansa_sandbox.movements import column
from hansa_sandbox.purchases import Town

#: What a limit is rounded up to, in fen.
STEP = 100_000


@dataclass(frozen=True)
class Balances:
    """In fen: what each account held at first, how much it may owe, and what it held after each movement.

    A card account holds less than nothing when something is owed.
    """

    opening: Integers
    limit: Integers
    after: Integers


def wealth(town: Town, seed: int) -> Floats:
    """Yuan on each customer's current account at first, as far as it can be told before anything is paid."""
    rng = stream(seed, "wealth")
    people = town.people
    months = np.exp(0.4 + 1.6 * (people.trait("prudence") - 0.5) + rng.normal(0, 0.8, people.size))
    new = people.joined > 0
    return people.income * np.where(new, 0.1, 1.0) * months


def balance(town: Town, moves: pl.DataFrame, seed: int) -> Balances:
    """Balances of movements in order of time; who could not have paid had more at first, or the higher limit."""
    rng = stream(seed, "balances")
    holdings = town.holdings
    account = column(moves, "account")
    signed = np.where(column(moves, "credit") == 1, 1, -1) * column(moves, "cents")
    order = np.argsort(account, kind="stable")
    total = np.cumsum(signed[order])
    first = np.searchsorted(account[order], np.arange(len(holdings.customer)))
    last = np.searchsorted(account[order], np.arange(len(holdings.customer)), side="right")
    used = np.flatnonzero(last > first)
    before = np.zeros(len(first), dtype=np.int64)
    before[used] = total[first[used]] - signed[order][first[used]]
    flow = total - before[account[order]]
    lowest = np.zeros(len(first), dtype=np.int64)
    lowest[used] = np.minimum(0, np.minimum.reduceat(flow, first[used]))
    opening, limit = _bounds(rng, town, wealth(town, seed), lowest)
    after = np.empty(len(moves), dtype=np.int64)
    after[order] = flow + opening[account[order]]
    return Balances(opening, limit, after)


def _bounds(rng: np.random.Generator, town: Town, drawn: Floats, lowest: Integers) -> tuple[Integers, Integers]:
    """Opening balance and limit of each account, given how far its flow ever falls."""
    holdings = town.holdings
    customer, kind = holdings.customer, holdings.kind
    income = town.people.income[customer]
    spare = np.rint(100 * income * rng.gamma(1.2, 0.15, len(kind))).astype(np.int64)
    stock = np.where(kind == 0, drawn[customer], 4 * drawn[customer] * rng.gamma(1.5, 1.0, len(kind)))
    opening = np.maximum(np.rint(100 * stock).astype(np.int64), spare - lowest)
    wanted = np.rint(100 * income * (1.5 + 2.0 * rng.random(len(kind)))).astype(np.int64)
    limit = (np.maximum(wanted, -lowest) // STEP + 1) * STEP
    return np.where(kind == 2, 0, opening), np.where(kind == 2, limit, 0)
