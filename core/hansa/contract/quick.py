"""Whether a document passes a JSON Schema, yes or no, without the library that explains why not.

Importing ``jsonschema`` costs more than reading a contract, and it is slow on large ones. Most contracts are right, so
they are asked this first; ``jsonschema`` judges again whatever does not pass here, and finds the words for it. A
schema with a keyword that is not known here passes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hansa.contract.words import target_of

Check = Callable[[Any], bool]
Words = Callable[[dict[str, Any]], set[str]]

_SILENT = frozenset({"$schema", "$defs", "title", "description", "examples", "default", "deprecated", "format"})
_BESIDE_IF = frozenset({"then", "else"})
_CHOICES = ("allOf", "anyOf", "oneOf")

_TYPES: dict[str, Check] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
}


def passes(schema: dict[str, Any]) -> Check:
    """A function that says whether a document passes ``schema``, whose references all point into itself."""
    try:
        return _Made(schema).check(schema)
    except KeyError:
        return lambda value: False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    return bool(one == other)


class _Made:
    """Checks of the parts of one schema, each made once; a part may hold itself."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole = whole
        self._checks: dict[int, Check] = {}
        self._words: dict[int, Words] = {}

    def check(self, schema: Any) -> Check:
        if isinstance(schema, bool):
            return lambda value: schema
        if id(schema) in self._checks:
            return self._checks[id(schema)]
        parts: list[Check] = []

        def every(value: Any) -> bool:
            for part in parts:  # noqa: SIM110 - a third faster, and it is called for every value
                if not part(value):
                    return False
            return True

        self._checks[id(schema)] = every
        # What is cheap first.
        for word in sorted(schema.keys() - _SILENT - _BESIDE_IF, key=lambda word: word in (*_CHOICES, "$ref", "if")):
            parts.append(_MAKERS[word](self, schema[word], schema))
        return every

    def words(self, schema: Any) -> Words:
        """The keys that ``schema`` names for a mapping, by the branches that the mapping itself chooses."""
        if isinstance(schema, bool):
            return lambda mapping: set()
        if id(schema) in self._words:
            return self._words[id(schema)]
        own = set(schema.get("properties", ()))
        inner: list[Words] = []

        def every(mapping: dict[str, Any]) -> set[str]:
            return own.union(*(one(mapping) for one in inner))

        self._words[id(schema)] = every
        inner += [self.words(branch) for word in _CHOICES for branch in schema.get(word, ())]
        if "$ref" in schema:
            inner.append(self.words(target_of(schema["$ref"], self._whole)))
        if "if" in schema:
            asked = self.check(schema["if"])
            fits, other = self.words(schema.get("then", True)), self.words(schema.get("else", True))
            inner.append(lambda mapping: (fits if asked(mapping) else other)(mapping))
        return every

    def reference(self, given: str) -> Check:
        return self.check(target_of(given, self._whole))


def _type(made: _Made, given: Any, schema: Any) -> Check:
    kinds = [_TYPES[kind] for kind in ([given] if isinstance(given, str) else given)]
    return kinds[0] if len(kinds) == 1 else lambda value: any(kind(value) for kind in kinds)


def _properties(made: _Made, given: Any, schema: Any) -> Check:
    checks = {key: made.check(part) for key, part in given.items()}

    def check(value: Any) -> bool:
        return not isinstance(value, dict) or all(checks[key](one) for key, one in value.items() if key in checks)

    return check


def _additional(made: _Made, given: Any, schema: Any) -> Check:
    known, check = schema.get("properties", {}).keys(), made.check(given)
    return lambda value: not isinstance(value, dict) or all(check(value[key]) for key in value if key not in known)


def _unevaluated(made: _Made, given: Any, schema: Any) -> Check:
    if given is not False:
        raise KeyError("unevaluatedProperties")
    words = made.words(schema)
    return lambda value: not isinstance(value, dict) or value.keys() <= words(value)


def _required(made: _Made, given: Any, schema: Any) -> Check:
    wanted = frozenset(given)
    return lambda value: not isinstance(value, dict) or value.keys() >= wanted


def _items(made: _Made, given: Any, schema: Any) -> Check:
    if isinstance(given, list):
        raise KeyError("items")
    check = made.check(given)
    return lambda value: not isinstance(value, list) or all(map(check, value))


def _unique(made: _Made, given: Any, schema: Any) -> Check:
    def check(value: Any) -> bool:
        if not given or not isinstance(value, list):
            return True
        return not any(_same(one, other) for n, one in enumerate(value) for other in value[:n])

    return check


def _chosen(made: _Made, given: Any, schema: Any) -> Check:
    asked = made.check(given)
    then, otherwise = made.check(schema.get("then", True)), made.check(schema.get("else", True))
    return lambda value: (then if asked(value) else otherwise)(value)


def _one_of(made: _Made, given: Any, schema: Any) -> Check:
    checks = [made.check(part) for part in given]
    return lambda value: sum(check(value) for check in checks) == 1


def _any_of(made: _Made, given: Any, schema: Any) -> Check:
    checks = [made.check(part) for part in given]
    return lambda value: any(check(value) for check in checks)


def _all_of(made: _Made, given: Any, schema: Any) -> Check:
    checks = [made.check(part) for part in given]
    return lambda value: all(check(value) for check in checks)


def _not(made: _Made, given: Any, schema: Any) -> Check:
    check = made.check(given)
    return lambda value: not check(value)


def _pattern(made: _Made, given: Any, schema: Any) -> Check:
    found = re.compile(given)
    return lambda value: not isinstance(value, str) or found.search(value) is not None


_MAKERS: dict[str, Callable[[_Made, Any, Any], Check]] = {
    "type": _type,
    "const": lambda made, given, schema: lambda value: _same(value, given),
    "enum": lambda made, given, schema: lambda value: any(_same(value, one) for one in given),
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "unevaluatedProperties": _unevaluated,
    "items": _items,
    "minItems": lambda made, given, schema: lambda value: not isinstance(value, list) or len(value) >= given,
    "maxItems": lambda made, given, schema: lambda value: not isinstance(value, list) or len(value) <= given,
    "uniqueItems": _unique,
    "minimum": lambda made, given, schema: lambda value: not _is_number(value) or not value < given,
    "maximum": lambda made, given, schema: lambda value: not _is_number(value) or not value > given,
    "exclusiveMinimum": lambda made, given, schema: lambda value: not _is_number(value) or not value <= given,
    "exclusiveMaximum": lambda made, given, schema: lambda value: not _is_number(value) or not value >= given,
    "pattern": _pattern,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _chosen,
    "$ref": lambda made, given, schema: made.reference(given),
}
