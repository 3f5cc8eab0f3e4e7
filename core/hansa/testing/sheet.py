"""Clean rows of a contract, as many as are wanted: distinct keys, days, groups that add up."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from hansa.contract.model import Column, Contract, GroupRule, Rule, top_of
from hansa.contract.operators import keeps
from hansa.schema import must_have, polars_schema
from hansa.secrets import normal
from hansa.testing.numbers import moment
from hansa.testing.pools import Pools
from hansa.testing.result import NotMadeError

#: The zone of everything that is synthesised: its days are not those of UTC.
ZONE = "Asia/Shanghai"
#: Rows of a group, and sets of amounts, that are tried at most.
_MOST_ROWS, _MOST_SUMS = 6, 4000

Row = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """How a group that keeps (or breaks) group rules looks: its rows, and what each has in the columns added up."""

    rows: tuple[Row, ...]


class Sheet:
    """Rows of one contract. A row is a mapping of every column to a value of its type."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.pools = Pools(contract)

    @property
    def _by(self) -> list[str]:
        """Columns by which rows are grouped, without the partition."""
        named = [name for rule in self.contract.groups for name in rule.by]
        return [name for name in dict.fromkeys(named) if name != self.contract.partition]

    @cached_property
    def days(self) -> list[dt.date]:
        """Days that a row can have, ascending; empty for a product without partition. Errors: NotMadeError."""
        if self.contract.partition is None:
            return []
        days: list[dt.date] = sorted(self.pools.many(self.contract.partition, 40))
        if not days:
            raise NotMadeError(f"no day of column '{self.contract.partition}' was found")
        return days

    @cached_property
    def _radix(self) -> list[tuple[str, int]]:
        """The columns of the key that tell rows apart, each with its number of values."""
        key = [name for name in self.contract.key if name != self.contract.partition and name not in self._by]
        return [(name, len(self.pools.many(name, 2000))) for name in key]

    @property
    def size(self) -> int:
        """How many rows a unit takes at most."""
        return _MOST_ROWS if self.contract.groups else 1

    @cached_property
    def capacity(self) -> int:
        """How many rows of one day (or of the whole) can have keys and unique values of their own."""
        counts = [count for _, count in self._radix]
        most = 1
        for count in counts:
            most *= count
        if not self.contract.key:
            most = 100_000
        elif not counts and self._by:
            most = 1_000
        unique = [len(self.pools.many(c.name, 2000)) for c in self.contract.columns if c.unique]
        return min([most, *unique])

    def row(self, number: int, day: dt.date | None = None, unit: int | None = None) -> Row:
        """The row with this number; ``unit`` is the group to which it belongs (None: one of its own).

        Errors: NotMadeError where a column has no clean value.
        """
        unit = number if unit is None else unit
        made: Row = {}
        left = number
        for name, count in self._radix:
            made[name] = self.pools.many(name, 2000)[left % count]
            left //= count
        for column in self.contract.columns:
            if column.name in self._by:
                values = self.pools.many(column.name, 200) or self.pools.clean(column.name)
                made[column.name] = values[unit % len(values)]
            elif column.name not in made:
                made[column.name] = self._value(column, number, day)
        return self._dated(made, number, day)

    def _value(self, column: Column, number: int, day: dt.date | None) -> Any:
        if column.partitioned:
            return day or self.days[0]
        values = self.pools.many(column.name, 2000) if column.unique else self.pools.clean(column.name)
        if not values:
            raise NotMadeError(f"no value of column '{column.name}' was found that keeps all of its rules")
        return values[number % len(values)]

    def _dated(self, row: Row, number: int, day: dt.date | None) -> Row:
        """The row with times that lie in its day where its day is that of a time."""
        partition = self.contract.partition
        column = self.contract.by_name[partition] if partition else None
        if column is None or column.business_date_of is None or partition is None:
            return row
        origin = self.contract.by_name[column.business_date_of]
        time = row[origin.name]
        if not isinstance(time, dt.datetime):
            return row
        if origin.name in self.contract.key or origin.minimum is None:
            # Times of a key are told apart by seconds, others by minutes with ties between them.
            made = moment(origin, day or row[partition], number % 240)
            if origin.name in self.contract.key:
                made += dt.timedelta(seconds=number // 240)
            row[origin.name] = made if self._is_clean(origin, made) else time
        row[partition] = local_day(row[origin.name])
        return row

    def _is_clean(self, column: Column, value: Any) -> bool:
        bounds = (column.minimum, column.maximum, column.exclusive_minimum, column.exclusive_maximum)
        return not any(bounds) or self.pools.judged(column, [value]).clean == [value]

    def published(self, name: str, value: Any) -> str:
        """What tells a value of a column from others once it is published: two spellings of a person are one token."""
        kind = self.contract.by_name[name].tokenise
        if kind is None or not isinstance(value, str):
            return repr(value)
        return str(normal(pl.Series([value]), kind).item())

    def frame(self, rows: Iterable[Row]) -> pl.DataFrame:
        """The rows in the contract's columns and types."""
        schema = polars_schema(self.contract)
        given = list(rows)
        return pl.DataFrame(
            {n: pl.Series(n, [row[n] for row in given], dtype=t) for n, t in schema.items()}, height=len(given)
        )

    # Groups

    @cached_property
    def group(self) -> Group:
        """A group that keeps every group rule. Errors: NotMadeError."""
        for made in self._groups():
            if not self._broken(made):
                return made
        raise NotMadeError(f"no group was found that keeps {', '.join(rule.name for rule in self.contract.groups)}")

    def group_that_breaks(self, rule: GroupRule) -> Group:
        """A group that breaks this group rule alone. Errors: NotMadeError."""
        for made in self._groups():
            if self._broken(made) == {rule.name}:
                return made
        raise NotMadeError(f"no group was found that breaks {rule.name} alone")

    def unit(self, number: int, day: dt.date | None = None, group: Group | None = None) -> list[Row]:
        """A clean row, with the others of its group where rows belong together."""
        if not self.contract.groups:
            return [self.row(number, day)]
        rows = (group or self.group).rows
        first = number * _MOST_ROWS
        return [self.row(first + at, day, number) | dict(given) for at, given in enumerate(rows)]

    def _groups(self) -> Iterable[Group]:
        """Groups worth a look: rows by number, amounts by what the operands ask for."""
        summed = list(dict.fromkeys(rule.column for rule in self.contract.groups if rule.column))
        key = [name for name in self.contract.key if name != self.contract.partition]
        most = 1 if key and set(key) <= set(self._by) else _MOST_ROWS
        for count in range(1, most + 1):
            columns = [self._amounts(name, count) for name in summed]
            for chosen in itertools.islice(itertools.product(*columns), _MOST_SUMS):
                yield Group(
                    tuple({n: amounts[at] for n, amounts in zip(summed, chosen, strict=True)} for at in range(count))
                )

    def _amounts(self, name: str, count: int) -> list[tuple[Any, ...]]:
        """Amounts of the rows of a group: some that are near the operands, or all the same."""
        column = self.contract.by_name[name]
        operands = [one for rule in self.contract.groups if rule.column == name for one in rule.operands]
        values: list[Any] = [*self.pools.clean(name)[:6]]
        wanted: list[tuple[Any, ...]] = []
        for target in (*operands, *(one + step for one in operands for step in (1, -1))):
            for value in values:
                rest = target - (count - 1) * Decimal(str(value))
                last = int(rest) if column.logical_type == "integer" else rest
                if self.pools.judged(column, [last]).clean:
                    wanted.append((*[value] * (count - 1), last))
        return [*wanted, *((value,) * count for value in values)]

    def _broken(self, group: Group) -> set[str]:
        broken = set()
        for rule in self.contract.groups:
            column = rule.column
            total = Decimal(len(group.rows)) if column is None else sum(
                (Decimal(str(row[column])) for row in group.rows), Decimal(0)
            )  # fmt: skip
            if not keeps(rule.operator, total, rule.operands[0], rule.operands[-1]):
                broken.add(rule.name)
        return broken


def spoken_of(contract: Contract, rules: Sequence[Rule]) -> list[str]:
    """Columns that one of the rules counts or that its query names, none that tells rows or groups apart."""
    fixed = {*contract.key, *[name for group in contract.groups for name in group.by], contract.partition}
    told = [top_of(path) for rule in rules for path in rule.columns]
    words = {word for rule in rules for word in re.findall(r"\w+", rule.query or "")}
    named = [*told, *(name for name in contract.by_name if name in words)]
    return [name for name in dict.fromkeys(named) if name not in fixed and not contract.by_name[name].unique]


def local_day(time: dt.datetime) -> dt.date:
    """The day of a time in the zone of what is synthesised; a time without zone has its own day."""
    return time.astimezone(ZoneInfo(ZONE)).date() if time.tzinfo is not None else time.date()


def other_value(sheet: Sheet, row: Row, names: Sequence[str]) -> tuple[str, Any]:
    """A column beside ``names`` and another value that it can have in the row. Errors: NotMadeError."""
    for column in sheet.contract.columns:
        if column.name in names or column.unique or column.partitioned:
            continue
        own = sheet.published(column.name, row[column.name])
        others = [value for value in sheet.pools.clean(column.name) if sheet.published(column.name, value) != own]
        if others:
            return column.name, others[0]
        if not must_have(column) and row[column.name] is not None:
            return column.name, None
    raise NotMadeError("no column beside the key can have another value")
