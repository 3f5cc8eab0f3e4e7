"""Trials c3, c5, f4 and h1: a day is replaced by who brings it, and a file is needed or it is not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from trials.conftest import by_pyiceberg, one_line

# c5: rows of no day

C5 = ("id,day", "A,2026-03-01", "B,", "C,2026-13-01", "D,2026-03-02")
#: Not required, on purpose.
OPEN_DAY = "{name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1}"


def test_c5_rows_of_no_day_are_in_quarantine_and_a_day_replaces_only_itself(mk, key, csv_file, pub, rows, rejected):
    mk("c5", key, OPEN_DAY)
    told = pub("c5", csv_file("c5.csv", *C5))
    assert (told["published"], told["quarantined"]) == (2, 2)
    assert rejected("c5") == {"B": ["day.required"], "C": ["day.type"]}
    pub("c5", csv_file("c5b.csv", "id,day", "A2,2026-03-01"))
    assert rows("c5") == [["A2", "2026-03-01"], ["D", "2026-03-02"]]


NO_DAY = [
    "", '""', " ", "NULL", "0000-00-00", "2026-02-29", "2026-3-1", "20260301", "2026-03-01T00:00:01", "+2026-03-01",
    "10000-01-01", "0000-01-01", "-0001-01-01", "tomorrow", "2026-03-01\\0",
]  # fmt: skip


def test_c5_kind_whatever_is_no_day_is_in_quarantine_once(mk, key, csv_file, pub, ids, rejected):
    mk("c5", key, OPEN_DAY)
    lines = [f"n{n},{text}" for n, text in enumerate(NO_DAY)]
    told = pub("c5", csv_file("c5.csv", "id,day", "A,2026-03-01", *lines))
    assert (told["published"], told["quarantined"]) == (1, len(NO_DAY))
    assert ids("c5") == ["A"]
    assert len(rejected("c5")) == len(NO_DAY)


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("us"), pl.Datetime("ms", "UTC"), pl.String], ids=str)
def test_c5_kind_a_null_of_a_typed_file_is_no_day_either(mk, key, pub, ids, rejected, dtype):
    mk("c5", key, OPEN_DAY)
    days = pl.Series([None, None], dtype=dtype)
    good = pl.DataFrame({"id": ["A"], "day": ["2026-03-01"]})
    pl.DataFrame({"id": ["B", "C"], "day": days}).write_parquet("null.parquet")
    good.write_csv("good.csv")
    pub("c5", "good.csv")
    told = pub("c5", "null.parquet", code=1)
    assert (told["published"], told["quarantined"], told["held"]) == (0, 2, [None])
    assert ids("c5") == ["A"]
    assert set(rejected("c5")) == {"B", "C"}


def test_c5_kind_the_rows_of_no_day_do_not_pile_up(mk, key, csv_file, pub, rejected, hansa):
    """The same bad rows come with each day's file: each file answers for its own, and nothing is lost or doubled."""
    mk("c5", key, OPEN_DAY)
    for day in ("01", "02", "03"):
        told = pub("c5", csv_file(f"{day}.csv", "id,day", f"good{day},2026-03-{day}", "B,", "C,never"))
        assert (told["published"], told["quarantined"]) == (1, 2)
    assert by_pyiceberg("c5").num_rows == 3
    assert set(rejected("c5")) == {"B", "C"}


# f4: late rows

F4 = (
    "{name: txn_id, logicalType: string, required: true, primaryKey: true}",
    "{name: day, logicalType: date, required: true, partitioned: true, partitionKeyPosition: 1}",
    "{name: cents, logicalType: integer, required: true}",
)
F1 = ("txn_id,day,cents", "T1,2026-03-01,1", "T2,2026-03-01,2", "T3,2026-03-01,3")
F2 = ("txn_id,day,cents", "T4,2026-03-02,4", "T5,2026-03-01,5")


@pytest.fixture
def f4(mk, csv_file, sent):
    mk("f4", *F4)
    sent("f4", csv_file("f1.csv", *F1))
    return sent("f4", csv_file("f2.csv", *F2))


