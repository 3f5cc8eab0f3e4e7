"""``logicalTypeOptions`` and lists of values: what they demand of a column, in the column's own type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hansa.contract.formats import check_format, strptime_of
from hansa.contract.gathered import Faults
from hansa.contract.model import Column, Unenforced
from hansa.contract.place import Place
from hansa.contract.text_formats import TEXT_FORMATS, why_not_judged
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

#: The formats of whole numbers that have values which 64 bits with a sign have not.
_TOO_WIDE = ("i128", "u64", "u128")
#: The greatest number of 32 bits (IEEE 754).
_WIDEST_FLOAT = float(2**128 - 2**104)
_MOST_DIGITS = 30


def with_options(column: Column, options: Place) -> Column:
    """The column with what its ``logicalTypeOptions`` demand. Errors: ContractError at the option."""
    match column.logical_type:
        case "string":
            return _text_options(column, options)
        case "integer" | "number":
            column = _with_multiple(_with_number_format(column, options["format"]), options["multipleOf"])
            return _with_optionals(column, options)
        case "date" | "timestamp" | "time":
            return _with_optionals(_time_options(column, options), options)
        case "boolean":
            return column
        case "object":
            least, most = _counts(options, "minProperties", "maxProperties")
            return replace(_with_required(column, options["required"]), min_properties=least, max_properties=most)
        case "array":
            least, most = _counts(options, "minItems", "maxItems")
            unique = options["uniqueItems"].value is True
            return replace(column, min_items=least, max_items=most, unique_items=unique)


def unenforced_options(column: Column, options: Place, path: str) -> list[Unenforced]:
    """Options that are valid and that the gate does not hold the column at ``path`` to."""
    reasons: dict[str, str] = {}
    written = options["format"].text
    if column.logical_type == "string" and written is not None and column.text_format is None:
        reasons["format"] = why_not_judged(written)
    if column.logical_type == "integer" and written in _TOO_WIDE:
        reasons["format"] = "the table keeps whole numbers of 64 bits with a sign; a greater one goes to quarantine"
    if options["multipleOf"].value is not None and column.multiple_of is None:
        reasons["multipleOf"] = f"a double is no exact multiple of {options['multipleOf'].text}; write DECIMAL(p,s)"
    if column.logical_type == "time":
        if options["timezone"].value is True:
            reasons["timezone"] = "a time of day is kept without time zone; one with an offset goes to quarantine"
        if options["defaultTimezone"].value is not None:
            reasons["defaultTimezone"] = "a time of day is kept without time zone"
    return [Unenforced(f"{path}.{word}", reason, options[word].line) for word, reason in reasons.items()]


def _counts(options: Place, least_word: str, most_word: str) -> tuple[int | None, int | None]:
    """A pair of counts that are not crossed."""
    least, most = _whole(options[least_word].value), _whole(options[most_word].value)
    if least is not None and most is not None and least > most:
        raise options[least_word].fault("bounds", f"{least_word} {least} is above {most_word} {most}", "swap them")
    return least, most


def _with_required(column: Column, place: Place) -> Column:
    """Fields that the object's own list calls required."""
    known = [one.name for one in column.fields]
    named = {str(entry.text): entry for entry in place.items()}
    for name, entry in named.items():
        if name not in known:
            what = f"'{name}' is no property of '{column.name}'"
            raise entry.fault("required", what, or_near(name, known, f"properties are {', '.join(known)}"))
    fields = tuple(replace(one, required=one.required or one.name in named) for one in column.fields)
    return replace(column, fields=fields)


def _text_options(column: Column, options: Place) -> Column:
    shortest, longest = _counts(options, "minLength", "maxLength")
    form = options["format"].text
    return replace(
        column,
        min_length=shortest,
        max_length=longest,
        pattern=checked_pattern(options["pattern"]),
        text_format=form if form in TEXT_FORMATS else None,
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def checked_pattern(place: Place) -> str | None:
    """The regular expression at ``place`` as written, None if there is none.

    Errors: ContractError for one that the regular expressions of Polars do not take.
    """
    text = place.text
    if text is None:
        return None
    # Only now, since the import costs more than reading a contract.
    import polars as pl

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


def _with_number_format(column: Column, place: Place) -> Column:
    """``format: u16`` and its like are bounds in other words."""
    text = place.text or ""
    if text == "f32" and column.scale is None:
        return replace(column, minimum=-_WIDEST_FLOAT, maximum=_WIDEST_FLOAT)
    if column.logical_type != "integer" or not text:
        return column
    bits = int(text[1:])
    least = 0 if text[0] == "u" else -(2 ** (bits - 1))
    most = 2**bits - 1 if text[0] == "u" else 2 ** (bits - 1) - 1
    return replace(
        column,
        minimum=least if least > WHOLE_RANGE[0] else None,
        maximum=most if most < WHOLE_RANGE[1] else None,
    )


def _with_multiple(column: Column, place: Place) -> Column:
    """``multipleOf``, where it can be judged exactly: of a double only what a double is without rounding."""
    if place.text is None:
        return column
    try:
        multiple = Decimal(place.value if isinstance(place.value, int) else place.text).normalize()
    except InvalidOperation:
        raise place.fault("multiple", f"multipleOf is '{place.text}'", "write a finite number") from None
    _, digits, exponent = multiple.as_tuple()
    if len(digits) > _MOST_DIGITS or not isinstance(exponent, int) or not -_MOST_DIGITS <= exponent <= _MOST_DIGITS:
        raise place.fault("multiple", "multipleOf has too many digits", f"write {_MOST_DIGITS} at most")
    floating = column.logical_type == "number" and column.scale is None
    if floating and Decimal(float(multiple)) != multiple:
        return column
    return replace(column, multiple_of=multiple)


def _time_options(column: Column, options: Place) -> Column:
    zone = _known_zone(options["defaultTimezone"])
    zoned = options["timezone"].value is not False
    if column.logical_type == "time":
        zone, zoned = None, False
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


def _with_optionals(column: Column, options: Place) -> Column:
    made: dict[str, Any] = {}
    faults = Faults()
    for word in (*_LOWER, *_UPPER):
        bound = options[word]
        if bound.text is not None and not isinstance(bound.value, bool):
            made[_FIELDS[word]] = faults.of(None, _typed, column, bound, typed)
    faults.refuse()
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
    if column.nested:
        return f"{column.logical_type}, which is no single value"
    if column.logical_type == "number":
        return "double" if column.scale is None else f"DECIMAL({column.precision},{column.scale})"
    return column.logical_type


def listed_values(column: Column, places: list[Place]) -> tuple[str, ...]:
    """The texts at ``places``, as written, each a value of the column.

    Errors: ContractError for a value of another type, one that is no scalar, or an unquoted null.
    """
    faults = Faults()
    made = faults.each(lambda place: _listed(column, place), places)
    faults.refuse()
    return tuple(dict.fromkeys(made))


def _listed(column: Column, place: Place) -> str:
    text = place.text
    if text is None:
        what, mend = "an entry of the list is null", "quote it to mean the text, or leave it out: null breaks no list"
        if isinstance(place.value, list | dict):
            what, mend = "an entry of the list is no single value", "write a text or a number"
        raise place.fault("value", what, mend)
    _typed(column, place, check_listed)
    return text
