"""Seeded randomness: each subject of the bank draws from a stream of its own, so one may change without the rest."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def stream(seed: int, subject: str) -> np.random.Generator:
    """The random stream of one subject under one seed: the same two give the same draws on every machine."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(subject.encode())]))


def choose(rng: np.random.Generator, weights: Floats, size: int) -> Integers:
    """``size`` positions in ``weights``, each drawn in proportion to its weight."""
    cumulative = np.cumsum(weights)
    return np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right").astype(np.int64)


def logistic(values: Floats) -> Floats:
    """From the real line to the open interval (0, 1)."""
    return 1.0 / (1.0 + np.exp(-values))


def cents(yuan: Floats) -> Integers:
    """Yuan as whole fen, at least one; half of the amounts from 20 yuan up end on whole yuan, as prices do."""
    fen = np.maximum(1, np.rint(yuan * 100)).astype(np.int64)
    return np.where((fen >= 2_000) & (fen % 2 == 0), (fen + 50) // 100 * 100, fen)


def by_hand(rng: np.random.Generator, yuan: Floats) -> Floats:
    """Amounts as people order them: two in three end on whole hundreds."""
    return np.where(rng.random(len(yuan)) < 0.66, np.ceil(yuan / 100) * 100, yuan)
