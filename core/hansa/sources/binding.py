"""What a mesh file says of one source: where it lies, how it is written, which of its columns is which."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from hansa.cast.numbers import MINUS_BEHIND, PARENTHESES, PLUS_BEHIND
from hansa.cast.years import has_year
from hansa.contract.formats import check_format
from hansa.errors import MeshError
from hansa.sources.database_words import DatabaseWords
from hansa.sources.delivery_words import DeliveryWords
from hansa.sources.layout import LayoutWords
from hansa.sources.layout_words import Text
from hansa.sources.layout_words import empty as _empty
from hansa.sources.layout_words import one_separator as one_separator
from hansa.sources.value_words import ColumnWords, Currencies, Digits, FirstYear, GroupingSize, MinusSigns, one_zone

_DELAY = re.compile(r"^([0-9]{1,6}) (day|hour|minute|second)s?$")
_FORMAT_MEND = "write it as %d.%m.%Y or %Y-%m-%d %H:%M:%S"
#: The signs and words that ``decimal`` and ``grouping`` take.
DECIMALS = (".", ",", "\u066b")
GROUPINGS = (".", ",", "'", "\u066c", "space", "none")


def known_zone(name: str) -> str:
    """The name itself if it is an IANA time zone.

    Errors: MeshError with the near name.
    """
    try:
        return one_zone(name)
    except ValueError as error:
        problem, _, mend = str(error).partition("; ")
        raise MeshError("zone.unknown", f"'{name}' is {problem}", next_step=mend) from None


def one_decimal(value: str) -> str:
    """The decimal sign. Errors: ValueError, problem and mend parted by a semicolon."""
    if value not in DECIMALS:
        raise ValueError("no decimal sign; write '.' or ',' in quotes")
    return value


def one_grouping(value: str) -> str:
    """The sign between thousands, empty for none. Errors: ValueError, problem and mend parted by a semicolon."""
    word = {" ": "space", "\u00a0": "space", "\u202f": "space", "\u2019": "'", "": "none"}.get(value, value)
    if word not in GROUPINGS:
        raise ValueError("no sign between thousands; write '.' or ',' or \"'\" in quotes, or space, or none")
    return "" if word == "none" else word


def _marks(symbols: tuple[str, ...]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Marks of a sign: one of the symbols, or a word of letters; a digit in one would be read as the number's."""

    def checked(values: Sequence[str]) -> tuple[str, ...]:
        if any(mark not in symbols and not mark.isalpha() for mark in values):
            known = ", ".join(f"'{symbol}'" for symbol in symbols)
            raise ValueError(f"no mark of a sign; write {known} in quotes, or a word of letters such as DR")
        return tuple(values)

    return checked


#: The marks that say negative, or positive. Errors: ValueError, problem and mend parted by a semicolon.
negative_marks = _marks((MINUS_BEHIND, PARENTHESES))
positive_marks = _marks((PLUS_BEHIND,))


def _delay(value: Any) -> Any:
    """``7 days``, ``36 hours``, ``15 minutes``, ``90 seconds``: never negative, nothing is known before it happens."""
    if isinstance(value, dt.timedelta):
        return value
    found = _DELAY.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("no delay; write it as 7 days, 36 hours or 15 minutes")
    return dt.timedelta(**{f"{found.group(2)}s": int(found.group(1))})


def _pattern(value: str) -> str:
    """The engine reads nulls by a pattern it does not know, so a time is written by it and read back.

    One that tells day and month but no year is refused where the column can be named.
    """
    if "%" not in value:
        raise ValueError(f"no format; {_FORMAT_MEND}")
    try:
        check_format(value if has_year(value) else f"%Y {value}", "timestamp")
    except ValueError as error:
        raise ValueError(f"no format: it {error}; {_FORMAT_MEND}") from None
    return value


def _some(patterns: tuple[str, ...]) -> tuple[str, ...]:
    # A minimal length would be a second fault beside that of a pattern which is refused.
    if not patterns:
        raise ValueError(f"empty, at least one format is needed; {_FORMAT_MEND}")
    return patterns


def _several(columns: Any) -> Any:
    """Before a word that is no list is told in the terms of a program."""
    named = columns if isinstance(columns, list | tuple) else ()
    if len(set(map(str, named))) < max(2, len(named)):
        raise ValueError("not two columns or more, each named once; write them as [date, time]")
    return columns


