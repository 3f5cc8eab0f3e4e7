"""The verdict on one partition: may its rows be published, and if not, why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from hansa.contract.allowed import allowed_words, told_words
from hansa.contract.frame import value_at
from hansa.contract.model import Contract, Rule
from hansa.contract.operators import keeps
from hansa.contract.query import Measured, measured
from hansa.schema import families
from hansa.tally import Tally


@dataclass(frozen=True)
class Verdict:
    """``reasons`` hold the partition; ``broken`` are table rules, warnings too; ``unchecked`` rules had no row."""

    reasons: tuple[str, ...] = ()
    broken: dict[str, int] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()


def judge(contract: Contract, tally: Tally, rows: pl.LazyFrame | None) -> Verdict:
    """Judge one partition by its tally and by ``rows``, what lies in its files (None: no file, no row)."""
    reasons: list[str] = []
    broken: dict[str, int] = {}
    silent: set[str] = set()
    for rule in (r for r in contract.rules if not r.per_row):
        measure = _measure(rule, tally, rows)
        if isinstance(measure, Measured) and measure.undecided:
            silent.add(rule.name)
            continue
        if not _keeps(rule, measure):
            broken[rule.name] = 1
            if rule.severity == "error":
                listed = f"; allowed are {told_words(rule.valid_values)}" if rule.valid_values else ""
                told = f"{rule.name}: {_number(measure)} {_unit(rule)}, the contract wants {_demand(rule)}"
                reasons.append(told + listed)
    reasons += _quarantine_reasons(contract, tally)
    unchecked = set() if tally.incoming.rows else row_rules(contract)
    return Verdict(tuple(reasons), broken, tuple(sorted(unchecked | silent)))


def row_rules(contract: Contract) -> set[str]:
    """Names of the rules that are judged row by row: where no row came there is nothing to check."""
    return {name for name, family in families(contract).items() if family != "table"}


def _quarantine_reasons(contract: Contract, tally: Tally) -> list[str]:
    came, rejected = tally.incoming.rows, tally.quarantined.rows - tally.identical
    limit = contract.quarantine_share
    worst = _worst([tally], contract)
    if limit is not None and came and rejected / came > limit:
        share = f"{rejected / came:.1%}"
        return [f"{rejected} of {came} rows quarantined ({share}, the contract allows {limit:.1%}): {worst}"]
    if came and not tally.accepted.rows:
        return [f"all {came} rows quarantined, none is left to publish: {worst}"]
    return []


def nothing_left(tallies: Collection[Tally], contract: Contract | None = None) -> str | None:
    """Why nothing of a whole publication can be published, or None: every row that came was refused."""
    came = sum(tally.incoming.rows for tally in tallies)
    if not came or any(tally.accepted.rows for tally in tallies):
        return None
    return f"all {came} rows quarantined, none is left to publish: {_worst(tallies, contract)}"


def too_many_refused(contract: Contract, own: Collection[Tally], dayless: Collection[Tally], known: int) -> str | None:
    """Why the whole publication is held: rows of no day count, beyond the ``known`` ones of earlier days."""
    new = max(sum(tally.quarantined.rows for tally in dayless) - known, 0)
    came = sum(tally.incoming.rows for tally in own) + new
    rejected = sum(tally.quarantined.rows - tally.identical for tally in own) + new
    limit = contract.quarantine_share
    if limit is None or not new or not came or rejected / came <= limit:
        return None
    share = f"{rejected / came:.1%}, the contract allows {limit:.1%}"
    return f"{rejected} of {came} rows quarantined ({share}), {new} of them belong to no day: " + _worst(
        [*own, *dayless], contract
    )


def _worst(tallies: Iterable[Tally], contract: Contract | None) -> str:
    """The three rules that were broken most, in one order for one set of rows, and the words that they allow."""
    broken: Counter[str] = Counter()
    for tally in tallies:
        broken += tally.broken
    worst = sorted(broken.items(), key=lambda item: (-item[1], item[0]))[:3]
    lists = {name: allowed_words(contract, name) for name, _ in worst} if contract is not None else {}
    listed = "; ".join(f"{name} allows {told_words(words)}" for name, words in lists.items() if words)
    return ", ".join(f"{name} {count}" for name, count in worst) + (f" ({listed})" if listed else "")


def _measure(rule: Rule, tally: Tally, rows: pl.LazyFrame | None) -> float:
    published = tally.published.rows
    if rule.metric == "rowCount":
        return float(published)
    if rule.query is not None:
        return measured(rule, rows)
    counted = _duplicates(rule, rows) if rule.metric == "duplicateValues" else float(tally.violations[rule.name])
    return counted if rule.unit == "rows" else (100.0 * counted / published if published else 0.0)


def _duplicates(rule: Rule, rows: pl.LazyFrame | None) -> float:
    """Rows beyond the first of each value; what is missing repeats nothing."""
    if rows is None:
        return 0.0
    present = rows.select(value_at(path).alias(path) for path in rule.columns).drop_nulls()
    counts = present.group_by(rule.columns).len().select((pl.col("len") - 1).sum()).collect(engine="streaming")
    return float(counts.item() or 0)


def _keeps(rule: Rule, measure: float) -> bool:
    """True for a measure that keeps the rule, and for one that says nothing."""
    first, last = rule.operands[0], rule.operands[-1]
    if isinstance(measure, Measured):
        if measure.undecided:
            return True
        if isinstance(measure.exact, Decimal):
            # The numbers as they were written: 0.1 is no double.
            measure, first, last = measure.exact, Decimal(repr(first)), Decimal(repr(last))  # type: ignore[assignment]
        else:
            measure = measure.exact
    return keeps(rule.operator, measure, first, last)


_DEMANDS = {
    "mustBe": "exactly {0}",
    "mustNotBe": "any number but {0}",
    "mustBeGreaterThan": "more than {0}",
    "mustBeGreaterOrEqualTo": "at least {0}",
    "mustBeLessThan": "less than {0}",
    "mustBeLessOrEqualTo": "at most {0}",
    "mustBeBetween": "{0} to {1}",
    "mustNotBeBetween": "none of {0} to {1}",
}


def _demand(rule: Rule) -> str:
    return _DEMANDS[rule.operator].format(*(_number(operand) for operand in rule.operands))


def _unit(rule: Rule) -> str:
    return "percent of the rows" if rule.unit == "percent" else ("rows" if rule.metric == "rowCount" else rule.metric)


def _number(value: float) -> str:
    return f"{value:g}" if value < 1e6 else f"{value:.0f}"
