"""What happens in a life within the span: a job lost, a child born, a move to another city, a home bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hansa_sandbox import places
from hansa_sandbox.chance import Flags, Integers, choose, stream
from hansa_sandbox.people import People
from hansa_sandbox.rhythm import DAYS

EVENTS = ("job_loss", "birth", "move", "home")

#: Chance of each within the span, for a customer who may have it.
CHANCES = (0.014, 0.022, 0.020, 0.012)


@dataclass(frozen=True)
class Life:
    """The day of each event for each customer, ``DAYS`` where it does not come; nobody has two.

    ``new_city`` and ``new_network`` are those of who moves, else the old ones.
    """

    job_loss: Integers
    birth: Integers
    move: Integers
    home: Integers
    new_city: Integers
    new_network: Integers

    def day(self, event: str) -> Integers:
        """The day of one event by its name."""
        days: Integers = getattr(self, event)
        return days


def live(people: People, home_network: Integers, seed: int) -> Life:
    """Draw the events of everyone's life."""
    rng = stream(seed, "life")
    size = people.size
    at = rng.integers(8, DAYS - 8, size)
    able = _able(people)
    draw, below = rng.random(size), np.zeros(size)
    days = []
    for chance, may in zip(CHANCES, able, strict=True):
        hit = may & (draw >= below) & (draw < below + chance)
        below = below + chance * may
        days.append(np.where(hit, at, DAYS))
    moves = days[2] < DAYS
    city = np.where(moves, choose(rng, places.HOME_SHARES, size), people.city)
    network = np.where(moves, city * 256 + rng.integers(0, 256, size), home_network)
    return Life(*days, new_city=city, new_network=network)


def _able(people: People) -> tuple[Flags, Flags, Flags, Flags]:
    """Who may lose a job, have a child, move, buy a home; circles stay as they are."""
    alone = (people.circles.ring < 0) & (people.circles.flat < 0)
    works = (people.status == 0) & (people.employer >= 0)
    return (
        works & alone,
        (people.age >= 22) & (people.age <= 42) & alone,
        (people.age <= 55) & alone,
        works & (people.age >= 25) & alone,
    )
