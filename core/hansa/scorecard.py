"""The scorecard: each KPI of the enabled modules with target, baseline, value and how it was obtained.

A value is never computed here: it is a row of the product that the KPI names, under that product's contract
(columns ``kpi``, ``period_first``, ``period_last``, ``value``, ``baseline``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.receipt import book_of
from hansa.store.door import Door

if TYPE_CHECKING:
    from hansa.mesh import Mesh
    from hansa.products import Kpi


@dataclass(frozen=True)
class KpiValue:
    """A KPI over one period, None while nothing was measured; ``baseline`` is measured on the same days.

    ``lacking`` says in English and Chinese why there is no value.
    """

    kpi: Kpi
    value: float | None = None
    baseline: float | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    lacking: tuple[str, str] | None = None

    @property
    def obtained(self) -> str:
        """How the value was obtained, ``not measured`` where there is none."""
        return "not measured" if self.value is None else self.kpi.obtained

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without a value or a target."""
        if self.value is None or self.kpi.target is None:
            return None
        return self.value >= self.kpi.target if self.kpi.direction == "at least" else self.value <= self.kpi.target

    def as_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        return {
            "kpi": self.kpi.id,
            "title": self.kpi.title,
            "title_zh": self.kpi.title_zh,
            "value": self.value,
            "baseline": self.baseline,
            "target": self.kpi.target,
            "direction": self.kpi.direction,
            "unit": self.kpi.unit,
            "reached": self.reached,
            "obtained": self.obtained,
            "not_measured_because": self.lacking[0] if self.lacking else None,
            "not_measured_because_zh": self.lacking[1] if self.lacking else None,
            "formula": self.kpi.formula,
            "baseline_is": self.kpi.baseline,
            "measured_by": self.kpi.measured_by,
            "period": [str(self.first), str(self.last)] if self.first else None,
        }


def measured(mesh: Mesh, product: str, day: dt.date | None = None) -> list[KpiValue]:
    """The KPIs that ``product`` measures, over the newest period, or over the one that holds ``day``."""
    kpis = [kpi for kpi in mesh.kpis if kpi.measured_by == product]
    if not kpis:
        return []
    rows = _rows(mesh, product, day)
    values = [_value(kpi, rows.get(kpi.id)) for kpi in kpis]
    if all(value.value is not None for value in values):
        return values
    return [replace(one, lacking=_why_not(mesh, one, rows, day)) if one.value is None else one for one in values]


def _frame(mesh: Mesh, product: str) -> pl.LazyFrame | None:
    """What the product that measures has published; None for nothing."""
    door = Door(mesh.warehouse)
    if product not in mesh.products or not door.has(product, mesh.products[product].contract.major):
        return None
    return door.open(product, mesh.products[product].contract.major).frame


def _rows(mesh: Mesh, product: str, day: dt.date | None) -> dict[str, dict[str, Any]]:
    frame = _frame(mesh, product)
    if frame is None:
        return {}
    if day is not None:
        frame = frame.filter((pl.col("period_first") <= day) & (pl.col("period_last") >= day))
    rows = frame.filter(pl.col("period_first") == pl.col("period_first").max()).collect()
    return {row["kpi"]: row for row in rows.to_dicts()}


def measured_days(mesh: Mesh) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each unbroken stretch of days of which the enabled KPIs were measured, ascending."""
    periods: set[tuple[dt.date, dt.date]] = set()
    for product in {kpi.measured_by for kpi in mesh.kpis}:
        frame = _frame(mesh, product)
        if frame is not None:
            known = frame.filter(pl.col("value").is_not_null() & pl.col("kpi").is_in([kpi.id for kpi in mesh.kpis]))
            periods.update(known.select("period_first", "period_last").unique().collect().iter_rows())
    stretches: list[tuple[dt.date, dt.date]] = []
    for first, last in sorted(periods):
        if stretches and first <= stretches[-1][1] + dt.timedelta(days=1):
            stretches[-1] = stretches[-1][0], max(last, stretches[-1][1])
        else:
            stretches.append((first, last))
    return stretches


def _why_not(
    mesh: Mesh, value: KpiValue, rows: Mapping[str, Mapping[str, Any]], day: dt.date | None
) -> tuple[str, str]:
    """Why a KPI has no value, in English and Chinese."""
    product = value.kpi.measured_by
    if product not in mesh.products:
        why = mesh.left_out.get(product, "no module that is on brings it")
        return f"{product} is left out: {why}", f"{product} 已被排除（见 hansa check）"
    if not rows:
        return _unmeasured(mesh, product, day)
    if value.first is None or value.last is None:
        return f"{product} has no row of it for this period", f"{product} 在该期间没有此指标的行"
    waiting = _immature(mesh, product, value.first)
    if waiting is not None:
        return waiting
    if rows[value.kpi.id].get("rows") == 0:
        return "no row of this period could be measured", "该期间没有可评估的行"
    return "it is not defined on the rows of this period", "在该期间的行上无定义"


def _unmeasured(mesh: Mesh, product: str, day: dt.date | None) -> tuple[str, str]:
    """Why there is no period at all, or none that holds ``day``."""
    book = book_of(mesh.warehouse, product, mesh.products[product].contract.major)
    if mesh.warehouse.exists and book.current():
        if day is None:
            return f"{product} is published, and has no row", f"{product} 已发布，但没有行"
        return f"no period that is measured holds {day}", f"没有包含 {day} 的已测量期间"
    if mesh.warehouse.exists and any(publication.held for publication in book.all()):
        return (
            f"{product} was held; see: hansa history {product}",
            f"{product} 的发布被暂缓（见 hansa history {product}）",
        )
    return f"{product} is not published; hansa run {product} computes it", f"{product} 尚未发布（hansa run {product}）"


def _immature(mesh: Mesh, product: str, first: dt.date) -> tuple[str, str] | None:
    """That what measures the first day of a period becomes known only later, where it is not there yet.

    A product says by ``lookahead`` how many days after a day it waits for what becomes known of it, such as labels.
    """
    kept = mesh.products[product]
    for given in kept.product.requires:
        wait = given.lookahead.resolve(kept.settings)
        if not wait or given.product not in mesh.products:
            continue
        current = book_of(mesh.warehouse, given.product, mesh.products[given.product].contract.major).current()
        there = max((day for day, (receipt, _) in current.items() if day and receipt.published), default=None)
        due = first + dt.timedelta(days=wait)
        if there is None or dt.date.fromisoformat(there) < due:
            so_far = f"those that are there end on {there}" if there else "none are there"
            so_far_zh = f"目前截至 {there}" if there else "目前没有"
            return (
                f"{given.product} of {first} mature on {due}; {so_far}",
                f"{first} 的 {given.product} 到 {due} 才成熟；{so_far_zh}",
            )
    return None


def _value(kpi: Kpi, row: dict[str, Any] | None) -> KpiValue:
    if row is None:
        return KpiValue(kpi)
    return KpiValue(kpi, row["value"], row["baseline"], row["period_first"], row["period_last"])


def scorecard(mesh: Mesh, day: dt.date | None = None) -> list[KpiValue]:
    """Every KPI of the enabled modules, by id."""
    products = sorted({kpi.measured_by for kpi in mesh.kpis})
    values = [value for product in products for value in measured(mesh, product, day)]
    return sorted(values, key=lambda value: value.kpi.id)
