"""One place in a contract: a value together with its line, the author's own characters and the error raised there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hansa.contract.yaml_text import Document, Keys
from hansa.errors import HansaError


@dataclass(frozen=True)
class Place:
    """The value at ``keys`` of a document; ``place["a"]`` goes one step inwards, whether or not something is there."""

    document: Document
    keys: Keys = ()

    def __getitem__(self, key: int | str) -> Place:
        return Place(self.document, (*self.keys, key))

    @property
    def outer(self) -> Place:
        """The mapping or list that holds this place."""
        return Place(self.document, self.keys[:-1])

    @property
    def value(self) -> Any:
        """The plain data here; None if nothing stands here."""
        value: Any = self.document.data
        for key in self.keys:
            if isinstance(value, dict):
                value = value.get(str(key))
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    @property
    def line(self) -> int:
        """The 1-based line of this place."""
        return self.document.line(self.keys)

    @property
    def text(self) -> str | None:
        """The scalar here as its author wrote it; None if there is no scalar, or an unquoted null."""
        return None if self.value is None else self.document.texts.get(self.keys)

    @property
    def unquoted(self) -> bool:
        """True if a scalar stands here and was written without quotes."""
        return self.keys in self.document.unquoted

    def items(self) -> list[Place]:
        """The entries of the list here; empty if there is no list."""
        value = self.value
        return [self[index] for index in range(len(value))] if isinstance(value, list) else []

    def custom(self, word: str) -> Place | None:
        """The value of one custom property of the element here.

        Errors: the document's error if the property stands there twice.
        """
        named = [entry for entry in self["customProperties"].items() if entry["property"].value == word]
        if len(named) > 1:
            what = f"the custom property '{word}' stands twice here, first in line {named[0].line}"
            raise named[1].fault("duplicate", what, "keep one of them")
        return named[0]["value"] if named else None

    def fault(self, code: str, what: str, next_step: str) -> HansaError:
        """The error to raise for what stands here."""
        return self.document.fault(code, what, next_step, self.keys)
