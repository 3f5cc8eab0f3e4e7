"""How far the distribution of a feature has moved: the population stability index, with a rule for empty classes.

The rule: a number falls into classes by the tenths of the earlier rows, a missing one into a class of its own, a text
into the class of its value; a value that the earlier rows do not have stands in the class ``new``. To the count of
each class half a row is added on both sides, so an empty class gives a finite number, the smaller the more rows there
are. A class that is empty on both sides counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import polars as pl

#: Classes into which the earlier rows are cut, as far as their values differ.
CLASSES = 10
#: Added to the count of each class, after Jeffreys.
HALF = 0.5
#: Below the first nothing has moved, from the second on much has (as scorecards are watched: Siddiqi 2006).
LITTLE, MUCH = 0.1, 0.25
MISSING, NEW = "missing", "new"


@dataclass(frozen=True)
class Drift:
    """The index of one feature; ``counts`` has by class the earlier and the later rows."""

    feature: str
    index: float
    counts: tuple[tuple[str, int, int], ...]


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
    found = [_drift(name, earlier[name], later[name]) for name in names]
    return sorted(found, key=lambda one: (-one.index, one.feature))


def _drift(name: str, earlier: pl.Series, later: pl.Series) -> Drift:
    classes = _by_value if earlier.dtype == pl.String else _by_tenths
    before, after = classes(earlier, later)
    order = sorted({*before, *after}, key=lambda one: (one in (MISSING, NEW), one))
    counts = tuple((one, before.get(one, 0), after.get(one, 0)) for one in order)
    return Drift(name, stability_index([a for _, a, _ in counts], [b for _, _, b in counts]), counts)


def _by_tenths(earlier: pl.Series, later: pl.Series) -> tuple[dict[str, int], dict[str, int]]:
    """Counts by class of numbers; NaN is missing. Borders that fall together are one."""
    before, after = (series.cast(pl.Float64).fill_nan(None) for series in (earlier, later))
    borders = sorted({before.quantile(n / CLASSES, "lower") for n in range(1, CLASSES)} - {None})

    def counted(numbers: pl.Series) -> dict[str, int]:
        # Up to and with a border a value is of the class below: a value that very many rows share has one of its own.
        place = pl.Series(borders, dtype=pl.Float64).search_sorted(numbers.drop_nulls(), side="left")
        found = {f"{n:02}": count for n, count in place.value_counts().iter_rows()}
        return found | ({MISSING: numbers.null_count()} if numbers.null_count() else {})

    return counted(before), counted(after)


def _by_value(earlier: pl.Series, later: pl.Series) -> tuple[dict[str, int], dict[str, int]]:
    """Counts by class of texts; a class is numbered, for a value may be a person's and is not shown."""
    known = {text: f"{n:04}" for n, text in enumerate(earlier.drop_nulls().unique().sort())}

    def counted(texts: pl.Series) -> dict[str, int]:
        made: dict[str, int] = {}
        for text, count in texts.value_counts().iter_rows():
            one = MISSING if text is None else known.get(text, NEW)
            made[one] = made.get(one, 0) + count
        return made

    return counted(earlier), counted(later)