def test_f4_late_rows_stand_beside_those_of_their_day(f4, rows, pub):
    assert pub("f4", "f2.csv")["unchanged"]
    assert [(row[0], row[1]) for row in rows("f4")] == [
        ("T1", "2026-03-01"), ("T2", "2026-03-01"), ("T3", "2026-03-01"), ("T4", "2026-03-02"), ("T5", "2026-03-01"),
    ]  # fmt: skip
    assert f4["quarantined"] == 0
    new = {receipt["partition"]: receipt["counts"] for receipt in f4["receipts"]}
    assert (new["2026-03-01"]["incoming"], new["2026-03-01"]["kept"], new["2026-03-01"]["published"]) == (1, 3, 4)


def test_f4_kind_late_rows_of_many_days_and_a_correction_among_them(f4, csv_file, pub, rows):
    late = ("T6,2026-03-03,6", "T2,2026-03-01,22", "T7,2026-03-02,7", "T8,2026-02-27,8")
    pub("f4", csv_file("f3.csv", "txn_id,day,cents", *late))
    assert rows("f4") == [
        ["T1", "2026-03-01", "1"], ["T2", "2026-03-01", "22"], ["T3", "2026-03-01", "3"], ["T4", "2026-03-02", "4"],
        ["T5", "2026-03-01", "5"], ["T6", "2026-03-03", "6"], ["T7", "2026-03-02", "7"], ["T8", "2026-02-27", "8"],
    ]  # fmt: skip


def test_f4_kind_without_a_key_late_rows_wait_in_quarantine_and_are_replayed_into_their_day(
    mk, csv_file, pub, hansa, rows
):
    mk("f4", "{name: txn_id, logicalType: string, required: true}", *F4[1:])
    pub("f4", csv_file("f1.csv", *F1))
    told = pub("f4", csv_file("f2.csv", *F2))
    assert (told["published"], told["quarantined"]) == (1, 1)
    assert [row[0] for row in rows("f4")] == ["T1", "T2", "T3", "T4"]
    listed = hansa("quarantine", "list", "--warehouse", "wh", "--json").json
    assert listed[0]["rules"] == {"late": 1}
    done = hansa("quarantine", "replay", "t.f4", "--contract", "f4.odcs.yaml", "--warehouse", "wh")
    assert done.code == 0, done.err
    assert [row[0] for row in rows("f4")] == ["T1", "T2", "T3", "T4", "T5"]
    assert hansa("verify", "--all", "--warehouse", "wh").code == 0


def test_f4_kind_the_same_late_row_twice_and_in_two_days(f4, csv_file, pub, ids, rejected):
    """T5 again as it stands changes nothing; T1 as a row of another day is a key that stands elsewhere."""
    pub("f4", csv_file("f3.csv", "txn_id,day,cents", "T9,2026-03-03,9", "T5,2026-03-01,5", "T1,2026-03-03,1"))
    assert ids("f4") == ["T1", "T2", "T3", "T4", "T5", "T9"]
    assert rejected("f4", by="txn_id") == {"T1": ["primaryKey"]}


def test_f4_kind_who_brings_a_whole_day_says_so(f4, csv_file, pub, ids):
    pub("f4", csv_file("f3.csv", "txn_id,day,cents", "T9,2026-03-02,9", "T8,2026-03-01,8"), "--replace")
    assert ids("f4") == ["T8", "T9"]


def test_f4_kind_who_only_adds_says_so_too(f4, csv_file, pub, ids):
    pub("f4", csv_file("f3.csv", "txn_id,day,cents", "T9,2026-03-02,9"), "--merge")
    assert ids("f4") == ["T1", "T2", "T3", "T4", "T5", "T9"]


def test_f4_kind_rows_of_a_day_that_stands_already_are_counted_too(f4, csv_file, hansa):
    """The second day was replaced meanwhile; of the two rows that come again one is news."""
    for file, mode in ((csv_file("x.csv", "txn_id,day,cents", "X,2026-03-02,1"), "--replace"), ("f2.csv", "--json")):
        done = hansa("publish", "f4.odcs.yaml", file, "--warehouse", "wh", mode)
        assert done.code == 0
    assert done.json["incoming"] == 2


# h1: what nobody names

OLD = 2 * 24 * 3600


