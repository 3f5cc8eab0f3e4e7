"""The properties of a schema object, nested ones too."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.contract.place import Place


def properties(table: Place) -> Iterator[Place]:
    """All properties of a schema object, each before those that it holds."""
    waiting = table["properties"].items()[::-1]
    while waiting:
        place = waiting.pop()
        yield place
        inner = [place["items"], place["map"]["key"], place["map"]["value"]]
        waiting += [one for one in inner if one.value is not None][::-1]
        waiting += place["properties"].items()[::-1]


def dotted(place: Place) -> str:
    """A property's name with those that hold it: ``address.street``, ``lines[line].amount`` of items ``line``."""
    name = ""
    for depth, key in enumerate(place.keys, start=1):
        if key == "items" and depth > 4:
            name += f"[{place.document.texts.get((*place.keys[:depth], 'name'), '')}]"
        elif depth >= 4 and place.keys[depth - 2] == "properties":
            own = place.document.texts.get((*place.keys[:depth], "name"), "?")
            name += f".{own}" if name else own
        elif depth > 4 and place.keys[depth - 2] == "map":
            name += f".{key}"
    return name
