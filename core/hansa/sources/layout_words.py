"""The words inside of the words of a layout: a header's, a footer's, a rule's, a control's; and what each may be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

_SEPARATOR_WORDS = {"tab": "\t", "\\t": "\t"}
_LONGEST_SEPARATOR = 8
_RANGE = re.compile(r"^([1-9][0-9]{0,5})-([1-9][0-9]{0,5})$")


#: What a fault means to somebody who does not know Python, and the mend.
_PLAINLY = {
    "missing": ("is missing", "write it"),
    "int_type": ("is no whole number", "write it without quotes"),
    "greater_than_equal": ("is less than 1", "lines are counted from 1"),
    "model_type": ("it is none of the words", "see docs/sources.md"),
    "literal_error": ("is none of the known words", "see docs/sources.md"),
}


def text(value: Any) -> Any:
    """YAML reads 007 as 7 and yes as true: what is meant as text is not guessed back."""
    if not isinstance(value, str):
        raise ValueError("no text; put it in quotes")
    return value


def empty(value: object) -> bool:
    """True for a word that says nothing: it is not written, so that a binding from before it keeps its digest."""
    return not value


def one_separator(value: str) -> str:
    """The separator, one or more characters; ``tab`` is the word for a tab.

    Errors: ValueError, problem and mend parted by a semicolon.
    """
    sign = _SEPARATOR_WORDS.get(value, value)
    fine = 0 < len(sign) <= _LONGEST_SEPARATOR and not set(sign) & set('"\r\n\0\ufeff')
    if not fine or any(one.isalnum() or unicodedata.east_asian_width(one) in "FW" for one in sign):
        raise ValueError("no separator; write one character such as , ; | or several such as ~|~ or the word tab")
    return sign


def one_quote(value: str) -> str:
    """The quotation mark, one character, or ``none``. Errors: ValueError, problem and mend parted by a semicolon."""
    if value != "none" and (len(value) != 1 or value.isalnum() or value in "\r\n\0\ufeff"):
        raise ValueError("no quotation mark; write one character such as '\"', or none")
    return value


def byte_range(value: str) -> tuple[int, int]:
    """First byte from 0 and the byte after the last one, of ``1-8``. Errors: ValueError."""
    found = _RANGE.match(value)
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError("no range of bytes; write it as 1-8, from 1, both inclusive")
    return int(found[1]) - 1, int(found[2])


def _regex(groups: int) -> Callable[[str], str]:
    def checked(value: str) -> str:
        try:
            found = re.compile(value)
        except (re.error, OverflowError, RecursionError):
            raise ValueError("no regular expression; see https://docs.python.org/3/library/re.html") from None
        if groups and found.groups != groups:
            raise ValueError("a regular expression without its one group; put what is the number in ( )")
        return value

    return checked


def _some(value: str) -> str:
    if not value:
        raise ValueError("empty; write the text, in quotes, or remove the word")
    return value


def plainly(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """The first fault of words inside of a word, as one sentence of that word."""
    try:
        return handler(value)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        inner = ".".join(str(part) for part in fault["loc"])
        problem, _, mend = fault["msg"].removeprefix("Value error, ").partition("; ")
        if fault["type"] == "extra_forbidden":
            problem, mend = "is no word here", "see docs/sources.md"
        elif fault["type"] in _PLAINLY:
            problem, mend = _PLAINLY[fault["type"]]
        place = f"{inner} is " if inner and not problem.startswith("is ") else f"{inner} " if inner else ""
        raise ValueError(f"wrong: {place}{problem}; {mend or 'mend it'}") from None


Text = Annotated[str, BeforeValidator(text)]
SomeText = Annotated[Text, AfterValidator(_some)]
Regex = Annotated[SomeText, AfterValidator(_regex(0))]
NumberRegex = Annotated[SomeText, AfterValidator(_regex(1))]
Line = Annotated[int, Field(strict=True, ge=1)]
Where = Literal["preamble", "footer"]


def _word(name: str) -> BeforeValidator:
    """A word that stands alone, such as ``header: none`` for ``header: {none: true}``."""
    return BeforeValidator(lambda value: {name: True} if value == name else value)


class _Words(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Words inside of a word, of which one is said."""

    def _said(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) not in {None, False}]

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self._said()) != 1:
            raise ValueError(f"not one of the words; write one of {', '.join(type(self).model_fields)}")
        return self


class HeaderWords(_Words):
    """Where the header stands: ``{line: 3}``, ``{starts_with: Date}``, ``none``, or ``{first_row: 23}`` without one."""

    line: Line | None = Field(None, exclude_if=empty, description="the physical line of the header, from 1")
    starts_with: SomeText | None = Field(
        None, exclude_if=empty, description="the first line that begins so is the header"
    )
    none: bool = Field(False, exclude_if=empty, description="the first line is a row")
    first_row: Line | None = Field(None, exclude_if=empty, description="no header; the line of the first row, from 1")

    @property
    def is_absent(self) -> bool:
        """True if no line of the file is a header; ``columns`` has the names then."""
        return self.none or self.first_row is not None


