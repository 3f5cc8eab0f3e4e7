"""``hansa scorecard``: the KPIs of the plan, with target, baseline, value and how it was obtained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hansa.cli.place import JSON, MESH

if TYPE_CHECKING:
    from hansa.scorecard import KpiValue


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
    from hansa.scorecard import scorecard

    values = scorecard(load_mesh(mesh), day_of(day, "--day") if day else None)
    if as_json:
        typer.echo(
            json.dumps({"kpis": [value.as_json() for value in values]}, ensure_ascii=False, allow_nan=False, indent=2)
        )
    else:
        for line in lines(values):
            typer.echo(line)


def lines(values: list[KpiValue]) -> list[str]:
    """The scorecard as text, in both languages."""
    period = next((f"{v.first} .. {v.last}" for v in values if v.first), "nothing measured yet")
    made = [f"Scorecard 指标卡   {period}"]
    for value in values:
        sign = {"at least": ">=", "at most": "<="}[value.kpi.direction]
        target = f"target {sign} {value.kpi.target:g}" if value.kpi.target is not None else "no target"
        mark = {True: "reached 达标", False: "missed 未达标", None: ""}[value.reached]
        shown = "-" if value.value is None else f"{value.value:.4g}"
        baseline = "-" if value.baseline is None else f"{value.baseline:.4g}"
        figures = f"{shown:>9} {value.kpi.unit:10} baseline {baseline:>9}  {target:18} {value.kpi.obtained:9}"
        made.append(f"  {value.kpi.id:34} {figures} {mark}".rstrip())
        made.append(f"      {value.kpi.title} {value.kpi.title_zh}")
    return made
