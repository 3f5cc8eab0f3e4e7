"""Where each value of a contract came from: the file and line of its base or of an overlay, or a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hansa.contract.model import Contract
from hansa.contract.place import Place
from hansa.contract.yaml_text import Document
from hansa.overlay.merged import NAMES

DEFAULT = "default"


@dataclass(frozen=True)
class Origin:
    """One value of a contract, its place in words (``amount.logicalTypeOptions.minimum``), and where it came from.

    ``where`` is ``file:line``, or ``default`` for what nobody wrote.
    """

    word: str
    value: str
    where: str


def origins(contract: Contract, document: Document) -> list[Origin]:
    """Every value of a contract: those that are written in the order of the file, then the defaults."""
    root = Place(document)
    tables = root["schema"].items()
    own = next((one for one in tables if f"{contract.domain}.{one['name'].text}" == contract.id), tables[0])
    made: list[Origin] = []
    for word in root.value:
        inner = [own] if word == "schema" else [root[word]]
        for place in inner:
            made += _values(place, "" if word == "schema" else word)
    written = {one.word for one in made}
    return [*made, *(one for one in _defaults(contract) if one.word not in written)]


def _values(place: Place, word: str) -> Iterator[Origin]:
    value = place.value
    if isinstance(value, dict):
        for key in value:
            # The name of an entry is in its word already.
            if not (key in NAMES and word and place.keys and isinstance(place.keys[-1], int)):
                yield from _values(place[key], _step(word, key))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for entry in place.items():
            yield from _values(entry, _step(word, _called(entry)))
    elif isinstance(value, list):
        yield from (_origin(entry, word) for entry in place.items())
    else:
        yield _origin(place, word)


def _step(word: str, key: str) -> str:
    return word if key == "properties" else f"{word}.{key}" if word else key


def _called(entry: Place) -> str:
    return next((text for name in NAMES if (text := entry[name].text)), str(entry.keys[-1]))


def _origin(place: Place, word: str) -> Origin:
    path, line = place.document.place(place.keys)
    return Origin(word, "null" if place.text is None else place.text, f"{path}:{line}")


def _defaults(contract: Contract) -> Iterator[Origin]:
    if contract.quarantine_share is None:
        yield Origin("customProperties.quarantineShare.value", "no limit", DEFAULT)
    if contract.retention_days is None:
        yield Origin("slaProperties.retention.value", "none", DEFAULT)
    if contract.key and contract.key_scope == "product":
        yield Origin("customProperties.keyScope.value", "product", DEFAULT)
    for column in contract.columns:
        if not column.required:
            yield Origin(f"{column.name}.required", "no", DEFAULT)
        if column.classification is None:
            yield Origin(f"{column.name}.classification", "none", DEFAULT)
