"""Customers who belong together: flats of young people, and the rings that open accounts in order to take the money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa_sandbox.chance import Integers, stream
from hansa_sandbox.rhythm import DAYS

#: Rings and flats for each customer, and the least of each that a bank has.
RINGS, FLATS, FEWEST_RINGS, FEWEST_FLATS = 0.0022, 0.012, 1, 2

#: Stands where a circle says nothing of the day on which a customer joined.
NEVER = -(10**6)


@dataclass(frozen=True)
class Circles:
    """``ring`` and ``flat`` number a customer's circle, -1 for none; ``first`` is its first member, or the customer.

    ``joined`` is the day on which the circle made a member a customer, ``NEVER`` where it did not.
    """

    ring: Integers
    flat: Integers
    first: Integers
    joined: Integers

    def alike(self, values: np.ndarray) -> np.ndarray:
        """``values`` with that of the first member for each member of a circle."""
        return values[self.first]


def draw_circles(size: int, seed: int) -> Circles:
    """Rings of three to five and flats of two to four among ``size`` customers, nobody in two."""
    rng = stream(seed, "circles")
    people = rng.permutation(size)
    ring_sizes = rng.integers(3, 6, max(FEWEST_RINGS, round(RINGS * size)))
    flat_sizes = rng.integers(2, 5, max(FEWEST_FLATS, round(FLATS * size)))
    ring, begins = _placed(people, ring_sizes, 0, size)
    flat, ends = _placed(people, flat_sizes, int(ring_sizes.sum()), size)
    first = np.where(ring >= 0, begins[ring], np.where(flat >= 0, ends[flat], np.arange(size)))
    joined = np.full(size, NEVER)
    # A ring opens its accounts within two weeks, a flat of students fills about the beginning of term.
    opened = rng.permutation(np.linspace(6, DAYS - 75, len(ring_sizes)).astype(np.int64))
    joined = np.where(ring >= 0, opened[ring] + rng.integers(0, 14, size), joined)
    term = rng.integers(10, DAYS - 60, len(flat_sizes))
    moves_in = (flat >= 0) & (rng.random(size) < 0.55)
    joined = np.where(moves_in, term[flat] + rng.integers(0, 18, size), joined)
    return Circles(ring, flat, first, joined)


def _placed(people: Integers, sizes: Integers, skip: int, size: int) -> tuple[Integers, Integers]:
    """The circle of each customer (-1: none) and the first member of each circle, taken from ``people`` in turn."""
    number = np.full(size, -1)
    numbers = np.repeat(np.arange(len(sizes)), sizes)
    number[people[skip : skip + len(numbers)]] = numbers
    return number, people[skip + np.concatenate([[0], np.cumsum(sizes)[:-1]])]
