"""Days of 23 and of 25 hours: a business day is the local day of the mesh's zone, however long it is."""

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest
from hansa.mesh import load_mesh
from hansa.plan import default_day, make_plan
from hansa.products import Input, days, source_product
from hansa.run import Run
from hansa.runner import Lost, Runner, execute
from hansa.standing import Standing

BOOKED = """
  - {name: id, logicalType: string, required: true, primaryKey: true}
  - {name: booked_at, logicalType: timestamp, required: true}
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1,
     customProperties: [{property: businessDateOf, value: booked_at}]}"""
HOUR = dt.timedelta(hours=1)
#: Zone, and its days with the hours that they have: the day before a change, of a change, and after it.
CHANGES = [
    ("Europe/Berlin", {"2026-03-28": 24, "2026-03-29": 23, "2026-03-30": 24}),
    ("Europe/Berlin", {"2025-10-25": 24, "2025-10-26": 25, "2025-10-27": 24}),
    # Midnight itself is skipped, and it comes twice the hour before.
    ("America/Sao_Paulo", {"2018-11-03": 24, "2018-11-04": 23, "2018-11-05": 24}),
    ("America/Sao_Paulo", {"2018-02-16": 24, "2018-02-17": 25, "2018-02-18": 24}),
    ("Asia/Shanghai", {"1991-04-13": 24, "1991-04-14": 23, "1991-04-15": 24}),
    ("Asia/Shanghai", {"1991-09-14": 24, "1991-09-15": 25, "1991-09-16": 24}),
    # Both hours of midnight are the same day.
    ("America/Havana", {"2025-11-01": 24, "2025-11-02": 25, "2025-11-03": 24}),
    ("Australia/Lord_Howe", {"2026-04-04": 24, "2026-04-05": 24.5, "2026-04-06": 24}),
    ("Asia/Shanghai", {"2026-03-28": 24, "2026-03-29": 24, "2026-03-30": 24}),
]


def booked(house, instants):
    """A source of instants (UTC) whose partition is their local day."""
    house.contract("t.a", BOOKED)
    lines = [f"{number},{at:%Y-%m-%dT%H:%M:%S}Z" for number, at in enumerate(instants)]
    (house.folder / "t.a.csv").write_text("\n".join(["id,booked_at", *lines]) + "\n")


@pytest.fixture
def house(house):
    house.products.append(source_product("t.a"))
    house.sources["t.a"] = "t.a.csv"
    return house


def in_zone(house, zone, start="1990-01-01"):
    mesh = house.mesh(zone=zone)
    text = mesh.path.read_text().replace("start: 2026-03-01", f"start: {start}")
    mesh.path.write_text(text)
    return load_mesh(mesh.path, house.registry())


def date(text):
    return dt.date.fromisoformat(text)


def published(mesh, id="t.a"):
    return Runner(mesh)._door.open(id, 1).frame.collect()


def run_day_by_day(mesh, asked, wanted):
    runner, outcomes = Runner(mesh), []
    for day in wanted:
        plan = make_plan(mesh, runner.standing, set(asked), day, day)
        execute(runner, plan.steps, Lost(mesh), outcomes.append)
    assert {outcome.state for outcome in outcomes} == {"published"}, outcomes
    return outcomes


@pytest.mark.parametrize(("zone", "hours"), CHANGES, ids=lambda one: one if isinstance(one, str) else min(one))
def test_each_day_has_the_hours_that_its_clock_shows(house, zone, hours):
    first, last = (date(day) for day in (min(hours), max(hours)))
    run = Run("r", zone, first, last)
    begin, end = run.start_of(first), run.start_of(last + dt.timedelta(days=1))
    halves = int((end - begin) / (HOUR / 2))
    # Every half hour of the three days, and the last second before and the first after them.
    instants = [begin + HOUR / 2 * n for n in range(halves)]
    booked(house, [*instants, begin - dt.timedelta(seconds=1), end])
    mesh = in_zone(house, zone)
    outcomes = run_day_by_day(mesh, ["t.a"], run.days)
    counted = published(mesh).group_by("business_date").len().sort("business_date")
    assert {str(day): rows / 2 for day, rows in counted.iter_rows()} == hours
    # Each run published just its own rows.
    assert [outcome.publication.total("published") / 2 for outcome in outcomes] == list(hours.values())
    assert {outcome.publication.total("quarantined") for outcome in outcomes} == {0}


