"""Quality rules of type ``library``: the five metrics of the standard."""

from __future__ import annotations

from typing import get_args

from hansa.contract.model import Column, Metric, Rule, Unenforced
from hansa.contract.options import checked_pattern, listed_values
from hansa.contract.place import Place
from hansa.contract.rule_words import GivenRule, number_of, operator_of
from hansa.near import near, or_near

_METRICS: tuple[Metric, ...] = tuple(metric for metric in get_args(Metric) if metric != "sql")
_OF_COLUMN: tuple[Metric, ...] = ("nullValues", "missingValues", "invalidValues", "duplicateValues")
_OF_TABLE: tuple[Metric, ...] = ("rowCount", "duplicateValues")

#: Names of rules in v3.0, whose `rule` may be any text, for metrics of today.
_OLD_NAMES: dict[str, Metric] = {
    "duplicateCount": "duplicateValues",
    "validValues": "invalidValues",
    "rowCount": "rowCount",
}
_ARGUMENTS: dict[Metric, tuple[str, ...]] = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
    "rowCount": (),
}


def resolve_library(given: GivenRule, columns: tuple[Column, ...]) -> Rule | Unenforced:
    """The rule, or why it is not enforced. Errors: ContractError at the line of what makes no sense."""
    place = given.place
    word = "metric" if place["metric"].value is not None else "rule"
    metric = _metric(given, place[word])
    if metric is None:
        return given.unenforced(place["rule"].text or "quality", "it names no metric that the gate knows")
    _check_level(given, metric, place[word])
    reason = _beyond_the_gate(metric, place)
    return given.unenforced(metric, reason) if reason else _rule(given, metric, columns)


def _metric(given: GivenRule, place: Place) -> Metric | None:
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


def _check_level(given: GivenRule, metric: Metric, place: Place) -> None:
    """Refuse a metric that means nothing where it stands."""
    known = _OF_COLUMN if given.column else _OF_TABLE
    if metric not in known:
        level, other = ("a property", "the schema object") if given.column else ("the schema object", "a property")
        what = f"the metric {metric} stands at {level} and belongs to {other}"
        raise place.fault("metric", what, f"here can stand {', '.join(known)}")
    if given.column is None:
        return
    if metric == "duplicateValues" and given.listed:
        what = f"the metric duplicateValues stands within an array, at '{given.owner}'"
        raise place.fault("metric", what, "write logicalTypeOptions: {uniqueItems: true} at the array")
    if metric == "invalidValues" and given.column.nested:
        what = f"'{given.owner}' is of type {given.column.logical_type} and has no list of values"
        raise place.fault("metric", what, "write the rule at what lies within it")


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


def _rule(given: GivenRule, metric: Metric, columns: tuple[Column, ...]) -> Rule:
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
        name=given.name(metric),
        metric=counted,
        columns=_columns(given, metric, columns),
        operator=operator,
        operands=operands,
        line=place.line,
        unit="percent" if percent else "rows",
        severity=given.severity,
        valid_values=valid,
        missing_values=missing,
        pattern=pattern,
        description=place["description"].text or "",
    )


def _operator(given: GivenRule, metric: Metric) -> tuple[str, tuple[float, ...]]:
    place = given.place
    if given.minor == 0 and metric == "invalidValues" and not any(str(word).startswith("must") for word in place.value):
        # In v3.0 a rule `validValues` needs no operator: no other value is valid.
        return "mustBe", (0.0,)
    word, operands = operator_of(place)
    return word, tuple(number_of(one, word) for one in operands)


def _listed(given: GivenRule, metric: Metric) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
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


def _columns(given: GivenRule, metric: Metric, columns: tuple[Column, ...]) -> tuple[str, ...]:
    if given.column is not None:
        return (given.owner,)
    if metric == "rowCount":
        return ()
    named = _list(given.place["arguments"]["properties"])
    known = [path for column in columns for path, one in column.walk() if "[]" not in path]
    if not named:
        what = "duplicateValues of the schema object names no columns"
        raise given.place.fault("arguments", what, "write arguments: {properties: [a, b]}")
    for entry in named:
        if entry.text not in known:
            mend = or_near(str(entry.text), known, f"columns are {', '.join(known)}")
            raise entry.fault("arguments", f"'{entry.text}' is no column", mend)
    return tuple(str(entry.text) for entry in named)
