"""Properties of the schema object to Columns: type, key, partition, options and the house's own words."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hansa.contract.model import Column, LogicalType, Unenforced
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

_TIME_LETTERS = re.compile(r"[HhKk]")


def resolve_columns(given: list[SchemaProperty], places: list[Place], minor: int) -> tuple[Column, ...]:
    """The columns in the author's order; ``minor`` is the second number of the standard's version.

    Errors: ContractError at the line of what cannot be a column.
    """
    columns = [_column(one, place, minor) for one, place in zip(given, places, strict=True)]
    _refuse_doubles(columns, places)
    _check_partition(columns, places)
    _check_business_dates(columns, places)
    return tuple(_with_key(columns, given, places))


def unenforced(columns: tuple[Column, ...], places: list[Place]) -> list[Unenforced]:
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


def _column(given: SchemaProperty, place: Place, minor: int, name: str = "") -> Column:
    """One property; ``name`` is that of an array's entries, which have none of their own."""
    column = Column(
        name=name or _name(place["name"]),
        logical_type=_logical_type(given, place, minor),
        line=place.line,
        required=bool(given.required or given.primaryKey or given.partitioned),
        unique=bool(given.unique),
        partitioned=bool(given.partitioned),
        classification=place["classification"].text,
        description=given.description or "",
        tags=tuple(given.tags or ()),
    )
    column = with_physical_type(column, place["physicalType"])
    column = with_options(_with_inner(column, given, place, minor), place["logicalTypeOptions"])
    column = replace(column, enum=listed_values(column, [entry["value"] for entry in place["enum"].items()]))
    return _with_house_words(column, place)


def _with_inner(column: Column, given: SchemaProperty, place: Place, minor: int) -> Column:
    """The column with the fields of an object, or the entries of an array."""
    if not column.nested:
        return column
    refuse_house_of_flat(column, place)
    if column.logical_type == "array":
        if given.items is None:
            what = f"'{column.name}' is an array, and nothing says of what"
            raise place["logicalType"].fault("nested", what, "write items: {logicalType: string}")
        items = _column(given.items, place["items"], minor, name="[]")
        refuse_inner(items, place["items"])
        return replace(column, items=items)
    places = place["properties"].items()
    if not places:
        what = f"'{column.name}' is an object, and nothing says what is in it"
        raise place["logicalType"].fault("nested", what, "write its properties, or keep it as logicalType: string")
    fields = [_column(one, at, minor) for one, at in zip(given.properties or (), places, strict=True)]
    _refuse_doubles(fields, places)
    for one, at in zip(fields, places, strict=True):
        refuse_inner(one, at)
    return replace(column, fields=tuple(fields))


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
    what = f"logicalType {written} is not supported yet"
    raise place["logicalType"].fault("type", what, f"supported are {', '.join(LOGICAL_TYPES)}")


def _has_time(given: SchemaProperty, place: Place) -> bool:
    written = place["logicalTypeOptions"]["format"].text or ""
    physical = logical_type_of(given.physicalType or "")
    return physical == "timestamp" or _TIME_LETTERS.search(re.sub(r"'[^']*'", "", written)) is not None


def _with_house_words(column: Column, place: Place) -> Column:
    _refuse_near_words(place)
    chinese = place.custom("descriptionZh")
    return replace(
        column,
        description_zh=(chinese.text or "") if chinese else "",
        tokenise=_tokenise(column, place),
        business_date_of=_business_date_of(column, place),
        formats=(*column.formats, *_formats(column, place)),
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
    if given is None:
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
    return tuple(checked_format(entry, entry.text or "", column) for entry in given.items())


def _refuse_doubles(columns: list[Column], places: list[Place]) -> None:
    """Names that differ in upper and lower case only are one column for most engines."""
    seen: dict[str, Column] = {}
    for column, place in zip(columns, places, strict=True):
        first = seen.setdefault(column.name.casefold(), column)
        if first is not column:
            what = f"column '{column.name}' stands twice, first in line {first.line}"
            if first.name != column.name:
                what = f"column '{column.name}' differs from '{first.name}' in line {first.line} by upper case only"
            raise place["name"].fault("duplicate", what, "rename or remove one of them")


def _check_partition(columns: list[Column], places: list[Place]) -> None:
    partitions = [(column, place) for column, place in zip(columns, places, strict=True) if column.partitioned]
    for column, place in partitions:
        if column.logical_type != "date":
            what = f"the partition column '{column.name}' is of type {column.logical_type}, and a partition is a day"
            raise place["partitioned"].fault("partition", what, "partition by a date column")
    if len(partitions) > 1:
        what = f"'{partitions[1][0].name}' is a second partition column beside '{partitions[0][0].name}'"
        raise partitions[1][1]["partitioned"].fault("partition", what, "keep one of them")


def _check_business_dates(columns: list[Column], places: list[Place]) -> None:
    by_name = {column.name: column for column in columns}
    for column, place in zip(columns, places, strict=True):
        if column.business_date_of is None:
            continue
        given = place.custom("businessDateOf") or place
        origin = by_name.get(column.business_date_of)
        times = [name for name, one in by_name.items() if one.logical_type == "timestamp" and one.zoned]
        mend = or_near(
            column.business_date_of, times, f"name a timestamp with zone: {', '.join(times) or 'there is none'}"
        )
        if origin is None:
            raise given.fault("business_date", f"businessDateOf names '{given.text}', which is no column", mend)
        if origin.name not in times:
            what = f"businessDateOf names '{origin.name}', which is no timestamp with time zone"
            raise given.fault("business_date", what, mend)


def _with_key(columns: list[Column], given: list[SchemaProperty], places: list[Place]) -> list[Column]:
    """Positions of the key as written; columns without one follow in order of appearance."""
    taken: dict[int, str] = {}
    for one, place in zip(given, places, strict=True):
        position = place["primaryKeyPosition"]
        if one.primaryKeyPosition is None or one.primaryKeyPosition == -1:
            continue
        if not one.primaryKey:
            what = f"column '{one.name}' has a primaryKeyPosition and is no primary key"
            raise position.fault("key", what, "write primaryKey: true")
        if one.primaryKeyPosition < 1:
            raise position.fault("key", f"primaryKeyPosition {one.primaryKeyPosition} is below 1", "count from 1")
        if one.primaryKeyPosition in taken:
            what = f"primaryKeyPosition {one.primaryKeyPosition} is that of '{taken[one.primaryKeyPosition]}' too"
            raise position.fault("key", what, "give each column of the key its own")
        taken[one.primaryKeyPosition] = one.name or ""
    following = max(taken, default=0)
    made = []
    for column, one in zip(columns, given, strict=True):
        placed: int | None = one.primaryKeyPosition if one.primaryKey else None
        if one.primaryKey and (placed is None or placed == -1):
            following += 1
            placed = following
        made.append(replace(column, key_position=placed))
    return made
