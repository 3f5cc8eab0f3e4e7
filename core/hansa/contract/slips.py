"""Operators of quality rules by other names: the name that looks most alike can mean the opposite."""

from __future__ import annotations

import re

_NAMES = {
    "mustBeGreaterThan": "morethan greaterthan greater more above over higherthan largerthan biggerthan exceed gt",
    "mustBeGreaterOrEqualTo": """
        atleast min minimum notlessthan notfewerthan notbelow greaterorequal greaterorequalto greaterorequalthan
        greaterthanorequal greaterthanorequalto moreorequalto gte ge
    """,
    "mustBeLessThan": "lessthan less fewerthan fewer below under lowerthan smallerthan lt",
    "mustBeLessOrEqualTo": """
        atmost max maximum notmorethan notgreaterthan notabove notexceed lessorequal lessorequalto lessorequalthan
        lessthanorequal lessthanorequalto fewerorequalto lte le
    """,
    "mustBe": "equal equals equalto eq exactly",
    "mustNotBe": "notequal notequals notequalto unequal unequalto differfrom ne neq",
    "mustBeBetween": "within inrange range",
    "mustNotBeBetween": "outside notwithin notinrange",
}
_MEANT = {slip: operator for operator, slips in _NAMES.items() for slip in slips.split()}


def operator_meant(word: str) -> str | None:
    """The operator that means what ``word`` says (``mustBeMoreThan``, ``at_least``); None for any other word."""
    bare = re.sub(r"[_\-\s]", "", word).casefold().removeprefix("must")
    if bare.startswith("notbe"):
        bare = "not" + bare.removeprefix("notbe")
    return _MEANT.get(bare) or _MEANT.get(bare.removeprefix("be"))
