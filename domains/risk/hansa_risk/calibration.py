"""What a score is worth as a probability: Platt's sigmoid fitted on later days, and how far scores were off.

A sigmoid is a straight line in log odds with a rising slope, so it changes no rank and makes no ties, and it goes into
CatBoost's own scale and bias: whoever reads the model's bytes reads calibrated probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Frauds and others without which no sigmoid is fitted.
LEAST = 20
#: Steps of Newton's method at most; it ends when the gradient is gone.
STEPS = 100
#: Slope and intercept are rounded to so many places, lest the order of a processor's sums make another model.
PLACES = 6
#: Scores are grouped by these probabilities: frauds are rare, so the low ones lie close together.
BORDERS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Sigmoid:
    """``slope * log_odds + intercept`` are the calibrated log odds; the slope is above zero."""

    slope: float = 1.0
    intercept: float = 0.0

    def of(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """The calibrated probabilities of log odds."""
        return probability(self.slope * log_odds + self.intercept)


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of log odds, without overflow at either end."""
    import numpy as np

    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1 / (1 + small), small / (1 + small))


def fitted(log_odds: NDArray[np.float64], fraud: NDArray[np.bool_]) -> Sigmoid | None:
    """The sigmoid under which ``fraud`` is likeliest; None without ``LEAST`` of both kinds, or if it would not rise.

    After Platt (1999) with the targets and the damped Newton steps of Lin, Lin and Weng (2007).
    """
    import numpy as np

    frauds = int(fraud.sum())
    others = len(fraud) - frauds
    if min(frauds, others) < LEAST:
        return None
    target = np.where(fraud, (frauds + 1) / (frauds + 2), 1 / (others + 2))
    at = np.array([1.0, 0.0])
    for _ in range(STEPS):
        off = probability(at[0] * log_odds + at[1]) - target
        gradient = np.array([(off * log_odds).sum(), off.sum()])
        if np.abs(gradient).max() < 1e-9 * len(fraud):
            break
        at = _downhill(at, gradient, log_odds, target)
    slope, intercept = (round(float(part), PLACES) for part in at)
    return Sigmoid(slope, intercept) if slope > 0 else None


def _downhill(
    at: NDArray[np.float64],
    gradient: NDArray[np.float64],
    log_odds: NDArray[np.float64],
    target: NDArray[np.float64],
) -> NDArray[np.float64]:
    """One step of Newton's method, halved until the loss falls."""
    import numpy as np

    chance = probability(at[0] * log_odds + at[1])
    weight = chance * (1 - chance)
    mixed = (weight * log_odds).sum()
    hessian = np.array([[(weight * log_odds**2).sum(), mixed], [mixed, weight.sum()]]) + 1e-12 * np.eye(2)
    step, size = np.linalg.solve(hessian, gradient), 1.0
    before = _loss(at, log_odds, target)
    while size > 1e-10:
        moved: NDArray[np.float64] = at - size * step
        if _loss(moved, log_odds, target) <= before:
            return moved
        size /= 2
    return at


def _loss(at: NDArray[np.float64], log_odds: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """Negative log likelihood of the targets."""
    import numpy as np

    line = at[0] * log_odds + at[1]
    return float((np.logaddexp(0.0, line) - target * line).sum())


def brier(chance: NDArray[np.float64], fraud: NDArray[np.bool_]) -> float | None:
    """Mean squared distance of probabilities from what came (Brier 1950); None without rows."""
    return float(((chance - fraud) ** 2).mean()) if len(fraud) else None


@dataclass(frozen=True)
class Group:
    """Rows whose probability lies in one class: how many, the mean of what was said, and the share that came."""

    rows: int
    said: float
    came: float


def reliability(
    chance: NDArray[np.float64], fraud: NDArray[np.bool_], borders: Sequence[float] = BORDERS
) -> list[Group]:
    """The classes of ``borders`` that hold rows, ascending. Equal scores are in one class, so no tie is split."""
    import numpy as np

    place = np.searchsorted(borders, chance, side="right")
    rows = np.bincount(place, minlength=len(borders) + 1)
    said, came = np.bincount(place, chance, len(borders) + 1), np.bincount(place, fraud, len(borders) + 1)
    there = np.flatnonzero(rows)
    return [Group(int(rows[n]), float(said[n] / rows[n]), float(came[n] / rows[n])) for n in there]


def calibration_error(chance: NDArray[np.float64], fraud: NDArray[np.bool_]) -> float | None:
    """Expected calibration error: the mean distance of what was said from what came, over rows; None without rows.

    After Naeini, Cooper and Hauskrecht (2015), with the classes of ``BORDERS`` instead of equal ones.
    """
    groups = reliability(chance, fraud)
    rows = sum(group.rows for group in groups)
    return sum(group.rows * abs(group.said - group.came) for group in groups) / rows if rows else None
