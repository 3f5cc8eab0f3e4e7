"""Rows of a source that no run publishes are counted: those before the mesh's start, and those after tomorrow."""

import datetime as dt

import pytest
from hansa.errors import MeshError
from hansa.extents import Outside, Stretch, outside
from hansa.plan import default_day, make_plan
from hansa.runner import Runner
from hansa.source_notes import source_notes
from hansa.standing import Standing
from machinery.mailroom import Mailroom

FAR = dt.date(2926, 3, 5)
DAY_UNTIL = """
  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1,
     logicalTypeOptions: {maximum: "2100-01-01"}}
  - {name: amount, logicalType: integer, required: true}"""
BEFORE = [dt.date(2026, 2, 10), dt.date(2026, 2, 12), dt.date(2026, 2, 12)]


@pytest.fixture
def room(folder):
    return Mailroom(folder)


def filled(house, *days, **more):
    """A source with one row of each day, written as text."""
    house.source("a.rows", [], **more)
    lines = [f"{day},{number}" for number, day in enumerate(days)]
    (house.folder / "a.rows.csv").write_text("\n".join(["business_date,amount", *lines]) + "\n")


def told(mesh, product="a.rows"):
    """What is said of rows outside, once the plan of a run is made."""
    standing = Standing(mesh)
    make_plan(mesh, standing, {product}, *[default_day(mesh, standing, [product])] * 2)
    return [note.what for note in source_notes(mesh, standing, [product]) if note.kind == "outside"]


def test_rows_before_the_start_are_told_by_their_number_and_their_first_and_last_day(house, march):
    filled(house, *BEFORE, march(5))
    assert told(house.mesh()) == [
        "3 rows lie before the mesh's start 2026-03-01 (2026-02-10..2026-02-12); no run publishes them"
    ]


def test_rows_after_tomorrow_are_told(house, march):
    filled(house, march(5), FAR)
    [sentence] = told(house.mesh())
    assert sentence.startswith("1 row lies after ")
    assert "(2926-03-05..2926-03-05)" in sentence


def test_both_are_one_line(house, march):
    filled(house, *BEFORE, march(5), FAR)
    assert len(told(house.mesh())) == 1


def test_a_source_within_its_bounds_says_nothing(house, march):
    filled(house, march(1), march(5))
    assert told(house.mesh()) == []


def test_rows_of_no_day_are_not_counted(house, march):
    filled(house, march(5), "nothing")
    assert told(house.mesh()) == []


def test_a_contract_whose_days_may_lie_ahead_has_no_row_too_far(house, march):
    filled(house, march(5), dt.date(2090, 1, 1), columns=DAY_UNTIL)
    assert told(house.mesh()) == []


def test_what_is_not_kept_by_day_has_no_row_outside(house, whole):
    house.source("a.rows", [1, 2], whole)
    assert told(house.mesh()) == []


def test_the_source_is_not_read_for_it(house, march):
    filled(house, *BEFORE, march(5))
    mesh = house.mesh()
    standing = Standing(mesh)
    assert standing.outside("a.rows") is None
    standing.extent("a.rows")
    (house.folder / "a.rows.csv").unlink()
    assert standing.outside("a.rows").early == Stretch(3, BEFORE[0], BEFORE[2])


def test_a_day_too_far_ahead_is_refused_when_it_is_asked_for(house, march):
    filled(house, march(5), FAR)
    mesh = house.mesh()
    with pytest.raises(MeshError, match=r"2926-03-05 is after .* which is tomorrow") as caught:
        make_plan(mesh, Standing(mesh), {"a.rows"}, FAR, FAR)
    assert caught.value.code == "days.ahead"


def test_a_runner_publishes_no_such_day_either(house, march):
    filled(house, march(5), FAR)
    runner = Runner(house.mesh())
    with pytest.raises(MeshError) as caught:
        runner.run("a.rows", FAR, FAR)
    assert caught.value.code == "days.ahead"
    assert not runner.standing.warehouse.exists or not runner.standing.current("a.rows")


def test_a_file_that_arrives_tells_what_becomes_of_such_rows(room):
    room.write("s_20260301.csv", f"business_date,txn,amount\n2026-02-10,t1,1\n2026-03-01,t2,2\n{FAR},t3,3\n")
    standing = room.standing()
    [sentence] = [note.what for note in source_notes(room.mesh(), standing, ["a.rows"]) if note.kind == "outside"]
    assert "1 row dated before the mesh's start 2026-03-01 (2026-02-10..2026-02-10) come with it" in sentence
    assert "go to quarantine as business_date.future" in sentence


@pytest.mark.parametrize("brings", ["rows", "days"])
def test_a_day_too_far_ahead_of_a_file_goes_to_quarantine_however_its_rows_join(room, brings):
    room.words += f", brings: {brings}"
    room.write("s_20260301.csv", f"business_date,txn,amount\n2026-03-01,t2,2\n{FAR},t3,3\n")
    [outcome] = room.run(last=1)
    broken = [name for receipt in outcome.publication.receipts for name in receipt.broken]
    assert (room.published(), broken) == ([("t2", 1, 2)], ["business_date.future"])


def test_days_that_are_counted_already_say_the_same():
    start, until = dt.date(2026, 3, 1), dt.date(2026, 3, 9)
    counts = {dt.date(2026, 2, 1): 2, dt.date(2026, 2, 3): 1, dt.date(2026, 3, 9): 4, dt.date(2026, 3, 10): 5}
    early, far = Stretch(3, dt.date(2026, 2, 1), dt.date(2026, 2, 3)), Stretch(5, *[dt.date(2026, 3, 10)] * 2)
    assert outside(counts, start, until) == Outside(start, until, early, far)
