"""How well a score ranks frauds before the rest. Equal scores are one step, so the order of rows never matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def area_under_curve(score: NDArray[np.float64], fraud: NDArray[np.bool_]) -> float | None:
    """Area under the ROC curve: the chance that a fraud scores above a non-fraud, ties counting half.

    By the rank sum of Mann and Whitney (1947). None unless both kinds are there.
    """
    import numpy as np

    frauds = int(fraud.sum())
    others = len(fraud) - frauds
    if not frauds or not others:
        return None
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    middle_rank = np.cumsum(count) - (count - 1) / 2
    above = float(middle_rank[place[fraud]].sum()) - frauds * (frauds + 1) / 2
    return above / (frauds * others)


def average_precision(score: NDArray[np.float64], fraud: NDArray[np.bool_]) -> float | None:
    """Sum over the distinct thresholds of precision times the recall gained there; None without a fraud.

    The area under the precision-recall curve as steps, as in Davis and Goadrich (2006) without interpolation.
    """
    import numpy as np

    if not fraud.any():
        return None
    _, place, count = np.unique(-score, return_inverse=True, return_counts=True)
    caught = np.bincount(place, weights=fraud)
    precision = np.cumsum(caught) / np.cumsum(count)
    return float((precision * caught).sum() / fraud.sum())
