"""How far the distribution of a feature has moved: the population stability index, with a rule for empty classes.

The rule: a number falls into classes by the tenths of the earlier rows, a missing one into a class of its own, a text
into the class of its value; a value that the earlier rows do not have stands in the class ``new``. To the count of
each class half a row is added on both sides, so an empty class gives a finite number, the smaller the more rows there
are. A class that is empty on both sides counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

import polars as pl

from hansa_risk import inputs

#: Classes into which the earlier rows are cut, as far as their values differ.
CLASSES = 10
#: Added to the count of each class, after Jeffreys.
HALF = 0.5
#: Below the first nothing has moved, from the second on much has (as scorecards are watched: Siddiqi 2006).
LITTLE, MUCH = 0.1, 0.25
#: The quantile of the normal distribution beyond which chance alone comes once in a hundred times.
RARELY = 2.3263
MISSING, NEW = "missing", "new"


@dataclass(frozen=True)
class Drift:
    """The index of one feature; ``counts`` has by class the earlier and the later rows."""

    feature: str
    index: float
    counts: tuple[tuple[str, int, int], ...]

    @property
    def by_chance(self) -> float:
        """The index that rows of one and the same source exceed once in a hundred times, were they independent.

        The index is then nearly chi-square, times the sum of one over the rows of each side (Yurdakul 2018); its
        quantile is that of Wilson and Hilferty (1931). Zero for fewer than two classes, or without rows on one side.
        """
        free = len(self.counts) - 1
        earlier, later = sum(a for _, a, _ in self.counts), sum(b for _, _, b in self.counts)
        if free < 1 or not earlier or not later:
            return 0.0
        part = 2 / (9 * free)
        return free * float((1 - part + RARELY * sqrt(part)) ** 3) * (1 / earlier + 1 / later)


@dataclass(frozen=True)
class Classes:
    """How the earlier rows of a feature were cut, and how many lay in each class: what later rows are held against.

    ``borders`` cut numbers, ascending. ``known`` are the values of a text as short digests, in the order of their
    classes; None for numbers.
    """

    counts: Mapping[str, int]
    borders: tuple[float, ...] = ()
    known: tuple[str, ...] | None = None

    @classmethod
    def of(cls, earlier: pl.Series) -> Classes:
        """The classes of the earlier rows. NaN is missing; borders that fall together are one."""
        if earlier.dtype == pl.String:
            texts = earlier.drop_nulls().unique().sort()
            cut = cls({}, known=tuple(map(inputs.short, inputs.words(texts))))
        else:
            numbers = earlier.cast(pl.Float64).fill_nan(None)
            borders = (numbers.quantile(n / CLASSES, "lower") for n in range(1, CLASSES))
            cut = cls({}, borders=tuple(sorted({one for one in borders if one is not None})))
        return cls(cut.counted(earlier), cut.borders, cut.known)

    def counted(self, rows: pl.Series) -> dict[str, int]:
        """How many rows of the feature lie in each class that has one."""
        return self._by_tenths(rows) if self.known is None else self._by_value(rows, self.known)

    def moved(self, feature: str, later: pl.Series) -> Drift:
        """How far the later rows of the feature are from the earlier ones."""
        after = self.counted(later)
        order = sorted({*self.counts, *after}, key=lambda one: (one in (MISSING, NEW), one))
        counts = tuple((one, self.counts.get(one, 0), after.get(one, 0)) for one in order)
        return Drift(feature, stability_index([a for _, a, _ in counts], [b for _, _, b in counts]), counts)

    def _by_tenths(self, rows: pl.Series) -> dict[str, int]:
        """Counts by class of numbers."""
        numbers = rows.cast(pl.Float64).fill_nan(None)
        # Up to and with a border a value is of the class below: a value that very many rows share has one of its own.
        place = pl.Series(self.borders, dtype=pl.Float64).search_sorted(numbers.drop_nulls(), side="left")
        found = {f"{n:02}": count for n, count in place.value_counts().iter_rows()}
        return found | ({MISSING: numbers.null_count()} if numbers.null_count() else {})

    def _by_value(self, rows: pl.Series, known: Sequence[str]) -> dict[str, int]:
        """Counts by class of texts; a class is numbered, for a value may be a person's and is not shown."""
        numbers = {short: f"{n:04}" for n, short in enumerate(known)}
        made: dict[str, int] = {}
        counted = rows.value_counts()
        for word, count in zip(inputs.words(counted.to_series()), counted.to_series(1), strict=True):
            one = numbers.get(inputs.short(word), NEW) if word else MISSING
            made[one] = made.get(one, 0) + count
        return made


def stability_index(earlier: Sequence[int], later: Sequence[int]) -> float:
    """The index of two lists of counts by class: zero for equal shares, and for nothing on either side."""
    kept = [(a, b) for a, b in zip(earlier, later, strict=True) if a or b]
    first, second = sum(a for a, _ in kept), sum(b for _, b in kept)
    if not first or not second:
        return 0.0
    shares = [((a + HALF) / (first + HALF * len(kept)), (b + HALF) / (second + HALF * len(kept))) for a, b in kept]
    return sum((after - before) * log(after / before) for before, after in shares)


def drift(earlier: pl.DataFrame, later: pl.DataFrame, names: Sequence[str]) -> list[Drift]:
    """The index of each feature, the most moved first, equal ones by name."""
    found = [Classes.of(earlier[name]).moved(name, later[name]) for name in names]
    return sorted(found, key=lambda one: (-one.index, one.feature))
