"""The table rules of one contract before the real gate: rows that are published, and rows that are held under one rule.

Which rows break a table rule is found by trying: the gate's own verdict is asked about many small frames, and the frame
that it holds for one reason alone is then sent through the gate.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import polars as pl

from hansa.attempt import tokenised
from hansa.contract.model import Rule
from hansa.digest import RowDigest
from hansa.errors import HansaError
from hansa.groups import GroupRules
from hansa.row_judge import counted_rules
from hansa.tally import Tally
from hansa.testing.bench import Bench, Gone
from hansa.testing.impossible import impossible
from hansa.testing.result import GREEN, NotMadeError, Result, red, skipped
from hansa.testing.sheet import Row, Sheet, spoken_of
from hansa.verdict import judge

#: Frames that are tried for one rule, and rows of the greatest of them.
_MOST_FRAMES, _MOST_ROWS = 250, 3000
_COUNTS = (3, 1, 2, 5, 10, 30, 100)


@dataclass(frozen=True)
class Frame:
    """Rows of one day (or of a product without days), with the table rules that they break."""

    rows: list[Row]
    broken: frozenset[str]


class TableTrial:
    """``clean``, and ``kept`` and ``broken`` by rule, computed by ``run``."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.contract = bench, bench.contract
        self.sheet = Sheet(bench.contract)
        self.rules = {rule.name: rule for rule in self.contract.rules if not rule.per_row}
        self._groups = GroupRules(self.contract)
        self.clean: Result = skipped("it was not tried")
        self.kept: dict[str, Result] = {}
        self.broken: dict[str, Result] = {}

    def run(self) -> TableTrial:
        """Try the clean rows, and every table rule."""
        volume = self.contract.volume
        names = [*self.rules, *([volume.name] if volume else [])]
        for rule, reason in impossible(self.contract).items():
            if rule in names:
                self.kept[rule] = self.broken[rule] = red(f"{rule}: {reason}")
        try:
            self._all()
        except NotMadeError as error:
            self._rest(names, skipped(str(error)))
        except HansaError as error:
            self._rest(names, red(f"the gate takes none of its rows: {error.sentence()}"))
        return self

    def _rest(self, names: list[str], result: Result) -> None:
        self.clean = result
        for name in names:
            self.kept.setdefault(name, result)
            self.broken.setdefault(name, result)

    def _all(self) -> None:
        base = self._base()
        gone = self.bench.send(self.sheet.frame(base.rows), self._window())
        self.clean = _published(gone)
        unchecked = {name for receipt in gone.publication.receipts for name in receipt.unchecked}
        for name, rule in self.rules.items():
            silent = skipped("its measure says nothing about the rows that were found")
            held = red(f"{name}: rows that keep it are held: {'; '.join(gone.reasons)}")
            named = gone.broken(name) or any(reason.startswith(f"{name}:") for reason in gone.reasons)
            self.kept.setdefault(name, held if named else (silent if name in unchecked else GREEN))
            if name not in self.broken:
                self.broken[name] = self._break(rule, base)
        if self.contract.volume is not None and self.contract.volume.name not in self.broken:
            self._volume(base)

    def _day(self) -> dt.date | None:
        return self.sheet.days[0] if self.sheet.days else None

    def _window(self) -> list[dt.date]:
        day = self._day()
        return [day] if day is not None else []

    # Frames

    def _base(self) -> Frame:
        """Rows that keep every rule. Errors: NotMadeError, naming the rules that were never kept."""
        closest: Frame | None = None
        for frame in self._sizes():
            for made in chain((frame,), self._variants(frame, list(self.rules.values()))):
                if not made.broken and made.rows:
                    return made
                if closest is None or len(made.broken) < len(closest.broken):
                    closest = made
            if closest is not None and not closest.broken:
                break
        named = ", ".join(sorted(closest.broken)) if closest is not None and closest.broken else "all rules"
        raise NotMadeError(f"no rows were found that keep {named}")

    def _sizes(self) -> Iterator[Frame]:
        """Clean rows in several numbers, those first near which a count of rows turns."""
        operands = [int(one) + step for r in self.rules.values() for one in r.operands for step in (0, 1, -1)]
        wanted = [n for n in dict.fromkeys([*_COUNTS, *operands]) if 0 < n <= _MOST_ROWS]
        for count in [n for n in wanted if n <= self._capacity()] or [1]:
            yield self._frame(self._clean_rows(count))

    def _capacity(self) -> int:
        return self.sheet.capacity if not self.contract.groups else max(self.sheet.capacity // self.sheet.size, 1)

    def _clean_rows(self, count: int) -> list[Row]:
        return [row for number in range(count) for row in self.sheet.unit(number, self._day())]

    def _frame(self, rows: list[Row]) -> Frame:
        return Frame(rows, frozenset(self._verdict(rows)))

    @cached_property
    def _counted(self) -> dict[str, pl.Expr]:
        """The conditions of the rules that count rows."""
        return counted_rules(self.contract)

    def _verdict(self, rows: list[Row]) -> set[str]:
        """The table rules that the gate's verdict on these rows names."""
        made = self.sheet.frame(rows)
        tally = Tally(incoming=RowDigest(len(rows)), accepted=RowDigest(len(rows)), published=RowDigest(len(rows)))
        counted = {name: int((~kept_of(made, kept)).sum()) for name, kept in self._counted.items()}
        tally.violations = Counter(counted)
        lying = tokenised(self.contract, self.bench.keys if self.contract.sealed else None, made)
        found = judge(self.contract, tally, lying.lazy() if rows else None)
        groups = self._groups.judge(made.lazy(), None).bad if self.contract.groups else {}
        return {name for name in found.broken if name in self.rules} | set(groups)

    def _variants(self, base: Frame, rules: list[Rule]) -> Iterator[Frame]:
        """The base with one column of some of its rows changed, for the columns of which the rules speak."""
        tried = 0
        for name in spoken_of(self.contract, rules):
            for rows in self._changes(base.rows, name, [rule.name for rule in rules]):
                tried += 1
                if tried > _MOST_FRAMES:
                    return
                yield self._frame(rows)

    def _changes(self, rows: list[Row], name: str, rules: list[str]) -> Iterator[list[Row]]:
        found = self.sheet.pools.found(name)
        loose = [value for rule in rules for value in found.loose.get(rule, [])[:6]]
        values = [*loose, *_spread(found.clean)]
        for value in values:
            for count in sorted({1, len(rows) // 2, len(rows)} - {0}):
                yield [row | {name: value} if at < count else row for at, row in enumerate(rows)]
        if len(rows) > 1:
            yield [rows[0], *({**row, name: rows[0][name]} for row in rows[1:])]
            yield [row | {name: values[at % len(values)]} for at, row in enumerate(rows)] if values else rows

    # One rule

    def _break(self, rule: Rule, base: Frame) -> Result:
        """Rows that break this rule alone, through the gate."""
        closest: frozenset[str] | None = None
        for frame in self._breaking(rule, base):
            if frame.broken == {rule.name}:
                return self._held(rule, frame)
            if rule.name in frame.broken and (closest is None or len(frame.broken) < len(closest)):
                closest = frame.broken
        if closest is not None:
            return skipped(
                f"no rows break it alone: what breaks it breaks {', '.join(sorted(closest - {rule.name}))} too"
            )
        return skipped("no rows were found that break it")

    def _breaking(self, rule: Rule, base: Frame) -> Iterator[Frame]:
        if rule.metric in ("rowCount", "sql"):
            yield self._frame([])
            yield from self._sizes()
        if rule.metric == "rowCount":
            return
        yield from self._variants(base, [rule])
        for frame in self._sizes():
            if len(frame.rows) != len(base.rows):
                yield from self._variants(frame, [rule])

    def _held(self, rule: Rule, frame: Frame) -> Result:
        gone = self.bench.send(self.sheet.frame(frame.rows), self._window())
        under = [reason for reason in gone.reasons if reason.startswith(f"{rule.name}:")]
        if rule.severity == "warning":
            told = gone.broken(rule.name) and not gone.reasons
            return GREEN if told else red(f"{rule.name}: rows that break this warning are held, or it is not counted")
        if under and len(gone.reasons) == 1:
            return GREEN
        if not gone.reasons:
            return red(f"{rule.name}: the gate published rows that break it")
        return red(f"{rule.name}: rows that break it alone are held for {'; '.join(gone.reasons)}")

    def _volume(self, base: Frame) -> None:
        """Days of one size, and then one of another size."""
        rule = self.contract.volume
        assert rule is not None  # noqa: S101 - asked of contracts that have one
        days = self.sheet.days[: rule.minimum + 1]
        if len(days) <= rule.minimum:
            raise NotMadeError(f"{rule.name} compares {rule.minimum + 1} days, and its rows can have {len(days)}")
        usual = len(base.rows)
        sizes = [round(usual * (1 + rule.tolerance)) + 1, int(usual * (1 - rule.tolerance) - 0.5), 2 * usual + 1]
        for count in (n for n in sizes if 0 <= n * len(days) < self._capacity() and n != usual):
            last = self._clean_rows(count)
            if abs(len(last) - usual) <= rule.tolerance * usual or self._verdict(last):
                continue
            self.kept[rule.name], self.broken[rule.name] = self._two_sizes(rule.name, days, usual, len(last))
            return
        why = "no number of rows was found that breaks it alone"
        self.kept.setdefault(rule.name, skipped(why))
        self.broken.setdefault(rule.name, skipped(why))

    def _two_sizes(self, name: str, days: list[dt.date], usual: int, other: int) -> tuple[Result, Result]:
        rows, number = list[Row](), 0
        for at, day in enumerate(days):
            for _ in range(usual if at < len(days) - 1 else other):
                rows += self.sheet.unit(number, day)[:1] if not self.contract.groups else self.sheet.unit(number, day)
                number += 1
        gone = self.bench.send(self.sheet.frame(rows), days)
        early = [receipt for receipt in gone.publication.receipts if receipt.partition != str(days[-1])]
        late = [receipt for receipt in gone.publication.receipts if receipt.partition == str(days[-1])]
        kept = GREEN if not any(r.reasons for r in early) else red(f"{name}: a day like those before it is held")
        mild = self.contract.volume is not None and self.contract.volume.severity == "warning"
        told = [reason for receipt in late for reason in receipt.reasons]
        if mild:
            counted = all(receipt.broken.get(name) for receipt in late) and not told
            return kept, GREEN if counted else red(f"{name}: a day that breaks this warning is held, or not counted")
        alone = len(told) == 1 and told[0].startswith(f"{name}:")
        return kept, GREEN if alone else red(
            f"{name}: a day of another size is held for {'; '.join(told) or 'nothing'}"
        )


def kept_of(rows: pl.DataFrame, condition: pl.Expr) -> pl.Series:
    """For each row whether it keeps a condition; what is undecided keeps it."""
    made: pl.Series = rows.select(pl.int_range(pl.len()), condition.fill_null(True).alias("kept"))["kept"]
    return made


def _published(gone: Gone) -> Result:
    """Green if all rows were published."""
    if gone.refused:
        under = sorted({name for found in gone.refused.values() for rules in found for name in rules})
        return red(f"rows that keep all rules are refused under {', '.join(under)}")
    if gone.reasons or gone.publication.landed is None:
        return red(f"rows that keep all rules are held: {'; '.join(gone.reasons)}")
    return GREEN


def _spread(values: list[Any]) -> list[Any]:
    """Some values of many: the first, the ends, some between."""
    simple = [value for value in values if not isinstance(value, dict | list)]
    ends = sorted(simple)[:1] + sorted(simple)[-1:] if len(simple) == len(values) else []
    return list({repr(value): value for value in [*ends, *values[:3], *values[:: max(len(values) // 8, 1)]]}.values())[
        :14
    ]
