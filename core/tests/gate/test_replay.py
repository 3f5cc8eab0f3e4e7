"""Replay and rejection: each refused row is open, replayed or rejected, never two of these, never none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import NumberForm, Reading
from hansa.errors import DataError, MeshError, WorldError
from hansa.gate import publish
from hansa.quarantine import Caps, capped, needed, shown
from hansa.quarantine.choice import Choice, reject
from hansa.quarantine.decisions import Decisions
from hansa.replay import replay
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
from machinery.refused import BAD, account, states


def test_rows_that_keep_the_new_contract_join_their_day(published, loose):
    made = replay(published.warehouse, loose, Choice())
    assert (made.sent, made.replayed, made.open) == (4, 1, 3)
    assert published.rows()["id"].to_list() == ["A", "B", "D"]
    assert states(published) == [("B", "replayed"), ("C", "open"), ("E", "open"), ("F", "open")]


def test_the_arithmetic_closes_over_original_and_replay(published, loose):
    replay(published.warehouse, loose, Choice())
    reject(published.warehouse, "t.a", 1, Choice(partition="-"), "no day")
    ledger = account(published).ledger
    assert ledger.closes
    assert (ledger.incoming, ledger.accepted, ledger.quarantined) == (6, 2, 4)
    assert (ledger.replayed, ledger.open, ledger.rejected) == (1, 2, 1)


def test_a_second_replay_doubles_nothing(published, loose):
    replay(published.warehouse, loose, Choice())
    replay(published.warehouse, loose, Choice())
    assert published.rows()["id"].to_list() == ["A", "B", "D"]
    assert states(published) == [("B", "replayed"), ("C", "open"), ("E", "open"), ("F", "open")]


def test_a_row_that_breaks_it_again_is_told_under_its_new_rules(published, daily, contract, column):
    named = contract(
        *daily.columns[:2], column("cents", "integer", minimum=-10, pattern=None), version="1.1.0", digest="d2"
    )
    other = contract(*daily.columns, column("more", required=True), version="1.2.0", digest="d3")
    replay(published.warehouse, named, Choice())
    replay(published.warehouse, other, Choice())
    rules = {shown(r, None)["id"]: r["rules"] for r in account(published).rows.to_dicts() if r["state"] == "open"}
    assert set(rules) == {"C", "E", "F"}
    assert all("more.required" in broken for broken in rules.values())


def test_its_receipt_names_the_decision_as_input(published, loose):
    made = replay(published.warehouse, loose, Choice(rule="cents.minimum"))
    (decision,) = Decisions(published.warehouse.table("t.a", 1)).all()
    (read,) = made.publications[0].inputs
    assert (read.name, read.fingerprint) == ("quarantine of t.a", decision.fingerprint)
    assert (decision.kind, len(decision.rows[0].digests)) == ("replay", 2)


@pytest.mark.parametrize(("choice", "ids"), [
    (Choice(rule="cents.type"), ["E"]),
    (Choice(partition="2026-03-01"), ["B", "C"]),
    (Choice(partition="-"), ["F"]),
    (Choice(rule="cents.minimum", partition="2026-03-01"), ["B", "C"]),
])  # fmt: skip
def test_only_the_rows_that_are_meant_are_decided(published, choice, ids):
    assert reject(published.warehouse, "t.a", 1, choice, "wrong") == len(ids)
    assert [name for name, state in states(published) if state == "rejected"] == ids


def test_a_rejected_row_is_not_replayed(published, loose):
    reject(published.warehouse, "t.a", 1, Choice(rule="cents.minimum"), "wrong")
    replay(published.warehouse, loose, Choice())
    assert published.rows()["id"].to_list() == ["A", "D"]


def test_a_rejection_says_who_when_and_why(published, monkeypatch):
    monkeypatch.setenv("HANSA_USER", "王 an")
    reject(published.warehouse, "t.a", 1, Choice(rule="cents.type"), "  typo at the source ")
    (made,) = Decisions(published.warehouse.table("t.a", 1)).all()
    assert (made.who, made.reason, made.kind) == ("王 an", "typo at the source", "reject")
    assert made.at.endswith("+00:00")


def test_files_of_envelopes_are_never_rewritten(published, loose):
    folder = published.warehouse.root / "t/a/quarantine"
    before = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    replay(published.warehouse, loose, Choice())
    reject(published.warehouse, "t.a", 1, Choice(), "wrong")
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_rows_of_a_day_that_never_stood_make_it(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "B 2026-03-01 -5"), daily)
    assert replay(bench.warehouse, loose, Choice()).replayed == 1
    assert bench.rows()["id"].to_list() == ["B"]


def test_rows_of_a_held_file_with_good_rows_are_sent_with_their_file(bench, daily, contract, column, loose, texts):
    strict = contract(*daily.columns, quarantine_share=0.1)
    bench.publish(texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5"), strict)
    with pytest.raises(DataError) as raised:
        replay(bench.warehouse, loose, Choice())
    assert raised.value.code == "quarantine.held"


def test_the_source_published_again_takes_the_place_of_all(published, daily, loose, texts):
    replay(published.warehouse, loose, Choice())
    published.publish(texts("id day cents", *BAD), loose)
    assert published.rows()["id"].to_list() == ["A", "B", "D"]
    assert states(published) == [("C", "open"), ("E", "open"), ("F", "open")]
    assert account(published).ledger.closes


def test_a_row_that_was_replayed_is_open_again_when_an_older_contract_refuses_it_again(published, daily, loose, texts):
    replay(published.warehouse, loose, Choice())
    published.publish(texts("id day cents", *BAD), loose)
    replay(published.warehouse, loose, Choice())
    assert [name for name, state in states(published) if state == "open"] == ["C", "E", "F"]


def test_equal_rows_are_counted_each(bench, daily, contract, column, texts):
    keyless = contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer", minimum=0))
    taking = contract(column("id"), column("day", "date", partitioned=True), column("cents", "integer"), digest="d2")
    bench.publish(texts("id day cents", "A 2026-03-01 1", *["B 2026-03-01 -5"] * 3), keyless)
    made = replay(bench.warehouse, taking, Choice())
    ledger = account(bench).ledger
    assert (made.sent, made.replayed + made.open) == (3, 3)
    assert ledger.closes
    assert bench.rows().height == 1 + made.replayed


def test_rows_of_several_shapes_are_sent_shape_by_shape(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "B 2026-03-01 -5"), daily)
    numbers = texts("id day cents", "C 2026-03-02 -6").with_columns(pl.col("cents").cast(pl.Int64), extra=pl.lit(1.5))
    bench.publish(numbers, daily)
    made = replay(bench.warehouse, loose, Choice())
    assert (len(made.publications), made.replayed) == (2, 2)
    assert bench.rows()["id"].to_list() == ["B", "C"]


def test_a_contract_with_a_renamed_column_is_refused_and_its_rows_stay_open(published, daily, contract, column, loose):
    renamed = contract(*daily.columns[:2], column("amount", "integer"), version="1.1.0", digest="d3")
    with pytest.raises(WorldError):
        replay(published.warehouse, renamed, Choice(rule="cents.minimum"))
    assert {state for _, state in states(published)} == {"open"}
    assert replay(published.warehouse, loose, Choice()).replayed == 1


def test_what_is_left_out_is_told_and_counted(bench, daily, loose):
    bad = pl.select(
        id=pl.int_range(50).cast(pl.String),
        day=pl.lit("2026-03-01"),
        cents=pl.when(pl.int_range(50) > 0).then(pl.lit("-5")),
    )
    with capped(Caps(rows=7, all_rows=9)):
        bench.publish(bad, daily)
    made = replay(bench.warehouse, loose, Choice())
    now = account(bench)
    assert made.replayed == 7
    assert now.left_out() == {"cents.minimum": (7, 49)}
    assert (now.ledger.left_out, now.ledger.quarantined, now.ledger.closes) == (42, 49, True)


def test_a_replay_leaves_nothing_out_of_what_it_refuses_again(bench, daily, contract, column):
    bad = pl.select(id=pl.int_range(40).cast(pl.String), day=pl.lit("2026-03-01"), cents=pl.lit("-5"))
    bench.publish(bad.with_columns(cents=pl.when(pl.int_range(40) > 0).then("cents").otherwise(pl.lit("1"))), daily)
    other = contract(*daily.columns[:2], column("cents", "integer", minimum=-1), version="1.1.0", digest="d2")
    with capped(Caps(rows=3, all_rows=3)):
        made = replay(bench.warehouse, other, Choice())
    assert (made.sent, made.open) == (39, 39)


def test_rows_of_no_day_that_came_with_several_runs_are_sent_once(bench, daily, contract, column, texts):
    for day in ("2026-03-01", "2026-03-02"):
        rows = texts("id day cents", f"A{day[-1]} {day} 1", "F 03.03.2026 3")
        bench.publish(rows, daily, day, history=True)
    german = contract(
        daily.columns[0], column("day", "date", partitioned=True, formats=("%d.%m.%Y", "%Y-%m-%d")), daily.columns[2],
        digest="d2", version="1.1.0",
    )  # fmt: skip
    assert account(bench).ledger.repeated == 1
    made = replay(bench.warehouse, german, Choice())
    assert (made.sent, made.replayed) == (1, 1)
    assert bench.rows()["id"].to_list() == ["A1", "A2", "F"]
    # The newer of the two publications goes: the copy of the older one must not come up again.
    bench.publish(texts("id day cents", "A2 2026-03-02 9"), german, "2026-03-02")
    assert account(bench).rows.filter(pl.col("state") == "open").height == 0


def test_equal_rows_of_two_deliveries_are_two_rows(bench, contract, column, texts):
    columns = column("id"), column("day", "date", partitioned=True)
    strict = contract(*columns, column("cents", "integer", minimum=0))
    taking = contract(*columns, column("cents", "integer"), digest="d2", version="1.1.0")
    for good in ("A", "Z"):
        bench.publish(texts("id day cents", f"{good} 2026-03-01 1", "B 2026-03-01 -5"), strict, mode="add")
    assert replay(bench.warehouse, taking, Choice()).replayed == 2
    assert bench.rows()["id"].to_list() == ["A", "B", "B", "Z"]


def test_deliveries_that_join_one_day_keep_their_refused_rows(bench, daily, loose, texts):
    for rows in (["A 2026-03-01 1", "B 2026-03-01 -5"], ["C 2026-03-01 2", "D 2026-03-01 -6"]):
        bench.publish(texts("id day cents", *rows), daily, mode="merge")
    assert states(bench) == [("B", "open"), ("D", "open")]
    assert replay(bench.warehouse, loose, Choice()).replayed == 2
    assert bench.rows()["id"].to_list() == ["A", "B", "C", "D"]
    assert account(bench).ledger.closes


def test_a_delivery_that_was_held_and_came_again_shows_its_rows_once(bench, daily, texts, contract):
    from hansa.receipt import InputRead
    from hansa.settlement import Origin

    origin = Origin(inputs=(InputRead("delivery.csv"),))
    bench.publish(texts("id day cents", "Z 2026-03-01 1"), daily)
    strict = contract(*daily.columns, quarantine_share=0.1)
    rows = texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5")
    assert bench.publish(rows, strict, mode="merge", origin=origin).held
    bench.publish(rows, daily, mode="merge", origin=origin)
    assert states(bench) == [("B", "open")]


def test_rows_of_no_delivery_that_was_taken_whole_are_replayed_too(bench, daily, loose, texts):
    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    bench.publish(texts("id day cents", "B 2026-03-01 -5"), daily, mode="merge")
    assert states(bench) == [("B", "open")]
    assert replay(bench.warehouse, loose, Choice()).replayed == 1
    assert bench.rows()["id"].to_list() == ["A", "B"]


def test_late_rows_without_a_key_are_replayed_into_their_day(bench, contract, column, texts):
    keyless = contract(column("id"), column("day", "date", partitioned=True))
    bench.publish(texts("id day", "T1 2026-03-01"), keyless, mode="file")
    bench.publish(texts("id day", "T4 2026-03-02", "T5 2026-03-01"), keyless, mode="file")
    assert states(bench) == [("T5", "open")]
    assert replay(bench.warehouse, keyless, Choice(rule="late")).replayed == 1
    assert bench.rows().rows() == [(name, dt.date(2026, 3, day)) for name, day in (("T1", 1), ("T4", 2), ("T5", 1))]
    assert account(bench).ledger.closes


def test_a_product_without_days_takes_its_rows_too(bench, contract, column, texts):
    strict = contract(column("id", key_position=1), column("cents", "integer", minimum=0))
    taking = contract(column("id", key_position=1), column("cents", "integer"), digest="d2", version="1.1.0")
    bench.publish(texts("id cents", "A 1", "B -5", "C x"), strict)
    made = replay(bench.warehouse, taking, Choice())
    assert (made.replayed, made.open) == (1, 1)
    assert bench.rows()["id"].to_list() == ["A", "B"]


def test_one_row_is_shown_once_whatever_is_replayed_again(published, loose, daily, texts):
    for _ in range(3):
        replay(published.warehouse, loose, Choice())
        published.publish(texts("id day cents", "G 2026-03-09 1"), loose, "2026-03-09")
    rows = account(published).rows
    assert rows.select("partition", "row_digest").is_unique().all()
    assert rows.height == 4


def test_upkeep_knows_every_file_that_the_account_needs(published, loose):
    replay(published.warehouse, loose, Choice())
    folder = published.warehouse.root / "t/a/quarantine"
    assert needed(published.book().all()) == {f"quarantine/{path.name}" for path in folder.glob("*.parquet")}


MISTAKES = {
    "nothing to replay": (Choice(rule="no.rule"), "quarantine.nothing"),
    "unknown digest": (Choice(digests=("0123456789abcdef",)), "quarantine.digest"),
    "no such day": (Choice(partition="2026-12-01"), "quarantine.nothing"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_choice_of_nothing_is_refused(published, loose, mistake):
    choice, code = MISTAKES[mistake]
    with pytest.raises(MeshError) as raised:
        replay(published.warehouse, loose, choice)
    assert raised.value.code == code


def test_a_product_that_was_never_sent_is_refused(published, contract, column):
    with pytest.raises(DataError) as raised:
        replay(published.warehouse, contract(column("id"), id="t.other"), Choice())
    assert raised.value.code == "product.unpublished"


def test_a_rejection_without_a_reason_is_refused(published):
    with pytest.raises(MeshError):
        reject(published.warehouse, "t.a", 1, Choice(), " ")


def test_a_row_is_read_as_its_source_is_read(bench, daily, loose, texts):
    reading = Reading(formats={"day": ("%d.%m.%Y",)})
    bench.publish(texts("id day cents", "A 01.03.2026 1", "B 01.03.2026 -5"), daily, reading=reading)
    assert replay(bench.warehouse, loose, Choice()).replayed == 1
    assert bench.rows()["id"].to_list() == ["A", "B"]


def test_a_value_that_was_read_when_it_came_keeps_its_value_whatever_form_is_declared_by_now(
    tmp_path, contract, column
):
    """Under a decimal comma and a grouping point 1.234 is a thousand; it came as a little more than one."""
    amount = column("amount", "number", precision=12, scale=3)
    strict = contract(column("id", key_position=1, required=True), amount, column("state", enum=("open",)))
    loose = contract(*strict.columns[:2], column("state"), version="1.1.0", digest="d2")
    rows = pl.DataFrame({"id": ["A", "B", "C"], "amount": ["1.234", "5", "1.234,5"], "state": ["lost", "open", "open"]})
    warehouse = Warehouse(tmp_path / "wh")
    publish(rows.lazy(), strict, Run("r", "UTC"), warehouse, reading=Reading())
    comma = Reading(numbers={"amount": NumberForm(decimal=",", grouping=".")})
    assert replay(warehouse, loose, Choice(), reading=comma).replayed == 2
    read = Door(warehouse).open(strict.id).frame.sort("id").collect()
    assert read["amount"].to_list() == [Decimal("1.234"), Decimal("5.000"), Decimal("1234.500")]


def test_a_replay_keeps_the_business_days_of_the_zone_in_which_the_rows_came(tmp_path, contract, column):
    at = column("at", "timestamp", required=True)
    day = column("day", "date", partitioned=True, business_date_of="at")
    strict = contract(column("id", key_position=1, required=True), at, day, column("state", enum=("open",)))
    loose = contract(*strict.columns[:3], column("state"), version="1.1.0", digest="d2")
    rows = pl.DataFrame(
        {"id": ["A", "B"], "at": ["2026-03-01T23:30:00Z", "2026-03-01T09:00:00Z"], "state": ["lost", "open"]}
    )
    warehouse = Warehouse(tmp_path / "wh")
    publish(rows.lazy(), strict, Run("r", "UTC"), warehouse, reading=Reading())
    replay(warehouse, loose, Choice(), reading=Reading(zones={"at": "Asia/Shanghai"}))
    read = Door(warehouse).open(strict.id).frame.sort("id").collect()
    assert [str(one) for one in read["day"]] == ["2026-03-01", "2026-03-01"]
