"""What a JSON Schema finds wrong, reduced to the cause: one mistake, one sentence, its line and the mend.

A schema of nested choices answers one typing error with five errors. Here several errors of one place and kind are one
cause, a missing word that stands there misspelt is told once, and of several choices the one that fits best speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hansa.contract.place import Place
from hansa.contract.slips import operator_meant
from hansa.contract.version import version_mend
from hansa.contract.words import known_words
from hansa.contract.yaml_text import Keys
from hansa.errors import HansaError
from hansa.near import near

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]


@dataclass(frozen=True)
class _Cause:
    """``place`` is what is wrong, ``element`` the mapping that holds it; ``rank`` orders causes of one line."""

    rank: int
    place: Place
    code: str
    what: str
    mend: str


def all_causes(root: Place, validator: Any) -> list[tuple[Place, HansaError]]:
    """Each thing that is wrong in the file, by line: its place, and the error to raise for it."""
    ordered = _ordered(root, validator)
    return [(cause.place, cause.place.fault(cause.code, cause.what, cause.mend)) for cause in ordered]


def _ordered(root: Place, validator: Any) -> list[_Cause]:
    causes: dict[tuple[str, Keys], _Cause] = {}
    for error in _leaves(validator.iter_errors(root.document.data)):
        for cause in _causes(error, root, validator.schema):
            causes.setdefault((cause.what, cause.place.keys), cause)
    # Where a mapping has a fault of its own, its kind is unclear, and so is which words fit it.
    faulty = {cause.place.outer.keys for cause in causes.values() if cause.code != "misplaced"}
    told = [c for c in causes.values() if c.code != "misplaced" or c.place.outer.keys not in faulty]
    return sorted(told, key=lambda cause: (cause.place.line, cause.rank))


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Errors without choices: of ``anyOf`` and ``oneOf`` the errors of the branch that was meant."""
    for error in errors:
        if error.validator in ("oneOf", "anyOf") and error.context and not _is_operators(error.schema):
            yield from _leaves(_meant(error))
        else:
            yield error


def _is_operators(schema: Any) -> bool:
    return any("mustBe" in branch.get("required", ()) for branch in schema.get("oneOf", ()))


def _meant(error: ValidationError) -> list[ValidationError]:
    """The errors of the branch whose kind of value is right and that has the fewest of them."""
    branches: dict[Any, list[ValidationError]] = {}
    for one in error.context or ():
        branches.setdefault(one.schema_path[0], []).append(one)

    def strangeness(branch: list[ValidationError]) -> tuple[bool, int]:
        return any(one.validator == "type" and not one.path for one in branch), len(branch)

    return min(branches.values(), key=strangeness)


def _causes(error: ValidationError, root: Place, whole: Any) -> Iterator[_Cause]:
    place = root
    for key in error.absolute_path:
        place = place[key]
    match error.validator:
        case "unevaluatedProperties":
            yield _word(place, known_words(error.schema, whole))
        case "additionalProperties":
            known = known_words(error.schema, whole)
            yield from (_word(place[key], known) for key in place.value if key not in known)
        case "required":
            yield from _missing(error, place, known_words(error.schema, whole))
        case "oneOf" if _is_operators(error.schema):
            yield from _operators(error, place)
        case "enum":
            yield _choice(error, place)
        case "type":
            yield _kind(error, place)
        case _:
            yield _Cause(3, place, "value", f"{element_of(place)} {_shown(place)}: {_bounded(error)}", "mend the value")


def _word(place: Place, known: set[str]) -> _Cause:
    """A key that no branch of the schema knows, or one of another branch than the one that was chosen."""
    key, element = str(place.keys[-1]), element_of(place.outer)
    if key in known:
        bare = element.removeprefix("a ").removeprefix("an ")
        return _Cause(1, place, "misplaced", f"'{key}' does not fit this {bare}", f"check its type, or remove '{key}'")
    meant = operator_meant(key)
    close = meant if meant in known else near(key, known)
    mend = f"did you mean '{close}'?" if close else f"known are {', '.join(sorted(known))}"
    return _Cause(0, place, "unknown", f"'{key}' is no word of {element}", mend)


