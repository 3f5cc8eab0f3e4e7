"""Rows that were refused beside the days of a publication wait, whoever brings these days again."""

from __future__ import annotations

import pytest
from hansa.gate import Origin
from hansa.quarantine import Caps, capped, needed, told_beyond, without_copy
from hansa.receipt import InputRead, book_of
from machinery.refused import account

NAMES = "id day cents"


@pytest.fixture
def keyless(contract, column):
    """Late rows cannot be merged: they are refused."""
    return contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer", minimum=0))


@pytest.fixture
def sent(bench, keyless, texts):
    """Publishes the rows of a file by its name."""

    def made(name, *rows, mode="file"):
        origin = Origin(inputs=(InputRead(name=name, fingerprint=f"{name} {rows}"),))
        return bench.publish(texts(NAMES, *rows), keyless, mode=mode, origin=origin)

    return made


def waiting(bench):
    rows = account(bench).rows
    return sorted(rows.filter(rows["state"] == "open")["payload"].to_list())


@pytest.fixture
def late(bench, sent):
    """Two late rows of the first day and one of no day wait beside the third day; what waits."""
    sent("one", "A 2026-03-01 1", "B 2026-03-02 2")
    sent("two", "C 2026-03-01 9", "D 2026-03-01 4", "E 2026-03-03 5", "F never 1")
    assert len(waiting(bench)) == 3
    return waiting(bench)


def test_they_wait_when_another_file_brings_the_day_beside_them_again(bench, sent, late):
    sent("three", "G 2026-03-03 8")
    assert waiting(bench) == late
    assert account(bench).ledger.closes


def test_their_file_is_kept(bench, sent, late):
    made = book_of(bench.warehouse, "t.a", 1).all()[-1]
    sent("three", "G 2026-03-03 8")
    assert f"quarantine/{made.quarantine}" in needed(book_of(bench.warehouse, "t.a", 1).all())


def test_rows_of_a_day_that_came_whole_wait_no_longer(bench, sent, late):
    sent("three", "G 2026-03-03 8")
    sent("four", "C 2026-03-01 9", mode="replace")
    assert len(waiting(bench)) == 1


def test_a_file_that_is_sent_again_takes_the_place_of_what_it_had(bench, sent, late):
    sent("three", "G 2026-03-03 8")
    sent("two", "E 2026-03-03 5")
    assert waiting(bench) == []


def test_a_name_that_another_day_comes_under_is_no_file_that_is_sent_again(bench, sent, late):
    sent("three", "G 2026-03-03 8")
    sent("two", "H 2026-03-04 5")
    assert waiting(bench) == late


def test_rows_of_no_day_of_two_files_wait_both(bench, sent):
    sent("one", "A never 1")
    sent("two", "B never 1")
    assert len(waiting(bench)) == 2


@pytest.mark.parametrize(("kept", "without"), [(1, 1), (2, 0), (3, 0)])
def test_rows_beyond_what_is_kept_are_counted(bench, daily, texts, monkeypatch, kept, without):
    monkeypatch.setattr("hansa.quarantine.beyond.CAPS", Caps(rows=1))
    with capped(Caps(rows=kept)):
        made = bench.publish(texts(NAMES, "A 2026-03-01 1", "B 2026-03-01 -5", "C 2026-03-01 -6"), daily)
    assert without_copy(made, bench.warehouse.table("t.a", 1)) == without
    assert (str(without) in told_beyond(without)) is bool(without)
