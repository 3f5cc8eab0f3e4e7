"""A file that a calendar expects is told as missing, late or early, by name of its day."""

import datetime as dt
import json
import os
import sys

import pytest
from hansa.arrivals import arrivals
from hansa.cli import main
from hansa.deliveries import Deliveries
from hansa.errors import MeshError
from machinery.mailroom import DATED, Mailroom
from machinery.small_house import day

WEEK = "calendar: {weekends: [sat, sun], holidays: [2026-03-04]}\n"


@pytest.fixture
def room(folder):
    made = Mailroom(folder)
    made.words = f"{DATED}, expects: {{days: business days, after: 9 hours}}"
    made.text = WEEK
    return made


@pytest.fixture
def seen(room):
    """What is told of the files at an instant, by the number of the day."""

    def look(now):
        mesh, standing = room.mesh(), room.standing()
        kept = mesh.products["a.rows"]
        deliveries = Deliveries(mesh, kept, standing.book("a.rows"), now)
        found = arrivals(deliveries, standing.calendar, "a.rows", "UTC", mesh.file.start)
        return {one.day.day: one.state for one in found}

    return look


@pytest.fixture
def hansa(room, monkeypatch, capfd):
    """The command line on this mesh: its exit code and what it printed."""

    def call(*words):
        mesh = room.mesh("vault: none\n")
        monkeypatch.setattr("hansa.registry.load", lambda **_: room.registry())
        monkeypatch.setattr(sys, "argv", ["hansa", *words, "--mesh", str(mesh.path)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capfd.readouterr().out

    return call


def at(number, hour=0):
    return dt.datetime(2026, 3, number, hour, tzinfo=dt.UTC)


def sent(room, number, when):
    name = f"s_{day(number):%Y%m%d}.csv"
    room.send(name, [(number, f"t{number}", number)])
    os.utime(room.folder / "in" / name, (when.timestamp(), when.timestamp()))


def test_a_file_that_came_in_time_is_not_told(room, seen):
    sent(room, 2, at(3, 8))
    assert seen(at(3, 10)) == {}


def test_a_file_that_came_after_its_time_is_late(room, seen):
    sent(room, 2, at(3, 10))
    assert seen(at(3, 11)) == {2: "late"}


def test_a_file_that_was_written_before_its_day_began_is_early(room, seen):
    sent(room, 3, at(2, 12))
    assert seen(at(3, 1)) == {3: "early"}


def test_a_file_of_a_day_far_ahead_waits_for_it(room):
    room.send("s_20990101.csv", [(1, "t1", 1)])
    assert "it is early" in room.left()["s_20990101.csv"]


def test_a_file_is_missing_from_the_end_of_its_time_on(room, seen):
    sent(room, 2, at(3, 8))
    assert seen(at(4, 8)) == seen(at(5, 8)) == {}
    assert seen(at(5, 10)) == {3: "missing"}


def test_weekends_and_holidays_miss_no_file_and_do_not_count_as_time(room, seen):
    for number in (2, 3, 5):
        sent(room, number, at(number + 1, 1) if number != 3 else at(5, 1))
    assert seen(at(9, 8)) == {}
    assert seen(at(9, 10)) == {6: "missing"}


def test_a_file_that_was_published_and_archived_is_not_missing(room, seen):
    sent(room, 2, at(3, 8))
    room.run(last=2)
    room.take("s_20260302.csv")
    assert seen(at(3, 10)) == {}


def test_yesterdays_file_under_todays_name_is_no_file_of_today(room, seen):
    sent(room, 2, at(3, 8))
    room.run(last=2)
    room.send("s_20260303.csv", [(2, "t2", 2)])
    assert seen(at(5, 10)) == {3: "missing"}


def test_every_day_is_expected_where_files_come_daily(room, seen):
    room.words, room.text = f"{DATED}, expects: {{days: daily, since: 2026-03-06}}", ""
    assert seen(at(9, 1)) == {6: "missing", 7: "missing", 8: "missing"}


def test_business_days_need_a_calendar_that_closes_some(room, seen):
    room.text = ""
    with pytest.raises(MeshError) as error:
        seen(at(3))
    assert error.value.code == "calendar.business_days"


def test_a_missing_file_holds_its_day(room):
    sent(room, 2, at(3, 8))
    sent(room, 5, at(6, 8))
    told = room.told(first=2, last=5)
    assert told["a.rows 2026-03-03"] == "held"
    assert told["a.rows 2026-03-04"] == "published"
    room.send("s_20260303.csv", [(3, "t3", 3)])
    assert room.told(first=2, last=5) == {"a.rows s_20260303.csv": "published"}
    assert room.standing().right("a.rows", day(3))


def test_history_tells_of_a_missing_file(room, hansa):
    sent(room, 2, at(3, 8))
    sent(room, 5, at(6, 12))
    room.run(first=2, last=5)
    code, told = hansa("history", "a.rows", "--to", "2026-03-05")
    assert code == 0
    assert "missing    2026-03-03" in told
    assert "the file of 2026-03-03 is missing: it was due by 2026-03-05 09:00" in told
    assert "the file of 2026-03-05 came late: s_20260305.csv was written 2026-03-06 12:00" in told
    states = [one["state"] for one in json.loads(hansa("history", "a.rows", "--to", "2026-03-05", "--json")[1])]
    assert states[-2:] == ["missing", "late"]


def test_explain_run_and_check_tell_of_files_and_columns_as_notes(room, hansa):
    room.words = DATED
    sent(room, 2, at(3, 8))
    room.run(first=2, last=2)
    room.send("s_20260303.csv", [(3, "t3", 3, "gone", 7)], "business_date,txn,amount,state,extra")
    room.write("s_20260304.csv.part", "")
    wanted = [
        "new        a.rows: s_20260303.csv: column 'extra' is new: nothing takes it",
        "waiting    a.rows: s_20260304.csv.part: it is still being written",
    ]
    for words in (["explain", "a.rows"], ["check"], ["run", "a.rows", "--dry-run"]):
        _, told = hansa(*words)
        assert [line for line in wanted if line not in told] == [], told
    kinds = {note["kind"] for note in json.loads(hansa("explain", "a.rows", "--json")[1])["sources"]}
    assert kinds == {"waiting", "new", "words"}
    kinds = {note["kind"] for note in json.loads(hansa("run", "a.rows", "--bare", "--json")[1])["sources"]}
    assert kinds == {"waiting", "new", "words"}


def test_a_renamed_column_is_told_beside_the_refusal(room, hansa):
    room.words = DATED
    sent(room, 2, at(3, 8))
    room.run(first=2, last=2)
    room.send("s_20260303.csv", [(3, "t3", 3)], "business_date,txn,betrag")
    code, told = hansa("run", "a.rows", "--bare")
    assert code == 1
    assert "column 'amount' is lost, and 'betrag' is new in its place: it may have been renamed" in told


def test_drift_of_one_bound_file_is_told_too(room, hansa):
    room.words, room.uri = "", "one.csv"
    room.rows([(1, "t1", 1)], name="one.csv")
    room.run(last=1)
    room.rows([(1, "t1", 2, 2)], "business_date,txn,amount,extra", name="one.csv")
    assert "column 'extra' is new: nothing takes it" in hansa("check")[1]
    assert "column 'extra' is new: nothing takes it" in hansa("run", "a.rows", "--bare")[1]
    assert "extra" not in hansa("check")[1]


@pytest.mark.parametrize("text", ["", "calendar: {holidays: [2026-03-04]}\n"])
def test_a_calendar_that_says_too_little_of_business_days_is_told_once(room, hansa, text):
    room.text = text
    sent(room, 2, at(3, 8))
    for words in (["run", "a.rows", "--dry-run"], ["explain", "a.rows"], ["check"]):
        assert hansa(*words)[1].count("calendar   a.rows: ") == 1


def test_check_refuses_business_days_of_which_none_is_closed(room, hansa):
    room.text = ""
    sent(room, 2, at(3, 8))
    code, told = hansa("check")
    assert (code, "[calendar.business_days]" in told) == (1, True)


@pytest.mark.parametrize("text", [WEEK, "calendar: {holidays: [2026-03-04], weekends: []}\n"])
def test_a_calendar_that_speaks_of_weekends_is_not_told(room, hansa, text):
    room.text = text
    sent(room, 2, at(3, 8))
    assert "calendar   " not in hansa("explain", "a.rows")[1]
