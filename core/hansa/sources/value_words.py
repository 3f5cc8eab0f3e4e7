"""The words about values that a mapping says of a column: signs, digits, exponents, years, zones; and what each may be.

``ColumnWords`` is a part of ``MappingWords``; all keys are columns of the contract, all values that are columns are
those of the file. One that is not used is not written, so that a binding from before it keeps its digest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from hansa.cast.digits import ZEROS
from hansa.cast.zones import minutes_of
from hansa.near import or_near
from hansa.sources.layout_words import Text, empty

Word = str | None
#: A minus beside the hyphen and U+2212, which are always one.
_MINUSES = frozenset("\u207b\u208b\ufe63\uff0d\u25b3\u25b2")
_SCALE = 38


def one_zone(name: str) -> str:
    """The name itself if it is an IANA time zone. Errors: ValueError, problem and mend parted by a semicolon."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mend = or_near(name, available_timezones(), "write an IANA name such as Asia/Shanghai")
        raise ValueError(f"no known time zone; {mend}") from None
    return name


def _zone_or_offset(value: str) -> str:
    return value if minutes_of(value) is not None else one_zone(value)


def _script(value: str) -> str:
    if value not in ZEROS:
        mend = or_near(value, ZEROS, f"known are {', '.join(ZEROS)}")
        raise ValueError(f"no script whose digits are read; {mend}")
    return value


def _currencies(values: tuple[str, ...]) -> tuple[str, ...]:
    """Signs and words of currencies: something that can be told from digits, signs and blanks of a number."""
    for value in values:
        named = any(sign.isalpha() or unicodedata.category(sign) == "Sc" for sign in value)
        if not named or value != value.strip() or any(sign.isdigit() or sign in "+-\u2212" for sign in value):
            raise ValueError("no sign of a currency; write a sign such as '€' or a word such as PLN, without digits")
    return values


def _minus_signs(values: tuple[str, ...]) -> tuple[str, ...]:
    if any(len(value) != 1 or (unicodedata.category(value) != "Pd" and value not in _MINUSES) for value in values):
        raise ValueError("no sign that can be a minus; write one such as '\u2013' in quotes")
    return values


