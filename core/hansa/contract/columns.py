"""A property of the schema object to a Column: type, options and the house's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from hansa.contract.gathered import Faults
from hansa.contract.given import Given
from hansa.contract.model import Column, LogicalType, Unenforced, class_of
from hansa.contract.nested import placed, refuse_house_of_flat, refuse_inner, refuse_strange_inner
from hansa.contract.options import checked_format, listed_values, unenforced_options, with_options
from hansa.contract.physical import with_physical_type
from hansa.contract.place import Place
from hansa.contract.types import LOGICAL_TYPES, logical_type_of
from hansa.near import or_near

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaProperty

#: Kinds of identifiers that a token can be made of; each has a normal form.
TOKENISED = ("identifier", "name", "mobile", "identity_number", "card_number", "email")

#: House words of a property whose misspelling would cost a protection in silence, with a word that only looks alike.
_GUARDED = ("tokenise", "businessDateOf")
_ALIKE = ("tokenised",)

#: What to write for types of the standard that are not kept.
_INSTEAD = {
    "map": "write logicalType: array with items: {logicalType: object, properties: [{name: key, ...}, "
    "{name: value, ...}]}, or string for the map as JSON text",
    "vector": "write logicalType: array with items: {logicalType: number, physicalType: DOUBLE}",
}

_TIME_LETTERS = re.compile(r"[HhKk]")


@dataclass(frozen=True)
class Placed:
    """A column and where it stands. Of one that is not ``clear`` the type could not be told, and it is only a stand-in.

    What is said about a stand-in is not judged, or one slip would be told once more wherever its column is named.
    """

    column: Column
    place: Place
    clear: bool = True


def read_column(place: Place, minor: int, faults: Faults) -> Placed:
    """One property; ``minor`` is the second number of the standard's version. What is wrong goes to ``faults``."""
    column = _column(cast("SchemaProperty", Given(place.value)), place, minor, faults)
    return stand_in(place) if column is None else Placed(column, place)


def stand_in(place: Place) -> Placed:
    """What stands for a property of which nothing but its name and its place in the table can be told."""
    partitioned = place["partitioned"].value is True
    return Placed(Column(place["name"].text or "", "string", place.line, partitioned=partitioned), place, clear=False)


def unenforced(columns: Iterable[Column], places: list[Place]) -> list[Unenforced]:
    """What a property says that the gate does not hold it to, within nested ones too."""
    made: list[Unenforced] = []
    for column, place in zip(columns, places, strict=True):
        for path, inner, at in placed(column, place):
            made += unenforced_options(inner, at["logicalTypeOptions"], path)
            made += [
                Unenforced(f"{path}.relationships", "the gate does not follow references yet", reference.line)
                for reference in at["relationships"].items()
            ]
    return made


def _column(given: SchemaProperty, place: Place, minor: int, faults: Faults, name: str = "") -> Column | None:
    """One property, None if its type is unclear; ``name`` is given for an array's entries, which have none."""
    name = name or faults.of(place["name"].text or "", _name, place["name"])
    logical_type = faults.of(None, _logical_type, given, place, minor)
    if logical_type is None:
        return None
    column = Column(
        name=name,
        logical_type=logical_type,
        line=place.line,
        required=bool(given.required or given.primaryKey or given.partitioned),
        unique=bool(given.unique),
        partitioned=bool(given.partitioned),
        classification=class_of(place["classification"].text),
        description=given.description or "",
        tags=tuple(given.tags or ()),
    )
    whole = faults.of(None, with_physical_type, column, place["physicalType"])
    whole = _with_inner(whole or column, given, place, minor, faults) if whole is not None else None
    column = whole or column
    if not column.nested or whole is not None:
        optioned = faults.of(None, with_options, column, place["logicalTypeOptions"])
        column = optioned or column
        # How a time is written is told by its options.
        if optioned is not None or column.logical_type != "timestamp":
            entries = [entry["value"] for entry in place["enum"].items()]
            column = replace(column, enum=faults.of((), listed_values, column, entries))
    column = _with_house_words(column, place, faults)
    return None if whole is None else column


def _with_inner(column: Column, given: SchemaProperty, place: Place, minor: int, faults: Faults) -> Column | None:
    """The column with the fields of an object, or the entries of an array; None if one of them is unclear."""
    if not column.nested:
        return column
    faults.of(None, refuse_house_of_flat, column, place)
    if column.logical_type == "array":
        if given.items is None:
            what = f"'{column.name}' is an array, and nothing says of what"
            faults.add(place["logicalType"].fault("nested", what, "write items: {logicalType: string}"))
            return None
        items = _column(given.items, place["items"], minor, faults, "[]")
        faults.of(None, refuse_inner, "[]", place["items"])
        return None if items is None else replace(column, items=items)
    places = place["properties"].items()
    if not places:
        what, mend = f"'{column.name}' is an object, and nothing says what is in it", "write its properties"
        faults.add(place["logicalType"].fault("nested", what, f"{mend}, or keep it as logicalType: string"))
        return None
    fields = [_column(one, at, minor, faults) for one, at in zip(given.properties or (), places, strict=True)]
    for at in places:
        faults.of(None, refuse_inner, at["name"].text or "", at)
    known = [(one, at) for one, at in zip(fields, places, strict=True) if one is not None]
    refuse_doubles(known, faults)
    return replace(column, fields=tuple(one for one, _ in known)) if len(known) == len(fields) else None


