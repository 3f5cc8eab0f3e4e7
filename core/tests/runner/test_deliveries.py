"""Files that arrive are published once each, by their content, and what stands does not depend on their order."""

import datetime as dt
import itertools
import os

import pytest
from hansa.errors import HansaError
from hansa.receipt import InputRead
from machinery.mailroom import DATED, FIRST, SECOND
from machinery.small_house import day


def test_each_file_is_a_commit_of_its_own_and_its_rows_join_their_days(two):
    assert two.told(last=2) == {"a.rows s_20260301.csv": "published", "a.rows s_20260302.csv": "published"}
    assert two.published() == [("t1", 1, 10), ("t2", 1, 21), ("t4", 2, 40)]
    assert len(two.publications()) == 2


def test_a_file_that_was_published_is_not_published_again(two):
    two.run(last=2)
    assert two.told(last=2) == {}


def test_what_is_published_is_known_from_the_receipts_alone(two):
    two.run(last=2)
    names = [given.name for publication in two.publications() for given in publication.inputs]
    assert names == ["delivery s_20260301.csv", "delivery s_20260302.csv"]
    assert not [path for path in two.folder.rglob("*") if "seen" in path.name or "deliver" in path.name]


def test_the_same_content_under_another_name_is_told_and_not_published(two):
    two.run(last=2)
    two.send("copy_20260302.csv", SECOND)
    assert two.told(last=2) == {}
    assert "same content as s_20260302.csv" in two.left()["copy_20260302.csv"]


def test_yesterdays_file_under_todays_name_is_told(two):
    two.run(last=2)
    two.send("s_20260303.csv", SECOND)
    assert "although its name is of 2026-03-03" in two.left()["s_20260303.csv"]


def test_two_new_files_of_one_content_are_published_once(room):
    room.send("s_20260301.csv", FIRST)
    room.send("t_20260301.csv", FIRST)
    assert room.told(last=1) == {"a.rows s_20260301.csv": "published"}


def test_a_file_that_was_only_touched_is_no_other_file(two):
    two.run(last=2)
    os.utime(two.folder / "in" / "s_20260301.csv", (1, 1))
    assert two.told(last=2) == {}


def test_other_content_under_a_known_name_replaces_the_rows_with_its_keys(two):
    two.run(last=2)
    two.send("s_20260302.csv", [(1, "t2", 22), (2, "t4", 41)])
    assert two.told(last=2) == {"a.rows s_20260302.csv": "published"}
    assert two.published() == [("t1", 1, 10), ("t2", 1, 22), ("t4", 2, 41)]


def test_a_correction_that_is_taken_back_is_taken_back(two):
    two.run(last=2)
    two.send("s_20260302.csv", [(1, "t2", 22), (2, "t4", 41)])
    two.run(last=2)
    two.send("s_20260302.csv", SECOND)
    two.run(last=2)
    assert two.published() == [("t1", 1, 10), ("t2", 1, 21), ("t4", 2, 40)]


def test_a_late_file_does_not_replace_what_came_with_a_later_date(room):
    room.send("s_20260302.csv", SECOND)
    room.run(last=2)
    room.send("s_20260301.csv", FIRST)
    [outcome] = room.run(last=2)
    assert (outcome.state, outcome.reason) == ("published", "1 of its rows stand in newer form")
    assert room.published() == [("t1", 1, 10), ("t2", 1, 21), ("t4", 2, 40)]


def test_a_late_file_is_refused_where_the_later_one_is_gone_and_nothing_else_tells(room):
    room.send("s_20260302.csv", SECOND)
    room.run(last=2)
    room.take("s_20260302.csv")
    room.send("s_20260301.csv", FIRST)
    [outcome] = room.run(last=2)
    assert outcome.error.code == "delivery.order"


def test_a_late_file_of_other_days_needs_no_later_one(room):
    room.send("s_20260302.csv", [(2, "t4", 40)])
    room.run(last=2)
    room.take("s_20260302.csv")
    room.send("s_20260301.csv", FIRST)
    assert room.told(last=2) == {"a.rows s_20260301.csv": "published"}


