"""What a JSON Schema finds wrong, reduced to the cause: one mistake, one sentence, its line and the mend.

A schema of nested choices answers one typing error with five errors. Here a word that no branch of the schema knows
is a cause, a word that is only left over because its neighbour is wrong is none, and of several choices the one that
fits best speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hansa.contract.place import Place
from hansa.contract.yaml_text import Keys
from hansa.errors import HansaError
from hansa.near import near

if TYPE_CHECKING:
    from jsonschema import Draft201909Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]


@dataclass(frozen=True)
class _Cause:
    """``place`` is what is wrong, ``element`` the mapping that holds it; ``rank`` orders causes of one line."""

    rank: int
    place: Place
    code: str
    what: str
    mend: str


def first_cause(root: Place, validator: Draft201909Validator) -> HansaError | None:
    """The error to raise for the first thing that is wrong in the file, with how many more there are; None if fine."""
    found = [error for error in _leaves(validator.iter_errors(root.document.data)) if not _hollow(error)]
    wrong = {_keys(error) for error in found if error.validator != "unevaluatedProperties"}
    causes: dict[tuple[str, Keys], _Cause] = {}
    for error in found:
        for cause in _causes(error, root, validator, wrong):
            causes.setdefault((cause.what, cause.place.keys), cause)
    if not causes:
        return None
    ordered = sorted(causes.values(), key=lambda cause: (cause.place.line, cause.rank))
    more = f"; {len(ordered) - 1} more to mend after this" if len(ordered) > 1 else ""
    first = ordered[0]
    return first.place.fault(first.code, first.what, first.mend + more)


def _keys(error: ValidationError) -> Keys:
    return tuple(error.absolute_path)


def _hollow(error: ValidationError) -> bool:
    """True for the refusal of an empty choice, of which the branches say nothing."""
    return bool(error.validator == "false schema")


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


def _causes(error: ValidationError, root: Place, validator: Draft201909Validator, wrong: set[Keys]) -> Iterator[_Cause]:
    place = root
    for key in _keys(error):
        place = place[key]
    match error.validator:
        case "additionalProperties" | "unevaluatedProperties":
            yield from _words(error, place, validator, wrong)
        case "required":
            yield from _missing(error, place, validator)
        case "oneOf" if _is_operators(error.schema):
            yield _operators(error, place)
        case "enum":
            yield _choice(error, place)
        case "type":
            yield _kind(error, place)
        case _:
            yield _Cause(3, place, "value", f"{element_of(place)} {_shown(place)}: {_bounded(error)}", "mend the value")


def _words(error: ValidationError, place: Place, validator: Draft201909Validator, wrong: set[Keys]) -> Iterator[_Cause]:
    known = _known_words(error.schema, validator.schema)
    strange = [key for key in place.value if key not in known]
    for key in strange:
        close = near(key, known)
        mend = f"did you mean '{close}'?" if close else f"known are {', '.join(sorted(known))}"
        yield _Cause(0, place[key], "unknown", f"'{key}' is no word of {element_of(place)}", mend)
    within = any(keys[: len(place.keys)] == place.keys for keys in wrong)
    if strange or within or error.validator != "unevaluatedProperties":
        return
    for key in _left_over(error):
        what = f"'{key}' does not fit this {element_of(place).removeprefix('a ').removeprefix('an ')}"
        yield _Cause(1, place[key], "misplaced", what, f"check its type, or remove '{key}'")


def _left_over(error: ValidationError) -> list[str]:
    # The message is the only place where the library names them.
    return [key for key in error.instance if f"'{key}'" in error.message]


def _missing(error: ValidationError, place: Place, validator: Draft201909Validator) -> Iterator[_Cause]:
    """The keys that are missing; one that stands there misspelt is told as that."""
    known = _known_words(error.schema, validator.schema)
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


def _operators(error: ValidationError, place: Place) -> _Cause:
    known = [branch["required"][0] for branch in error.schema["oneOf"]]
    given = [key for key in known if key in place.value]
    if len(given) > 1:
        what = f"a quality rule has {len(given)} operators, {_listed(given)}"
        return _Cause(2, place[given[1]], "operator", what, "keep one, and write a rule of its own for each other")
    if given:
        what = f"{given[0]} of a quality rule {_shown(place[given[0]])}"
        mend = "write two numbers, the smaller first: [1, 5]" if given[0].endswith("Between") else "write a number"
        return _Cause(2, place[given[0]], "operator", what, mend)
    strange = [(key, near(key, known)) for key in place.value if key.startswith("must")]
    for key, close in strange:
        return _Cause(0, place[key], "unknown", f"'{key}' is no operator", f"did you mean '{close or known[0]}'?")
    return _Cause(2, place, "operator", "a quality rule has no operator", f"write one of {', '.join(known)}")


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
    if "string" in wanted and place.text is not None:
        mend = f"put it in quotes: '{place.text}'"
    else:
        mend = f"write {kinds}" if place.value is not None else f"write {kinds}, or remove the key"
    return _Cause(1, place, "type", what, mend)


def _known_words(schema: Any, whole: Any) -> set[str]:
    """Every key that a schema names for the mapping itself, in whichever branch."""
    known: set[str] = set()
    seen: set[int] = set()
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        known |= part.get("properties", {}).keys() | set(part.get("required", ()))
        waiting += [part[word] for word in ("if", "then", "else") if word in part]
        waiting += [branch for word in ("allOf", "anyOf", "oneOf") for branch in part.get(word, ())]
        if "$ref" in part:
            target = whole
            for step in part["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            waiting.append(target)
    return known


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
