"""Quality rules of type ``custom`` with ``engine: hansa``: groups that add up, and volume against the own receipts.

Rules of other engines are shown as not enforced. Both kinds stand in the quality of the schema object:
``implementation: {metric: groupSum, groupBy: [voucher_id], column: amount, mustBe: 0}`` (or ``groupRowCount``, without
a column), and ``implementation: {metric: volume, tolerance: 0.3, history: 20, minimum: 3}``.
"""

from __future__ import annotations

from typing import Any, Literal

from hansa.contract.model import Column, GroupRule, Unenforced, VolumeRule
from hansa.contract.operators import OPERATORS
from hansa.contract.place import Place
from hansa.contract.rule_words import GivenRule, exact_number_of, operator_of
from hansa.near import near, or_near

ENGINE = "hansa"
_METRICS = ("groupSum", "groupRowCount", "volume")
_WORDS: dict[str, tuple[str, ...]] = {
    "groupSum": ("metric", "groupBy", "column", *OPERATORS),
    "groupRowCount": ("metric", "groupBy", *OPERATORS),
    "volume": ("metric", "tolerance", "history", "minimum"),
}
_FORM = "write implementation: {metric: groupSum, groupBy: [voucher_id], column: amount, mustBe: 0}"


def resolve_custom(given: GivenRule, columns: tuple[Column, ...]) -> GroupRule | VolumeRule | Unenforced:
    """The rule, or that it belongs to another engine. Errors: ContractError at the line of a slip."""
    engine = given.place["engine"]
    if (engine.text or "").casefold() != ENGINE:
        return given.unenforced("custom", f"it belongs to another engine, {engine.text or 'which it does not name'}")
    place = given.place["implementation"]
    if not isinstance(place.value, dict):
        raise place.fault("custom", "the implementation of a rule of Hansa is no mapping", _FORM)
    metric = _metric(place["metric"])
    if given.column is not None:
        what = f"a rule of {metric} stands at a property and belongs to the schema object"
        raise given.place.fault("custom", what, "write it under quality of the schema object")
    for word in place.value:
        if word not in _WORDS[metric]:
            mend = or_near(str(word), _WORDS[metric], f"known are {', '.join(_WORDS[metric])}")
            raise place[word].fault("unknown", f"'{word}' is no word of {metric}", mend)
    return _volume(given, place, columns) if metric == "volume" else _group(given, place, metric, columns)


def _metric(place: Place) -> Literal["groupSum", "groupRowCount", "volume"]:
    text = place.text
    match text:
        case "groupSum" | "groupRowCount" | "volume":
            return text
    what = f"'{text}' is no metric of Hansa" if text else "the implementation names no metric"
    raise place.fault("metric", what, or_near(text or "", _METRICS, f"write metric: one of {', '.join(_METRICS)}"))


def _group(
    given: GivenRule, place: Place, metric: Literal["groupSum", "groupRowCount"], columns: tuple[Column, ...]
) -> GroupRule:
    by = place["groupBy"]
    if not by.items():
        raise by.fault("group", "groupBy names no columns", "write groupBy: [a, b]")
    operator, operands = operator_of(place, "write an operator in the implementation, such as mustBe: 0")
    names = tuple(_column(entry, columns).name for entry in by.items())
    if len(set(names)) < len(names):
        raise by.fault("group", "groupBy names a column twice", "name each once")
    return GroupRule(
        name=given.name(metric),
        metric=metric,
        by=names,
        column=_summed(place["column"], columns) if metric == "groupSum" else None,
        operator=operator,
        operands=tuple(exact_number_of(one, operator) for one in operands),
        line=given.place.line,
        severity=given.severity,
        description=given.place["description"].text or "",
    )


def _column(place: Place, columns: tuple[Column, ...]) -> Column:
    """The column that is named at ``place``; parts of nested ones are none."""
    known = {column.name: column for column in columns if not column.nested}
    text = place.text or ""
    if text not in known:
        close = near(text, known)
        mend = f"did you mean '{close}'?" if close else f"columns are {', '.join(known)}"
        raise place.fault("group", f"'{text}' is no column of single values", mend)
    return known[text]


def _summed(place: Place, columns: tuple[Column, ...]) -> str:
    if place.value is None:
        raise place.fault("group", "groupSum names no column to add up", "write column: amount")
    column = _column(place, columns)
    if column.logical_type == "number" and column.scale is None:
        what = f"column '{column.name}' is a floating number, whose sums are not exact"
        raise place.fault("group", what, "write physicalType: DECIMAL(p,s) at the column")
    if column.logical_type not in ("integer", "number"):
        what = f"column '{column.name}' is of type {column.logical_type} and cannot be added up"
        raise place.fault("group", what, "name a number")
    return column.name


def _volume(given: GivenRule, place: Place, columns: tuple[Column, ...]) -> VolumeRule:
    if not any(column.partitioned for column in columns):
        what = "volume compares days, and the product has no partition"
        raise given.place.fault("volume", what, "write partitioned: true at a date, or a rule of metric rowCount")
    tolerance = place["tolerance"]
    share: Any = tolerance.value
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        shown = f"is '{tolerance.text}'" if tolerance.text else "is missing"
        raise tolerance.fault("volume", f"tolerance {shown}", "write a share from 0 to 1, such as 0.3")
    minimum = _count(place["minimum"], VolumeRule.minimum)
    history = _count(place["history"], max(VolumeRule.history, minimum))
    if history < minimum:
        what = f"history {history} is below the minimum {minimum} of days"
        raise place["history"].fault("volume", what, "write a greater history")
    return VolumeRule(
        name=given.name("volume"),
        tolerance=float(share),
        line=given.place.line,
        history=history,
        minimum=minimum,
        severity=given.severity,
        description=given.place["description"].text or "",
    )


def _count(place: Place, default: int) -> int:
    value = place.value
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise place.fault("volume", f"{place.keys[-1]} is '{place.text}'", "write a whole number of days from 1 on")
    return value
