"""Group rules: rows that belong together, judged on what will be published, exact and in bounded memory.

A group lies within one partition, because each partition has a verdict of its own. A row without a part of the group's
name belongs to no group, and a group with a missing amount has no sum: both are undecided, and counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

import polars as pl

from hansa.contract.model import Contract, GroupRule
from hansa.scope import Partition

#: Rows whose groups are added up at once.
_PASS = 4_000_000
#: A sum may be wider than 128 bits: it is kept as a multiple of this, and the rest.
_LIMB = 10**18
#: Digits of a number of which ten thousand million rows still fit into 128 bits.
_NARROW = 28
#: The scale of an operand is moved without rounding it.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


@dataclass
class Judged:
    """What the group rules say of rows: ``bad`` groups of error rules, and rows by partition and rule.

    A frame of ``bad`` has the rule's group columns and ``__day``; ``old`` are those that rows which stand already break
    by themselves, by partition and rule.
    """

    bad: dict[str, pl.DataFrame] = field(default_factory=dict)
    broken: dict[Partition, Counter[str]] = field(default_factory=dict)
    undecided: dict[Partition, Counter[str]] = field(default_factory=dict)
    old: dict[Partition, Counter[str]] = field(default_factory=dict)


class GroupRules:
    """The group rules of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.rules = contract.groups

    @property
    def columns(self) -> list[str]:
        """Every column that some rule needs, and those by which rows are told apart."""
        named = {name for rule in self.rules for name in (*rule.by, *([rule.column] if rule.column else []))}
        return sorted(named | set(self._contract.key) | ({self._contract.partition or ""} - {""}))

    def names(self, rows: pl.DataFrame, bad: Mapping[str, pl.DataFrame]) -> dict[str, pl.Series]:
        """Masks of the rows of bad groups, by rule."""
        masks = {}
        for rule in self.rules:
            groups = bad.get(rule.name)
            if groups is None or groups.is_empty():
                continue
            keyed = rows.select(*rule.by, self._day.alias("__day")).with_row_index("__row")
            hit = _of_groups(keyed.lazy(), groups, rule, "semi").collect()["__row"]
            if len(hit):
                masks[rule.name] = keyed["__row"].is_in(hit.implode())
        return masks

    @property
    def _day(self) -> pl.Expr:
        partition = self._contract.partition
        return pl.col(partition) if partition else pl.lit(None, dtype=pl.Date)

    def judge(self, new: pl.LazyFrame, standing: pl.LazyFrame | None) -> Judged:
        """Judge ``new`` rows together with those that stay of ``standing``, until what is left keeps all rules.

        New rows of a bad group go, and with them their claim to replace older rows. What stands cannot go.
        """
        made = Judged()
        more = True
        while more:
            more = False
            left = self._left(new, standing, made.bad)
            for rule in self.rules:
                if rule.severity == "error":
                    found = self._groups(rule, left).filter(~pl.col("__keeps") & (pl.col("__new") > 0))
                    going = found.select(*rule.by, "__day")
                    if going.height:
                        known = made.bad.get(rule.name)
                        made.bad[rule.name] = going if known is None else pl.concat([known, going])
                        more = True
        self._count(made, left)
        return made

    def _left(self, new: pl.LazyFrame, standing: pl.LazyFrame | None, bad: dict[str, pl.DataFrame]) -> pl.LazyFrame:
        """What would be published if the new rows of bad groups went."""
        day = self._day.alias("__day")
        fresh = new.select(*self.columns, day, pl.lit(True).alias("__fresh"))
        for rule in self.rules:
            if rule.name in bad:
                fresh = _of_groups(fresh, bad[rule.name], rule, "anti")
        if standing is None:
            return fresh
        kept = standing.select(*self.columns, day, pl.lit(False).alias("__fresh"))
        if self._contract.key:
            by = [*self._contract.key, "__day"]
            kept = kept.join(fresh.select(by), on=by, how="anti", nulls_equal=True)
        return pl.concat([fresh, kept])

    def _groups(self, rule: GroupRule, rows: pl.LazyFrame) -> pl.DataFrame:
        """The groups that break a rule or are undecided: its columns, ``__day``, ``__rows``, ``__new``, ``__keeps``."""
        height = rows.select(pl.len()).collect(engine="streaming").item()
        passes = max(-(-height // _PASS), 1)
        complete = rows.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in rule.by))
        found = []
        for number in range(passes):
            part = complete
            if passes > 1:
                part = part.filter(pl.struct(rule.by).hash(7) % passes == number)
            made = part.group_by(*rule.by, "__day").agg(
                *self._measure(rule),
                pl.len().alias("__rows"),
                pl.col("__fresh").sum().alias("__new"),
                self._gap(rule).alias("__gap"),
            )
            high, low = pl.col("__high"), pl.col("__low")
            made = made.with_columns(__high=high + low // _limb(), __low=low % _limb())
            made = made.with_columns(__keeps=pl.when(~pl.col("__gap")).then(self._condition(rule)))
            broken = made.filter(pl.col("__keeps").ne_missing(True)).drop("__high", "__low")
            found.append(broken.collect(engine="streaming"))
        return pl.concat(found)

    def _measure(self, rule: GroupRule) -> tuple[pl.Expr, pl.Expr]:
        """``__high`` times the limb and ``__low`` are together what is judged; neither overflows, whatever the sum."""
        none = pl.lit(0, dtype=pl.Int128).alias("__high")
        if rule.column is None:
            return none, pl.len().cast(pl.Int128).alias("__low")
        whole = self._whole(rule.column)
        column = self._contract.by_name[rule.column]
        if column.logical_type != "number" or (column.precision or 38) <= _NARROW:
            return none, whole.sum().alias("__low")
        return (whole // _limb()).sum().alias("__high"), (whole % _limb()).sum().alias("__low")

    def _gap(self, rule: GroupRule) -> pl.Expr:
        """True where the measure of a group cannot be known."""
        return pl.lit(False) if rule.column is None else pl.col(rule.column).null_count() > 0

    def _whole(self, name: str) -> pl.Expr:
        """A number in units of its last decimal."""
        decimal = self._contract.by_name[name].logical_type == "number"
        return (pl.col(name).to_physical() if decimal else pl.col(name)).cast(pl.Int128)

    def _condition(self, rule: GroupRule) -> pl.Expr:
        scale = (self._contract.by_name[rule.column].scale or 0) if rule.column else 0
        numbers = [operand.scaleb(scale, _EXACT) for operand in rule.operands]
        first, last = numbers[0], numbers[-1]
        return {
            "mustBe": lambda: ~_below(first) & ~_above(first),
            "mustNotBe": lambda: _below(first) | _above(first),
            "mustBeGreaterThan": lambda: _above(first),
            "mustBeGreaterOrEqualTo": lambda: ~_below(first),
            "mustBeLessThan": lambda: _below(first),
            "mustBeLessOrEqualTo": lambda: ~_above(first),
            "mustBeBetween": lambda: ~_below(first) & ~_above(last),
            "mustNotBeBetween": lambda: _below(first) | _above(last),
        }[rule.operator]()

    def _count(self, made: Judged, left: pl.LazyFrame) -> None:
        """Rows of groups that are undecided, that only warn, and that were broken before."""
        for rule in self.rules:
            found = self._groups(rule, left)
            _add(made.undecided, rule.name, found.filter(pl.col("__keeps").is_null()))
            broken = found.filter(~pl.col("__keeps"))
            _add(made.broken if rule.severity == "warning" else made.old, rule.name, broken)
            missing = left.filter(pl.any_horizontal(pl.col(name).is_null() for name in rule.by) & pl.col("__fresh"))
            counted = missing.group_by("__day").agg(pl.len().alias("__new")).collect(engine="streaming")
            _add(made.undecided, rule.name, counted)


def _add(counts: dict[Partition, Counter[str]], rule: str, found: pl.DataFrame) -> None:
    column = "__rows" if "__rows" in found.columns else "__new"
    for day, count in found.group_by("__day").agg(pl.col(column).sum()).iter_rows():
        if count:
            counts.setdefault(day, Counter())[rule] += count


def _of_groups(rows: pl.LazyFrame, groups: pl.DataFrame, rule: GroupRule, how: str) -> pl.LazyFrame:
    return rows.join(groups.lazy(), on=[*rule.by, "__day"], how=how, nulls_equal=True)  # type: ignore[arg-type]


def _limb() -> pl.Expr:
    return pl.lit(_LIMB, dtype=pl.Int128)


def _below(number: Decimal) -> pl.Expr:
    """True where what is judged is below the number."""
    high, low = _limbs(math.ceil(number))
    return (pl.col("__high") < high) | ((pl.col("__high") == high) & (pl.col("__low") < low))


def _above(number: Decimal) -> pl.Expr:
    high, low = _limbs(math.floor(number))
    return (pl.col("__high") > high) | ((pl.col("__high") == high) & (pl.col("__low") > low))


def _limbs(number: int) -> tuple[pl.Expr, pl.Expr]:
    """A whole number as sums are kept; no sum has a high part near the end of 128 bits."""
    high, low = divmod(number, _LIMB)
    bounded = max(min(high, (1 << 127) - 1), -(1 << 127))
    return pl.lit(bounded, dtype=pl.Int128), pl.lit(low, dtype=pl.Int128)
