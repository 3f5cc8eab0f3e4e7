"""A KPI without a value says why, in English and Chinese."""

import datetime as dt
import json

import polars as pl
import pytest
from hansa.cli import app
from hansa.cli.scorecard import lines
from hansa.plan import make_plan
from hansa.products import Input, Kpi, Module, Setting, days
from hansa.runner import Lost, Runner, execute
from hansa.scorecard import scorecard

COLUMNS = """
  - {name: kpi, logicalType: string, required: true}
  - {name: period_first, logicalType: date, required: true}
  - {name: period_last, logicalType: date, required: true}
  - {name: value, logicalType: number}
  - {name: baseline, logicalType: number}
  - {name: rows, logicalType: integer}"""
NAMES = ["kpi", "period_first", "period_last", "value", "baseline", "rows"]
HELD = "{name: rows.many, metric: rowCount, mustBeGreaterThan: 5}"


def kpi(name):
    return Kpi(name, name, name, "f", "share", 0.5, "at least", "none", "measured", "a.kpis")


@pytest.fixture
def bank(house, monkeypatch):
    """A mesh whose ``a.kpis`` measures days 1 and 2 by labels that are due three days later, as told by ``rows``."""
    house.source("a.rows", [(1, 1), (2, 1)])
    house.source("a.labels", [(1, 1), (2, 1)])
    house.settings["wait"] = Setting(3, "days")
    made = {"rows": []}

    def measured(frames, run):
        return pl.LazyFrame([(*row,) for row in made["rows"]], schema=SCHEMA, orient="row")

    def build(*kpis, quality=""):
        waits = Input("a.labels@1", lookahead=days("wait"))
        house.computed("a.kpis", "a.rows@1", waits, columns=COLUMNS, function=measured, quality=quality)
        module = Module("a.all", tuple(house.products), kpis=tuple(map(kpi, kpis)), settings=house.settings)
        registry = house.registry()
        changed = type(registry)(**{**vars(registry), "modules": {"a.all": module}})
        monkeypatch.setattr(house, "registry", lambda: changed)
        return house.mesh()

    made["build"] = build
    return made


SCHEMA = dict(zip(NAMES, [pl.String, pl.Date, pl.Date, pl.Float64, pl.Float64, pl.Int64], strict=True))


def row(kpi, value=None, rows=9):
    return (kpi, dt.date(2026, 3, 1), dt.date(2026, 3, 2), value, None, rows)


@pytest.fixture
def run(march):
    def call(mesh):
        runner = Runner(mesh)
        plan = make_plan(mesh, runner.standing, {"a.kpis"}, march(1), march(2))
        execute(runner, plan.steps, Lost(mesh), lambda outcome: None)

    return call


def why(mesh, day=None):
    return {value.kpi.id: value.lacking for value in scorecard(mesh, day)}


def test_what_is_not_published_says_with_which_command_it_is_made(bank):
    told = why(bank["build"]("a.auc"))["a.auc"]
    assert told == ("a.kpis is not published; hansa run a.kpis computes it", "a.kpis 尚未发布（hansa run a.kpis）")


def test_what_was_held_says_so(bank, run):
    bank["rows"] = [row("a.auc", 0.5)]
    mesh = bank["build"]("a.auc", quality=HELD)
    run(mesh)
    assert why(mesh)["a.auc"][0] == "a.kpis was held; see: hansa history a.kpis"


def test_labels_that_are_not_mature_say_until_when(bank, run):
    bank["rows"] = [row("a.auc", rows=0)]
    mesh = bank["build"]("a.auc")
    run(mesh)
    assert why(mesh)["a.auc"] == (
        "a.labels of 2026-03-01 mature on 2026-03-04; those that are there end on 2026-03-02",
        "2026-03-01 的 a.labels 到 2026-03-04 才成熟；目前截至 2026-03-02",
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (0, ("no row of this period could be measured", "该期间没有可评估的行")),
        (9, ("it is not defined on the rows of this period", "在该期间的行上无定义")),
    ],
)
def test_mature_labels_that_measure_nothing_say_so(bank, run, house, rows, told):
    house.settings["wait"] = Setting(1, "days")
    bank["rows"] = [row("a.auc", rows=rows)]
    mesh = bank["build"]("a.auc")
    run(mesh)
    assert why(mesh)["a.auc"] == told


def test_a_kpi_that_its_product_does_not_give_and_a_day_that_no_period_holds_are_told(bank, run):
    bank["rows"] = [row("a.auc", 0.7)]
    mesh = bank["build"]("a.auc", "a.loss")
    run(mesh)
    assert why(mesh) == {
        "a.auc": None,
        "a.loss": ("a.kpis has no row of it for this period", "a.kpis 在该期间没有此指标的行"),
    }
    assert why(mesh, dt.date(2026, 4, 1))["a.auc"] == (
        "no period that is measured holds 2026-04-01",
        "没有包含 2026-04-01 的已测量期间",
    )


def test_a_product_without_a_row_says_so(bank, run):
    mesh = bank["build"]("a.auc")
    run(mesh)
    assert why(mesh)["a.auc"][0] == "a.kpis is published, and has no row"


def test_kpis_that_share_a_reason_are_told_under_it_and_it_is_said_once(bank, run):
    bank["rows"] = [row("a.auc", 0.7), row("a.late", rows=0)]
    mesh = bank["build"]("a.auc", "a.gain", "a.late", "a.loss", "a.recall")
    run(mesh)
    told = [line.split(maxsplit=1)[0] if line.startswith("  a.") else line for line in lines(scorecard(mesh))[1:]]
    assert [line for line in told if not line.startswith("      ")] == [
        "a.auc",
        "  3 not measured: a.kpis has no row of it for this period",
        "  3 项未测量：a.kpis 在该期间没有此指标的行",
        "a.gain",
        "a.loss",
        "a.recall",
        "  not measured: a.labels of 2026-03-01 mature on 2026-03-04; those that are there end on 2026-03-02",
        "  未测量：2026-03-01 的 a.labels 到 2026-03-04 才成熟；目前截至 2026-03-02",
        "a.late",
    ]


def test_the_text_and_the_json_have_the_reason_in_both_languages(bank, run, monkeypatch, capsys):
    bank["rows"] = [row("a.auc", 0.7)]
    mesh = bank["build"]("a.auc", "a.loss")
    run(mesh)
    assert lines(scorecard(mesh))[3:5] == [
        "  not measured: a.kpis has no row of it for this period",
        "  未测量：a.kpis 在该期间没有此指标的行",
    ]
    monkeypatch.setattr("hansa.mesh.load_mesh", lambda path=None: mesh)
    app(["scorecard", "--json"], standalone_mode=False)
    auc, loss = json.loads(capsys.readouterr().out)["kpis"]
    assert (auc["not_measured_because"], auc["not_measured_because_zh"]) == (None, None)
    assert loss["not_measured_because"].startswith("a.kpis has no row")
    assert loss["not_measured_because_zh"].startswith("a.kpis 在该期间")
