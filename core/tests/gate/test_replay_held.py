"""Replay of rows whose day was held, and after a held replay: no day is brought by half, none refused falsely."""

from __future__ import annotations

import pytest
from hansa.errors import DataError
from hansa.quarantine.choice import Choice
from hansa.replay import replay
from machinery.refused import BAD, account, states

HELD = ("B 2026-03-01 -5", "C 2026-03-01 -500")


@pytest.fixture
def loosest(daily, contract, column):
    """What takes C too."""
    return contract(*daily.columns[:2], column("cents", "integer"), version="1.2.0", digest="d3")


@pytest.mark.parametrize("mode", ["replace", "file", "merge"])
def test_a_day_that_stands_by_replays_alone_takes_the_rest_of_its_held_rows(bench, daily, loose, loosest, texts, mode):
    assert bench.publish(texts("id day cents", *HELD), daily, mode=mode).held
    assert replay(bench.warehouse, loose, Choice()).replayed == 1
    assert replay(bench.warehouse, loosest, Choice()).replayed == 1
    assert states(bench) == [("B", "replayed"), ("C", "replayed")]
    assert (bench.rows()["id"].to_list(), account(bench).ledger.closes) == (["B", "C"], True)


def test_a_product_without_days_that_stands_by_replays_alone_takes_the_rest_too(bench, contract, column, texts):
    def version(number, **options):
        columns = column("id"), column("cents", "integer", **options)
        return contract(*columns, version=f"1.{number}.0", digest=f"d{number}")

    bench.publish(texts("id cents", "B -5", "C -500"), version(1, minimum=0))
    replay(bench.warehouse, version(2, minimum=-100), Choice())
    replay(bench.warehouse, version(3), Choice())
    assert bench.rows()["id"].to_list() == ["B", "C"]
    assert account(bench).ledger.closes


@pytest.mark.parametrize("rows", [BAD, HELD])
def test_after_a_replay_that_was_held_the_mended_contract_takes_its_rows(
    bench, daily, loose, contract, rule, texts, rows
):
    many = rule("rows.many", "rowCount", operator="mustBeGreaterThan", operands=(100.0,))
    holding = contract(*loose.columns, version="1.1.1", digest="d9", rules=(many,))
    bench.publish(texts("id day cents", *rows), daily)
    assert replay(bench.warehouse, holding, Choice()).publications[0].held
    made = replay(bench.warehouse, loose, Choice())
    assert (made.sent, made.replayed) == (len(states(bench)), 1)
    assert ("B", "replayed") in states(bench)
    assert account(bench).ledger.closes


def test_held_rows_that_were_to_take_the_place_of_rows_that_serve_are_sent_with_their_file(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    bench.publish(texts("id day cents", *HELD), daily)
    with pytest.raises(DataError) as raised:
        replay(bench.warehouse, loose, Choice())
    assert (raised.value.code, "take the place of rows" in raised.value.what) == ("quarantine.held", True)
    assert bench.rows()["id"].to_list() == ["A"]


@pytest.fixture
def german(daily, contract, column):
    """What reads German days too."""
    day = column("day", "date", partitioned=True, formats=("%d.%m.%Y", "%Y-%m-%d"))
    return contract(daily.columns[0], day, daily.columns[2], digest="d2", version="1.1.0")


def test_a_row_of_no_day_makes_no_day_alone_whose_other_rows_were_held(bench, daily, contract, german, texts):
    strict = contract(*daily.columns, quarantine_share=0.1)
    assert bench.publish(texts("id day cents", "A 2026-03-01 1", "F 01.03.2026 2"), strict).held
    with pytest.raises(DataError) as raised:
        replay(bench.warehouse, german, Choice())
    assert raised.value.code == "quarantine.held"
    assert (states(bench), bench.snapshots()) == ([("F", "open")], [])


def test_a_row_of_no_day_joins_a_day_that_serves_although_its_newest_rows_were_held(
    bench, daily, contract, german, texts
):
    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    strict = contract(*daily.columns, quarantine_share=0.1)
    assert bench.publish(texts("id day cents", "A 2026-03-01 5", "F 01.03.2026 2"), strict).held
    assert replay(bench.warehouse, german, Choice()).replayed == 1
    assert bench.rows()["cents"].to_list() == [1, 2]


def test_rows_beside_one_whose_day_was_held_are_replayed_all_the_same(bench, daily, contract, german, texts):
    strict = contract(*daily.columns, quarantine_share=0.1)
    rows = texts("id day cents", "A 2026-03-01 1", "F 01.03.2026 2", "G 02.03.2026 3")
    assert bench.publish(rows, strict).held
    made = replay(bench.warehouse, german, Choice())
    assert (made.sent, made.replayed, made.open) == (1, 1, 0)
    assert (states(bench), bench.rows()["id"].to_list()) == ([("F", "open"), ("G", "replayed")], ["G"])
    assert account(bench).ledger.closes


def test_beside_days_that_were_held_the_rows_of_others_are_replayed_without_a_complaint(
    bench, daily, loose, contract, rule, texts
):
    many = rule("rows.many", "rowCount", operator="mustBeGreaterThan", operands=(1.0,))
    strict = contract(*daily.columns, rules=(many,))
    rows = ("A 2026-03-01 1", "B 2026-03-01 -5", "C 2026-03-02 1", "D 2026-03-02 2", "E 2026-03-02 -5")
    assert [r.partition for r in bench.publish(texts("id day cents", *rows), strict).held] == ["2026-03-01"]
    made = replay(bench.warehouse, loose, Choice())
    assert (made.sent, made.replayed) == (1, 1)
    assert states(bench) == [("B", "open"), ("E", "replayed")]
    assert account(bench).ledger.closes


def test_rows_that_a_held_file_brought_late_join_their_day(bench, contract, column, texts):
    columns = column("id"), column("day", "date", partitioned=True)
    strict = contract(*columns, column("cents", "integer", minimum=0))
    bench.publish(texts("id day cents", "A 2026-03-01 1"), strict)
    assert bench.publish(texts("id day cents", "B 2026-03-01 1", "C 2026-03-02 -1"), strict, mode="file").held
    assert replay(bench.warehouse, strict, Choice(rule="late")).replayed == 1
    assert bench.rows()["id"].to_list() == ["A", "B"]
