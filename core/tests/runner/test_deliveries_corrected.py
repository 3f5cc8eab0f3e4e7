"""What a corrected file leaves standing is told, and a long backlog keeps few of its files open."""

from hansa.source_notes import delivered_notes
from machinery.mailroom import DATED, FIRST


def test_rows_that_a_correction_does_not_name_any_more_stay_and_are_told(two):
    two.run(last=2)
    two.send("s_20260302.csv", [(2, "t4", 41)])
    [outcome] = two.run(last=2)
    assert outcome.reason.startswith("at least 1 row of its earlier content stays published")
    assert ("t2", 1, 21) in two.published()
    [note] = delivered_notes([outcome])
    assert (note.kind, note.file) == ("delivered", "s_20260302.csv")


def test_a_correction_with_every_key_of_before_leaves_nothing_to_tell(two):
    two.run(last=2)
    two.send("s_20260302.csv", [(1, "t2", 22), (2, "t4", 41), (2, "t5", 1)])
    [outcome] = two.run(last=2)
    assert outcome.reason == ""


def test_a_correction_whose_row_is_refused_has_its_key_all_the_same(two):
    two.run(last=2)
    two.send("s_20260302.csv", [(1, "t2", 22), (2, "t4", "much")])
    [outcome] = two.run(last=2)
    assert outcome.reason == ""


def test_a_correction_without_rows_tells_how_many_stay(two):
    two.run(last=2)
    two.send("s_20260302.csv", [])
    [outcome] = two.run(last=2)
    assert "2 rows of its earlier content stay published" in outcome.reason


def test_a_correction_that_brings_its_days_whole_leaves_no_row_of_before(room):
    room.words = f"{DATED}, brings: days"
    room.send("s_20260301.csv", FIRST)
    room.run(last=1)
    room.send("s_20260301.csv", FIRST[:1])
    [outcome] = room.run(last=1)
    assert (outcome.reason, room.published()) == ("", [("t1", 1, 10)])


def test_a_long_backlog_does_not_keep_all_its_files_open(room, monkeypatch):
    monkeypatch.setattr("hansa.deliveries._OPEN", 2)
    for number in range(1, 5):
        room.send(f"s_2026030{number}.csv", [(number, f"t{number}", number)])
    deliveries = room.standing().deliveries("a.rows")
    assert len(deliveries.pending) == 4
    assert len(deliveries._opened) == 2
    room.run(last=4)
    assert [row[0] for row in room.published()] == ["t1", "t2", "t3", "t4"]