def _missing(error: ValidationError, place: Place, known: set[str]) -> Iterator[_Cause]:
    """The keys that are missing; one that stands there misspelt is told as that."""
    strange = [key for key in place.value if key not in known]
    lacking = [key for key in error.validator_value if key not in place.value]
    lacking = [key for key in lacking if not near(key, strange)]
    if not lacking:
        return
    what = f"{element_of(place)} lacks {_listed(lacking)}"
    mend = f"write {lacking[0]}: ..." if len(lacking) == 1 else "write them"
    if lacking == ["rule"] and "metric" in place.value:
        mend = "before v3.1.0 of the standard 'metric' is called 'rule'"
    yield _Cause(2, place, "missing", what, mend)


def _operators(error: ValidationError, place: Place) -> Iterator[_Cause]:
    if not isinstance(place.value, dict):
        what = f"{element_of(place)} {_shown(place)}, and must be {_KINDS['object']}"
        yield _Cause(1, place, "type", what, "write it as {metric: nullValues, mustBe: 0}")
        return
    known = [branch["required"][0] for branch in error.schema["oneOf"]]
    given = [key for key in known if key in place.value]
    if len(given) > 1:
        what = f"a quality rule has {len(given)} operators, {_listed(given)}"
        yield _Cause(2, place[given[1]], "operator", what, "keep one, and write a rule of its own for each other")
    elif given:
        pair = given[0].endswith("Between")
        what = f"{given[0]} needs {'two numbers, the smaller first' if pair else 'a number'}"
        yield _Cause(2, place[given[0]], "operator", what, "write it as [1, 5]" if pair else "write a number")
    elif not any(key.startswith("must") or operator_meant(key) for key in place.value):
        # One that is only misspelt is told as an unknown word.
        yield _Cause(2, place, "operator", "a quality rule has no operator", f"write one of {', '.join(known)}")


def _choice(error: ValidationError, place: Place) -> _Cause:
    allowed = [str(value) for value in error.validator_value]
    close = near(str(place.value), allowed)
    mend = f"did you mean '{close}'?" if close else f"write one of {', '.join(allowed)}"
    return _Cause(1, place, "value", f"{element_of(place)} {_shown(place)}", mend)


_KINDS = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping of keys to values",
    "null": "nothing",
}


def _kind(error: ValidationError, place: Place) -> _Cause:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    kinds = " or ".join(_KINDS.get(str(kind), str(kind)) for kind in wanted)
    what = f"{element_of(place)} {_shown(place)}, and must be {kinds}"
    if place.keys == ("version",):
        mend = version_mend(place.text or "")
    elif "string" in wanted and place.text is not None:
        mend = f"put it in quotes: '{place.text}'"
    else:
        mend = f"write {kinds}" if place.value is not None else f"write {kinds}, or remove the key"
    return _Cause(1, place, "type", what, mend)


_ELEMENTS = {
    "schema": "a schema object",
    "properties": "a property",
    "quality": "a quality rule",
    "servers": "a server",
    "customProperties": "a custom property",
    "members": "a team member",
    "team": "a team member",
    "slaProperties": "a service level",
    "roles": "a role",
    "support": "a support channel",
    "relationships": "a relationship",
    "authoritativeDefinitions": "a definition",
    "enum": "an enum value",
    "synonyms": "a synonym",
}


def element_of(place: Place) -> str:
    """What stands at a place, in words: ``a property``, ``a quality rule``, else the key itself."""
    if not place.keys:
        return "a contract"
    last = place.keys[-1]
    if isinstance(last, str):
        return last
    holder = str(place.keys[-2])
    return _ELEMENTS.get(holder, f"an entry of {holder}")


def _shown(place: Place) -> str:
    value = place.value
    if isinstance(value, dict):
        return "is a mapping"
    if isinstance(value, list):
        return "is a list"
    if value is None:
        return "is empty"
    text = place.text or str(value)
    return f"is '{text}'" if len(text) <= 60 and "\n" not in text else "is a long text"


def _listed(words: list[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _bounded(error: ValidationError) -> str:
    """The library's own sentence, without the value."""
    rule = error.validator_value
    return {
        "minimum": f"it must be at least {rule}",
        "exclusiveMinimum": f"it must be more than {rule}",
        "minItems": f"it must have at least {rule} entries",
        "maxItems": f"it must have at most {rule} entries",
        "uniqueItems": "an entry stands there twice",
        "pattern": f"it must match {rule}",
    }.get(str(error.validator), f"it breaks '{error.validator}' of the standard")
