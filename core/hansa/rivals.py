"""Publications of one product at the same time: how long a loser waits, and when it gives up."""

from __future__ import annotations

import random

from hansa.contract.model import Contract
from hansa.errors import WorldError

#: Seconds after which a publication that others overtake all the time gives up.
PATIENCE = 600.0
#: Attempts' lengths over which losers are spread at most, and the longest pause in seconds.
_SPREAD, _LONGEST_PAUSE = 16, 30.0


def pause(attempt: int, took: float = 0.0) -> float:
    """Seconds to wait after a lost race in which the attempt ``took`` so many; chance spreads the losers.

    The longer an attempt is, the wider they have to be spread for one to end while the others wait.
    """
    widest = max(2.0, min(_SPREAD * took, _LONGEST_PAUSE))
    return random.uniform(0, min(max(0.05, took) * 2**attempt, widest))  # noqa: S311 - nobody gains from guessing it


def overtaken(contract: Contract, times: int) -> WorldError:
    """The error of a publication that others overtook too often."""
    return WorldError(
        "commit.lost",
        f"the catalog refused the commit {times} times, as if others published this product all the time",
        where=contract.id,
        state="the last published rows go on serving, ours were not published",
        next_step="run again, with fewer publishers of one product at once",
    )
