"""Values of a column by what its rules say of them: such as keep all, and for each rule one that breaks it alone.

Nothing here knows how a rule is judged. Candidates are put before the gate's own conditions, all of a column at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from random import Random
from typing import Any

import polars as pl

from hansa.contract.model import Column, Contract, Rule
from hansa.row_judge import counted_rules
from hansa.schema import column_conditions, must_have, parts, polars_type, rule_condition
from hansa.secrets import empty, invalid
from hansa.testing import numbers, texts
from hansa.testing.result import NotMadeError

#: Candidates that are looked at once.
_CHUNK = 400
#: Keeps a selection as long as its frame, also where nothing else is selected.
_LENGTH = pl.int_range(pl.len()).alias("__length")


@dataclass
class Found:
    """The candidates of one column.

    ``clean`` keep every rule and leave none undecided where that can be, ``loose`` keep the row rules and not what the
    table rules count, by the name of such a rule. ``breaking`` breaks one rule alone; ``blocked`` says why no such
    value was found.
    """

    clean: list[Any]
    loose: dict[str, list[Any]] = field(default_factory=dict)
    breaking: dict[str, Any] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)


class Pools:
    """The columns of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._found: dict[str, Found] = {}
        self._many: dict[str, list[Any]] = {}
        self._asked: dict[str, int] = {}

    @cached_property
    def _rules(self) -> dict[str, list[Rule]]:
        """Rules of ``quality`` by the path of which they speak."""
        made: dict[str, list[Rule]] = {}
        for rule in self.contract.rules:
            for path in rule.columns:
                made.setdefault(path, []).append(rule)
        return made

    def found(self, name: str) -> Found:
        """The candidates of a column."""
        if name not in self._found:
            column = self.contract.by_name[name]
            self._found[name] = self.judged(column, list(_distinct(self._candidates(column, name))))
        return self._found[name]

    def clean(self, name: str) -> list[Any]:
        """Values that keep all rules, at least one. Errors: NotMadeError."""
        if not (values := self.found(name).clean):
            raise NotMadeError(f"no value of column '{name}' was found that keeps all of its rules")
        return values

    def many(self, name: str, wanted: int) -> list[Any]:
        """So many different values that keep all rules, or as many as were found; always in one order."""
        known = self._many.setdefault(name, [])
        if self._asked.get(name, 0) < wanted:
            self._asked[name] = wanted
            column = self.contract.by_name[name]
            stream = self._stream(column, name)
            seen = dict.fromkeys(map(_key, known))
            for _ in range(6):
                chunk = list(islice(stream, max(_CHUNK, 2 * wanted)))
                for value in self.judged(column, chunk).clean if chunk else []:
                    if _key(value) not in seen:
                        seen[_key(value)] = None
                        known.append(value)
                if len(known) >= wanted or not chunk:
                    break
        return known[:wanted]

    def _stream(self, column: Column, path: str) -> Iterator[Any]:
        """Ordinary values; the same ones for every column of this name with these rules."""
        random = Random(column.name)  # noqa: S311 - no secret is made of it
        if column.nested:
            return self._nested(column, path)
        if column.logical_type == "string":
            return texts.texts(column, self._rules.get(path, []), random)
        return _either(numbers.edges(column, self._rules.get(path, [])), numbers.ordinary(column, random), column)

    def _candidates(self, column: Column, path: str) -> Iterator[Any]:
        """Values worth a look, ordinary ones first; null is one."""
        rules = self._rules.get(path, [])
        if column.nested:
            yield from self._nested(column, path)
        elif column.logical_type == "string":
            good = list(islice(self._stream(column, path), 60))
            yield from good
            yield from texts.beside(column, rules, good)
        else:
            yield from islice(numbers.ordinary(column, Random(column.name)), 20)  # noqa: S311
            yield from numbers.edges(column, rules)
        yield None

    def _nested(self, column: Column, path: str) -> Iterator[Any]:
        """A whole value, then the same with one thing of it changed."""
        if column.items is not None:
            yield from self._arrays(column, f"{path}[]")
            return
        inner = {one.name: self._inner(one, f"{path}.{one.name}") for one in column.fields}
        whole = {name: good[0] for name, (good, _) in inner.items()}
        yield whole
        for count in range(len(inner) + 1):
            yield {name: value if at < count else None for at, (name, value) in enumerate(whole.items())}
        for name, (good, others) in inner.items():
            yield from ({**whole, name: value} for value in [*good[1:], *others])

    def _arrays(self, column: Column, path: str) -> Iterator[Any]:
        assert column.items is not None  # noqa: S101 - only arrays come here
        ordinary, others = self._inner(column.items, path)
        least = max(column.min_items or 0, 1)
        most = column.max_items if column.max_items is not None else least + 1
        whole = [ordinary[at % len(ordinary)] for at in range(least)]
        yield whole
        for length in sorted({0, least - 1, least + 1, most, most + 1}):
            if 0 <= length <= 1000:
                yield [ordinary[at % len(ordinary)] for at in range(length)]
        yield [ordinary[0]] * max(least, 2)
        for value in [*ordinary[1:], *others]:
            yield [value, *whole[1:]]

    def _inner(self, column: Column, path: str) -> tuple[list[Any], list[Any]]:
        """Values of a part: some that keep what is said of it and of what lies within it, and some that do not."""
        values = list(islice(_distinct(self._candidates(column, path)), 150))
        alone = replace(column, name="part")
        contract = replace(self.contract, columns=(alone,))
        conditions = list(column_conditions(alone).values())
        for rule in self.contract.rules:
            for spoken in rule.columns:
                inside = spoken == path or spoken.startswith((f"{path}.", f"{path}[]"))
                if inside and rule.metric in ("nullValues", "missingValues", "invalidValues"):
                    moved = replace(rule, columns=(f"part{spoken.removeprefix(path)}",))
                    conditions.append(rule_condition(moved, contract))
        values = _of_type(alone, values)
        kept = _frame(alone, values).select(pl.all_horizontal(_LENGTH >= 0, *conditions).fill_null(True)).to_series()
        pairs = list(zip(values, kept, strict=True))
        good = [value for value, keeps in pairs if keeps and value is not None]
        return good[:12] or [None], [value for value, keeps in pairs if not keeps or value is None]

    def judged(self, column: Column, values: list[Any]) -> Found:
        """Every candidate before every condition."""
        values = _of_type(column, values)
        frame = _frame(column, values)
        verdicts, counted = self._verdicts(column, frame), self._counted(column, frame)
        names = verdicts.columns[1:]
        found = Found([])
        unsure: list[Any] = []
        blocked: dict[str, set[str]] = {}
        broken = [[keeps is False for keeps in row[1:]] for row in verdicts.iter_rows()]
        undecided = [None in row for row in verdicts.iter_rows()]
        for at, value in enumerate(values):
            hit = [name for name, is_hit in zip(names, broken[at], strict=True) if is_hit]
            if len(hit) == 1:
                found.breaking.setdefault(hit[0], value)
            for name in hit:
                others = set(hit) - {name}
                blocked[name] = others if name not in blocked else min(blocked[name], others, key=len)
            if not hit:
                missed = [name for name, keeps in counted.items() if not keeps[at]]
                for name in missed:
                    found.loose.setdefault(name, []).append(value)
                if not missed and value is not None:
                    (unsure if undecided[at] else found.clean).append(value)
        found.clean += unsure
        for name in (one for one in names if one not in found.breaking):
            beside = sorted(blocked.get(name, ()))
            told = f"what breaks it breaks {', '.join(beside)} too" if beside else "no value was found that breaks it"
            found.blocked[name] = told
        return found

    def _verdicts(self, column: Column, frame: pl.DataFrame) -> pl.DataFrame:
        """One Boolean column a row rule: true where it is kept, null where it is undecided; numbers come first."""
        conditions = dict(column_conditions(column))
        paths = {part.path for part in parts(column)}
        for rule in self.contract.rules:
            if rule.per_row and rule.columns[0] in paths:
                conditions[rule.name] = rule_condition(rule, self.contract)
        made = frame.select(_LENGTH, *[c.alias(name) for name, c in conditions.items()])
        values = frame[column.name]
        if column.tokenise is not None and column.logical_type == "string":
            made = made.with_columns((~invalid(values, column.tokenise)).alias(f"{column.name}.normalForm"))
        if must_have(column):
            made = made.with_columns(values.is_not_null().alias(f"{column.name}.required"))
        return made

    def _counted(self, column: Column, frame: pl.DataFrame) -> dict[str, list[bool]]:
        """For each table rule that counts rows by this column: which candidates it does not count."""
        paths = {part.path for part in parts(column)}
        named = {rule.name for rule in self.contract.rules if not rule.per_row and set(rule.columns) & paths}
        conditions = {name: kept for name, kept in counted_rules(self.contract).items() if name in named}
        made = frame.select(_LENGTH, *[c.alias(name) for name, c in conditions.items()])
        return {name: made[name].fill_null(True).to_list() for name in conditions}


