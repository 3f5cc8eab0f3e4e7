"""Operators of rules as sets of numbers that they allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from hansa.change.model import Direction, relation
from hansa.contract.operators import Number, keeps

#: What a measure can be: a whole number from 0 on, a share in percent, or any number.
Domain = Literal["count", "percent", "any"]


def allows(operator: str, operands: Sequence[Number]) -> Callable[[Number], bool]:
    """Whether a measure keeps the operator."""
    first, last = Decimal(str(operands[0])), Decimal(str(operands[-1]))
    return lambda measure: keeps(operator, measure, first, last)


def compared(old: tuple[str, Sequence[Number]], new: tuple[str, Sequence[Number]], domain: Domain) -> Direction:
    """Which way the allowed measures went: both sets are constant between the operands, so a few points tell all."""
    before, after = allows(*old), allows(*new)
    points = _points([Decimal(str(one)) for one in (*old[1], *new[1])], domain)
    lost = any(before(point) and not after(point) for point in points)
    return relation(lost, any(after(point) and not before(point) for point in points))


def downward(operator: str, operands: Sequence[Number], domain: Domain) -> bool:
    """True if less is always allowed where more is."""
    allowed = allows(operator, operands)
    points = sorted(_points([Decimal(str(one)) for one in operands], domain))
    kept = [allowed(point) for point in points]
    return all(kept[at] or not kept[at + 1] for at in range(len(kept) - 1)) and any(kept)


def _points(operands: list[Decimal], domain: Domain) -> list[Decimal]:
    """Each operand, and a point in each gap between operands and beyond them, as far as they are in the domain."""
    finite = sorted({one for one in operands if one.is_finite()})
    if domain == "count":
        near = {Decimal(math.floor(one) + step) for one in finite for step in (-1, 0, 1, 2)} | {Decimal(0)}
        return [one for one in near if one >= 0]
    ends = [Decimal(0), Decimal(100)] if domain == "percent" else []
    marks = sorted({*finite, *ends})
    gaps = [(low + high) / 2 for low, high in pairwise(marks)]
    beyond = [marks[0] - 1, marks[-1] + 1] if marks else [Decimal(0)]
    return [one for one in (*marks, *gaps, *beyond) if domain == "any" or 0 <= one <= 100]
