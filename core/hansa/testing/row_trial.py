"""The row rules of one contract before the real gate: for each a row that keeps it, and one that breaks it alone.

All rows of a contract go through the gate together, as rows of a file do; what became of each is read from quarantine.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from hansa.contract.model import Contract, top_of
from hansa.errors import HansaError
from hansa.schema import families
from hansa.store.warehouse import Warehouse
from hansa.testing.bench import Bench, Gone
from hansa.testing.impossible import impossible
from hansa.testing.result import GREEN, NotMadeError, Result, red, skipped
from hansa.testing.sheet import Group, Row, Sheet, other_value
from hansa.testing.written import unreadable, written

#: Values of a column of which each has to pass.
_EDGES = 8


@dataclass
class Case:
    """Rows that are tried for one rule, or for several with a comma between them.

    Of the first ``looked_at`` rows ``bad`` have to be refused under it alone, or none of them if they are ``good``; the
    others belong to their groups. ``texts`` stand in the first row in the place of values.
    """

    rule: str
    rows: list[Row]
    bad: int = 0
    good: bool = False
    looked_at: int = 1
    texts: dict[str, str] = field(default_factory=dict)


def rules_of_rows(contract: Contract) -> list[str]:
    """The rules for which single rows are refused."""
    return [name for name, family in families(contract).items() if family != "table"]


class RowTrial:
    """``kept`` and ``broken`` by rule, computed on the first question."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.contract = bench, bench.contract
        self.sheet = Sheet(bench.contract)
        self.kept: dict[str, Result] = {}
        self.broken: dict[str, Result] = {}
        self._warnings = {rule.name for rule in self.contract.rules if rule.severity == "warning"}
        self._warnings |= {group.name for group in self.contract.groups if group.severity == "warning"}
        self._number = 0

    def run(self) -> RowTrial:
        """Try every rule."""
        rules = rules_of_rows(self.contract)
        for rule, reason in impossible(self.contract).items():
            if rule in rules:
                self.kept[rule] = self.broken[rule] = red(f"{rule}: {reason}")
        try:
            self._all(rules)
        except NotMadeError as error:
            self._rest(rules, skipped(str(error)))
        except HansaError as error:
            self._rest(rules, red(f"the gate takes none of its rows: {error.sentence()}"))
        self._rest(rules, skipped("no row for it can be synthesised"))
        return self

    def _rest(self, rules: list[str], result: Result) -> None:
        for rule in rules:
            self.kept.setdefault(rule, result)
            self.broken.setdefault(rule, result)

    def _all(self, rules: list[str]) -> None:
        cases = [case for case in self._cases(rules) if case.rule not in self.broken]
        for chunk in self._chunks(cases):
            self._judge(chunk, self._send(chunk))
        self._types()
        self._texts()
        self._late(rules)
        self._future(rules)

    # Rows in the contract's own types

    def _cases(self, rules: list[str]) -> Iterator[Case]:
        grouped = {*[n for g in self.contract.groups for n in g.by], *[g.column or "" for g in self.contract.groups]}
        for column in self.contract.columns:
            found = self.sheet.pools.found(column.name)
            of_column = [rule for rule in rules if self._column_of(rule) == column.name]
            if of_column:
                yield Case(",".join(of_column), self._next(), good=True)
            if of_column and column.name not in grouped:
                for value in self._edges(column.name):
                    yield self._changed(column.name, value, of_column, good=True)
            for rule in of_column:
                if rule in found.breaking:
                    yield self._changed(column.name, found.breaking[rule], [rule], good=False)
                elif rule in found.blocked and rule not in self.broken:
                    self.broken[rule] = skipped(f"no row breaks it alone: {found.blocked[rule]}")
            if column.unique:
                yield Case(f"{column.name}.unique", self._same_value(column.name), 2, looked_at=2)
        yield from self._of_keys()
        yield from self._of_groups()
        yield from self._of_window()

    def _column_of(self, rule: str) -> str:
        named = {one.name: one.columns[0] for one in self.contract.rules if one.columns}
        return top_of(named.get(rule, rule))

    def _edges(self, name: str) -> list[Any]:
        """The least, the greatest, the shortest, the longest and a few more of the values that keep all rules."""
        column, clean = self.contract.by_name[name], self.sheet.pools.clean(name)
        if column.partitioned or self._dates(name):
            return []
        if column.unique or name in self.contract.key:
            # A value that another row has would be one too many.
            taken = {self.sheet.published(name, value) for value in self.sheet.pools.many(name, 2000)}
            free = {self.sheet.published(name, value): value for value in reversed(clean)}
            clean = [value for text, value in free.items() if text not in taken]
        by_length = sorted((v for v in clean if isinstance(v, str)), key=len)
        ordered = [] if column.nested or by_length or column.logical_type == "boolean" else sorted(clean)
        edges = [*ordered[:1], *ordered[-1:], *by_length[:1], *by_length[-1:], *clean]
        return list({repr(value): value for value in edges}.values())[:_EDGES]

    def _dates(self, name: str) -> bool:
        """True for the time of which the partition is the day."""
        partition = self.contract.partition
        return partition is not None and self.contract.by_name[partition].business_date_of == name

    def _next(self) -> list[Row]:
        self._number += 1
        return self.sheet.unit(self._number - 1, self._day(self._number - 1))

    def _day(self, number: int) -> dt.date | None:
        """Days in turn where only they tell rows apart."""
        days = self.sheet.days
        if not days:
            return None
        return days[number % (len(days) - 1)] if set(self.contract.key) == {self.contract.partition} else days[0]

    def _changed(self, name: str, value: Any, rules: list[str], good: bool) -> Case:
        rows = self._next()
        rows[0] = rows[0] | {name: value}
        return Case(",".join(rules) if good else rules[0], rows, 0 if good else 1, good)

    def _same_value(self, name: str) -> list[Row]:
        (first, *rest), (second, *more) = self._next(), self._next()
        return [first, second | {name: first[name]}, *rest, *more]

    def _of_keys(self) -> Iterator[Case]:
        """Two rows of one key, and two that are the same in everything."""
        contract = self.contract
        named = {"primaryKey", "primaryKey.identical"} if contract.key else {"identical"}
        unique = [f"{column.name}.unique" for column in contract.columns if column.unique]
        if contract.key or unique:
            yield Case(",".join([*sorted(named), *unique]), [*self._next(), *self._next()], good=True)
        if contract.key:
            row, *rest = self._next()
            apart = [c.name for c in contract.columns if c.unique and c.name not in contract.key]
            twin = row | {name: self._next()[0][name] for name in apart}
            try:
                name, value = other_value(self.sheet, row, contract.key)
                twin[name] = value
            except NotMadeError as error:
                if not apart:
                    self.broken["primaryKey"] = skipped(str(error))
            yield Case("primaryKey", [row, twin, *rest], 2, looked_at=2)
        if contract.key or any(column.unique for column in contract.columns):
            row, *rest = self._next()
            yield Case("primaryKey.identical" if contract.key else "identical", [row, *rest, dict(row)], 1)

    def _of_groups(self) -> Iterator[Case]:
        for rule in self.contract.groups:
            self._number += 1
            day = self._day(self._number)
            rows = self.sheet.unit(self._number, day)
            yield Case(rule.name, rows, good=True, looked_at=len(rows))
            try:
                group: Group = self.sheet.group_that_breaks(rule)
            except NotMadeError as error:
                self.broken.setdefault(rule.name, skipped(str(error)))
                continue
            self._number += 1
            rows = self.sheet.unit(self._number, day, group)
            yield Case(rule.name, rows, len(rows), looked_at=len(rows))

    def _of_window(self) -> Iterator[Case]:
        if self.contract.partition is None:
            return
        days = self.sheet.days
        if len(days) < 2:
            self.broken["window"] = skipped("the day of its rows can be one day only")
            return
        self._number += 1
        yield Case("window", self.sheet.unit(self._number, days[-1])[:1], 1)
        yield Case("window", self._next(), 0, good=True)

    def _chunks(self, cases: list[Case]) -> Iterator[list[Case]]:
        """Cases that fit into one publication: no more rows than there are keys."""
        if self._number * self.sheet.size < self.sheet.capacity * max(len(self.sheet.days), 1):
            yield cases
            return
        yield from ([case] for case in cases)

    def _send(self, cases: list[Case]) -> Gone:
        rows = [row for case in cases for row in case.rows]
        return self.bench.send(self.sheet.frame(rows), self._window(cases))

    def _window(self, cases: list[Case]) -> list[dt.date]:
        """The days of all rows but for those that are to lie outside."""
        name = self.contract.partition
        if name is None:
            return []
        rows = [row for case in cases if case.rule != "window" or case.good for row in case.rows]
        days = [row[name] for row in rows if row[name] is not None]
        return [min(days), max(days)] if days else [self.sheet.days[0]]

    def _judge(self, cases: list[Case], gone: Gone) -> None:
        at = 0
        for case in cases:
            found = self._found(case, at, gone)
            at += len(case.rows)
            for rule in case.rule.split(",") if case.good else [case.rule]:
                results = self.kept if case.good else self.broken
                made = self._good(rule, found) if case.good else self._bad(case, found, gone)
                if results.get(rule, GREEN).state == "green":
                    results[rule] = made

    def _found(self, case: Case, at: int, gone: Gone) -> list[list[str]]:
        """Under which rules those rows of the case were refused that decide; its first row lies at ``at``."""
        return [rules for place in range(at, at + case.looked_at) for rules in gone.refused.get(place, [])]

    def _good(self, rule: str, found: list[list[str]]) -> Result:
        under = sorted({name for rules in found for name in rules})
        return red(f"{rule}: a row that keeps all rules is refused under {', '.join(under)}") if under else GREEN

    def _bad(self, case: Case, found: list[list[str]], gone: Gone) -> Result:
        rule = case.rule
        if rule in self._warnings:
            told = gone.broken(rule) > 0 and not found
            return GREEN if told else red(f"{rule}: a row that breaks this warning is refused, or not counted")
        if found == [[rule]] * case.bad:
            return GREEN
        if not found:
            return red(f"{rule}: the gate let a row pass that breaks it")
        under = sorted({name for rules in found for name in rules})
        return red(f"{rule}: a row that breaks it alone is refused under {', '.join(under)}")

    # Values that are none of their type

    def _types(self) -> None:
        """Rows of texts, as of a CSV file, in each of which one value cannot be read."""
        cases = []
        for column in self.contract.columns:
            if column.logical_type == "string":
                continue
            value = self.sheet.pools.clean(column.name)[0]
            for path, text in unreadable(column, value):
                cases.append(Case(f"{path}.type", self._next(), 1, texts={column.name: text}))
        for chunk in self._chunks(cases):
            self._judge_types([Case("", self._next(), good=True), *chunk])

    def _judge_types(self, cases: list[Case]) -> None:
        gone = self.bench.send(self._as_texts(cases), self._window(cases))
        plain = {rule for rules in gone.refused.get(0, []) for rule in rules}
        at = len(cases[0].rows)
        for case in cases[1:]:
            found = self._found(case, at, gone)
            at += len(case.rows)
            why = f"its rows cannot be written as texts: {', '.join(sorted(plain))} refuses them"
            self.kept.setdefault(case.rule, skipped(why) if plain else GREEN)
            self.broken.setdefault(case.rule, skipped(why) if plain else self._bad(case, found, gone))

    def _as_texts(self, cases: list[Case]) -> pl.DataFrame:
        made: dict[str, list[str | None]] = {name: [] for name in self.contract.by_name}
        for case in cases:
            for at, row in enumerate(case.rows):
                for name, column in self.contract.by_name.items():
                    instead = case.texts.get(name) if at == 0 else None
                    made[name].append(written(column, row[name]) if instead is None else instead)
        return pl.DataFrame(made, schema=dict.fromkeys(made, pl.String))

    def _texts(self) -> None:
        """A text column that comes as something which is no text."""
        for column in self.contract.columns:
            rule = f"{column.name}.type"
            if column.logical_type != "string" or rule in self.broken:
                continue
            case = Case(rule, self._next()[:1], 1)
            clean = self.sheet.frame(case.rows)
            spoiled = clean.with_columns(pl.Series(column.name, [b"\x00\xff"], dtype=pl.Binary))
            gone = self.bench.send(spoiled, self._window([case]), clear=clean)
            self.broken[rule] = self._bad(case, self._found(case, 0, gone), gone)

    # Rows that come too late, or too early

    def _late(self, rules: list[str]) -> None:
        """A file brings its newest day; without a key its rows of days that stand already are refused."""
        if "late" not in rules:
            return
        if self.contract.key:
            why = "the contract has a key, by which late rows are merged into their day"
            self.kept["late"] = self.broken["late"] = skipped(why)
            return
        days = self.sheet.days
        if len(days) < 2:
            self.kept["late"] = self.broken["late"] = skipped("the day of its rows can be one day only")
            return
        place = Warehouse(self.bench.root / "late")
        first = [row for at in range(3) for row in self.sheet.unit(900 + at, days[0])]
        late, new = self.sheet.unit(910, days[0]), self.sheet.unit(920, days[1])
        before = self.bench.send(self.sheet.frame(first), warehouse=place, mode="file")
        after = self.bench.send(self.sheet.frame([*late, *new]), warehouse=place, mode="file")
        if before.publication.held or not before.publication.landed:
            self.kept["late"] = self.broken["late"] = skipped(f"a first file is held: {'; '.join(before.reasons)}")
            return
        found = [rules for place_ in range(len(late)) for rules in after.refused.get(place_, [])]
        self.broken["late"] = self._bad(Case("late", late, len(late), looked_at=len(late)), found, after)
        self.kept["late"] = self._good(
            "late", [r for at in range(len(new)) for r in after.refused.get(len(late) + at, [])]
        )

    def _future(self, rules: list[str]) -> None:
        """A file brings no days that lie ahead, but where its contract says how far."""
        rule = f"{self.contract.partition}.future"
        if rule not in rules or self.contract.partition is None:
            return
        column, far = self.contract.by_name[self.contract.partition], dt.date.today() + dt.timedelta(days=40)
        if column.maximum is not None or column.exclusive_maximum is not None:
            self.kept[rule] = self.broken[rule] = skipped("the contract itself says how far its days may lie ahead")
            return
        if self.sheet.days[0] > dt.date.today() or not self.sheet.pools.judged(column, [far]).clean:
            self.kept[rule] = self.broken[rule] = skipped("its rows can have no day ahead, or none that is past")
            return
        past, ahead = self.sheet.unit(930, self.sheet.days[0]), self.sheet.unit(940, far)
        gone = self.bench.send(self.sheet.frame([*past, *ahead]), mode="file")
        found = [rules for at in range(len(ahead)) for rules in gone.refused.get(len(past) + at, [])]
        self.broken[rule] = self._bad(Case(rule, ahead, len(ahead), looked_at=len(ahead)), found, gone)
        self.kept[rule] = self._good(rule, [r for at in range(len(past)) for r in gone.refused.get(at, [])])
