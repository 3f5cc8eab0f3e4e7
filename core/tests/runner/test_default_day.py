"""Which day a run takes that names none: the newest that its sources hold, but for days that no publication may bring.

One mistyped year stands in a source like any other day, and must not move a schedule by decades.
"""

import datetime as dt

import pytest
from hansa.plan import default_day, make_plan
from hansa.standing import Standing

DAY_UNTIL = """
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1,
     logicalTypeOptions: {maximum: "2100-01-01"}}
  - {name: amount, logicalType: integer, required: true}"""
FAR = dt.date(2926, 3, 5)


def chosen(house, asked="a.rows"):
    mesh = house.mesh()
    return default_day(mesh, Standing(mesh), [asked])


def filled(house, *days, **more):
    """A source with one row of each day, written as text."""
    house.source("a.rows", [], **more)
    lines = [f"{day},{number}" for number, day in enumerate(days)]
    (house.folder / "a.rows.csv").write_text("\n".join(["business_date,amount", *lines]) + "\n")


def test_one_mistyped_year_does_not_move_the_default_day(house, march):
    filled(house, march(4), march(5), FAR)
    assert chosen(house) == march(5)


def test_what_is_made_from_the_source_goes_on_with_its_newest_real_day(house, march):
    filled(house, march(4), march(5), FAR)
    house.computed("a.sums", "a.rows@1")
    assert chosen(house, "a.sums") == march(5)


def test_tomorrow_is_a_day_because_clocks_differ(house):
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    filled(house, tomorrow, FAR)
    # Midnight may pass between the two looks at the clock.
    assert chosen(house) >= tomorrow


def test_the_day_after_tomorrow_is_none(house, march):
    filled(house, march(5), dt.datetime.now(dt.UTC).date() + dt.timedelta(days=3))
    assert chosen(house) == march(5)


def test_a_contract_that_says_how_far_ahead_days_may_lie_is_believed(house, march):
    filled(house, march(5), dt.date(2090, 1, 1), columns=DAY_UNTIL)
    assert chosen(house) == dt.date(2090, 1, 1)


def test_a_day_that_the_rules_of_its_own_column_refuse_is_none(house, march):
    filled(house, march(5), FAR, columns=DAY_UNTIL)
    assert chosen(house) == march(5)


@pytest.mark.parametrize("days", [[], [FAR]])
def test_where_no_source_holds_a_day_it_is_yesterday(house, days):
    filled(house, *days)
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    assert chosen(house) >= yesterday


def test_a_day_that_is_asked_for_by_name_may_lie_ahead_where_the_contract_lets_it(house):
    far = dt.date(2090, 1, 1)
    filled(house, far, columns=DAY_UNTIL)
    mesh = house.mesh()
    plan = make_plan(mesh, Standing(mesh), {"a.rows"}, far, far)
    assert [(step.product, step.first) for step in plan.steps] == [("a.rows", far)]