class FooterWords(_Words):
    """Which line ends the rows: ``{starts_with: Total}`` or ``blank_line``."""

    starts_with: SomeText | None = Field(None, exclude_if=empty, description="the first line that begins so")
    blank_line: bool = Field(False, exclude_if=empty, description="the first line of blanks alone")


class SkipWords(_Words):
    """Lines that are no rows: ``blank``, ``header``, ``{starts_with: TEXT}`` or ``{matches: REGEX}``."""

    blank: bool = Field(False, exclude_if=empty, description="lines of blanks alone")
    header: bool = Field(False, exclude_if=empty, description="lines whose fields are the header's")
    starts_with: SomeText | None = Field(None, exclude_if=empty, description="lines that begin so")
    matches: Regex | None = Field(None, exclude_if=empty, description="lines in which this regular expression is found")

    @property
    def name(self) -> str:
        """What the rule is called where its rows are counted."""
        return next((f"{word} {said}" for word in ("starts_with", "matches") if (said := getattr(self, word))), "") or (
            "blank" if self.blank else "header"
        )


class _InWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """Words inside of a word that are said together."""


def _bytes(value: str) -> str:
    byte_range(value)
    return value


class CountWords(_InWords):
    """Where the file says how many rows it holds."""

    matches: NumberRegex | None = Field(
        None, exclude_if=empty, description="a line that matches; its one group is the number"
    )
    where: Where | None = Field(None, exclude_if=empty, description="preamble or footer; without it both are searched")
    line: Line | None = Field(None, exclude_if=empty, description="the line, before the rows, that is the number")
    bytes: Annotated[Text, AfterValidator(_bytes)] | None = Field(
        None, exclude_if=empty, description="which bytes of that line are the number, such as 1-8"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.matches is None) == (self.line is None):
            raise ValueError("neither a text nor a line; write matches or line, one of them")
        if self.line is None and self.bytes is not None:
            raise ValueError("bytes without a line; write line as well")
        return self


class SumWords(_InWords):
    """Where the file says what the values of a column add up to."""

    column: SomeText = Field(description="the file's column")
    matches: NumberRegex = Field(description="a line that matches; its one group is the sum, written as the column is")
    where: Where | None = Field(None, exclude_if=empty, description="preamble or footer; without it both are searched")


class BalanceWords(_InWords):
    """Each row's balance is the one before plus the row's amount."""

    column: SomeText = Field(description="the file's column of balances")
    amount: SomeText = Field(description="the file's column of signed amounts")
    opening: NumberRegex | None = Field(
        None, exclude_if=empty, description="a line before or after the rows; its one group is the balance before them"
    )
    closing: NumberRegex | None = Field(
        None, exclude_if=empty, description="a line before or after the rows; its one group is the balance after them"
    )
    newest_first: bool = Field(False, exclude_if=empty, description="true if the last row is the oldest")


def listed(value: Any) -> Any:
    """One rule for a list of one."""
    return [value] if isinstance(value, Mapping | str) else value


class ControlWords(_InWords):
    """What the file says of itself; it is refused if its rows say otherwise."""

    count: CountWords | None = Field(None, exclude_if=empty, description="how many rows it holds")
    sum: Annotated[tuple[SumWords, ...], BeforeValidator(listed)] = Field(
        (), exclude_if=empty, description="what a column adds up to"
    )
    balance: BalanceWords | None = Field(None, exclude_if=empty, description="a running balance")


def _columns(value: Any) -> Any:
    """Names by position, or positions (from 1), or ranges of bytes, by name."""
    mend = "write [name, name], {name: 5} or, for fixed width, {name: 1-8}"
    if isinstance(value, Mapping):
        for name, place in value.items():
            by_position = isinstance(place, int) and not isinstance(place, bool) and place > 0
            if not isinstance(name, str) or not name or not (by_position or isinstance(place, str)):
                raise ValueError(f"no columns; {mend}")
            if isinstance(place, str):
                byte_range(place)
        if len({type(place) for place in value.values()}) > 1:
            raise ValueError("positions and ranges of bytes at once; write one kind")
        positions = [place for place in value.values() if isinstance(place, int)]
        if len(set(positions)) != len(positions):
            raise ValueError("two names for one position; remove one of them")
        return dict(value)
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        raise ValueError(f"no columns; {mend}")
    if len(set(value)) != len(value):
        raise ValueError("a name that stands twice; rename one of them")
    return tuple(value)


def _one_character_or_more(value: str) -> str:
    if set(value) & set("\r\n"):
        raise ValueError("a line break; lines are parted before, remove it")
    return _some(value)


Columns = Annotated[tuple[str, ...] | dict[str, int | str], BeforeValidator(_columns)]
Characters = Annotated[Text, AfterValidator(_one_character_or_more)]
Header = Annotated[HeaderWords, _word("none"), WrapValidator(plainly)]
Footer = Annotated[FooterWords, _word("blank_line"), WrapValidator(plainly)]
Skip = Annotated[SkipWords, _word("blank"), _word("header"), WrapValidator(plainly)]
