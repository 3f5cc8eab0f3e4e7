"""What the bank learns about card payments and transfers, and when: late, not always, and now and then wrongly."""

from __future__ import annotations

import numpy as np
import polars as pl

from hansa_sandbox.accounts import NONE
from hansa_sandbox.chance import Floats, Integers, choose, stream
from hansa_sandbox.movements import PATTERNS, column
from hansa_sandbox.rhythm import DAY

SOURCES = ("chargeback", "confirmation", "review")
CHARGEBACK, CONFIRMATION, REVIEW = range(3)

#: Shares: frauds that nobody ever reports, labels that are wrong, wrong ones that are taken back, honest payments
#: that were reviewed and cleared.
NEVER, WRONG, TAKEN_BACK, REVIEWED = 0.03, 0.01, 0.65, 0.0012

#: Days until a fraud is known: median and sigma of the logarithm, and the bounds.
DELAY_MEDIAN, DELAY_SPREAD, EARLIEST, LATEST = 4.5, 0.65, 1.0, 30.0


def label_events(card: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Labels of card payments and transfers: columns row (position in ``card``), known (seconds), fraud,
    scenario, source and story.

    A story is why the row stands there: reported, cleared_wrongly, flagged_wrongly, taken_back or reviewed.
    """
    rng = stream(seed, "labels")
    pattern = column(card, "pattern")
    found = _reported(rng, card)
    wrong = max(2, round(WRONG * len(found)))
    cleared = rng.choice(len(found), wrong // 2, replace=False)
    fraud = found.with_row_index("n").with_columns(cleared=pl.col("n").is_in(cleared.tolist())).drop("n")
    flagged = _suspects(rng, card, wrong - wrong // 2)
    known = column(card, "at")[flagged] + _seconds(_delays(rng, len(flagged)))
    back = rng.random(len(flagged)) < TAKEN_BACK
    regret = known[back] + _seconds(3 + 17 * rng.random(int(back.sum())))
    reviewed = _suspects(rng, card, round(REVIEWED * int((pattern == NONE).sum())))
    reviewed = np.setdiff1d(reviewed, flagged)
    cleared_at = column(card, "at")[reviewed] + _seconds(1 + 9 * rng.random(len(reviewed)))
    stories = [
        _events(rng, *_split(fraud, wrongly=False), pattern, "reported"),
        _events(rng, *_split(fraud, wrongly=True), pattern, "cleared_wrongly"),
        _events(rng, flagged, known, pattern, "flagged_wrongly"),
        _events(rng, flagged[back], regret, pattern, "taken_back"),
        _events(rng, reviewed, cleared_at, pattern, "reviewed"),
    ]
    return pl.concat(stories).sort("known", "row", maintain_order=True)


def _reported(rng: np.random.Generator, card: pl.DataFrame) -> pl.DataFrame:
    """Frauds that become known: those of one customer in one episode at about the same time."""
    position = np.flatnonzero(column(card, "pattern") != NONE)
    together = column(card, "episode")[position] * 10_000_000 + column(card, "customer")[position]
    _, group = np.unique(together, return_inverse=True)
    base = _delays(rng, int(group.max()) + 1)[group]
    own = np.clip(base * np.exp(rng.normal(0, 0.15, len(position))), EARLIEST, LATEST)
    known = column(card, "at")[position] + _seconds(own)
    heard = rng.random(len(position)) >= NEVER
    return pl.DataFrame({"row": position[heard], "known": known[heard]})


def _split(found: pl.DataFrame, *, wrongly: bool) -> tuple[Integers, Integers]:
    """Rows and times of the frauds that were rightly or wrongly judged."""
    part = found.filter(pl.col("cleared") == wrongly)
    return column(part, "row"), column(part, "known")


def _delays(rng: np.random.Generator, size: int) -> Floats:
    """Days until a label is known, lognormal between a day and thirty."""
    return np.clip(DELAY_MEDIAN * np.exp(rng.normal(0, DELAY_SPREAD, size)), EARLIEST, LATEST)


def _seconds(days: Floats) -> Integers:
    """Days as whole seconds."""
    return np.rint(days * DAY).astype(np.int64)


def _suspects(rng: np.random.Generator, card: pl.DataFrame, size: int) -> Integers:
    """Honest payments that drew attention: by chance, and more so those that look like fraud or are large."""
    honest = column(card, "pattern") == NONE
    weight = honest * (1.0 + 12.0 * (column(card, "look_alike") != NONE) + 6.0 * (column(card, "cents") > 300_000))
    return np.unique(choose(rng, weight, size))


def _events(rng: np.random.Generator, row: Integers, known: Integers, pattern: Integers, story: str) -> pl.DataFrame:
    """Label rows of one story."""
    size = len(row)
    fraud = story in {"reported", "flagged_wrongly"}
    said = np.where(pattern[row] == NONE, rng.integers(0, len(PATTERNS), size), pattern[row])
    scenario = np.where((rng.random(size) < 0.7) & fraud, said, NONE)
    source = choose(rng, np.array([0.55, 0.3, 0.15]), size) if fraud else np.full(size, REVIEW)
    columns = {"row": row, "known": known, "fraud": np.full(size, int(fraud)), "scenario": scenario, "source": source}
    return pl.DataFrame({name: np.asarray(value, dtype=np.int64) for name, value in columns.items()}).with_columns(
        story=pl.lit(story)
    )
