"""Objects and arrays within a contract: where each part stands, and what a part of a value can never be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hansa.contract.gathered import Faults
from hansa.contract.model import Column
from hansa.contract.place import Place

_FLATTEN = "flatten it: a column of its own beside the nested one"
#: What only a column of single values can be.
_OF_FLAT = {"primaryKey": "part of the key", "unique": "unique", "partitioned": "the partition"}


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
    who = f"column '{column.name}' is of type {column.logical_type}"
    faults = _house_words(f"{who} and cannot be", place, {"tokenise": "tokenised"}, "tokenise")
    if place["enum"].items():
        what = f"{who} and has no list of values"
        faults.add(place["enum"].fault("nested", what, "write the list at what lies within it"))
    faults.refuse()


def refuse_inner(name: str, place: Place) -> None:
    """Refuse what a part of a nested column cannot be, since the gate judges that over columns."""
    who = "each of its entries" if name == "[]" else f"'{name}'"
    words = {"tokenise": "tokenised", "businessDateOf": "a business date"}
    _house_words(f"{who} lies within a nested column and cannot be", place, words, "nested").refuse()


def _house_words(who: str, place: Place, custom: Mapping[str, str], code: str) -> Faults:
    """The faults of words that belong to columns of single values; ``code`` is that of the ``custom`` ones."""
    faults = Faults()
    given = [(place[word], told, "nested") for word, told in _OF_FLAT.items() if place[word].value is True]
    found = {word: faults.of(None, place.custom, word) for word in custom}
    given += [(at, custom[word], code) for word, at in found.items() if at is not None]
    for at, told, of in given:
        faults.add(at.fault(of, f"{who} {told}", _FLATTEN))
    return faults
