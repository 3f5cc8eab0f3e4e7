"""``logicalTypeOptions`` and lists of values: what they demand of a column, in the column's own type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hansa.contract.formats import check_format, strptime_of
from hansa.contract.model import Column, Unenforced
from hansa.contract.place import Place
from hansa.contract.types import WHOLE_RANGE, check_listed, typed
from hansa.near import or_near

_LOWER = ("minimum", "exclusiveMinimum")
_UPPER = ("maximum", "exclusiveMaximum")
_FIELDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}


def with_options(column: Column, options: Place) -> Column:
    """The column with what its ``logicalTypeOptions`` demand. Errors: ContractError at the option."""
    match column.logical_type:
        case "string":
            return _text_options(column, options)
        case "integer" | "number":
            return _with_bounds(_with_whole_format(column, options["format"]), options)
        case "date" | "timestamp":
            return _with_bounds(_time_options(column, options), options)
        case "boolean":
            return column


def unenforced_options(column: Column, options: Place) -> list[Unenforced]:
    """Options that are valid and that the gate does not hold a column to."""
    words = [word for word in ("multipleOf",) if options[word].value is not None]
    if column.logical_type == "string" and options["format"].value is not None:
        words.append("format")
    reason = "the gate does not enforce this option yet"
    return [Unenforced(f"{column.name}.{word}", reason, options[word].line) for word in words]


def _text_options(column: Column, options: Place) -> Column:
    shortest, longest = options["minLength"].value, options["maxLength"].value
    if shortest is not None and longest is not None and shortest > longest:
        raise options["minLength"].fault("bounds", f"minLength {shortest} is above maxLength {longest}", "swap them")
    pattern = checked_pattern(options["pattern"])
    return replace(column, min_length=_whole(shortest), max_length=_whole(longest), pattern=pattern)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def checked_pattern(place: Place) -> str | None:
    """The regular expression at ``place`` as written, None if there is none.

    Errors: ContractError for one that the regular expressions of Polars do not take.
    """
    import polars as pl

    text = place.text
    if text is None:
        return None
    try:
        pl.Series([""], dtype=pl.String).str.contains(text)
    except pl.exceptions.PolarsError as error:
        reason = next(
            (line for line in str(error).splitlines() if line.startswith("error: ")), "error: it is too large"
        )
        what = f"the pattern cannot be used: {reason.removeprefix('error: ')}"
        raise place.fault(
            "pattern", what, "write it without look-around and back-references, or as validValues"
        ) from None
    return text


def _with_whole_format(column: Column, place: Place) -> Column:
    """``format: u16`` and its like are bounds in other words."""
    text = place.text or ""
    if column.logical_type != "integer" or not text:
        return column
    bits = int(text[1:])
    least = 0 if text[0] == "u" else -(2 ** (bits - 1))
    most = 2**bits - 1 if text[0] == "u" else 2 ** (bits - 1) - 1
    if most > WHOLE_RANGE[1] and text[0] == "i":
        raise place.fault("format", f"whole numbers of {bits} bits are not supported yet", "write i64")
    return replace(
        column,
        minimum=least if least > WHOLE_RANGE[0] else None,
        maximum=most if most < WHOLE_RANGE[1] else None,
    )


def _time_options(column: Column, options: Place) -> Column:
    zone = _known_zone(options["defaultTimezone"])
    zoned = options["timezone"].value is not False
    if zone is not None and not zoned:
        what = "defaultTimezone makes no sense for a time without time zone"
        raise options["defaultTimezone"].fault("zone", what, "remove it, or write timezone: true")
    formats = tuple(_translated(options["format"], column)) if options["format"].value is not None else ()
    return replace(column, zoned=zoned, zone=zone, formats=formats)


def _known_zone(place: Place) -> str | None:
    name = place.text
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mend = or_near(name, available_timezones(), "write an IANA name such as Asia/Shanghai")
        raise place.fault("zone", f"'{name}' is no known time zone", mend) from None
    return name


def _translated(place: Place, column: Column) -> list[str]:
    mend = "write the customProperty formats with strptime patterns such as [%d.%m.%Y]"
    try:
        pattern = strptime_of(place.text or "")
    except ValueError as error:
        raise place.fault("format", str(error), mend) from None
    return [checked_format(place, pattern, column)]


def checked_format(place: Place, pattern: str, column: Column) -> str:
    """The strptime ``pattern``, if it writes and reads values of the column. Errors: ContractError at ``place``."""
    try:
        check_format(pattern, column.logical_type)
    except ValueError as error:
        mend = "write yyyy-MM-dd as format, or %Y-%m-%d in formats"
        raise place.fault("format", f"the format '{place.text or pattern}' {error}", mend) from None
    return pattern


def _with_bounds(column: Column, options: Place) -> Column:
    made: dict[str, Any] = {}
    for word in (*_LOWER, *_UPPER):
        bound = options[word]
        if bound.text is not None and not isinstance(bound.value, bool):
            made[_FIELDS[word]] = _typed(column, bound, typed)
    _apply_flags(made, options)
    # Bounds that are there already come from a format such as u8; an author's wider bound does not loosen them.
    if column.minimum is not None:
        made["minimum"] = max(column.minimum, made.get("minimum", column.minimum))
    if column.maximum is not None:
        made["maximum"] = min(column.maximum, made.get("maximum", column.maximum))
    _refuse_crossed(made, options)
    return replace(column, **made)


def _apply_flags(made: dict[str, Any], options: Place) -> None:
    """Version 3.0: ``exclusiveMinimum: true`` makes ``minimum`` itself forbidden."""
    for word, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if options[word].value is not True:
            continue
        if plain not in made:
            raise options[word].fault("bounds", f"{word} is true and there is no {plain}", f"write {plain}")
        made[_FIELDS[word]] = made.pop(plain)


def _refuse_crossed(made: dict[str, Any], options: Place) -> None:
    for low_word in _LOWER:
        for high_word in _UPPER:
            low, high = made.get(_FIELDS[low_word]), made.get(_FIELDS[high_word])
            if low is None or high is None:
                continue
            if low > high or (low == high and (low_word, high_word) != ("minimum", "maximum")):
                given = next(word for word in (*_LOWER, *_UPPER, "format") if options[word].value is not None)
                what = f"no value can lie between {low_word} {low} and {high_word} {high}"
                raise options[given].fault("bounds", what, "mend one of them")


def _typed(column: Column, place: Place, read: Callable[[Column, str], Any]) -> Any:
    try:
        return read(column, place.text or "")
    except ValueError as error:
        what = f"'{place.text}' {error}"
        raise place.fault("value", what, f"column '{column.name}' is of type {described(column)}") from None


def described(column: Column) -> str:
    """The column's type in words."""
    if column.logical_type == "number":
        return "double" if column.scale is None else f"DECIMAL({column.precision},{column.scale})"
    return column.logical_type


def listed_values(column: Column, places: list[Place]) -> tuple[str, ...]:
    """The texts at ``places``, as written, each a value of the column.

    Errors: ContractError for a value of another type, one that is no scalar, or an unquoted null.
    """
    made: dict[str, None] = {}
    for place in places:
        text = place.text
        if text is None:
            what, mend = (
                "an entry of the list is null",
                "quote it to mean the text, or leave it out: null breaks no list",
            )
            if isinstance(place.value, list | dict):
                what, mend = "an entry of the list is no single value", "write a text or a number"
            raise place.fault("value", what, mend)
        _typed(column, place, check_listed)
        made[text] = None
    return tuple(made)
