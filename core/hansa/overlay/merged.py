"""A contract's file and an overlay as one document, in which each value knows the file and line that it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hansa.contract.place import Place
from hansa.contract.yaml_text import Document, Keys
from hansa.digest import canonical, sha256

Where = tuple[Path, int]

#: Lists whose entries are the same if these say the same; other lists are replaced as a whole, tags are gathered.
_NAMED = {
    "schema": "name",
    "properties": "name",
    "quality": "name",
    "customProperties": "property",
    "slaProperties": "property",
    "members": "username",
    "roles": "role",
}
_GATHERED = "tags"
#: What entries of a list are called by.
NAMES = tuple(dict.fromkeys(_NAMED.values()))


@dataclass(frozen=True)
class Merged(Document):
    """``path`` is the base's; ``where`` has file and line of each value."""

    where: Mapping[Keys, Where] = field(default_factory=dict)

    def place(self, keys: Keys) -> Where:
        """The file that says a value, and its line there."""
        inner = (keys[:depth] for depth in range(len(keys), -1, -1))
        return next(self.where[part] for part in inner if part in self.where)


def merged(base: Document, overlay: Document) -> Merged:
    """The base with what the overlay says in the place of what it says, and its new entries behind those of the base.

    ``extends`` stays out. The digest is one of both files.
    """
    tree = _Tree()
    data = tree.both(Place(base), Place(overlay), ())
    data.pop("extends", None)
    return Merged(
        base.path,
        data,
        sha256(canonical([base.digest, overlay.digest])),
        {keys: line for keys, (_, line) in tree.where.items()},
        tree.texts,
        frozenset(tree.unquoted),
        base.error,
        tree.where,
    )


@dataclass
class _Tree:
    """The values of two documents on their way into one."""

    where: dict[Keys, Where] = field(default_factory=dict)
    texts: dict[Keys, str] = field(default_factory=dict)
    unquoted: set[Keys] = field(default_factory=set)

    def one(self, place: Place, keys: Keys) -> Any:
        """What stands at a place of one document, to stand at ``keys``."""
        self._note(place, keys)
        value = place.value
        if isinstance(value, dict):
            return {key: self.one(place[key], (*keys, key)) for key in value}
        if isinstance(value, list):
            return [self.one(entry, (*keys, index)) for index, entry in enumerate(place.items())]
        return value

    def both(self, base: Place, overlay: Place, keys: Keys) -> Any:
        """What two documents say at ``keys``, the overlay's word for a single value."""
        old, new = base.value, overlay.value
        if isinstance(old, dict) and isinstance(new, dict):
            self._note(base, keys)
            return {key: self._entry(base[key], overlay[key], (*keys, key)) for key in dict.fromkeys([*old, *new])}
        word = str(keys[-1]) if keys else ""
        if isinstance(old, list) and isinstance(new, list) and (word in _NAMED or word == _GATHERED):
            self._note(base, keys)
            return self._list(base, overlay, keys, _NAMED.get(word))
        return self.one(overlay, keys)

    def _entry(self, base: Place, overlay: Place, keys: Keys) -> Any:
        if not _stands(overlay):
            return self.one(base, keys)
        return self.both(base, overlay, keys) if _stands(base) else self.one(overlay, keys)

    def _list(self, base: Place, overlay: Place, keys: Keys, name: str | None) -> list[Any]:
        """The entries of two lists, those of one name together; without a name each different value once."""
        twins: dict[str | None, Place] = {}
        for entry in overlay.items():
            called = _called(entry, name)
            if name is not None and called in twins:
                what = f"'{called}' stands twice here, first in line {twins[called].line}"
                raise entry.fault("duplicate", what, "keep one of them")
            if called is not None:
                twins[called] = entry
        made: list[Any] = []
        for entry in base.items():
            twin = twins.pop(_called(entry, name), None) if _called(entry, name) is not None else None
            inner = (*keys, len(made))
            made.append(self.one(entry, inner) if twin is None else self.both(entry, twin, inner))
        for entry in overlay.items():
            called = _called(entry, name)
            if called is None or called in twins:
                made.append(self.one(entry, (*keys, len(made))))
        return made

    def _note(self, place: Place, keys: Keys) -> None:
        self.where[keys] = place.document.place(place.keys)
        if place.keys in place.document.texts:
            self.texts[keys] = place.document.texts[place.keys]
        if place.unquoted:
            self.unquoted.add(keys)


def _stands(place: Place) -> bool:
    """True if something is written at the place, be it null."""
    return place.keys in place.document.lines


def _called(entry: Place, name: str | None) -> str | None:
    return (entry if name is None else entry[name]).text