def _uri(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise ValueError("no address; write the path of a file")
    return value


Zone = Annotated[str, AfterValidator(one_zone)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Decimal = Annotated[Text, AfterValidator(one_decimal)]
Grouping = Annotated[Text, AfterValidator(one_grouping)]
Negative = Annotated[tuple[Text, ...], AfterValidator(negative_marks)]
Positive = Annotated[tuple[Text, ...], AfterValidator(positive_marks)]


class OffsetWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """A time that the source does not have: another time plus a delay, ``{column: booked_at, by: 7 days}``."""

    column: str = Field(
        description="a timestamp column of the contract, or, where the contract has none of that name, of the file"
    )
    by: Annotated[dt.timedelta, BeforeValidator(_delay)] = Field(
        description="how much later, such as 0 days, 7 days, 36 hours, 15 minutes"
    )


class TakenWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Which value of the source is which column; all keys are columns of the contract."""

    rename: dict[str, Text] = Field(
        default_factory=dict, description="the file's column; without it the column of the same name is taken"
    )
    join: dict[str, Annotated[tuple[Text, ...], BeforeValidator(_several)]] = Field(
        default_factory=dict,
        exclude_if=_empty,
        description="columns of the file that hold one value, put together with a blank between them: [date, time]",
    )
    constant: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="one value for every row, where the file has no such column"
    )
    offset: dict[str, OffsetWords] = Field(
        default_factory=dict, description="another time plus a delay: {column: booked_at, by: 7 days}"
    )
    distinct: tuple[str, ...] = Field(
        default=(), description="of the rows that are equal in these columns the first one stays"
    )
    value_map: dict[str, dict[Text, Text]] = Field(
        default_factory=dict, description="the contract's word for a word of the file; other words stay as they came"
    )
    timezone: dict[str, Zone] = Field(
        default_factory=dict, description="the IANA zone of times that carry none, such as Europe/Brussels"
    )
    formats: dict[str, Annotated[tuple[Pattern, ...], AfterValidator(_some)]] = Field(
        default_factory=dict, description="strptime patterns of a date or time, tried in order, such as %d.%m.%Y"
    )
    binary_noise: tuple[str, ...] = Field(
        default=(), description="decimals that the source computed in doubles: 285.79999999999995 is meant as 285.80"
    )
    decimal: dict[str, Decimal] = Field(
        default_factory=dict, exclude_if=_empty, description="the decimal sign of a number, if it is not the source's"
    )
    grouping: dict[str, Grouping] = Field(
        default_factory=dict, exclude_if=_empty, description="what parts its thousands, if it is not the source's"
    )
    negative: dict[str, Negative] = Field(
        default_factory=dict, exclude_if=_empty, description="what says that it is negative, if it is not the source's"
    )
    positive: dict[str, Positive] = Field(
        default_factory=dict, exclude_if=_empty, description="what says that it is positive, if it is not the source's"
    )


class MappingWords(ColumnWords, TakenWords, extra="forbid", frozen=True, defer_build=True):
    """Which value of the source is which column, and how it is written where it is not as in the rest of the file."""


class Address(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Where a source lies and who reads it."""

    uri: Annotated[str, AfterValidator(_uri)] = Field(
        description="the file's path or file:// URI, relative to the mesh file, or s3://bucket/key"
    )
    format: str | None = Field(None, description="csv, parquet or a plugin's format, if the file's ending is not it")


class Binding(DatabaseWords, DeliveryWords, LayoutWords, Address, extra="forbid", frozen=True, defer_build=True):
    """One entry of ``sources`` in a mesh file: the file whose rows become a product, and how to read it.

    Its fields are those of ``Address``, of ``LayoutWords`` and these, written in this order.
    """

    layout: Text | None = Field(
        None,
        exclude_if=_empty,
        description="a YAML file beside the mesh file that holds words of this entry; the entry's own go before",
    )
    null_words: tuple[Text, ...] = Field(
        default=(), description="words of text columns that mean no value, such as NULL or n/a"
    )
    decimal: Decimal | None = Field(
        None,
        exclude_if=_empty,
        description="the decimal sign of its numbers, '.', ',' or '\u066b', such as ',' in 1.234,56; else the point",
    )
    grouping: Grouping | None = Field(
        None,
        exclude_if=_empty,
        description="what parts thousands: '.', ',', \"'\", '\u066c', space or none; else nothing may",
    )
    negative: Negative = Field(
        (), exclude_if=_empty, description="what says negative beside a minus before: '-' behind, '()' around, or DR"
    )
    positive: Positive = Field(
        (), exclude_if=_empty, description="what says positive: '+' behind, or a word behind, such as CR"
    )
    digits: Digits | None = Field(
        None,
        exclude_if=_empty,
        description="the script of the digits of its numbers and dates, such as arabic-indic or fullwidth",
    )
    minus_signs: MinusSigns = Field(
        (), exclude_if=_empty, description="further signs that are a minus, such as '\u2013'; '-' always is one"
    )
    currency: Currencies = Field(
        (), exclude_if=_empty, description="what may stand before or behind a number, such as ['\u20ac', PLN]"
    )
    grouping_size: GroupingSize | None = Field(
        None, exclude_if=_empty, description="lakh: 1,23,456 is grouped by three and then by two; else thousand"
    )
    two_digit_years: FirstYear | None = Field(
        None, exclude_if=_empty, description="the first of the hundred years that two digits mean, such as 1970"
    )
    mapping: MappingWords = Field(
        default_factory=MappingWords, description="which column of the file is which column of the contract"
    )
