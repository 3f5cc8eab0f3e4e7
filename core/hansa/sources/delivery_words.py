"""Words of a source whose ``uri`` holds a pattern: its files are deliveries, each of which is published once."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from hansa.errors import DataError

#: What a pattern of dates may hold, and the digits that stand for it in a name.
_DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "j": 3, "H": 2, "M": 2, "S": 2}
_WHOLE = ({"Y", "m", "d"}, {"y", "m", "d"}, {"Y", "j"}, {"y", "j"})
_DATED_MEND = "write it as '%Y%m%d', '%Y-%m-%d' or '%Y%m%d_%H%M'"
_DELAY = re.compile(r"([0-9]{1,6}) (day|hour|minute|second)s?(?: |$)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _empty(value: object) -> bool:
    """True for a word that says nothing: it is not written, so that a binding from before it keeps its digest."""
    return not value


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("no text; put it in quotes")
    return value


def _dated(value: str) -> str:
    parts = re.findall(r"%(.?)", value)
    if not any(whole <= set(parts) for whole in _WHOLE) or len(set(parts)) != len(parts) or "/" in value:
        raise ValueError(f"no pattern of a whole date; {_DATED_MEND}")
    if unknown := [part for part in parts if part not in _DIGITS]:
        raise ValueError(f"a pattern with %{unknown[0]}, which no name of a file is read by; {_DATED_MEND}")
    return value


def _span(value: Any) -> Any:
    """``6 hours``, ``1 day 12 hours``: never negative."""
    if isinstance(value, dt.timedelta):
        return value
    found = _DELAY.findall(value) if isinstance(value, str) else []
    told = " ".join(f"{number} {unit}" for number, unit in found)
    if not found or told != " ".join(word.removesuffix("s") for word in value.split(" ")):
        raise ValueError("no delay; write it as 6 hours, 1 day 12 hours or 15 minutes")
    return sum((dt.timedelta(**{f"{unit}s": int(number)}) for number, unit in found), dt.timedelta())


def _since(value: Any) -> Any:
    """Pydantic would take a number, or a text of digits, for seconds since 1970."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("no date; write it as 2026-03-01")
    return value


def _ending(value: str) -> str:
    if not value.startswith(".") or len(value) < 2 or "/" in value or "*" in value:
        raise ValueError("no ending of a name; write it as .ok")
    return value


def _expects(value: Any) -> Any:
    return {"days": value} if isinstance(value, str) else value


class ExpectWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """On which days a file is expected, and how long after the end of its day it may come."""

    days: Literal["daily", "business days"] = Field(
        description="daily, or business days: those that the calendar of the mesh does not close"
    )
    after: Annotated[dt.timedelta, BeforeValidator(_span)] = Field(
        dt.timedelta(), description="how long after the end of its day a file may come, such as 9 hours"
    )
    since: Annotated[dt.date, BeforeValidator(_since)] | None = Field(
        None, description="the first day of which a file is expected; else that of the oldest file that came"
    )


class DeliveryWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """What can be said of a source whose ``uri`` is a pattern."""

    dated: Annotated[str, BeforeValidator(_text), AfterValidator(_dated)] | None = Field(
        None,
        exclude_if=_empty,
        description="of deliveries: the date in a file's name, such as '%Y%m%d'; of two rows with one key that of the "
        "later date counts, whenever it came",
    )
    newest_by: Annotated[str, BeforeValidator(_text)] | None = Field(
        None,
        exclude_if=_empty,
        description="of deliveries: the contract's column by which of two rows with one key the greater one counts",
    )
    brings: Literal["rows", "days"] | None = Field(
        None,
        exclude_if=_empty,
        description="of deliveries: rows, which join those of their days, or days, each of which a file brings whole; "
        "else rows",
    )
    expects: Annotated[ExpectWords, BeforeValidator(_expects)] | None = Field(
        None,
        exclude_if=_empty,
        description="of deliveries: daily, business days, or {days: business days, after: 9 hours, since: 2026-03-01}",
    )
    end_marker: Annotated[str, BeforeValidator(_text), AfterValidator(_ending)] | None = Field(
        None,
        exclude_if=_empty,
        description="of deliveries: the ending of a file that says that its namesake is whole, such as .ok",
    )
    quiet: Annotated[dt.timedelta, BeforeValidator(_span)] | None = Field(
        None,
        exclude_if=_empty,
        description="of deliveries: a file that was written to less than this long ago waits, such as 1 minute",
    )


#: The words that only deliveries have.
DELIVERY_WORDS = tuple(DeliveryWords.model_fields)


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression; no digit stands beside what it finds."""
    written = re.sub(r"%(.)", lambda found: f"\0{found[1]}", pattern)
    parts = re.split("\0(.)", written)
    made = "".join(
        re.escape(part) if at % 2 == 0 else f"(?P<{part}>[0-9]{{{_DIGITS[part]}}})" for at, part in enumerate(parts)
    )
    # Dates may overlap, so each place is looked at.
    return re.compile(f"(?<![0-9])(?={made}(?![0-9]))")


def date_in(name: str, pattern: str, place: str) -> dt.datetime:
    """The date (and time) that stands in a name, in its last part first, then in the folders before it.

    Errors: DataError for a name with none, or with two different ones.
    """
    for text in (name.rpartition("/")[2], name):
        dates = {date for found in _regex(pattern).finditer(text) if (date := _date(found, pattern)) is not None}
        if len(dates) == 1:
            return dates.pop()
        if dates:
            what = f"its name holds {len(dates)} dates of the form {pattern}"
            mend = "write what stands around the date in 'dated', such as 'stmt_%Y%m%d'"
            raise DataError("delivery.date", what, where=place, next_step=mend)
    raise DataError(
        "delivery.date",
        f"its name holds no date of the form {pattern}",
        where=place,
        next_step="rename it, or mend 'dated' or the pattern of the uri",
    )


def _date(found: re.Match[str], pattern: str) -> dt.datetime | None:
    parts = re.findall(r"%(.)", pattern)
    text, form = " ".join(found[part] for part in parts), " ".join(f"%{part}" for part in parts)
    try:
        return dt.datetime.strptime(text, form)
    except ValueError:
        return None
