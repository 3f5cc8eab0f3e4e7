"""Words that all kinds of quality rules share: where a rule stands, its name, severity, operator and operands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hansa.contract.model import Column, Severity, Unenforced
from hansa.contract.operators import OPERATORS
from hansa.contract.place import Place

_MILD = frozenset({"warning", "warn", "info", "information", "informational", "notice", "minor", "low"})


@dataclass(frozen=True)
class GivenRule:
    """One entry of ``quality`` at ``owner``, the path of a column or the table's name; ``column`` is None there."""

    place: Place
    owner: str
    column: Column | None
    minor: int

    def name(self, kind: str) -> str:
        """The rule's own name, else owner and kind."""
        return self.place["name"].text or f"{self.owner}.{kind}"

    def unenforced(self, kind: str, reason: str) -> Unenforced:
        """What is said of a rule that is valid and not enforced."""
        return Unenforced(self.name(kind), reason, self.place.line)

    @property
    def severity(self) -> Severity:
        """A warning by any mild word, else an error."""
        return "warning" if (self.place["severity"].text or "").casefold() in _MILD else "error"

    @property
    def listed(self) -> bool:
        """True within an array, where one row has many values."""
        return "[]" in self.owner


def operator_of(place: Place, mend: str = "") -> tuple[str, tuple[Place, ...]]:
    """The one operator that stands at ``place``, and its one or two operands.

    Errors: ContractError if there is none or more than one, or a pair that is no pair of numbers in their order.
    """
    found = [word for word in OPERATORS if place[word].value is not None or word in (place.value or {})]
    if not found:
        raise place.fault("operator", "a quality rule has no operator", mend or f"write one of {', '.join(OPERATORS)}")
    if len(found) > 1:
        what = f"a quality rule has the operators {' and '.join(found)}"
        raise place[found[1]].fault("operator", what, "keep one, and write a rule of its own for each other")
    word = found[0]
    operand = place[word]
    if not word.endswith("Between"):
        return word, (operand,)
    pair = tuple(operand.items())
    if len(pair) != 2 or number_of(pair[0], word) > number_of(pair[1], word):
        raise operand.fault("operator", f"{word} needs two numbers, the smaller first", "write it as [1, 5]")
    return word, pair


def is_number(place: Place) -> bool:
    """True for a number that was written without quotes."""
    value = place.value
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def number_of(place: Place, operator: str) -> float:
    """The number at ``place``. Errors: ContractError for anything else."""
    if not is_number(place):
        shown = f"'{place.text}'" if place.text else "no single value"
        raise place.fault("operator", f"{operator} is {shown}", "write a number without quotes")
    return float(place.value)


def exact_number_of(place: Place, operator: str) -> Decimal:
    """The number at ``place`` as its author wrote it. Errors: ContractError for anything else, and for infinity."""
    number = number_of(place, operator)
    if number in (float("inf"), float("-inf")):
        raise place.fault("operator", f"{operator} is infinite", "write a finite number")
    return Decimal(place.value) if isinstance(place.value, int) else Decimal(str(place.text))
