"""The scorecard: each KPI of the enabled modules with target, baseline, value and how it was obtained.

A value is never computed here: it is a row of the product that the KPI names, under that product's contract
(columns ``kpi``, ``period_first``, ``period_last``, ``value``, ``baseline``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.store.door import Door

if TYPE_CHECKING:
    from hansa.mesh import Mesh
    from hansa.products import Kpi


@dataclass(frozen=True)
class KpiValue:
    """A KPI over one period, None while nothing was measured; ``baseline`` is measured on the same days."""

    kpi: Kpi
    value: float | None = None
    baseline: float | None = None
    first: dt.date | None = None
    last: dt.date | None = None

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
    return [_value(kpi, rows.get(kpi.id)) for kpi in kpis]


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


def _value(kpi: Kpi, row: dict[str, Any] | None) -> KpiValue:
    if row is None:
        return KpiValue(kpi)
    return KpiValue(kpi, row["value"], row["baseline"], row["period_first"], row["period_last"])


def scorecard(mesh: Mesh, day: dt.date | None = None) -> list[KpiValue]:
    """Every KPI of the enabled modules, by id."""
    products = sorted({kpi.measured_by for kpi in mesh.kpis})
    values = [value for product in products for value in measured(mesh, product, day)]
    return sorted(values, key=lambda value: value.kpi.id)
