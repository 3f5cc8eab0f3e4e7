"""Late rows without a key that are replayed: what stands in their day already is not added a second time."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.errors import WorldError
from hansa.quarantine.choice import Choice
from hansa.replay import replay
from machinery.refused import account


@pytest.fixture
def keyless(contract, column):
    return contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer"))


@pytest.fixture
def cumulative(bench, keyless, texts):
    """A day of two equal rows and another one, then a file that brings them again with ``more`` and a newer day."""

    def send(*more, after="2026-03-02"):
        rows = ("A 2026-03-01 1", "A 2026-03-01 1", "B 2026-03-01 2")
        if not bench.snapshots():
            bench.publish(texts("id day cents", *rows), keyless, mode="file")
        bench.publish(texts("id day cents", *rows, *more, f"Z {after} 9"), keyless, mode="file")

    return send


def ids_of(bench, day="2026-03-01"):
    return bench.rows().filter(pl.col("day") == dt.date.fromisoformat(day))["id"].to_list()


def test_late_rows_that_stand_in_their_day_are_not_added_again(bench, cumulative, keyless):
    cumulative("C 2026-03-01 3")
    made = replay(bench.warehouse, keyless, Choice())
    assert (made.sent, made.replayed, made.open, made.standing) == (4, 4, 0, 3)
    assert ids_of(bench) == ["A", "A", "B", "C"]
    assert account(bench).ledger.closes


def test_late_rows_that_all_stand_are_decided_without_a_publication(bench, cumulative, keyless, texts):
    cumulative("C 2026-03-01 3")
    replay(bench.warehouse, keyless, Choice())
    cumulative("C 2026-03-01 3", after="2026-03-03")
    snapshots = bench.snapshots()
    made = replay(bench.warehouse, keyless, Choice())
    assert (made.publications, made.replayed, made.open) == ((), 4, 0)
    assert (ids_of(bench), bench.snapshots()) == (["A", "A", "B", "C"], snapshots)
    assert account(bench).ledger.closes


def test_of_equal_late_rows_only_the_surplus_is_added(bench, cumulative, keyless):
    cumulative("A 2026-03-01 1", "A 2026-03-01 01")
    made = replay(bench.warehouse, keyless, Choice())
    assert (ids_of(bench), made.replayed, made.open) == (["A", "A", "A", "A", "B"], 5, 0)
    assert account(bench).ledger.closes


def test_a_late_row_that_was_refused_again_is_still_compared(bench, cumulative, keyless, contract, column):
    cumulative("C 2026-03-01 3")
    strict = contract(*keyless.columns[:2], column("cents", "integer", minimum=50), version="1.1.0", digest="d2")
    made = replay(bench.warehouse, strict, Choice())
    assert (made.replayed, made.open) == (3, 1)
    replay(bench.warehouse, keyless, Choice())
    assert ids_of(bench) == ["A", "A", "B", "C"]


def test_a_late_row_whose_value_cannot_be_read_is_no_copy_of_one_without_a_value(bench, keyless, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 -"), keyless, mode="file")
    bench.publish(texts("id day cents", "A 2026-03-01 x", "Z 2026-03-02 1"), keyless, mode="file")
    made = replay(bench.warehouse, keyless, Choice())
    assert (made.replayed, made.open) == (0, 1)


def test_a_day_that_changes_between_the_comparison_and_the_replay_is_not_added_to(
    bench, cumulative, keyless, texts, monkeypatch
):
    import hansa.replay

    cumulative("C 2026-03-01 3")
    whole = texts("id day cents", "A 2026-03-01 1", "C 2026-03-01 3")
    real = hansa.replay.publish

    def late(*given, **options):
        bench.publish(whole, keyless, "2026-03-01")
        return real(*given, **options)

    monkeypatch.setattr("hansa.replay.publish", late)
    with pytest.raises(WorldError):
        replay(bench.warehouse, keyless, Choice())
    assert ids_of(bench) == ["A", "C"]


def test_a_replay_of_late_rows_that_was_killed_loses_none_of_them(bench, cumulative, keyless, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(*given, **options):
        raise Killed

    cumulative("A 2026-03-01 1", "C 2026-03-01 3")
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("hansa.replay.publish", killed)
        replay(bench.warehouse, keyless, Choice())
    assert ids_of(bench) == ["A", "A", "B"]
    replay(bench.warehouse, keyless, Choice())
    assert ids_of(bench) == ["A", "A", "A", "B", "C"]
    assert account(bench).ledger.closes


def test_late_rows_are_compared_by_their_tokens(bench, contract, column, texts):
    made = contract(column("day", "date", partitioned=True), column("mobile", classification="C2", tokenise="mobile"))
    bench.publish(texts("day mobile", "2026-03-01 19900000017"), made, mode="file")
    rows = ("2026-03-01 19900000017", "2026-03-01 19900000025", "2026-03-02 19900000033")
    bench.publish(texts("day mobile", *rows), made, mode="file")
    done = replay(bench.warehouse, made, Choice(), keys=bench.keys)
    assert (done.replayed, done.standing, bench.rows().height) == (2, 1, 3)