def late_copy(root="wh/t/f4"):
    """What a worker that was taken for dead leaves: one more data file beside those of a publication."""
    file = sorted(Path(root, "data").rglob("*.parquet"))[0]
    copy = file.with_name(f"{file.stem}-late.parquet")
    shutil.copy(file, copy)
    return copy


def aged(*paths):
    for path in paths:
        when = path.stat().st_mtime - OLD
        os.utime(path, (when, when))


def test_h1_a_file_of_no_publication_is_named_left_and_removed_after_the_safety_time(f4, hansa, rows):
    before = rows("f4")
    copy = late_copy()
    assert rows("f4") == before
    verdict = hansa("verify", "t.f4", "--warehouse", "wh", "--json")
    assert verdict.code == 1
    (fault,) = verdict.json[0]["faults"]
    assert (fault["kind"], Path(fault["place"]).name) == ("left", copy.name)
    assert "no publication names it" in fault["what"]

    hansa("verify", "--clean", "t.f4", "--warehouse", "wh")
    assert copy.exists()
    known = {path for path in Path("wh").rglob("*") if path.is_file()}
    aged(*Path("wh/t/f4/data").rglob("*.parquet"))
    done = hansa("verify", "--clean", "t.f4", "--warehouse", "wh")
    assert (done.code, done.err.split()) == (0, ["removed", str(copy.resolve())])
    assert known - {path for path in Path("wh").rglob("*") if path.is_file()} == {copy}
    assert rows("f4") == before


def test_h1_the_next_publication_uses_other_names_and_gives_the_same_digest(f4, csv_file, pub, ids):
    copy = late_copy()
    aged(copy)
    names = {entry["path"] for receipt in f4["receipts"] for entry in receipt["files"]}
    assert f"data/{copy.parent.name}/{copy.name}" not in names
    copy.unlink()
    pub("f4", csv_file("f0.csv", "txn_id,day,cents", "X,2026-03-02,1", "T5,2026-03-01,6"), "--replace")
    again = pub("f4", csv_file("f2.csv", *F2))
    assert not names & {entry["path"] for receipt in again["receipts"] for entry in receipt["files"]}
    days = [{r["partition"]: r["digests"]["published"] for r in told["receipts"]} for told in (f4, again)]
    assert days[0]["2026-03-02"] == days[1]["2026-03-02"]


@pytest.mark.parametrize(
    "place", ["data/worker-7/part.parquet", "data/part-0.parquet", "data/day=2026-03-01/x.parquet"]
)
def test_h1_kind_wherever_it_lies_it_is_named_and_only_it_goes(f4, hansa, rows, place):
    before, copy = rows("f4"), Path("wh/t/f4", place)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(late_copy(), copy)
    aged(copy)
    verdict = hansa("verify", "--all", "--warehouse", "wh", "--json")
    assert [fault["kind"] for fault in verdict.json[0]["faults"]] == ["left"]
    assert hansa("verify", "--all", "--clean", "--warehouse", "wh").code == 0
    assert not copy.exists()
    assert rows("f4") == before


def test_h1_kind_a_file_that_was_changed_is_not_taken_for_left(f4, hansa):
    first, second, *_ = sorted(Path("wh/t/f4/data").rglob("*.parquet"))
    named = {entry["path"] for r in f4["receipts"] for entry in r["files"]}
    kept = [path for path in (first, second) if str(path.relative_to("wh/t/f4")) in named]
    kept[0].write_bytes(kept[0].read_bytes()[:-1] + b"?")
    verdict = hansa("verify", "--all", "--clean", "--warehouse", "wh")
    assert verdict.code == 1, verdict.err
    assert "changed" in verdict.out
    assert kept[0].exists()


# c3: clean-up beside a running writer

ROWS = 200_000


@pytest.fixture
def wide():
    """Rows that take a while to be written, with a wide column beside the kit's key."""
    text = pl.int_range(ROWS, eager=True).cast(pl.String)
    pl.DataFrame({"id": text, "note": text.hash().cast(pl.String)}).write_parquet("c3.parquet")
    return "c3.parquet"


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-c", "from hansa.cli import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stopped_after_its_data_files(process, root="wh"):
    """SIGSTOP as soon as a data file lies there and the publication has not landed."""
    place = Path(root)
    while not any(place.rglob("data/**/*.parquet")):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    assert not list(place.rglob("metadata/v*.json")), "it landed before it could be stopped"


