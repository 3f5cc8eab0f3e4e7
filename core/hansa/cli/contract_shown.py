"""A contract on a terminal: head, columns, rules, what is not enforced, and the rest as its author wrote it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from hansa.contract.document import ContractDocument, SchemaObject
from hansa.contract.gathered import line_of
from hansa.contract.model import Column, Contract, GroupRule, Rule
from hansa.contract.options import described
from hansa.contract.place import Place
from hansa.contract.walk import dotted, properties
from hansa.errors import one_line

_SHOWN = ("apiVersion", "kind", "id", "version", "status", "name", "domain", "schema")
#: Words of a property that the line of its column tells.
_TOLD = frozenset(
    {
        "name",
        "logicalType",
        "required",
        "unique",
        "primaryKey",
        "primaryKeyPosition",
        "partitioned",
        "partitionKeyPosition",
        "classification",
        "description",
        "quality",
        "properties",
        "items",
    }
)


def lines(document: ContractDocument) -> Iterator[str]:
    """The lines to print."""
    yield from _head(document)
    if document.fault is not None:
        yield f"\ncannot be published: {document.fault.what}; {document.fault.next_step}"
    for one in document.objects:
        yield ""
        yield from _object(one)
    rest = [word for word in document.data if word not in _SHOWN]
    if rest:
        yield "\nrest of the contract"
        for word in rest:
            yield from _written(document.root[word], word, 1)


def _head(document: ContractDocument) -> Iterator[str]:
    purpose, chinese = (
        document.root["description"]["purpose"].text,
        document.root["description"].custom("descriptionZh"),
    )
    entries = (
        ("id", document.text("id")),
        ("name", document.text("name")),
        ("version", document.text("version")),
        ("status", document.text("status")),
        ("domain", document.text("domain")),
        ("owner", document.owner or "nobody"),
        ("about", purpose),
        ("", chinese.text if chinese else None),
        ("standard", document.text("apiVersion")),
        ("file", str(document.path)),
        ("digest", document.digest),
    )
    for word, value in entries:
        if value:
            yield f"{word:<10}{one_line(value)}"


def _object(one: SchemaObject) -> Iterator[str]:
    if one.contract is None:
        yield f"{one_line(one.name)} (line {one.place.line})"
        for fault in one.faults:
            yield f"  cannot be published: {one_line(fault.what)}; {one_line(fault.next_step)} (line {line_of(fault)})"
        rows = [(one_line(dotted(place)), one_line(_kind(place))) for place in properties(one.place)]
        yield from _table(("column", "type"), rows)
    else:
        yield f"{one.contract.id} {one.contract.version}"
        yield from _contract(one.contract)
    yield from _rest_of(one)


def _kind(place: Place) -> str:
    return str(place["logicalType"].value or place["physicalType"].text or "")


def _contract(contract: Contract) -> Iterator[str]:
    rows = [_column(path, inner) for one in contract.columns for path, inner in one.walk()]
    yield from _table(("column", "type", "is", "class", "tokenise", "about"), rows)
    yield f"  key: {', '.join(contract.key) or 'none'}; {contract.key_scope} wide" if contract.key else "  key: none"
    yield f"  partition: {contract.partition or 'none'}"
    if contract.quarantine_share is not None:
        yield f"  held above a share of {contract.quarantine_share:g} in quarantine"
    rules: list[Rule | GroupRule] = [*contract.rules, *contract.groups]
    if rules or contract.volume:
        yield "  rules"
        for rule in rules:
            yield f"    {one_line(_rule(rule))}"
        if contract.volume is not None:
            yield f"    {one_line(contract.volume.name)}: rows differ by {contract.volume.tolerance:g} at most"
    if contract.unenforced:
        yield "  not enforced"
        for one in contract.unenforced:
            yield f"    {one_line(one.name)}: {one_line(one.reason)} (line {one.line})"


def _column(path: str, column: Column) -> tuple[str, ...]:
    marks = [
        f"key {column.key_position}" if column.key_position is not None else "",
        "required" if column.required else "",
        "unique" if column.unique else "",
        "partition" if column.partitioned else "",
    ]
    about = " / ".join(one_line(text) for text in (column.description, column.description_zh) if text)
    return (
        path,
        column.logical_type if column.nested else described(column),
        ", ".join(mark for mark in marks if mark),
        one_line(column.classification or ""),
        column.tokenise or "",
        about,
    )


def _rule(rule: Rule | GroupRule) -> str:
    numbers = " and ".join(f"{number:g}" for number in rule.operands)
    said = [f"{rule.name}: {rule.metric}"]
    if isinstance(rule, GroupRule):
        said.append(f"of {rule.column or 'rows'} by {', '.join(rule.by)}")
    elif rule.columns:
        said.append(f"of {', '.join(rule.columns)}")
    said.append(f"{rule.operator} {numbers}")
    if isinstance(rule, Rule):
        said.append("percent" if rule.unit == "percent" else "")
        said.append(f"of {', '.join(rule.valid_values)}" if rule.valid_values else "")
        said.append(f"of pattern {rule.pattern}" if rule.pattern else "")
    said.append(f"({rule.severity})")
    return " ".join(part for part in said if part)


def _rest_of(one: SchemaObject) -> Iterator[str]:
    """What else stands at the object and its properties."""
    place = one.place
    rest = [word for word in place.value if word not in ("name", "properties", "quality")]
    if one.contract is None:
        rest += [word for word in ("quality",) if word in place.value]
    if rest:
        yield "  rest of the schema object"
        for word in rest:
            yield from _written(place[word], word, 2)
    told = _TOLD if one.contract is not None else _TOLD - {"quality", "description"}
    for given in properties(place):
        words = [word for word in given.value if word not in told and not (one.contract and _is_told(given, word))]
        if words:
            yield f"  rest of {one_line(dotted(given))}"
            for word in words:
                yield from _written(given[word], word, 2)


def _is_told(place: Place, word: str) -> bool:
    """True for custom properties that the line of the column tells, every one of them."""
    entries = place["customProperties"].items() if word == "customProperties" else []
    told = ("descriptionZh", "tokenise")
    return bool(entries) and all(
        set(one.value) == {"property", "value"} and one["property"].text in told for one in entries
    )


def _written(place: Place, word: str, depth: int) -> Iterator[str]:
    """A value as its author wrote it, a line each."""
    margin, value = "  " * depth, place.value
    if isinstance(value, dict):
        yield f"{margin}{one_line(word)}:"
        for key in value:
            yield from _written(place[key], str(key), depth + 1)
    elif isinstance(value, list):
        if all(not isinstance(one, list | dict) for one in value):
            yield f"{margin}{one_line(word)}: [{', '.join(_scalar(one) for one in place.items())}]"
            return
        yield f"{margin}{one_line(word)}:"
        for one in place.items():
            yield from _entry(one, depth + 1)
    else:
        yield f"{margin}{one_line(word)}: {_scalar(place)}"


def _entry(place: Place, depth: int) -> Iterator[str]:
    """One entry of a list; one of scalars stands in one line."""
    value = place.value
    if isinstance(value, dict) and value and not any(isinstance(one, list | dict) for one in value.values()):
        said = ", ".join(f"{one_line(str(key))}: {_scalar(place[key])}" for key in value)
        yield f"{'  ' * depth}- {said}"
    else:
        yield from _written(place, "-", depth)


def _scalar(place: Place) -> str:
    text: Any = place.document.texts.get(place.keys, place.value)
    return "null" if text in (None, "") and place.value is None else one_line(str(text))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    widths = [max(_width(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, *rows):
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _width(text: str) -> int:
    """Cells of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
