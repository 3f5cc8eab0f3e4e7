"""On which business days a product has rows: declared holidays, weekends, and whether every other day must have some.

The calendar says something only of a day on which nothing came. On a declared holiday that is an empty day, and its
receipt names the holiday; on another day the contract's rules hold it, or, where rows are expected daily, this does.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, Field

from hansa.contract.model import Contract, Rule
from hansa.digest import canonical, sha256
from hansa.errors import MeshError, one_line
from hansa.near import or_near
from hansa.receipt import CALENDAR, InputRead
from hansa.sources.delivery_words import ExpectWords

#: The rule that holds a day without rows where rows are expected daily.
EXPECTED = "delivery.expected"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: Names of holidays stand in receipts, so they are short.
_LONGEST_NAME = 80
_MEND = "write it as 2026-03-01"
#: So many days are looked through for the end of a wait.
_LONGEST_WAIT = 3660


def date_of(value: Any) -> dt.date:
    """A date, or the text of one. Pydantic would take a number, or a text of digits, for seconds since 1970.

    Errors: ValueError, with what is wrong and the mend.
    """
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"no date; {_MEND}")
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"no day of the calendar; {_MEND}") from None


def _dates(value: Any) -> Any:
    """A list of dates, or the path of a CSV file."""
    if isinstance(value, str):
        if not value.strip() or "\0" in value:
            raise ValueError("no path; name a CSV file of dates, or write a list of dates")
        return value
    if not isinstance(value, list | tuple | set | frozenset):
        raise ValueError("no list of dates; write [2026-03-01, 2026-03-02], or name a CSV file")
    return tuple(sorted({date_of(one) for one in value}))


#: Days, or the path of a file that lists them.
Dates = Annotated[tuple[dt.date, ...] | str, BeforeValidator(_dates)]


class CalendarWords(BaseModel, extra="forbid", frozen=True):
    """What can be said for the whole mesh, and in other words for one product."""

    holidays: Dates = Field(
        (),
        description="days on which no rows are expected: a list of dates, or a CSV file, relative to the mesh file, "
        "with one date a line and, if you like, the holiday's name after a comma",
    )
    workdays: Dates = Field(
        (), description="days of a weekend on which rows are expected all the same: a list of dates, or a CSV file"
    )
    weekends: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        (), description="days of the week on which no rows are expected, such as [sat, sun]"
    )
    expected: Literal["by contract", "daily"] = Field(
        "by contract",
        description="daily: a day of a source that is no holiday is held if no row came; "
        "by contract: only if a rule over the number of rows says so",
    )


class CalendarSettings(CalendarWords, extra="forbid", frozen=True):
    """What a mesh file says under ``calendar``."""

    products: dict[str, CalendarWords] = Field(
        default_factory=dict,
        description="by product id the same words for this product alone; what is not named there is the mesh's",
    )


@dataclass(frozen=True)
class Calendar:
    """The declared calendar of one mesh; files of dates are read when they are first needed.

    ``folder`` is that of the mesh file, ``known`` the ids that it may speak of. Errors of every method: MeshError for
    a file that cannot be read, or that holds something else than dates.
    """

    settings: CalendarSettings
    folder: Path
    _files: dict[str, Mapping[dt.date, str]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def silent(self) -> bool:
        """True if nothing is declared at all."""
        return self.settings == CalendarSettings()

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Refuse words for a product that the mesh does not know."""
        for id in self.settings.products:
            if id not in known:
                raise MeshError(
                    "calendar.product",
                    f"it speaks of '{id}', which is no product of this mesh",
                    where=f"calendar.products.{id}",
                    next_step=or_near(id, known, "see: hansa modules"),
                )

    def read(self, product: str) -> None:
        """Read the files of dates that a product's calendar names, for what may be wrong in them."""
        for name in ("holidays", "workdays"):
            self._days(product, name)

    def holiday(self, product: str, day: dt.date) -> str:
        """Why no rows are expected on a day: the holiday's name, ``holiday`` or ``weekend``; empty on a workday."""
        name = self._days(product, "holidays").get(day)
        if name is not None:
            return name or "holiday"
        weekend = _WEEKDAYS[day.weekday()] in self._word(product, "weekends")
        return "weekend" if weekend and day not in self._days(product, "workdays") else ""

    def closing(self, product: str, days: Sequence[dt.date]) -> str:
        """``holiday`` with the names, if each of ``days`` is a declared one; else empty."""
        if self.silent or not days:
            return ""
        names = [self.holiday(product, day) for day in days]
        told = ", ".join(dict.fromkeys(name for name in names if name != "holiday"))
        return (f"holiday {told}" if told else "holiday") if all(names) else ""

    def expects(self, product: str) -> bool:
        """True if each day of a source that is no holiday must have rows."""
        return bool(self._word(product, "expected") == "daily")

    def due(self, product: str, words: ExpectWords, day: dt.date, zone: str) -> dt.datetime:
        """When the file of a day has to have come: so long after its end, closed days left out for business days."""
        left, at = words.after, day + dt.timedelta(days=1)
        for _ in range(_LONGEST_WAIT):
            begin, end = _start_of(at, zone), _start_of(at + dt.timedelta(days=1), zone)
            closed = words.days == "business days" and self.holiday(product, at)
            if left <= dt.timedelta() or (not closed and left <= end - begin):
                return begin + left
            left -= dt.timedelta() if closed else end - begin
            at += dt.timedelta(days=1)
        return _start_of(at, zone)

    def expected(self, product: str, words: ExpectWords, first: dt.date, last: dt.date) -> list[dt.date]:
        """The days from ``first`` to ``last`` of which a file is expected.

        Errors: MeshError for business days where nothing says which days are closed.
        """
        self.refuse_open(product, words)
        days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in days if words.days == "daily" or not self.holiday(product, day)]

    def refuse_open(self, product: str, words: ExpectWords) -> None:
        """Refuse business days where nothing says which days are closed, so that no file could be missed."""
        closed = self._word(product, "holidays") or self._word(product, "weekends")
        if words.days == "business days" and not closed:
            raise MeshError(
                "calendar.business_days",
                f"files of {product} are expected on business days, and the calendar closes no day",
                where="calendar",
                next_step="write 'weekends: [sat, sun]' and the holidays under calendar, or expect files daily",
            )

    def without_weekends(self, product: str) -> bool:
        """True if holidays are declared and nothing is said of weekends, not even that there are none."""
        own = self.settings.products.get(product.removeprefix("shadow_"))
        said = any("weekends" in one.model_fields_set for one in (self.settings, own) if one is not None)
        return not said and bool(self._word(product, "holidays"))

    def after(self, product: str, day: dt.date) -> dt.date:
        """The last of the holidays that follow ``day`` without a gap; ``day`` itself if none does."""
        for _ in range(366):
            if self.silent or not self.holiday(product, day + dt.timedelta(days=1)):
                break
            day += dt.timedelta(days=1)
        return day

    def _word(self, product: str, name: str) -> Any:
        # A product in shadow has the days of the product itself.
        own = self.settings.products.get(product.removeprefix("shadow_"))
        return getattr(own if own is not None and name in own.model_fields_set else self.settings, name)

    def _days(self, product: str, name: str) -> Mapping[dt.date, str]:
        """Dates and names, as the file or the list has them."""
        given = self._word(product, name)
        if not isinstance(given, str):
            return dict.fromkeys(given, "")
        if given not in self._files:
            self._files[given] = dict(_of_file((self.folder / Path(given).expanduser()).resolve(), given))
        return self._files[given]


