"""Changes of a contract as cases of a table, and the properties that they are written with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hansa.contract.model import Contract

from machinery.trade import Trade


@dataclass(frozen=True)
class Case:
    """``old`` and ``new`` are properties; each of ``found`` is subject, kind, direction, whom, bump."""

    name: str
    old: str
    new: str
    found: tuple[str, ...]
    rows: tuple[Any, ...] = ()
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


def v(kind: str = "string", **words: str) -> str:
    """The property ``v``."""
    written = ", ".join(f"{word}: {value}" for word, value in words.items())
    return f"{{name: v, logicalType: {kind}{', ' + written if written else ''}}}"


def options(text: str, kind: str = "integer", **words: str) -> str:
    """The property with these options."""
    return v(kind, **words, logicalTypeOptions=f"{{{text}}}")


def rule(text: str, severity: str = "error") -> dict[str, str]:
    """The one rule of the table."""
    return {"quality": f"{{name: x.rule, {text}, severity: {severity}}}"}


def known(*values: str, severity: str = "error") -> str:
    """The property with a rule that lists its values."""
    arguments = f"arguments: {{validValues: [{', '.join(values)}]}}"
    return v(quality=f"[{{name: v.known, metric: invalidValues, {arguments}, mustBe: 0, severity: {severity}}}]")


def group(operand: object, by: str = "g", operator: str = "mustBe") -> dict[str, str]:
    """A rule of sums of groups."""
    implementation = f"{{metric: groupSum, groupBy: [{by}], column: v, {operator}: {operand}}}"
    return rule(f"type: custom, engine: hansa, implementation: {implementation}")


def expected(case: Case) -> tuple[list[str], set[str]]:
    """What the case says: the changes, and whom they break."""
    words = {word for one in case.found for word in one.split()[3:-1]}
    return sorted(case.found), words & {"consumers", "producer"}


def found(
    case: Case, promise: Callable[..., Contract], trade: Callable[[Contract, Contract], Trade]
) -> tuple[list[str], set[str]]:
    """The changes that are told, and whom they break in a real run."""
    old = promise(*case.old.split("|"), **case.before)
    made = trade(old, promise(*case.new.split("|"), **case.after))
    told = [f"{one.subject} {one.kind} {one.direction} {one.whom} {one.bump}" for one in made.changes]
    return sorted(told), made.breaks(*case.rows)


MONEY = {"physicalType": '"DECIMAL(12,2)"'}
