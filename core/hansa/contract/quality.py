"""``quality`` to rules of all kinds, and to what is valid but not enforced, each with its reason.

``dimension``, ``schedule``, ``businessImpact`` and their like say nothing that a gate could hold data to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from hansa.contract.columns import Placed
from hansa.contract.custom import resolve_custom
from hansa.contract.gathered import Faults
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


def resolve_all(
    table: Place, given: Sequence[Placed], minor: int, faults: Faults, is_wrong: Callable[[Place], bool]
) -> Quality:
    """Rules of the columns, of what lies within them, and then of the table; groups and volume; what is not enforced.

    The reader makes of it ``rules=``, ``groups=``, ``volume=`` and the end of ``unenforced=``. A rule that makes no
    sense, or has the name of another, goes to ``faults``. Not judged are rules that the standard refuses, which
    ``is_wrong`` tells, and those that speak of a column whose own type is unclear.
    """
    columns = tuple(one.column for one in given)
    unclear = [one.column.name for one in given if not one.clear and one.column.name]
    rules = [
        one for one in _given(table, given, minor) if not is_wrong(one.place) and not _speaks_of(one.place, unclear)
    ]
    resolved = faults.each(lambda one: (_resolved(one, table, columns), one), rules)
    held = [(rule, at) for rule, at in resolved if not isinstance(rule, Unenforced)]
    _refuse_doubles(held, columns, faults)
    volumes = [(one, at) for one, at in held if isinstance(one, VolumeRule)]
    for _, at in volumes[1:]:
        what = f"a second rule of volume beside the one in line {volumes[0][0].line}"
        faults.add(at.place.fault("volume", what, "keep one of them"))
    return Quality(
        rules=tuple(one for one, _ in held if isinstance(one, Rule)),
        groups=tuple(one for one, _ in held if isinstance(one, GroupRule)),
        volume=volumes[0][0] if volumes else None,
        unenforced=tuple(one for one, _ in resolved if isinstance(one, Unenforced)),
    )


def _given(table: Place, columns: Sequence[Placed], minor: int) -> Iterator[GivenRule]:
    for one in columns:
        for path, inner, at in placed(one.column, one.place) if one.clear else ():
            for entry in at["quality"].items():
                yield GivenRule(entry, path, inner, minor)
    for entry in table["quality"].items():
        yield GivenRule(entry, str(table["name"].text), None, minor)


def _speaks_of(place: Place, names: Sequence[str]) -> bool:
    """True if one of the names stands in any text of a rule."""
    if not names:
        return False
    named = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
    depth = len(place.keys)
    return any(
        keys[:depth] == place.keys and named.search(text) is not None for keys, text in place.document.texts.items()
    )


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


def _refuse_doubles(held: Sequence[tuple[_Held, GivenRule]], columns: tuple[Column, ...], faults: Faults) -> None:
    """Two rules of one name could not be told apart, nor one that is called like a column's own rule."""
    own = {f"{path}.{word}" for column in columns for path, _ in column.walk() for word in _OWN_WORDS}
    own.update(_OWN_NAMES)
    seen: dict[str, _Held] = {}
    for rule, given in held:
        place = given.place["name"] if given.place["name"].value is not None else given.place
        if rule.name in own:
            what = f"the rule's name '{rule.name}' is that of a rule that the column itself makes"
            faults.add(place.fault("name", what, "give it another name"))
            continue
        first = seen.setdefault(rule.name, rule)
        if first is not rule:
            what = f"two rules are called '{rule.name}', the first in line {first.line}"
            faults.add(place.fault("name", what, "give each a name"))
