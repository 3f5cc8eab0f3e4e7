"""A KPI's value is a row of the product that measures it, of the newest period or of the one asked for."""

import datetime as dt

import polars as pl
import pytest
from hansa.cli.scorecard import lines
from hansa.plan import make_plan
from hansa.products import Kpi, Module
from hansa.runner import Lost, Runner, execute
from hansa.scorecard import KpiValue, measured_days, scorecard

COLUMNS = """
  - {name: kpi, logicalType: string, required: true}
  - {name: period_first, logicalType: date, required: true}
  - {name: period_last, logicalType: date, required: true}
  - {name: value, logicalType: number}
  - {name: baseline, logicalType: number}"""


def kpi(name, target=0.5, direction="at least"):
    return Kpi(name, name, name, "f", "share", target, direction, "none", "measured", "a.kpis")


def measured(frames, run):
    periods = [(dt.date(2026, 3, 1), dt.date(2026, 3, 7)), (dt.date(2026, 3, 8), dt.date(2026, 3, 9))]
    rows = [("a.auc", *period, 0.6 + n / 10, 0.5) for n, period in enumerate(periods)]
    names = ["kpi", "period_first", "period_last", "value", "baseline"]
    return pl.LazyFrame(rows, schema=names, orient="row")


@pytest.fixture
def mesh(house, monkeypatch):
    house.source("a.rows", [(1, 1)])
    house.computed("a.kpis", "a.rows@1", columns=COLUMNS, function=measured)
    module = Module("a.all", tuple(house.products), kpis=(kpi("a.auc"), kpi("a.loss", 0.1, "at most")))
    made = house.registry()
    monkeypatch.setattr(house, "registry", lambda: type(made)(**{**vars(made), "modules": {"a.all": module}}))
    return house.mesh()


@pytest.fixture
def filled(mesh, march):
    runner = Runner(mesh)
    plan = make_plan(mesh, runner.standing, {"a.kpis"}, march(1), march(1))
    execute(runner, plan.steps, Lost(mesh), lambda outcome: None)
    return mesh


def test_nothing_is_measured_in_an_empty_warehouse(mesh):
    assert [(value.kpi.id, value.value) for value in scorecard(mesh)] == [("a.auc", None), ("a.loss", None)]


def test_the_newest_period_is_shown(filled):
    value = scorecard(filled)[0]
    assert (value.value, value.baseline, str(value.first), str(value.last)) == (0.7, 0.5, "2026-03-08", "2026-03-09")


def test_the_period_that_holds_a_day_can_be_asked_for(filled, march):
    assert scorecard(filled, march(5))[0].value == 0.6


def test_a_kpi_without_a_row_has_no_value(filled):
    assert (scorecard(filled)[1].value, scorecard(filled)[1].reached) == (None, None)


def test_what_has_no_value_is_not_called_measured(filled):
    assert [value.as_json()["obtained"] for value in scorecard(filled)] == ["measured", "not measured"]
    told = [line for line in lines(scorecard(filled)) if line.startswith("  a.")]
    assert ["not measured" in line for line in told] == [False, True]


def test_days_that_are_measured_are_told_in_unbroken_stretches(filled):
    assert measured_days(filled) == [(dt.date(2026, 3, 1), dt.date(2026, 3, 9))]


def test_nothing_is_measured_before_the_first_publication(mesh):
    assert measured_days(mesh) == []
    assert "nothing measured yet" in lines(scorecard(mesh), dt.date(2026, 3, 5), [])[0]


def test_a_day_that_is_not_measured_is_told_with_those_that_are(filled):
    day = dt.date(2026, 4, 1)
    values = scorecard(filled, day)
    assert {(value.value, value.obtained) for value in values} == {(None, "not measured")}
    head = lines(values, day, measured_days(filled))[0]
    assert "2026-04-01 is not measured" in head
    assert "measured are 2026-03-01 .. 2026-03-09" in head


@pytest.mark.parametrize(
    ("direction", "value", "reached"),
    [("at least", 0.5, True), ("at least", 0.4, False), ("at most", 0.5, True), ("at most", 0.6, False)],
)
def test_a_target_is_reached_on_its_own_side(direction, value, reached):
    assert KpiValue(kpi("a.auc", 0.5, direction), value).reached is reached


def test_without_a_target_nothing_is_reached_or_missed():
    assert KpiValue(kpi("a.auc", None), 0.5).reached is None
