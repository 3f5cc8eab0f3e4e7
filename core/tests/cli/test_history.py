"""``hansa history`` of a product that is kept by day: its days, what was only refused, and what was not run."""

from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, required: true, partitioned: true}"
HELD = "{name: rows.many, metric: rowCount, mustBeGreaterThan: 1}"


@pytest.fixture
def send(hansa, contract):
    """Publish rows of these days of March 2026, or of whole dates, under a contract of its own."""

    def call(*days, quality="", mode=("--replace",)):
        dates = [f"2026-03-{day:02}" if isinstance(day, int) else day for day in days]
        Path("rows.csv").write_text("id,day\n" + "".join(f"{n} of {day},{day}\n" for n, day in enumerate(dates)))
        hansa("publish", contract("d", KEY, DAY, quality=quality), "rows.csv", *mode, "--warehouse", "wh")

    return call


@pytest.fixture
def told(hansa):
    """The lines of the history, each without the time and with single blanks."""

    def call(*words):
        done = hansa("history", "t.d", "--warehouse", "wh", *words)
        assert done.code == 0, done.err
        return [" ".join(line.split()[1:] if line[0] != " " else line.split()) for line in done.out.splitlines()]

    return call


def test_a_day_of_which_rows_were_only_refused_is_no_day_of_the_product(send, told, hansa):
    send(2, "2093-03-02", mode=())
    assert told()[0].startswith("published 2026-03-02 1 rows 1 quarantined")
    assert told()[1:] == ["refused 2093-03-02: 1 row in quarantine, and no day of the product"]
    (listed,) = hansa("history", "t.d", "--warehouse", "wh", "--json").json
    assert listed["only_refused"] == ["2093-03-02"]


def test_days_between_that_were_not_run_are_told(send, told, hansa):
    send(2)
    send(5, 7)
    assert [line.split(" neither")[0] for line in told()[2:]] == [
        "not run 2026-03-03..2026-03-04",
        "not run 2026-03-06",
    ]
    listed = hansa("history", "t.d", "--warehouse", "wh", "--json").json
    assert [one["days"] for one in listed if one["state"] == "not run"] == [
        ["2026-03-03", "2026-03-04"],
        ["2026-03-06", "2026-03-06"],
    ]


def test_days_that_do_not_follow_upon_each_other_are_counted(send, told):
    send(2, 3)
    send(5, 7)
    assert [line.split(" rows")[0] for line in told()[:2]] == [
        "published 2026-03-02..2026-03-03 2",
        "published 2026-03-05..2026-03-07, 2 days 2",
    ]


def test_a_held_day_was_run(send, told):
    send(2, 2)
    send(3, quality=HELD)
    send(4, 4)
    assert [line.split()[:2] for line in told() if "not run" in line] == []


def test_the_days_that_are_asked_for_bound_what_is_told(send, told):
    send(2)
    send(5)
    lines = told("--from", "2026-03-04", "--to", "2026-03-06")
    assert [line.split(" neither")[0].split(" 1 rows")[0] for line in lines] == [
        "published 2026-03-05",
        "not run 2026-03-04",
        "not run 2026-03-06",
    ]


def test_the_first_and_the_last_day_that_there_are_can_be_asked_for(send, told):
    send(2)
    lines = told("--from", "0001-01-01", "--to", "9999-12-31")
    assert [line.split()[2] for line in lines if line.startswith("not run")] == [
        "0001-01-01..2026-03-01",
        "2026-03-03..9999-12-31",
    ]


def test_days_in_the_wrong_order_are_refused(send, hansa):
    send(2)
    done = hansa("history", "t.d", "--warehouse", "wh", "--from", "2026-03-05", "--to", "2026-03-02")
    assert (done.code, "[days.order]" in done.sentence) == (2, True)


def test_a_product_that_is_replaced_as_a_whole_has_no_day_that_was_not_run(hansa, orders):
    hansa("publish", *orders, "--warehouse", "wh")
    done = hansa("history", "t.orders", "--warehouse", "wh", "--from", "2026-01-01", "--to", "2026-12-31")
    assert (done.out.split()[1:3], "not run" in done.out) == (["published", "whole"], False)
