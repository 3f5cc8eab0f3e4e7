"""What products read, synthesised from the contracts of what they read: several days, ties, gaps, rows that join.

Columns of one name hold the same values in all products, so that rows find each other; many rows share a time, an
amount or a name, so that a product that leaves an order open is found out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from hansa.contract.model import Column, Contract
from hansa.contract.operators import keeps
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.run import Run
from hansa.schema import must_have
from hansa.secrets import Keys, load_keys
from hansa.store.warehouse import Warehouse
from hansa.testing.leaks import Secrets
from hansa.testing.numbers import moment
from hansa.testing.result import NotMadeError
from hansa.testing.sheet import ZONE, Row, Sheet, spoken_of

#: Days of which inputs are made, where a contract has room for them, and the least; rows of a day, and of a whole. More
#: than three weeks, so that what waits a week for the truth about a day finds days enough before and behind it.
DAYS, _LEAST_DAYS = 25, 10
_A_DAY, _WHOLE, _MOST = 12, 80, 1000
#: One value in so many is missing where it may be.
_GAPS = 6


@dataclass
class Inputs:
    """The published inputs of one plugin's products; ``secrets`` are their clear values."""

    root: Path
    secrets: Secrets = field(default_factory=Secrets)
    _known: dict[tuple[str, int], str] = field(default_factory=dict)
    _days: list[dt.date] = field(default_factory=list)

    @property
    def warehouse(self) -> Warehouse:
        """Where they lie, and what products make of them."""
        return Warehouse(self.root / "warehouse")

    @cached_property
    def keys(self) -> Keys:
        """The keys of the warehouse."""
        return load_keys(self.root / "keys")

    def days_of(self, contract: Contract) -> list[dt.date]:
        """The days of which inputs are made: those of the first contract that has days. Errors: NotMadeError."""
        if not self._days and contract.partition is not None:
            self._days = Sheet(contract).days[:DAYS]
        if len(self._days) < _LEAST_DAYS:
            raise NotMadeError(f"{contract.id} can have rows of {len(self._days)} days only")
        return self._days

    def computed(self, contract: Contract) -> tuple[dt.date, dt.date]:
        """First and last of the two days that a product computes: most of the inputs lie before, some behind them."""
        days = self.days_of(contract)
        first = len(days) * 2 // 3
        return days[first], days[first + 1]

    def need(self, contract: Contract) -> None:
        """Make and publish the rows of a contract, once. Errors: NotMadeError where that cannot be."""
        name = (contract.id, contract.major)
        if name not in self._known:
            self._known[name] = self._reason(contract)
        if self._known[name]:
            raise NotMadeError(f"its input {contract.id} cannot be synthesised: {self._known[name]}")

    def _reason(self, contract: Contract) -> str:
        reason = ""
        bound = tuple(spoken_of(contract, [rule for rule in contract.rules if not rule.per_row]))
        for varied, same in dict.fromkeys([(True, ()), (True, bound), (False, ()), (False, bound)]):
            try:
                reason = self._published(contract, varied, same)
            except (NotMadeError, HansaError) as error:
                reason = error.sentence() if isinstance(error, HansaError) else str(error)
            if not reason:
                break
        return reason

    def _published(self, contract: Contract, varied: bool, same: tuple[str, ...]) -> str:
        """Publish rows, in the columns ``same`` one value a day; why that did not go well, or nothing."""
        sheet = Sheet(contract)
        rows = sheet.frame(self._rows(sheet, varied, same))
        self.secrets.add(contract, rows)
        days = self.days_of(contract) if contract.partition else []
        run = Run(f"input of {contract.id}", ZONE, min(days, default=None), max(days, default=None))
        made = publish(rows.lazy(), contract, run, self.warehouse, keys=self.keys)
        reasons = [reason for receipt in made.receipts for reason in receipt.reasons]
        return "; ".join(dict.fromkeys(reasons)) or ("" if made.landed else "nothing of it was published")

    def _rows(self, sheet: Sheet, varied: bool, same: tuple[str, ...]) -> list[Row]:
        contract = sheet.contract
        days: list[dt.date | None] = [*self.days_of(contract)] if contract.partition else [None]
        most = sheet.capacity // sheet.size
        each = min(_counted(contract, _A_DAY if contract.partition else _WHOLE), max(most // len(days), 1))
        if contract.partition in contract.key and len(contract.key) == 1:
            each = 1
        rows = []
        for at, day in enumerate(days):
            of_day: list[Row] = []
            for number in range(at * each, (at + 1) * each):
                unit = sheet.unit(number, day)
                of_day += [_varied(sheet, row, number) for row in unit] if varied else unit
            rows += [row | {name: of_day[0][name] for name in same} for row in of_day]
        return rows


def _counted(contract: Contract, wanted: int) -> int:
    """The number of rows nearest to what is wanted that keeps what the contract says of their number."""
    rules = [rule for rule in contract.rules if rule.metric == "rowCount" and not rule.per_row]
    for number in sorted(range(1, _MOST), key=lambda one: abs(one - wanted)):
        operands = ([Decimal(repr(one)) for one in rule.operands] for rule in rules)
        if all(keeps(r.operator, Decimal(number), o[0], o[-1]) for r, o in zip(rules, operands, strict=True)):
            return number
    return wanted


def _varied(sheet: Sheet, row: Row, number: int) -> Row:
    """The row with values of its own in every column that neither tells rows apart nor binds them together."""
    contract = sheet.contract
    fixed = {*contract.key, contract.partition}
    fixed |= {name for group in contract.groups for name in (*group.by, group.column or "")}
    clock = _clock(contract, row)
    made = dict(row)
    for at, column in enumerate(contract.columns):
        if column.name in fixed or column.unique:
            continue
        random = Random(f"{column.name} {number}")  # noqa: S311 - no secret is made of it
        made[column.name] = _value(sheet, column, random, clock, at)
    if clock is not None and clock[0] not in fixed:
        made[clock[0]] = clock[1]
    return made


def _value(sheet: Sheet, column: Column, random: Random, clock: tuple[str, dt.datetime] | None, at: int) -> Any:
    if not must_have(column) and random.randrange(_GAPS) == 0:
        return None
    if column.logical_type == "timestamp" and clock is not None:
        later = clock[1] + dt.timedelta(minutes=at % 3)
        later = later.replace(tzinfo=dt.UTC if column.zoned else None)
        if sheet.pools.judged(column, [later]).clean:
            return later
    wanted = 7 if column.logical_type == "string" else 25
    values = sheet.pools.many(column.name, wanted) or sheet.pools.clean(column.name)
    return values[random.randrange(len(values))]


def _clock(contract: Contract, row: Mapping[str, Any]) -> tuple[str, dt.datetime] | None:
    """The time of which the row's day is the day, by its column, with ties among the rows of a day."""
    partition = contract.partition
    if partition is None:
        return None
    origin = contract.by_name[partition].business_date_of
    column = contract.by_name[origin] if origin else None
    if column is None or not isinstance(row[column.name], dt.datetime):
        times = [one for one in contract.columns if one.logical_type == "timestamp"]
        return ("", moment(times[0], row[partition], 0)) if times else None
    time = row[column.name]
    bounded = any(one is not None for one in (column.minimum, column.maximum))
    return column.name, time if bounded else time.replace(minute=time.minute // 15 * 15)