def refuse_doubles(columns: Iterable[tuple[Column, Place]], faults: Faults) -> None:
    """Names that differ in upper and lower case only are one column for most engines."""
    seen: dict[str, Column] = {}
    for column, place in columns:
        first = seen.setdefault(column.name.casefold(), column)
        if first is not column:
            what = f"column '{column.name}' stands twice, first in line {first.line}"
            if first.name != column.name:
                what = f"column '{column.name}' differs from '{first.name}' in line {first.line} by upper case only"
            faults.add(place["name"].fault("duplicate", what, "rename or remove one of them"))


def _name(place: Place) -> str:
    name = place.text or ""
    if not name.isidentifier() or name.startswith("__"):
        mend = "use letters, digits and underscores, with a letter first"
        raise place.fault("name", f"'{name}' is no name for a column", mend)
    return name


def _logical_type(given: SchemaProperty, place: Place, minor: int) -> LogicalType:
    """The logical type. In v3.0, which has no timestamp, a date with a time of day is one."""
    written = given.logicalType or logical_type_of(place["physicalType"].text or "")
    refuse_strange_inner(written, place)
    if given.semanticType == "measure":
        raise place["semanticType"].fault("measure", "a measure is no column of a table", "remove it from the schema")
    if written is None:
        physical = place["physicalType"]
        what = f"column '{given.name or 'items'}' has no logicalType"
        if physical.value is not None:
            what += f", and its physicalType {physical.text} does not tell it"
        raise place.fault("type", what, f"write logicalType: one of {', '.join(LOGICAL_TYPES)}")
    if minor == 0 and written == "date" and _has_time(given, place):
        return "timestamp"
    for known in LOGICAL_TYPES:
        if written == known:
            return known
    who = f"'{given.name}'" if given.name else "each of its entries"
    what = f"{who} is of logicalType {written}, which no product keeps yet"
    raise place["logicalType"].fault("type", what, _INSTEAD.get(written, f"write one of {', '.join(LOGICAL_TYPES)}"))


def _has_time(given: SchemaProperty, place: Place) -> bool:
    written = place["logicalTypeOptions"]["format"].text or ""
    physical = logical_type_of(given.physicalType or "")
    return physical == "timestamp" or _TIME_LETTERS.search(re.sub(r"'[^']*'", "", written)) is not None


def _with_house_words(column: Column, place: Place, faults: Faults) -> Column:
    faults.of(None, _refuse_near_words, place)
    chinese = faults.of(None, place.custom, "descriptionZh")
    return replace(
        column,
        description_zh=(chinese.text or "") if chinese else "",
        tokenise=faults.of(None, _tokenise, column, place),
        business_date_of=faults.of(None, _business_date_of, column, place),
        formats=(*column.formats, *(faults.of(None, _formats, column, place) or ())),
    )


def _refuse_near_words(place: Place) -> None:
    """A misspelt word of protection is refused; any other custom property is its author's own affair."""
    for entry in place["customProperties"].items():
        word = entry["property"].text or ""
        if word in (*_GUARDED, *_ALIKE):
            continue
        bare = word.replace("_", "").casefold()
        close = get_close_matches(bare, [guarded.casefold() for guarded in _GUARDED], n=1, cutoff=0.85)
        if close:
            meant = next(guarded for guarded in _GUARDED if guarded.casefold() == close[0])
            raise entry["property"].fault(
                "unknown", f"the custom property '{word}' is unknown", f"did you mean '{meant}'?"
            )


def _tokenise(column: Column, place: Place) -> str | None:
    given = place.custom("tokenise")
    if given is None or column.nested:
        return None
    kind = given.text or ""
    if kind not in TOKENISED:
        mend = or_near(kind, TOKENISED, f"write one of {', '.join(TOKENISED)}")
        raise given.fault("tokenise", f"tokenise '{kind}' is no kind of identifier", mend)
    if column.logical_type != "string":
        what = f"column '{column.name}' is of type {column.logical_type} and cannot be tokenised"
        raise given.fault("tokenise", what, "write logicalType: string")
    return kind


def _business_date_of(column: Column, place: Place) -> str | None:
    given = place.custom("businessDateOf")
    if given is None:
        return None
    if column.logical_type != "date":
        what = f"column '{column.name}' is of type {column.logical_type} and cannot be a business date"
        raise given.fault("business_date", what, "write logicalType: date")
    if given.text is None:
        raise given.fault("business_date", "businessDateOf names no column", "name a timestamp column")
    return given.text


def _formats(column: Column, place: Place) -> tuple[str, ...]:
    given = place.custom("formats")
    if given is None:
        return ()
    if column.logical_type not in ("date", "timestamp", "time"):
        what = f"column '{column.name}' is of type {column.logical_type} and has no formats"
        raise given.fault("format", what, "remove the property")
    if not given.items():
        raise given.fault("format", "formats is no list", "write strptime patterns, such as [%d.%m.%Y]")
    faults = Faults()
    made = faults.each(lambda entry: checked_format(entry, entry.text or "", column), given.items())
    faults.refuse()
    return tuple(made)
