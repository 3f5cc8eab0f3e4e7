"""Which words a JSON Schema knows for one mapping, and a check for the rest that takes time in proportion to the file.

The library's own ``unevaluatedProperties`` validates every branch again at every level: a contract with five levels of
nested columns takes minutes, and one that was made for it takes for ever. Here a branch is chosen by its ``if``, and
its words count whether or not their values are right, so a wrong value does not make its neighbours unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CHOICES = ("allOf", "anyOf", "oneOf")


def known_words(schema: Any, whole: Any) -> set[str]:
    """Every key that ``schema`` names for a mapping in any of its branches; ``whole`` resolves its references."""
    words: set[str] = set()
    for part in _parts(schema, whole):
        words |= part.get("properties", {}).keys() | set(part.get("required", ()))
    return words


def _parts(schema: Any, whole: Any) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [part[word] for word in ("if", "then", "else") if word in part]
        waiting += [branch for word in _CHOICES for branch in part.get(word, ())]
        if "$ref" in part:
            waiting.append(target_of(part["$ref"], whole))


def target_of(reference: str, whole: Any) -> Any:
    """The part of the schema ``whole`` that a reference such as ``#/$defs/Team`` names."""
    target = whole
    for step in reference.removeprefix("#/").split("/"):
        target = target[step]
    return target


def _fitting_words(validator: Any, schema: Any, whole: Any, mapping: Any) -> set[str]:
    """The keys that ``schema`` names for this very ``mapping``."""
    if not isinstance(schema, dict):
        return set()
    words: set[str] = set(schema.get("properties", {}))
    branches = [branch for word in _CHOICES for branch in schema.get(word, ())]
    if "$ref" in schema:
        branches.append(target_of(schema["$ref"], whole))
    if "if" in schema:
        chosen = "then" if validator.evolve(schema=schema["if"]).is_valid(mapping) else "else"
        branches.append(schema.get(chosen))
    for branch in branches:
        words |= _fitting_words(validator, branch, whole, mapping)
    return words


def linear_validator(schema: dict[str, Any]) -> Any:
    """A ``jsonschema`` validator of draft 2019-09 for ``schema``, whose references all point into itself.

    Its errors for unevaluated properties have the path of the key itself.
    """
    from jsonschema import Draft201909Validator, ValidationError  # type: ignore[import-untyped]
    from jsonschema.validators import extend  # type: ignore[import-untyped]

    def unevaluated(validator: Any, closed: Any, instance: Any, part: Any) -> Iterator[Any]:
        if closed is False and validator.is_type(instance, "object"):
            words = _fitting_words(validator, part, schema, instance)
            yield from (ValidationError("unknown", path=(key,)) for key in instance if key not in words)

    return extend(Draft201909Validator, {"unevaluatedProperties": unevaluated})(schema)