def _decimals(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _SCALE:
        raise ValueError(f"no count of decimals; write how many of the last digits are decimals, at most {_SCALE}")
    return value


def _first_year(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 1000 <= value <= 9900:
        raise ValueError("no year; write the first of the hundred years that two digits mean, such as 1970")
    return value


def _marker(value: str) -> str:
    if not value:
        raise ValueError("empty; write the text before which the value ends")
    return value


def _column_or_words(value: Any) -> Any:
    """A column's name, or a list of words of a flag, of which null is a flag that is empty."""
    if isinstance(value, list | tuple) and all(word is None or isinstance(word, str) for word in value):
        return tuple(word or None for word in value)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ValueError("no words and no column; write [WORD, WORD] in quotes where needed, or a column of the file")


def _words(value: Any) -> Any:
    made = _column_or_words(value)
    if not isinstance(made, tuple):
        raise ValueError("no list of words; write [WORD, WORD], in quotes where needed")
    return made


def _fold(value: Any) -> Any:
    """``first`` and ``second`` alone say which moment is always meant."""
    if isinstance(value, str):
        if value not in ("first", "second"):
            raise ValueError(
                "neither first nor second; write one of them, or {column: NAME, first: [..], second: [..]}"
            )
        return {"always": value}
    return value


Digits = Annotated[Text, AfterValidator(_script)]
Currencies = Annotated[tuple[Text, ...], AfterValidator(_currencies)]
MinusSigns = Annotated[tuple[Text, ...], AfterValidator(_minus_signs)]
GroupingSize = Literal["thousand", "lakh"]
FirstYear = Annotated[int, BeforeValidator(_first_year)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_words)]
ColumnOrWords = Annotated[tuple[Word, ...] | str | None, BeforeValidator(_column_or_words)]


class SignWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """How a sign is told that does not stand beside its number: by a flag, by two columns, or by no mark at all."""

    column: Text | None = Field(
        None, exclude_if=empty, description="the file's column of the number, if it is not the one of rename"
    )
    flag: Text | None = Field(None, exclude_if=empty, description="the file's column whose words say the sign")
    plus: ColumnOrWords = Field(
        None, exclude_if=empty, description="words of the flag that say positive; or the column of positive numbers"
    )
    minus: ColumnOrWords = Field(
        None, exclude_if=empty, description="words of the flag that say negative; or the column of negative numbers"
    )
    none: Words = Field((), exclude_if=empty, description="words of the flag that say that there is no number")
    minus_written: Literal["positive", "negative"] | None = Field(
        None,
        exclude_if=empty,
        description="whether numbers of the column of negative ones have a minus; else they do not",
    )
    own_sign: Literal["refused", "turned"] | None = Field(
        None,
        exclude_if=empty,
        description="turned: a number beside a flag may have its own minus, which a flag of minus turns; else refused",
    )
    unmarked: Literal["minus"] | None = Field(
        None, exclude_if=empty, description="minus: a number without any mark is negative, as where only Cr is marked"
    )

    @property
    def two_columns(self) -> tuple[str, str] | None:
        """The columns of positive and of negative numbers, if there are two."""
        return (self.plus, self.minus) if isinstance(self.plus, str) and isinstance(self.minus, str) else None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """Refuse what is none of the three ways, or two of them."""
        lists = [self.plus or (), self.minus or (), self.none]
        others = {name for name in self.model_fields_set - {"column"} if getattr(self, name)}
        if self.unmarked is not None:
            if others != {"unmarked"}:
                raise ValueError("two ways to tell a sign; write unmarked alone, or a flag with its words")
        elif self.flag is not None:
            if any(isinstance(words, str) for words in lists) or self.minus_written is not None:
                raise ValueError("two ways to tell a sign; beside a flag write plus and minus as lists of its words")
            if not lists[0] and not lists[1]:
                raise ValueError("no words of the flag; write plus: [WORD], minus: [WORD]")
            found = [word for words in lists for word in set(words)]
            if len(found) > len(set(found)):
                raise ValueError("a word of the flag in two lists; keep it in one of them")
        elif self.two_columns is None or self.none or self.own_sign or self.column is not None:
            raise ValueError("no way to tell a sign; write a flag with its words, or plus and minus as two columns")
        elif self.plus == self.minus:
            raise ValueError("one column for both signs; name two columns of the file")
        return self


class FoldWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Which moment is meant in the hour that comes twice: ``first``, ``second``, or by the words of a column."""

    always: Literal["first", "second"] | None = Field(None, exclude_if=empty, description="the same one for every row")
    column: Text | None = Field(None, exclude_if=empty, description="the file's column that says it")
    first: Words = Field(
        (), exclude_if=empty, description="its words for the first one, before the clocks were put back"
    )
    second: Words = Field((), exclude_if=empty, description="its words for the second one")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.always is None) == (self.column is None):
            raise ValueError("not told in one way; write first, second, or {column: NAME, first: [..], second: [..]}")
        if (self.column is not None) != bool(self.first and self.second):
            raise ValueError("without words for both; write {column: NAME, first: [..], second: [..]}")
        if set(self.first) & set(self.second):
            raise ValueError("one word for both; keep it in one of the lists")
        return self


class ColumnWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """What a mapping says of how the values of a column are written."""

    minus_signs: dict[str, MinusSigns] = Field(
        default_factory=dict, exclude_if=empty, description="further signs that are a minus, if not the source's"
    )
    digits: dict[str, Digits] = Field(
        default_factory=dict, exclude_if=empty, description="the script of its digits, if it is not the source's"
    )
    currency: dict[str, Currencies] = Field(
        default_factory=dict, exclude_if=empty, description="what may stand before or behind it, if not the source's"
    )
    grouping_size: dict[str, GroupingSize] = Field(
        default_factory=dict, exclude_if=empty, description="lakh or thousand, if it is not the source's"
    )
    scientific: tuple[str, ...] = Field(
        (), exclude_if=empty, description="numbers that may have an exponent: 1.08E-4 is 0.000108, exactly"
    )
    implied_decimals: dict[str, Annotated[int, BeforeValidator(_decimals)]] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="how many of the last digits are decimals: 12345 is 123.45 by 2",
    )
    surplus_zeros: tuple[str, ...] = Field(
        (), exclude_if=empty, description="whole numbers that may have decimals, all of them zeros: 5.00 is 5"
    )
    sign: dict[str, SignWords] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="{flag: NAME, plus: [..], minus: [..], none: [..]} by the words of a column of the file, "
        "{plus: NAME, minus: NAME} by two columns, or {unmarked: minus}",
    )
    null_words: dict[str, tuple[Text, ...]] = Field(
        default_factory=dict, exclude_if=empty, description="its words that mean no value, in the place of the source's"
    )
    take_before: dict[str, Annotated[Text, AfterValidator(_marker)]] = Field(
        default_factory=dict, exclude_if=empty, description="the text before which its value ends, such as ' as of '"
    )
    identifiers: tuple[str, ...] = Field(
        (), exclude_if=empty, description="texts of digits: one that a program has damaged refuses the whole file"
    )
    two_digit_years: dict[str, FirstYear] = Field(
        default_factory=dict, exclude_if=empty, description="the first of the hundred years, if it is not the source's"
    )
    zone_column: dict[str, Text] = Field(
        default_factory=dict, exclude_if=empty, description="the file's column with the zone of each time, as +01:00"
    )
    zone_names: dict[str, dict[Text, Annotated[Text, AfterValidator(_zone_or_offset)]]] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="what the words of that column mean: {CET: '+01:00', BJ: Asia/Shanghai}",
    )
    fold: dict[str, Annotated[FoldWords, BeforeValidator(_fold)]] = Field(
        default_factory=dict,
        exclude_if=empty,
        description="which moment is meant in the hour that comes twice: first, second or "
        "{column: NAME, first: [..], second: [..]}; else it is refused",
    )


#: Models within the words of a column, by the word: for whoever looks up what lies within.
WITHIN: Mapping[str, type[BaseModel]] = {"sign": SignWords, "fold": FoldWords}
