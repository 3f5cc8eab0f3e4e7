"""A mapping of a checked contract, its words as attributes, as the standard's own models have them.

The models themselves cost a fifth of a second to import and drop what they do not know; after the standard's JSON
Schema has passed there is nothing left for them to find.
"""

from __future__ import annotations

from typing import Any

#: Words whose value is the author's own data, not an element of the standard.
_PLAIN = frozenset({"logicalTypeOptions", "arguments", "value", "examples", "implementation", "mustBe", "mustNotBe"})
_WHOLE = frozenset({"primaryKeyPosition", "partitionKeyPosition"})


class Given:
    """One mapping: ``given.logicalType`` is the value of that key, None where it is absent.

    ``schema_`` and ``from_`` stand for the keys ``schema`` and ``from``.
    """

    __slots__ = ("_plain", "_words")

    def __init__(self, words: dict[str, Any], plain: frozenset[str] = _PLAIN) -> None:
        self._words = words
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        word = name.removesuffix("_")
        value = self._words.get(word)
        if word in self._plain:
            return value
        if word == "map" and isinstance(value, dict):
            # The value of a map is a property itself.
            return Given(value, frozenset())
        # The JSON Schema takes 1.0 for a whole number.
        return int(value) if word in _WHOLE and isinstance(value, float) else _seen(value)


def _seen(value: Any) -> Any:
    if isinstance(value, dict):
        return Given(value)
    return [_seen(one) for one in value] if isinstance(value, list) else value
