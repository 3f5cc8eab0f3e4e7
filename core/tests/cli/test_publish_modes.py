"""``hansa publish`` with files of several days: the newest day whole, late rows into their day, or as it is asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

KEY = "{name: id, logicalType: string, required: true, primaryKey: true}"
DAY = "{name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1}"


@pytest.fixture
def send(hansa, contract):
    made = contract("f4", KEY, DAY, "{name: cents, logicalType: integer}")

    def publish(name, *rows, options=()):
        Path(name).write_text("\n".join(["id,day,cents", *rows]) + "\n")
        return hansa("publish", made, name, *options, "--json")

    return publish


@pytest.fixture
def rows(hansa):
    def read():
        return sorted(line.split(",")[0] for line in hansa("read", "t.f4").out.splitlines()[1:])

    return read


def test_f4_late_rows_join_their_day_and_the_third_step_changes_nothing(send, rows):
    send("f1.csv", "T1,2026-03-01,1", "T2,2026-03-01,2", "T3,2026-03-01,3")
    assert send("f2.csv", "T4,2026-03-02,4", "T5,2026-03-01,5").code == 0
    assert rows() == ["T1", "T2", "T3", "T4", "T5"]
    assert send("f2.csv", "T4,2026-03-02,4", "T5,2026-03-01,5").json["unchanged"] is True


def test_a_file_can_bring_all_of_its_days_whole(send, rows):
    send("f1.csv", "A,2026-03-01,1", "B,2026-03-01,2")
    send("f2.csv", "C,2026-03-02,3", "A,2026-03-01,4", options=["--replace"])
    assert rows() == ["A", "C"]


def test_a_file_can_bring_no_day_whole(send, rows):
    send("f1.csv", "A,2026-03-01,1")
    send("f2.csv", "B,2026-03-01,2", options=["--merge"])
    assert rows() == ["A", "B"]


def test_both_at_once_are_refused(send):
    done = send("f1.csv", "A,2026-03-01,1", options=["--replace", "--merge"])
    assert (done.code, "exclude each other" in done.sentence) == (2, True)


def test_another_content_of_the_same_size_and_time_is_another_file(send, rows):
    send("f1.csv", "A,2026-03-01,1")
    found = Path("f1.csv").stat()
    Path("f1.csv").write_text("id,day,cents\nB,2026-03-01,1\n")
    os.utime("f1.csv", ns=(found.st_atime_ns, found.st_mtime_ns))
    done = send("f1.csv", "B,2026-03-01,1")
    assert (done.json["unchanged"], rows()) == (False, ["B"])
