"""A range of days: a verdict and a receipt for each, and the same again works only on what is not yet right."""

import pytest
from hansa.receipt import book_of
from hansa.standing import Standing
from machinery.small_house import outcomes_of

ENOUGH = "{name: rows.enough, metric: rowCount, mustBeGreaterThan: 0, severity: error}"


@pytest.fixture
def run(house, march):
    """Run both products over days 1 to 5: product, day and state of each outcome."""

    def call():
        outcomes = outcomes_of(house.mesh(), {"t.a", "t.b"}, march(1), march(5), only_moved=True)
        return [(o.step.product, o.step.first.day, o.state) for o in outcomes]

    return call


@pytest.fixture
def gap(house):
    """Nothing of day 3, which is held, and the sum of each day."""
    house.source("t.a", [(n, n) for n in (1, 2, 4, 5)], quality=ENOUGH)
    house.computed("t.b", "t.a@1")
    return house


def test_each_day_of_a_range_has_a_verdict_of_its_own(gap, run):
    told = run()
    assert [state for id, _, state in told if id == "t.a"] == [
        "published",
        "published",
        "held",
        "published",
        "published",
    ]
    assert [day for id, day, state in told if id == "t.b" and state == "not run"] == [3]


def test_each_day_of_a_range_has_a_receipt_of_its_own(gap, run):
    run()
    book = book_of(gap.mesh().warehouse, "t.a")
    receipts = {r.partition[-2:]: (r.state, p.digest) for p in book.all() for r in p.receipts}
    assert {day: state for day, (state, _) in receipts.items()} == {
        "01": "published", "02": "published", "03": "held", "04": "published", "05": "published",
    }  # fmt: skip
    assert len({digest for _, digest in receipts.values()}) == 5


def test_the_same_again_tries_only_what_is_not_right(gap, run):
    run()
    assert run() == [("t.a", 3, "held"), ("t.b", 3, "not run")]


def test_what_was_held_is_made_once_its_rows_have_come_and_the_others_are_let_be(gap, run, march):
    run()
    before = {n: Standing(gap.mesh()).publication("t.b", march(n)) for n in (1, 2, 4, 5)}
    gap.fill("t.a", [(n, n) for n in range(1, 6)])
    states = run()
    assert ("t.a", 3, "published") in states
    assert ("t.b", 3, "published") in states
    assert {n: Standing(gap.mesh()).publication("t.b", march(n)) for n in (1, 2, 4, 5)} == before


def test_days_found_again_in_a_source_that_grew_are_not_read_a_second_time(gap, run, folder):
    gap.fill("t.a", [(n, n) for n in range(1, 6)])
    run()
    gap.fill("t.a", [(n, n) for n in range(1, 8)])
    assert {state for _, _, state in run()} == {"unchanged"}
    assert run() == []


def test_days_found_again_are_read_once_more_when_the_source_is_written_once_more(gap, run):
    gap.fill("t.a", [(n, n) for n in range(1, 6)])
    run()
    gap.fill("t.a", [(n, n) for n in range(1, 8)])
    run()
    gap.fill("t.a", [(n, 9 if n == 4 else n) for n in range(1, 8)])
    assert [one for one in run() if one[2] != "unchanged"] == [("t.a", 4, "published"), ("t.b", 4, "published")]


def test_only_marks_of_the_newest_print_of_a_source_are_kept(gap, run, folder):
    gap.fill("t.a", [(n, n) for n in range(1, 6)])
    run()
    for more in (7, 8):
        gap.fill("t.a", [(n, n) for n in range(1, more)])
        run()
    marks = [path.name for path in (folder / "warehouse" / "t" / "a" / "seen").iterdir() if path.suffix == ".json"]
    assert len(marks) == 5
    assert len({name.split("-")[0] for name in marks}) == 1


def test_a_mark_that_is_no_mark_makes_a_day_be_read_again_no_more(gap, run, folder):
    gap.fill("t.a", [(n, n) for n in range(1, 6)])
    run()
    gap.fill("t.a", [(n, n) for n in range(1, 8)])
    run()
    for path in (folder / "warehouse" / "t" / "a" / "seen").glob("*.json"):
        path.write_text("[1]")
    assert {state for _, _, state in run()} == {"unchanged"}