def _start_of(day: dt.date, zone: str) -> dt.datetime:
    """The instant (UTC) at which a day begins."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def _of_file(path: Path, shown: str) -> Iterator[tuple[dt.date, str]]:
    """Dates and names of a CSV file: ``date`` or ``date,name`` a line, with or without a head."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        why = "is no UTF-8 text" if isinstance(error, UnicodeError) else f"cannot be read ({error.strerror})"
        raise MeshError(
            "calendar.file",
            f"the file of dates {why}",
            where=shown,
            next_step="mend calendar in the mesh file: a path is relative to it",
        ) from None
    for number, row in enumerate(csv.reader(lines), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() == "date"):
            continue
        try:
            if len(cells) > 2:
                raise ValueError("more than a date and a name; put a name that has a comma in quotes")
            yield date_of(cells[0]), _name(cells[1]) if len(cells) > 1 else ""
        except ValueError as error:
            problem, _, mend = str(error).partition("; ")
            raise MeshError(
                "calendar.file", f"the line holds {problem}", where=f"{shown}:{number}", next_step=mend
            ) from None


def _name(text: str) -> str:
    return " ".join(one_line(text).split())[:_LONGEST_NAME]


def on_holiday(contract: Contract) -> Contract:
    """The contract as a declared holiday without rows is judged: rules over the number of rows have nothing to say.

    The receipt lists them as unchecked.
    """
    rules = tuple(_undecided(rule) if rule.metric == "rowCount" else rule for rule in contract.rules)
    volume = replace(contract.volume, minimum=10**9) if contract.volume is not None else None
    return replace(contract, rules=rules, volume=volume)


def _undecided(rule: Rule) -> Rule:
    """A rule that asks for a number where there is none."""
    return replace(rule, metric="sql", query="SELECT CAST(NULL AS DOUBLE) AS none FROM self", empty=None)


def expecting(contract: Contract) -> Contract:
    """The contract with the rule that at least one row has to come."""
    rule = Rule(EXPECTED, "rowCount", (), "mustBeGreaterThan", (0.0,), line=0, severity="error")
    return replace(contract, rules=(*contract.rules, rule))


def decided(what: str, first: dt.date, last: dt.date) -> InputRead:
    """What the calendar said of days, as an input of their publication."""
    print_ = sha256(canonical({"calendar": what, "first": str(first), "last": str(last)}))
    return InputRead(name=f"{CALENDAR}{what}", first=str(first), last=str(last), fingerprint=print_)
