"""The operators of quality rules, and whether a measure keeps one."""

from __future__ import annotations

from decimal import Decimal

Number = float | Decimal

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)


def keeps(operator: str, measure: Number, first: Number, last: Number) -> bool:
    """True if a measure keeps the operator of a rule with these operands; one operand is both first and last."""
    return {
        "mustBe": measure == first,
        "mustNotBe": measure != first,
        "mustBeGreaterThan": measure > first,
        "mustBeGreaterOrEqualTo": measure >= first,
        "mustBeLessThan": measure < first,
        "mustBeLessOrEqualTo": measure <= first,
        "mustBeBetween": first <= measure <= last,
        "mustNotBeBetween": not first <= measure <= last,
    }[operator]