def test_one_key_in_two_files_of_one_date_refuses_both(room):
    room.send("a_20260301.csv", [(1, "t1", 10)])
    room.send("b_20260301.csv", [(1, "t1", 11), (1, "t2", 20)])
    outcomes = room.run(last=1)
    assert [outcome.error.code for outcome in outcomes if outcome.error] == ["delivery.equal"] * 2


def test_one_key_in_one_row_may_come_in_two_files_of_one_date(room):
    room.send("a_20260301.csv", [(1, "t1", 10)])
    room.send("b_20260301.csv", [(1, "t1", 10), (1, "t2", 20)])
    assert set(room.told(last=1).values()) == {"published"}


def test_without_a_declared_rule_a_key_that_stands_in_another_row_is_refused(room):
    room.words = ""
    room.send("first.csv", [(1, "t1", 10)])
    room.run(last=1)
    room.send("second.csv", [(1, "t1", 11)])
    [outcome] = room.run(last=1)
    assert outcome.error.code == "delivery.equal"
    assert room.published() == [("t1", 1, 10)]


def test_a_declared_column_says_which_row_is_newer(room):
    room.words = "newest_by: amount"
    room.send("first.csv", [(1, "t1", 12), (1, "t2", 5)])
    room.run(last=1)
    room.send("second.csv", [(1, "t1", 11), (1, "t2", 6)])
    room.take("first.csv")
    room.run(last=1)
    assert room.published() == [("t1", 1, 12), ("t2", 1, 6)]


def test_a_declared_column_that_does_not_say_it_refuses_the_file(room):
    room.words = "newest_by: amount"
    room.send("first.csv", [(1, "t1", 12, "open")], "business_date,txn,amount,state")
    room.run(last=1)
    room.send("second.csv", [(1, "t1", 12, "paid")], "business_date,txn,amount,state")
    [outcome] = room.run(last=1)
    assert outcome.error.code == "delivery.equal"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_row_that_the_gate_refuses_does_not_keep_an_older_one_out(room, order):
    files = [(1, [(1, "t1", 1)]), (2, [(1, "t1", 2)]), (3, [(1, "t1", -3)])]
    for at in order:
        number, rows = files[at]
        room.send(f"s_2026030{number}.csv", [*rows, *((number, f"u{number}-{n}", 5) for n in range(9))])
        room.run(last=3)
    assert ("t1", 1, 2) in room.published()


def test_a_broken_file_is_refused_by_name_and_the_others_are_published(two):
    two.write("broken_20260302.csv", "nothing,of,it\n1,2,3\n")
    outcomes = {outcome.step.delivery: outcome for outcome in two.run(last=2)}
    assert outcomes["broken_20260302.csv"].error.code == "source.columns"
    assert "in/broken_20260302.csv" in outcomes["broken_20260302.csv"].reason
    assert outcomes["s_20260301.csv"].state == outcomes["s_20260302.csv"].state == "published"


def test_what_is_made_of_the_days_that_came_is_made_beside_a_broken_file(two):
    two.write("broken_20260302.csv", "nothing,of,it\n1,2,3\n")
    told = two.told("a.all", first=1, last=2)
    assert told["b.scores 2026-03-01"] == told["b.alerts 2026-03-02"] == "published"


def test_a_name_without_the_declared_date_is_refused(room):
    room.send("undated.csv", FIRST)
    assert room.run(last=1)[0].error.code == "delivery.date"


@pytest.mark.parametrize("name", ["s_20260301.csv.part", "s_20260301.csv.tmp", "s_20260301.csv.PART"])
def test_a_file_that_its_name_says_is_being_written_waits(room, name):
    room.send(name, FIRST)
    assert room.told(last=1) == {"a.rows 2026-03-01": "published"} or not room.publications()
    assert "still being written" in room.left()[name]


def test_a_file_without_its_end_marker_waits(room):
    room.words = f"{DATED}, end_marker: .ok"
    room.send("s_20260301.csv", FIRST)
    assert "end marker" in room.left()["s_20260301.csv"]
    room.write("s_20260301.ok", "")
    assert room.told(last=1) == {"a.rows s_20260301.csv": "published"}


def test_a_file_that_was_written_just_now_waits_where_that_is_declared(room):
    room.words = f"{DATED}, quiet: 10 minutes"
    room.write("s_20260301.csv", "business_date,txn,amount\n2026-03-01,t1,10\n")
    assert "written to less than" in room.left()["s_20260301.csv"]


