"""``quality`` to rules of all kinds, and to what is valid but not enforced, each with its reason.

``dimension``, ``schedule``, ``businessImpact`` and their like say nothing that a gate could hold data to.
"""

from __future__ import annotations

from collections.abc import Iterator

from hansa.contract.custom import resolve_custom
from hansa.contract.library import resolve_library
from hansa.contract.model import Column, GroupRule, Quality, Rule, Unenforced, VolumeRule
from hansa.contract.nested import placed
from hansa.contract.place import Place
from hansa.contract.rule_words import GivenRule

_TEXT = "text is for people to read"
_NOT_MERGED = "the reader of contracts does not take it over yet"
_OWN_WORDS = (
    "type",
    "required",
    "unique",
    "pattern",
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
_OWN_NAMES = ("primaryKey", "primaryKey.identical", "identical", "window")

_Held = Rule | GroupRule | VolumeRule


def resolve_all(table: Place, columns: tuple[Column, ...], minor: int) -> Quality:
    """Rules of the columns, of what lies within them, and then of the table; groups and volume; what is not enforced.

    The reader makes of it ``rules=``, ``groups=``, ``volume=`` and the end of ``unenforced=``.
    Errors: ContractError at the line of a rule that makes no sense, or has the name of another.
    """
    given = list(_given(table, columns, minor))
    resolved = [_resolved(one, table, columns) for one in given]
    held = [(one, at) for one, at in zip(resolved, given, strict=True) if not isinstance(one, Unenforced)]
    _refuse_doubles(held, columns)
    volumes = [(one, at) for one, at in held if isinstance(one, VolumeRule)]
    if len(volumes) > 1:
        what = f"a second rule of volume beside the one in line {volumes[0][0].line}"
        raise volumes[1][1].place.fault("volume", what, "keep one of them")
    return Quality(
        rules=tuple(one for one, _ in held if isinstance(one, Rule)),
        groups=tuple(one for one, _ in held if isinstance(one, GroupRule)),
        volume=volumes[0][0] if volumes else None,
        unenforced=tuple(one for one in resolved if isinstance(one, Unenforced)),
    )


def _given(table: Place, columns: tuple[Column, ...], minor: int) -> Iterator[GivenRule]:
    for column, place in zip(columns, table["properties"].items(), strict=True):
        for path, inner, at in placed(column, place):
            for entry in at["quality"].items():
                yield GivenRule(entry, path, inner, minor)
    for entry in table["quality"].items():
        yield GivenRule(entry, str(table["name"].text), None, minor)


def _resolved(given: GivenRule, table: Place, columns: tuple[Column, ...]) -> _Held | Unenforced:
    match given.place["type"].text or "library":
        case "text":
            return given.unenforced("text", _TEXT)
        case "custom":
            return resolve_custom(given, columns)
        case "sql":
            # SQL is parsed and tried, which costs the import of two libraries.
            from hansa.contract.sql import resolve_sql

            return resolve_sql(given, table, columns)
        case _:
            return resolve_library(given, columns)


def _refuse_doubles(held: list[tuple[_Held, GivenRule]], columns: tuple[Column, ...]) -> None:
    """Two rules of one name could not be told apart, nor one that is called like a column's own rule."""
    own = {f"{path}.{word}" for column in columns for path, _ in column.walk() for word in _OWN_WORDS}
    own.update(_OWN_NAMES)
    seen: dict[str, _Held] = {}
    for rule, given in held:
        place = given.place["name"] if given.place["name"].value is not None else given.place
        if rule.name in own:
            what = f"the rule's name '{rule.name}' is that of a rule that the column itself makes"
            raise place.fault("name", what, "give it another name")
        first = seen.setdefault(rule.name, rule)
        if first is not rule:
            what = f"two rules are called '{rule.name}', the first in line {first.line}"
            raise place.fault("name", what, "give each a name")
