"""Where an overlay says what it says: columns by their paths, rules by their names; each file is walked once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from hansa.contract.place import Place
from hansa.contract.walk import properties

#: Words of the contract as a whole, by the word of the column that says them.
_WRITTEN = {"key": "primaryKey", "partition": "partitioned"}


class Places:
    """The places of one overlay file, whose root this is."""

    def __init__(self, root: Place) -> None:
        self.root = root

    @cached_property
    def columns(self) -> dict[str, Place]:
        """The columns that it speaks of, by their paths (``address.city``, ``lines[].sku``)."""
        return {_path(place): place for table in self.root["schema"].items() for place in properties(table)}

    @cached_property
    def rules(self) -> dict[str, Place]:
        """The rules that it names."""
        found: dict[str, Place] = {}
        for place in self._all:
            if place.keys[-2:-1] == ("quality",) and (name := place["name"].text):
                found[name] = place
        return found

    @cached_property
    def _all(self) -> list[Place]:
        return list(_walk(self.root))

    @cached_property
    def _words(self) -> dict[str, Place]:
        """The outermost value by each key, and the property of each name."""
        return _by_word(self._all)

    def of(self, subject: str) -> Place:
        """Where it says what changed: the rule, the word at the column, or the word of the contract; else the root."""
        if subject in self.rules:
            return self.rules[subject]
        parts = subject.split(".")
        for depth in range(len(parts), 0, -1):
            column = self.columns.get(".".join(parts[:depth]))
            if column is not None:
                rest = parts[depth:]
                return _by_word(_walk(column)).get(rest[-1], column) if rest else column
        return self._words.get(_WRITTEN.get(subject, subject), self.root)


def _by_word(places: Iterator[Place] | list[Place]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for place in places:
        if place.keys and isinstance(place.keys[-1], str):
            found.setdefault(place.keys[-1], place)
        if isinstance(place.value, dict) and (name := place["property"].text):
            found.setdefault(name, place)
    return found


def _path(place: Place) -> str:
    """As contracts call what lies within a column."""
    name = ""
    for depth, key in enumerate(place.keys, start=1):
        if key == "items":
            name += "[]"
        elif depth >= 4 and place.keys[depth - 2] == "properties":
            own = Place(place.document, place.keys[:depth])["name"].text or "?"
            name += f".{own}" if name else own
    return name


def _walk(place: Place) -> Iterator[Place]:
    """A place and everything within it, outer before inner."""
    yield place
    value = place.value
    inner = [place[key] for key in value] if isinstance(value, dict) else place.items()
    for one in inner:
        yield from _walk(one)