@pytest.mark.parametrize(("zone", "hours"), CHANGES, ids=lambda one: one if isinstance(one, str) else min(one))
def test_a_day_begins_where_the_one_before_ends(zone, hours):
    run = Run("r", zone, date(min(hours)), date(max(hours)))
    starts = [run.start_of(day) for day in (*run.days, run.days[-1] + dt.timedelta(days=1))]
    assert [(b - a) / HOUR for a, b in pairwise(starts)] == list(hours.values())


def test_a_lookback_is_so_many_local_days_also_over_a_change(house):
    begin = Run("r", "Europe/Berlin").start_of(date("2025-10-25"))
    booked(house, [begin + HOUR * n for n in range(24 + 25 + 24)])
    house.computed("t.b", Input("t.a@1", lookback=days(1)), function=_rows)
    mesh = in_zone(house, "Europe/Berlin")
    run_day_by_day(mesh, ["t.b"], [date("2025-10-26"), date("2025-10-27")])
    assert published(mesh, "t.b").sort("business_date")["amount"].to_list() == [24 + 25, 25 + 24]


def _rows(frames, run):
    return pl.LazyFrame({"business_date": run.days, "amount": [frames["a"].collect().height]})


def test_the_default_day_is_the_local_one_of_the_last_instant(house):
    # 23:30 in Berlin on the long day is the day before in UTC's summer offset, and not yet the next one.
    booked(house, [dt.datetime(2025, 10, 26, 22, 30)])
    mesh = in_zone(house, "Europe/Berlin")
    assert default_day(mesh, Standing(mesh), ["t.a"]) == date("2025-10-26")
    booked(house, [dt.datetime(2025, 10, 26, 23, 0)])
    assert default_day(mesh, Standing(mesh), ["t.a"]) == date("2025-10-27")


def test_f3_the_rows_at_the_edges_of_both_days_are_in_one_day_each(house):
    instants = {
        "X": "2026-10-24T22:30", "Y": "2026-10-25T12:00", "Z": "2026-10-25T23:00",
        "S1": "2026-03-28T23:30", "S2": "2026-03-29T21:30", "S3": "2026-03-29T22:30",
    }  # fmt: skip
    booked(house, map(dt.datetime.fromisoformat, instants.values()))
    mesh = in_zone(house, "Europe/Berlin")
    wanted = [date(day) for day in ("2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26")]
    outcomes = run_day_by_day(mesh, ["t.a"], wanted)
    assert [outcome.publication.total("published") for outcome in outcomes] == [2, 1, 2, 1]
    names = dict(enumerate(instants))
    found = {names[int(id)]: str(day) for id, day in published(mesh).select("id", "business_date").iter_rows()}
    assert found == {
        "X": "2026-10-25", "Y": "2026-10-25", "Z": "2026-10-26",
        "S1": "2026-03-29", "S2": "2026-03-29", "S3": "2026-03-30",
    }  # fmt: skip


def test_times_without_a_zone_that_no_clock_showed_or_that_came_twice_are_refused(house):
    house.contract("t.a", BOOKED)
    lines = ["1,2026-03-29 02:30:00", "2,2026-03-29 03:00:00", "3,2026-10-25 02:30:00", "4,2026-10-25 03:00:00"]
    (house.folder / "t.a.csv").write_text("\n".join(["id,booked_at", *lines]) + "\n")
    house.sources["t.a"] = "t.a.csv, mapping: {timezone: {booked_at: Europe/Berlin}}"
    mesh = in_zone(house, "Europe/Berlin")
    run_day_by_day(mesh, ["t.a"], [date("2026-03-29"), date("2026-10-25")])
    assert sorted(published(mesh)["id"].to_list()) == ["2", "4"]
