"""Rules that promise nothing: no data could ever break them, or none could ever keep them. Only what is certain.

What is merely not found by a search is no fault; it is skipped. Here stands what follows from the contract itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hansa.contract.model import Column, Contract, GroupRule, Rule
from hansa.contract.operators import keeps
from hansa.contract.types import WHOLE_RANGE, step_of
from hansa.schema import must_have
from hansa.testing.patterns import Pattern, UnknownPatternError, parse
from hansa.testing.texts import listed, patterns

_NEVER_BROKEN = "no row can break it"
_NEVER_KEPT = "no value keeps it together with"


def impossible(contract: Contract) -> dict[str, str]:
    """By the name of each such rule why it can never be enforced."""
    made: dict[str, str] = {}
    for column in contract.columns:
        for path, one in column.walk():
            rules = [rule for rule in contract.rules if path in rule.columns]
            made.update(_of_column(path, one, rules))
    for rule in contract.rules:
        if reason := _of_rule(rule, contract):
            made[rule.name] = reason
    for group in contract.groups:
        if reason := _of_group(group):
            made[group.name] = reason
    return made


def _of_column(path: str, column: Column, rules: list[Rule]) -> Iterator[tuple[str, str]]:
    for word, reason in (*_bounds(column), *_counts(column), *_lengths(column, rules)):
        yield f"{path}.{word}", reason
    parsed = _parsed(column.pattern)
    if parsed is not None and parsed.always:
        yield f"{path}.pattern", f"{_NEVER_BROKEN}: every text matches it"
    for rule in rules:
        parsed = _parsed(rule.pattern)
        if rule.metric == "invalidValues" and not rule.valid_values and parsed is not None and parsed.always:
            yield rule.name, f"{_NEVER_BROKEN}: every text matches its pattern"
    words = {"true", "false"}
    if column.logical_type == "boolean" and words <= set(column.enum):
        yield f"{path}.enum", f"{_NEVER_BROKEN}: it lists both truth values"


def _parsed(pattern: str | None) -> Pattern | None:
    try:
        return None if pattern is None else parse(pattern)
    except (UnknownPatternError, ValueError):
        return None


def _bounds(column: Column) -> Iterator[tuple[str, str]]:
    """Bounds beyond what the type can hold, and multiples that every value is."""
    if column.logical_type == "integer":
        least, most = map(Decimal, WHOLE_RANGE)
    elif column.scale is not None and column.precision is not None:
        most = Decimal(10) ** (column.precision - column.scale) - Decimal(1).scaleb(-column.scale)
        least = -most
    else:
        return
    beyond = {
        "minimum": column.minimum is not None and Decimal(str(column.minimum)) <= least,
        "exclusiveMinimum": column.exclusive_minimum is not None and Decimal(str(column.exclusive_minimum)) < least,
        "maximum": column.maximum is not None and Decimal(str(column.maximum)) >= most,
        "exclusiveMaximum": column.exclusive_maximum is not None and Decimal(str(column.exclusive_maximum)) > most,
    }
    yield from ((word, f"{_NEVER_BROKEN}: its type holds no such value") for word, hit in beyond.items() if hit)
    if column.multiple_of is not None and step_of(column) % column.multiple_of == 0:
        yield "multipleOf", f"{_NEVER_BROKEN}: every value of its type is a multiple"


def _counts(column: Column) -> Iterator[tuple[str, str]]:
    why = f"{_NEVER_BROKEN}: it asks for nothing"
    for word, least in (("minItems", column.min_items), ("minProperties", column.min_properties)):
        if least == 0:
            yield word, why
    if column.max_properties is not None and column.max_properties >= len(column.fields):
        yield "maxProperties", f"{_NEVER_BROKEN}: the object has no more fields"
    if column.min_properties is not None and column.min_properties > len(column.fields):
        yield "minProperties", f"no value keeps it: the object has {len(column.fields)} fields"


def _lengths(column: Column, rules: list[Rule]) -> Iterator[tuple[str, str]]:
    least, most = column.min_length, column.max_length
    if least == 0:
        yield "minLength", f"{_NEVER_BROKEN}: every text is as long"
    if values := listed(column, rules) if column.logical_type == "string" else []:
        if least is not None and all(len(value) < least for value in values):
            yield "minLength", f"{_NEVER_KEPT} the list of values: all of them are shorter"
        if most is not None and all(len(value) > most for value in values):
            yield "maxLength", f"{_NEVER_KEPT} the list of values: all of them are longer"
    for parsed in filter(None, map(_parsed, patterns(column, rules))):
        low, high = parsed.width
        if least is not None and high is not None and high < least:
            yield "minLength", f"{_NEVER_KEPT} the pattern, whose texts have at most {high} characters"
        if most is not None and low > most:
            yield "maxLength", f"{_NEVER_KEPT} the pattern, whose texts have at least {low} characters"


def _of_rule(rule: Rule, contract: Contract) -> str:
    """Why a rule of ``quality`` can never hold anything, or never let anything pass; empty if it can."""
    if rule.per_row or rule.metric == "sql":
        return ""
    most = Decimal(100) if rule.unit == "percent" else None
    if reason := _of_measure(rule.operator, [Decimal(repr(one)) for one in rule.operands], Decimal(0), most):
        return reason
    if rule.metric == "nullValues" and rule.columns[0] in contract.by_name:
        column = contract.by_name[rule.columns[0]]
        if must_have(column):
            return f"{_NEVER_BROKEN}: a row without '{column.name}' is refused before rows are counted"
    return ""


def _of_group(rule: GroupRule) -> str:
    least = Decimal(1) if rule.column is None else None
    return _of_measure(rule.operator, list(rule.operands), least, None)


def _of_measure(operator: str, operands: list[Decimal], least: Decimal | None, most: Decimal | None) -> str:
    """What is certain of a measure between ``least`` and ``most`` (None: no bound)."""
    near = {
        one + step for one in operands for step in (Decimal(-1), Decimal("-0.001"), 0, Decimal("0.001"), Decimal(1))
    }
    tried = [one for one in near if (least is None or one >= least) and (most is None or one <= most)]
    tried += [one for one in (least, most) if one is not None]
    if not tried:
        # All operands lie far outside: one point inside tells of all of them.
        tried = [least if least is not None else Decimal(0)]
    kept = {keeps(operator, one, operands[0], operands[-1]) for one in tried}
    if kept == {True}:
        return "nothing can break it: it is true of every count"
    return "nothing can keep it: it is true of no count" if kept == {False} else ""