def test_a_file_that_grows_while_it_is_looked_at_is_left_for_the_next_run(room):
    room.send("s_20260301.csv", FIRST)
    deliveries = room.standing().deliveries("a.rows")
    assert deliveries.listing.files
    room.send("s_20260301.csv", [*FIRST, (1, "t3", 30)])
    assert deliveries.pending == []
    assert ["still being written" in one.why for one in deliveries.left] == [True]


def test_a_file_that_was_written_again_after_the_plan_is_not_published_by_it(room):
    room.send("s_20260301.csv", FIRST)
    from hansa.runner import Runner

    runner = Runner(room.mesh())
    assert [one.name for one in runner.standing.deliveries("a.rows").pending] == ["s_20260301.csv"]
    room.send("s_20260301.csv", [*FIRST, (1, "t3", 30)])
    with pytest.raises(HansaError, match="written again"):
        runner.deliver("a.rows", "s_20260301.csv")
    assert room.told(last=1) == {"a.rows s_20260301.csv": "published"}


def test_a_link_that_leads_out_of_its_folder_is_left(room):
    (room.folder / "secret.csv").write_text("business_date,txn,amount\n2026-03-01,t1,10\n")
    (room.folder / "in" / "s_20260301.csv").symlink_to(room.folder / "secret.csv")
    assert "leads out of its folder" in room.left()["s_20260301.csv"]


def test_days_that_come_whole_take_the_place_of_the_older_ones(room):
    room.words = f"{DATED}, brings: days"
    room.send("s_20260301.csv", FIRST)
    room.send("s_20260302.csv", [(1, "t3", 3), (2, "t4", 4)])
    room.run(last=2)
    assert room.published() == [("t3", 1, 3), ("t4", 2, 4)]


def test_days_that_come_whole_and_late_leave_the_days_of_later_files_alone(room):
    room.words = f"{DATED}, brings: days"
    room.send("s_20260302.csv", [(1, "t3", 3), (2, "t4", 4)])
    room.run(last=2)
    room.take("s_20260302.csv")
    room.send("s_20260301.csv", FIRST)
    [outcome] = room.run(last=2)
    assert outcome.reason == "1 of its days stand from files of a later date"
    assert room.published() == [("t3", 1, 3), ("t4", 2, 4)]
    assert room.told(last=2) == {}


def test_a_correction_of_days_brings_them_whole(room):
    room.words = f"{DATED}, brings: days"
    room.send("s_20260301.csv", FIRST)
    room.run(last=1)
    room.send("s_20260301.csv", [(1, "t1", 11)])
    room.run(last=1)
    assert room.published() == [("t1", 1, 11)]


def test_a_file_without_rows_is_the_empty_day_of_its_date(room):
    room.send("s_20260301.csv", [])
    room.send("s_20260302.csv", [(2, "t4", 4)])
    room.run(last=2)
    assert [str(one) for one in room.standing().partitions("a.rows")] == ["2026-03-01", "2026-03-02"]
    room.send("s_20260303.csv", [])
    assert room.told(last=3) == {"a.rows s_20260303.csv": "published"}
    assert room.told(last=3) == {}


def test_a_file_without_rows_does_not_empty_a_day_that_has_some(room):
    room.send("s_20260301.csv", FIRST)
    room.run(last=1)
    room.send("t_20260301.csv", [])
    room.run(last=1)
    assert len(room.published()) == 2
    assert room.told(last=1) == {}


def test_a_delivery_that_was_held_is_tried_again_and_published_when_it_may_be(room):
    room.contract(
        "a.rows",
        "  - {name: txn, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}\n"
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
        "  - {name: amount, logicalType: integer, required: true}\n",
        more="customProperties: [{property: quarantineShare, value: 0.1}]\n",
    )
    room.write("s_20260301.csv", "business_date,txn,amount\n2026-03-01,t1,x\n2026-03-01,t2,2\n")
    assert room.told(last=1) == {"a.rows s_20260301.csv": "held"}
    assert room.told(last=1) == {"a.rows s_20260301.csv": "held"}
    room.send("s_20260301.csv", FIRST)
    assert room.told(last=1) == {"a.rows s_20260301.csv": "published"}


