"""``quality`` to Rules, and to what is valid but not enforced, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from hansa.contract.model import Column, Metric, Rule, Severity, Unenforced
from hansa.contract.options import checked_pattern, listed_values
from hansa.contract.place import Place
from hansa.near import near, or_near

_METRICS: tuple[Metric, ...] = get_args(Metric)
_OF_COLUMN: tuple[Metric, ...] = ("nullValues", "missingValues", "invalidValues", "duplicateValues")
_OF_TABLE: tuple[Metric, ...] = ("rowCount", "duplicateValues")

#: Names of rules in v3.0, whose `rule` may be any text, for metrics of today.
_OLD_NAMES: dict[str, Metric] = {
    "duplicateCount": "duplicateValues",
    "validValues": "invalidValues",
    "rowCount": "rowCount",
}

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
_MILD = frozenset({"warning", "warn", "info", "information", "informational", "notice", "minor", "low"})

_ARGUMENTS: dict[Metric, tuple[str, ...]] = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
    "rowCount": (),
}
_NOT_ENFORCED = {
    "sql": "SQL is not run by the gate",
    "text": "text is for people to read",
    "custom": "it belongs to another engine",
}
_OWN_WORDS = (
    "type",
    "required",
    "unique",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "enum",
)


@dataclass(frozen=True)
class _Given:
    """One entry of ``quality``: ``column`` is None at the table, whose name is ``owner``."""

    place: Place
    owner: str
    column: Column | None
    minor: int


def resolve_quality(table: Place, columns: tuple[Column, ...], minor: int) -> tuple[list[Rule], list[Unenforced]]:
    """Rules of the columns and then of the table, and what is not enforced.

    Errors: ContractError at the line of a rule that makes no sense, or has the name of another.
    """
    given = [
        _Given(entry, column.name, column, minor)
        for column, place in zip(columns, table["properties"].items(), strict=True)
        for entry in place["quality"].items()
    ]
    given += [_Given(entry, str(table["name"].text), None, minor) for entry in table["quality"].items()]
    resolved = [_resolved(one, columns) for one in given]
    rules = [(rule, one) for rule, one in zip(resolved, given, strict=True) if isinstance(rule, Rule)]
    _refuse_doubles(rules, columns)
    return [rule for rule, _ in rules], [one for one in resolved if isinstance(one, Unenforced)]


def _resolved(given: _Given, columns: tuple[Column, ...]) -> Rule | Unenforced:
    place = given.place
    kind = place["type"].text or "library"
    if kind in _NOT_ENFORCED:
        return _unenforced(given, kind, _NOT_ENFORCED[kind])
    word = "metric" if place["metric"].value is not None else "rule"
    metric = _metric(given, place[word])
    if metric is None:
        return _unenforced(given, place["rule"].text or "quality", "it names no metric that the gate knows")
    _check_level(given, metric, place[word])
    reason = _beyond_the_gate(metric, place)
    return _unenforced(given, metric, reason) if reason else _rule(given, metric, columns)


def _unenforced(given: _Given, kind: str, reason: str) -> Unenforced:
    return Unenforced(given.place["name"].text or f"{given.owner}.{kind}", reason, given.place.line)


def _metric(given: _Given, place: Place) -> Metric | None:
    """The metric; None for a mere description, and for a rule of v3.0 that the standard itself does not define."""
    text = place.text
    known = _OF_COLUMN if given.column else _OF_TABLE
    if text is None:
        return None
    if place.keys[-1] == "rule" and text in _OLD_NAMES:
        return _OLD_NAMES[text]
    for metric in _METRICS:
        if metric == text:
            return metric
    if given.minor == 0:
        return None
    raise place.fault("metric", f"'{text}' is no metric", or_near(text, known, f"write one of {', '.join(known)}"))


def _check_level(given: _Given, metric: Metric, place: Place) -> None:
    known = _OF_COLUMN if given.column else _OF_TABLE
    if metric not in known:
        level, other = ("a property", "the schema object") if given.column else ("the schema object", "a property")
        what = f"the metric {metric} stands at {level} and belongs to {other}"
        raise place.fault("metric", what, f"here can stand {', '.join(known)}")


def _beyond_the_gate(metric: Metric, place: Place) -> str:
    """Why a rule that is valid is not enforced; empty if it is.

    Errors: ContractError for an argument that is only misspelt.
    """
    arguments = place["arguments"]
    known = _ARGUMENTS[metric]
    for word in arguments.value or {}:
        if word in known:
            continue
        close = near(str(word), known)
        if close:
            raise arguments[word].fault("unknown", f"'{word}' is no argument of {metric}", f"did you mean '{close}'?")
        return f"the gate does not know the argument '{word}'"
    unit = place["unit"].text or "rows"
    return "" if unit in ("rows", "percent") else f"the gate does not count in '{unit}'"


def _rule(given: _Given, metric: Metric, columns: tuple[Column, ...]) -> Rule:
    place = given.place
    operator, operands = _operator(given, metric)
    valid, missing, pattern = _listed(given, metric)
    percent = place["unit"].text == "percent"
    if percent and metric == "rowCount":
        raise place["unit"].fault("unit", "rowCount is counted in rows, not in percent", "remove the unit")
    counted = metric
    if metric == "missingValues" and not missing and given.column and given.column.logical_type != "string":
        # Only a text can be there and yet say nothing.
        counted = "nullValues"
    return Rule(
        name=place["name"].text or f"{given.owner}.{metric}",
        metric=counted,
        columns=_columns(given, metric, columns),
        operator=operator,
        operands=operands,
        line=place.line,
        unit="percent" if percent else "rows",
        severity=_severity(place),
        valid_values=valid,
        missing_values=missing,
        pattern=pattern,
        description=place["description"].text or "",
    )


def _severity(place: Place) -> Severity:
    return "warning" if (place["severity"].text or "").casefold() in _MILD else "error"


def _operator(given: _Given, metric: Metric) -> tuple[str, tuple[float, ...]]:
    place = given.place
    found = [word for word in OPERATORS if word in place.value]
    if not found and given.minor == 0 and metric == "invalidValues":
        # In v3.0 a rule `validValues` needs no operator: no other value is valid.
        return "mustBe", (0.0,)
    if not found:
        raise place.fault("operator", "a quality rule has no operator", f"write one of {', '.join(OPERATORS)}")
    if len(found) > 1:
        what = f"a quality rule has the operators {' and '.join(found)}"
        raise place[found[1]].fault("operator", what, "keep one, and write a rule of its own for each other")
    operand = place[found[0]]
    if not found[0].endswith("Between"):
        return found[0], (_number(operand, found[0]),)
    numbers = tuple(_number(one, found[0]) for one in operand.items())
    if len(numbers) != 2 or numbers[0] > numbers[1]:
        raise operand.fault("operator", f"{found[0]} needs two numbers, the smaller first", "write it as [1, 5]")
    return found[0], numbers


def _number(place: Place, operator: str) -> float:
    value = place.value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        shown = f"'{place.text}'" if place.text else "no single value"
        raise place.fault("operator", f"{operator} is {shown}", "write a number without quotes")
    return float(value)


def _listed(given: _Given, metric: Metric) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """Valid values, missing values and pattern, as written."""
    column, place = given.column, given.place
    if column is None:
        return (), (), None
    arguments = place["arguments"]
    valid = _list(arguments["validValues"]) or (_list(place["validValues"]) if given.minor == 0 else [])
    # A null in the list of missing values says what is true anyway.
    missing = [entry for entry in _list(arguments["missingValues"]) if entry.value is not None]
    pattern = checked_pattern(arguments["pattern"])
    if pattern is not None and column.logical_type != "string":
        what = f"column '{column.name}' is of type {column.logical_type} and has no pattern"
        raise arguments["pattern"].fault("pattern", what, "write validValues, or minimum and maximum")
    if metric == "invalidValues" and not valid and pattern is None:
        what = "the metric invalidValues says neither validValues nor pattern"
        raise place.fault("arguments", what, "write arguments: {validValues: [A, B]}")
    return listed_values(column, valid), listed_values(column, missing), pattern


def _list(place: Place) -> list[Place]:
    if place.value is not None and not place.items():
        raise place.fault("arguments", f"{place.keys[-1]} is no list of values", f"write {place.keys[-1]}: [A, B]")
    return place.items()


def _columns(given: _Given, metric: Metric, columns: tuple[Column, ...]) -> tuple[str, ...]:
    if given.column is not None:
        return (given.column.name,)
    if metric == "rowCount":
        return ()
    named = _list(given.place["arguments"]["properties"])
    known = [column.name for column in columns]
    if not named:
        what = "duplicateValues of the schema object names no columns"
        raise given.place.fault("arguments", what, "write arguments: {properties: [a, b]}")
    for entry in named:
        if entry.text not in known:
            mend = or_near(str(entry.text), known, f"columns are {', '.join(known)}")
            raise entry.fault("arguments", f"'{entry.text}' is no column", mend)
    return tuple(str(entry.text) for entry in named)


def _refuse_doubles(rules: Iterable[tuple[Rule, _Given]], columns: tuple[Column, ...]) -> None:
    """Two rules of one name could not be told apart, nor one that is called like a column's own rule."""
    own = {f"{column.name}.{word}" for column in columns for word in _OWN_WORDS}
    own |= {"primaryKey", "primaryKey.identical"}
    seen: dict[str, Rule] = {}
    for rule, given in rules:
        place = given.place["name"] if given.place["name"].value is not None else given.place
        if rule.name in own:
            what = f"the rule's name '{rule.name}' is that of a rule that the column itself makes"
            raise place.fault("name", what, "give it another name")
        first = seen.setdefault(rule.name, rule)
        if first is not rule:
            what = f"two rules are called '{rule.name}', the first in line {first.line}"
            raise place.fault("name", what, "give each a name")
