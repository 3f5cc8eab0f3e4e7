"""Deliveries beside other publishers, behind later ones, and after they were held."""

import pytest
from hansa.errors import HansaError
from machinery.mailroom import DATED, FIRST
from machinery.small_house import day

_HOLDS = "customProperties: [{property: quarantineShare, value: 0.1}]\n"
_COLUMNS = (
    "  - {{name: txn, logicalType: string, required: true{key}}}\n"
    "  - {{name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}}\n"
    "  - {{name: amount, logicalType: integer, required: true}}\n"
)


def test_what_another_process_publishes_while_rows_are_chosen_is_not_replaced_by_older_ones(room, monkeypatch):
    from hansa.newer import Choice
    from hansa.runner import Runner

    room.send("s_20260302.csv", [(1, "t1", 20)])
    room.send("s_20260303.csv", [(1, "t1", 30)])
    chosen, others = Choice.of, [Runner(room.mesh())]

    def meanwhile(choice, one):
        found = chosen(choice, one)
        while others:
            others.pop().deliver("a.rows", "s_20260303.csv")
        return found

    monkeypatch.setattr(Choice, "of", meanwhile)
    Runner(room.mesh()).deliver("a.rows", "s_20260302.csv")
    assert room.published() == [("t1", 1, 30)]


def test_a_late_file_of_which_every_row_stands_in_newer_form_brings_nothing(room):
    room.send("s_20260303.csv", [(1, "t1", 30)])
    room.run(last=1)
    room.send("s_20260302.csv", [(1, "t1", 20)])
    assert room.told(last=1) == {"a.rows s_20260302.csv": "unchanged"}
    assert room.told(last=1) == {}
    assert room.published() == [("t1", 1, 30)]


def test_rows_of_no_day_go_to_quarantine_also_where_the_days_stand_from_a_later_file(room):
    room.words = f"{DATED}, brings: days"
    room.send("s_20260303.csv", [(1, "t1", 30)])
    room.run(last=2)
    room.write("s_20260302.csv", "business_date,txn,amount\n2026-03-01,t1,20\n2026-03-02,t2,2\nnever,t3,3\n")
    [outcome] = room.run(last=2)
    assert outcome.publication.total("quarantined") == 1
    assert room.published() == [("t1", 1, 30), ("t2", 2, 2)]


def test_a_copy_that_cannot_be_read_any_more_is_no_hindrance(two):
    two.run(last=2)
    two.write("s_20260303.csv", (two.folder / "in" / "s_20260302.csv").read_text())
    two.contract(
        "a.rows",
        "  - {name: txn, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}\n"
        "  - {name: business_date, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}\n"
        "  - {name: amount, logicalType: integer, required: true}\n"
        "  - {name: fresh, logicalType: string, required: true}\n",
    )
    assert two.standing().deliveries("a.rows").pending == []
    assert "same content" in two.left()["s_20260303.csv"]


def test_a_day_that_another_process_brings_meanwhile_is_not_emptied(room, monkeypatch):
    from hansa.delivering import Courier
    from hansa.runner import Runner

    room.send("s_20260301.csv", FIRST)
    room.run(last=1)
    runner, empty = Runner(room.mesh()), Courier.empty

    def meanwhile(courier, *given):
        room.send("s_20260302.csv", [(2, "t4", 4)])
        Runner(room.mesh()).deliver("a.rows", "s_20260302.csv")
        return empty(courier, *given)

    monkeypatch.setattr(Courier, "empty", meanwhile)
    with pytest.raises(HansaError) as caught:
        runner.run("a.rows", day(2), day(2))
    assert caught.value.code == "commit.moved"
    assert room.published()[-1] == ("t4", 2, 4)


def test_a_file_without_keys_that_was_held_may_come_again_under_its_name(room):
    room.contract("a.rows", _COLUMNS.format(key=""), more=_HOLDS)
    room.write("s_20260301.csv", "business_date,txn,amount\n2026-03-01,t1,x\n2026-03-01,t2,2\n")
    assert room.told(last=1) == {"a.rows s_20260301.csv": "held"}
    room.send("s_20260301.csv", FIRST)
    assert room.told(last=1) == {"a.rows s_20260301.csv": "published"}
    assert room.published() == [("t1", 1, 10), ("t2", 1, 20)]


def test_a_correction_that_was_held_is_a_correction_when_it_is_tried_again(room):
    key = ", primaryKey: true, primaryKeyPosition: 1"
    room.words = ""
    room.contract("a.rows", _COLUMNS.format(key=key))
    room.send("other.csv", [(1, "t9", 90)])
    room.send("s.csv", FIRST)
    room.run(last=1)
    room.contract("a.rows", _COLUMNS.format(key=key), more=_HOLDS)
    room.write("s.csv", "business_date,txn,amount\n2026-03-01,t1,11\n2026-03-01,t2,x\n")
    assert room.told(last=1) == {"a.rows s.csv": "held"}
    room.contract("a.rows", _COLUMNS.format(key=key))
    assert room.told(last=1) == {"a.rows s.csv": "published"}
    assert ("t1", 1, 11) in room.published()


@pytest.mark.parametrize("mode", ["rows", "days"])
def test_a_file_that_is_rewritten_while_the_gate_reads_it_is_not_published(room, monkeypatch, mode):
    from hansa.attempt import Attempt
    from hansa.runner import Runner

    room.words = f"{DATED}, brings: {mode}"
    room.send("s_20260302.csv", [(1, "t1", 20)])
    survey = Attempt._survey

    def rewritten(attempt, frame, made):
        found = survey(attempt, frame, made)
        room.send("s_20260302.csv", [(1, "t1", 999)])
        return found

    monkeypatch.setattr(Attempt, "_survey", rewritten)
    with pytest.raises(HansaError) as caught:
        Runner(room.mesh()).deliver("a.rows", "s_20260302.csv")
    assert caught.value.code == "delivery.growing"
    assert room.publications() == []
    monkeypatch.undo()
    assert room.told(last=1) == {"a.rows s_20260302.csv": "published"}
    assert room.published() == [("t1", 1, 999)]


def test_an_object_that_is_replaced_between_its_digest_and_its_opening_is_not_published(room, bucket, monkeypatch):
    from hansa.runner import Runner
    from hansa.sources.deliveries import Inbox

    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    room.uri, room.text = f"{bucket.uri}/in/*.csv", f"store: {{endpoint: {bucket.endpoint}}}"

    def put(amount):
        text = f"business_date,txn,amount\n2026-03-01,t1,{amount}\n"
        bucket.client().put_object(Bucket=bucket.name, Key="in/s_20260302.csv", Body=text.encode())

    put(20)
    digest, seen = Inbox.digest, []

    def replaced(inbox, found):
        made = digest(inbox, found)
        if not seen:
            seen.append(made)
            put(999)
        return made

    monkeypatch.setattr(Inbox, "digest", replaced)
    with pytest.raises(HansaError) as caught:
        Runner(room.mesh()).deliver("a.rows", "s_20260302.csv")
    assert caught.value.code == "delivery.growing"
    assert room.publications() == []
    assert room.told(last=1) == {"a.rows s_20260302.csv": "published"}
    assert room.published() == [("t1", 1, 999)]