def test_what_an_earlier_run_left_off_is_published_by_the_next_one(two):
    """A crash between two files leaves each old or new."""
    from hansa.runner import Runner

    Runner(two.mesh()).deliver("a.rows", "s_20260301.csv")
    assert two.published() == [("t1", 1, 10), ("t2", 1, 20)]
    assert two.told(last=2) == {"a.rows s_20260302.csv": "published"}


def test_a_file_that_another_process_published_meanwhile_is_not_published_again(two):
    from hansa.runner import Runner

    one, other = Runner(two.mesh()), Runner(two.mesh())
    assert len(one.standing.deliveries("a.rows").pending) == len(other.standing.deliveries("a.rows").pending) == 2
    one.deliver("a.rows", "s_20260301.csv")
    publication, _ = other.deliver("a.rows", "s_20260301.csv")
    assert publication.unchanged
    assert len(two.publications()) == 1


def test_rows_without_a_key_are_added_once(room):
    keyless = (
        "  - {name: txn, logicalType: string, required: true}\n"
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
        "  - {name: amount, logicalType: integer, required: true}\n"
    )
    room.contract("a.rows", keyless)
    room.send("s_20260301.csv", FIRST)
    room.send("t_20260301.csv", [(1, "t1", 10)])
    room.run(last=1)
    room.run(last=1)
    assert room.published() == [("t1", 1, 10), ("t1", 1, 10), ("t2", 1, 20)]
    room.send("s_20260301.csv", [(1, "t1", 11)])
    [outcome] = room.run(last=1)
    assert outcome.error.code == "delivery.correction"


def test_a_day_without_a_file_is_no_hindrance_for_the_file_that_comes_after_all(room):
    room.send("s_20260301.csv", FIRST)
    room.send("s_20260303.csv", [(3, "t9", 9)])
    assert room.told(last=3)["a.rows 2026-03-02"] == "published"
    room.send("s_20260302.csv", [(2, "t4", 4)])
    assert room.told(last=3) == {"a.rows s_20260302.csv": "published"}
    assert ("t4", 2, 4) in room.published()


def test_what_is_made_of_a_day_is_made_again_when_a_late_file_brings_more_of_it(two):
    two.run("a.all", first=1, last=2)
    two.send("late_20260228.csv", [(1, "t9", 90)])
    told = two.told("a.all", first=1, last=2)
    assert told["a.rows late_20260228.csv"] == told["b.scores 2026-03-01"] == "published"
    assert "b.scores 2026-03-02" not in told


def test_the_words_of_deliveries_are_no_part_of_a_file_s_own_reading(two):
    two.run(last=2)
    codes = {publication.code for publication in two.publications()}
    two.words = f"{DATED}, expects: daily"
    assert two.told(last=2) == {}
    assert len(codes) == 1


def test_the_receipt_names_what_came_when_and_with_which_columns(two):
    two.run(last=2)
    given = two.publications()[0].inputs[0]
    assert isinstance(given, InputRead)
    assert [name for name, _ in given.columns] == ["business_date", "txn", "amount"]
    assert dt.datetime.fromisoformat(given.came).tzinfo is not None
    assert len(given.fingerprint) == 64


def test_a_day_that_is_run_by_itself_takes_its_files_and_no_others(two):
    """So Dagster runs it."""
    from hansa.runner import Runner

    two.send("s_20260303.csv", [(3, "t5", 5)])
    made = Runner(two.mesh()).run("a.rows", day(2), day(2))
    assert [receipt.partition for receipt in made.receipts] == ["2026-03-01", "2026-03-02"]
    assert Runner(two.mesh()).run("a.rows", day(2), day(2)).unchanged
    assert [one.name for one in two.standing().deliveries("a.rows").pending] == ["s_20260301.csv", "s_20260303.csv"]


def test_where_no_file_ever_came_nothing_is_published(room):
    assert room.told() == {}
    assert room.publications() == []


def test_the_newest_day_is_that_of_what_stands_and_what_waits(two):
    from hansa.plan import default_day

    mesh = two.mesh()
    assert default_day(mesh, two.standing(), ["a.rows"]) == day(2)
