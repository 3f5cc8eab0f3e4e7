"""Objects and arrays within a contract: where each part stands, and what a part of a value can never be."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.contract.model import Column
from hansa.contract.place import Place

_FLATTEN = "flatten it: a column of its own beside the nested one"


def placed(column: Column, place: Place, path: str = "") -> Iterator[tuple[str, Column, Place]]:
    """Path, column and place of a property and of everything within it, outer before inner."""
    path = path or column.name
    yield path, column, place
    if column.items is not None:
        yield from placed(column.items, place["items"], f"{path}[]")
    for one, at in zip(column.fields, place["properties"].items(), strict=False):
        yield from placed(one, at, f"{path}.{one.name}")


def refuse_strange_inner(logical_type: str | None, place: Place) -> None:
    """Refuse parts that a value of this type cannot have."""
    for word, kind in (("properties", "object"), ("items", "array"), ("map", "map")):
        if place[word].value is None or logical_type == kind:
            continue
        of = f"logicalType {logical_type}" if logical_type else "a property without logicalType"
        raise place[word].fault("nested", f"'{word}' belongs to logicalType {kind}, not to {of}", f"write {kind}")


def refuse_house_of_flat(column: Column, place: Place) -> None:
    """Refuse what a nested column cannot be: a key, unique, a partition, a list of values, a token."""
    for word, told in (
        ("primaryKey", "part of the key"),
        ("unique", "unique"),
        ("partitioned", "the partition"),
    ):
        if place[word].value is True:
            what = f"column '{column.name}' is of type {column.logical_type} and cannot be {told}"
            raise place[word].fault("nested", what, _FLATTEN)
    if place["enum"].items():
        what = f"column '{column.name}' is of type {column.logical_type} and has no list of values"
        raise place["enum"].fault("nested", what, "write the list at what lies within it")
    tokenised = place.custom("tokenise")
    if tokenised is not None:
        what = f"column '{column.name}' is of type {column.logical_type} and cannot be tokenised"
        raise tokenised.fault("tokenise", what, _FLATTEN)


def refuse_inner(column: Column, place: Place) -> None:
    """Refuse what a part of a nested column cannot be, since the gate judges that over columns."""
    name = "each of its entries" if column.name == "[]" else f"'{column.name}'"
    for word, told in (
        ("primaryKey", "cannot be part of the key"),
        ("unique", "cannot be unique"),
        ("partitioned", "cannot be the partition"),
    ):
        if place[word].value is True:
            what = f"{name} lies within a nested column and {told}"
            raise place[word].fault("nested", what, _FLATTEN)
    for word, told in (("tokenise", "tokenised"), ("businessDateOf", "a business date")):
        given = place.custom(word)
        if given is not None:
            raise given.fault("nested", f"{name} lies within a nested column and cannot be {told}", _FLATTEN)