def _frame(column: Column, values: list[Any]) -> pl.DataFrame:
    """Candidates as the gate would see them: what is empty for its kind of identifier is missing."""
    series = pl.Series(column.name, values, dtype=polars_type(column), strict=True)
    if column.tokenise is not None and column.logical_type == "string":
        series = pl.select(pl.when(~empty(series, column.tokenise)).then(series)).to_series().alias(column.name)
    return series.to_frame()


def _of_type(column: Column, values: list[Any]) -> list[Any]:
    """Those candidates that the column's type can hold, and that name somebody where they are identifiers."""
    kept = values if _fits(column, values) else [value for value in values if _fits(column, [value])]
    if column.tokenise is not None and column.logical_type == "string":
        nobody = empty(pl.Series(kept, dtype=pl.String), column.tokenise).to_list()
        kept = [value for value, is_nobody in zip(kept, nobody, strict=True) if not is_nobody]
    return kept


def _fits(column: Column, values: list[Any]) -> bool:
    try:
        pl.Series(values, dtype=polars_type(column), strict=True)
    except (pl.exceptions.PolarsError, TypeError, OverflowError, ValueError):
        return False
    return True


def _either(first: Iterable[Any], then: Iterator[Any], column: Column) -> Iterator[Any]:
    """Ordinary values, with listed ones before them where only these are allowed."""
    if column.enum or column.logical_type == "boolean":
        yield from first
    yield from then
    yield from first


def _key(value: Any) -> str:
    return repr(value)


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for value in values:
        if _key(value) not in seen:
            seen.add(_key(value))
            yield value