CLEANERS = [("upkeep", "--keep-days", "0"), ("verify", "--all", "--clean")]


@pytest.mark.parametrize("aging", [False, True], ids=["young", "old"])
def test_c3_clean_up_leaves_a_running_writer_its_files(mk, key, wide, hansa, aging, pub):
    """Even if its files look old, as those of a publication that runs for days: it shows a sign of life."""
    mk("c3", key, "{name: note, logicalType: string}")
    process = start("publish", "c3.odcs.yaml", wide, "--warehouse", "wh", "--json")
    try:
        stopped_after_its_data_files(process)
        if aging:
            aged(*(path for path in Path("wh").rglob("data/**/*") if path.is_file()))
        for words in CLEANERS:
            hansa(*words, "--warehouse", "wh")
    finally:
        process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert hansa("verify", "--all", "--warehouse", "wh").code == 0
    assert by_pyiceberg("c3").num_rows == ROWS


def test_c3_kind_a_second_publication_beside_files_of_the_first(mk, key, wide, csv_file, hansa, pub):
    """The product has rows already, and old snapshots to expire, while the writer stands still."""
    mk("c3", key, "{name: note, logicalType: string}")
    for number in range(3):
        pub("c3", csv_file("small.csv", "id,note", f"{number},x"))
    aged(*(path for path in Path("wh").rglob("*") if path.is_file()))
    known = set(Path("wh").rglob("data/**/*.parquet"))
    process = start("publish", "c3.odcs.yaml", wide, "--warehouse", "wh", "--json")
    try:
        while not set(Path("wh").rglob("data/**/*.parquet")) - known:
            assert process.poll() is None
        process.send_signal(signal.SIGSTOP)
        for words in CLEANERS:
            done = hansa(*words, "--warehouse", "wh")
            assert done.code == 0, done.out + done.err
    finally:
        process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert hansa("verify", "--all", "--warehouse", "wh").code == 0
    assert by_pyiceberg("c3").num_rows == ROWS


def test_c3_kind_a_writer_that_was_killed_leaves_nothing_for_ever(mk, key, wide, hansa, pub):
    """Its files are nobody's: cleaning takes them at once, because the sign of life is gone with it."""
    mk("c3", key, "{name: note, logicalType: string}")
    process = start("publish", "c3.odcs.yaml", wide, "--warehouse", "wh", "--json")
    stopped_after_its_data_files(process)
    process.kill()
    process.communicate()
    for words in CLEANERS:
        hansa(*words, "--warehouse", "wh")
    pub("c3", wide)
    assert by_pyiceberg("c3").num_rows == ROWS


def test_c3_a_statistics_file_that_the_table_names_stays(mk, key, csv_file, pub, hansa):
    """A Puffin file is registered in the table, as another engine does it."""
    from hansa.store.warehouse import Warehouse
    from pyiceberg.table.statistics import StatisticsFile

    mk("c3", key)
    pub("c3", csv_file("c3.csv", "id", "A"))
    puffin = Path("wh/t/c3/metadata/stats.puffin")
    puffin.write_bytes(b"PFA1")
    table = Warehouse(Path("wh")).catalog.load_table(("t", "c3"))
    with table.update_statistics() as update:
        update.set_statistics(
            StatisticsFile(
                snapshot_id=table.current_snapshot().snapshot_id,
                statistics_path=f"file://{puffin.resolve()}",
                file_size_in_bytes=4,
                file_footer_size_in_bytes=1,
                blob_metadata=[],
            )
        )
    pub("c3", csv_file("c3b.csv", "id", "B"))
    aged(*(path for path in Path("wh").rglob("*") if path.is_file()))
    for words in CLEANERS:
        hansa(*words, "--warehouse", "wh")
    assert puffin.exists()


def test_c3_kind_a_refusal_of_clean_up_is_one_line(hansa):
    assert one_line(hansa("verify", "--clean", "--warehouse", "wh"), 2)
