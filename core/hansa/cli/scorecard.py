"""``hansa scorecard``: the KPIs of the plan, with target, baseline, value and how it was obtained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH

if TYPE_CHECKING:
    from hansa.scorecard import KpiValue

#: Stretches of measured days that are listed where a day was not measured.
_SHOWN = 5


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="scorecard")(show_scorecard)


def show_scorecard(
    mesh: Path = MESH,
    day: str = typer.Option(None, "--day", help="Show the period that holds this day (else the newest)."),
    as_json: bool = JSON,
) -> None:
    """Show each KPI of the enabled modules, measured from published products."""
    import json

    from hansa.cli.run import day_of
    from hansa.mesh import load_mesh
    from hansa.scorecard import measured_days, scorecard

    loaded, asked = load_mesh(mesh), day_of(day, "--day") if day else None
    values, days = scorecard(loaded, asked), measured_days(loaded)
    if as_json:
        told = {
            "day": str(asked) if asked else None,
            "measured": [[str(first), str(last)] for first, last in days],
            "kpis": [value.as_json() for value in values],
        }
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2))
    else:
        for line in lines(values, asked, days):
            typer.echo(line)


def _period(values: list[KpiValue], day: dt.date | None, days: Sequence[tuple[dt.date, dt.date]]) -> str:
    """The period that is shown; where there is none, of which days there is one."""
    period = next((f"{value.first} .. {value.last}" for value in values if value.first), None)
    if period is not None:
        return period
    if day is None or not days:
        return "nothing measured yet 尚无测量"
    earlier = f", and {len(days) - _SHOWN} earlier stretches" if len(days) > _SHOWN else ""
    known = ", ".join(f"{first} .. {last}" for first, last in reversed(days[-_SHOWN:]))
    return f"{day} is not measured 未测量; measured are {known}{earlier}"


def lines(
    values: list[KpiValue], day: dt.date | None = None, days: Sequence[tuple[dt.date, dt.date]] = ()
) -> list[str]:
    """The scorecard as text, in both languages: over the newest period, or over the one that holds ``day``.

    KPIs without a value stand last, under the reason that they share.
    """
    made = [f"Scorecard 指标卡   {_period(values, day, days)}"]
    by_reason: dict[tuple[str, str] | None, list[KpiValue]] = {None: []}
    for value in values:
        by_reason.setdefault(value.lacking, []).append(value)
    for reason, alike in by_reason.items():
        made += _reason(reason, len(alike)) if reason is not None else []
        made += [line for value in alike for line in _kpi(value)]
    return made


def _reason(reason: tuple[str, str], count: int) -> list[str]:
    """Why so many KPIs have no value, in both languages."""
    number, number_zh = (f"{count} ", f"{count} 项") if count > 1 else ("", "")
    return [f"  {number}not measured: {reason[0]}", f"  {number_zh}未测量：{reason[1]}"]


def _kpi(value: KpiValue) -> list[str]:
    sign = {"at least": ">=", "at most": "<="}[value.kpi.direction]
    target = f"target {sign} {value.kpi.target:g}" if value.kpi.target is not None else "no target"
    mark = {True: "reached 达标", False: "missed 未达标", None: ""}[value.reached]
    shown = "-" if value.value is None else f"{value.value:.4g}"
    baseline = "-" if value.baseline is None else f"{value.baseline:.4g}"
    figures = f"{shown:>9} {value.kpi.unit:10} baseline {baseline:>9}  {target:18} {value.obtained:12}"
    title = f"      {value.kpi.title} {value.kpi.title_zh}"
    return [f"  {value.kpi.id:34} {figures} {mark}".rstrip(), title]
