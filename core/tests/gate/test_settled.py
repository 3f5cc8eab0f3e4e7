"""What refused rows held goes when their decision is old; what became of them is told for good."""

from __future__ import annotations

import datetime as dt
import threading

import polars as pl
import pytest
from hansa.digest import sha256
from hansa.errors import DataError, MeshError, WorldError
from hansa.quarantine import account_of, needed, read_file, shown
from hansa.quarantine.choice import Choice, reject
from hansa.quarantine.settled import settle
from hansa.replay import replay
from hansa.store.settings import StoreSettings
from hansa.store.warehouse import Warehouse
from hansa.upkeep import upkeep
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machinery.laws import examples
from machinery.refused import BAD, account, states

NOTHING, LONG = dt.timedelta(), dt.timedelta(days=1)


@pytest.fixture
def decided(published, loose):
    """B is replayed, E rejected; C and F are open, and the file of the replay holds them a second time."""
    replay(published.warehouse, loose, Choice())
    reject(published.warehouse, "t.a", 1, Choice(partition="2026-03-02"), "wrong")
    return published


def table_of(bench):
    return bench.warehouse.table("t.a", 1)


def told(bench):
    """All that is told of refused rows but what they held."""
    now = account(bench)
    return now.rows.drop("payload", "sealed", "shape").to_dicts(), now.ledger, now.left_out(), now.faults


def held(bench):
    """The ids of the rows in files of quarantine that still hold something, by the word quarantine or settled."""
    found = []
    for entry in table_of(bench).entries("quarantine/"):
        if entry.name.endswith(".parquet"):
            content = pl.read_parquet(table_of(bench).read(entry.name))
            found += [bytes(payload).decode() for payload in content["payload"].drop_nulls()]
    return sorted(text.split('"')[3] for text in found)


def test_decided_rows_hold_nothing_any_more_and_open_ones_all_that_they_held(decided):
    before = told(decided)
    assert held(decided) == ["B", "C", "C", "E", "E", "F", "F"]
    done = upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert held(decided) == ["C", "F"]
    assert (done.decided, len(done.removed)) == (5, 2)
    assert told(decided) == before
    assert before[1].closes


def test_a_decision_that_is_young_changes_nothing(decided):
    before = decided.listing()
    assert upkeep(decided.warehouse, "t.a", keep=LONG).decided == 0
    assert decided.listing() == before


def test_the_retention_of_the_contract_says_how_long(published, contract, daily):
    from dataclasses import replace

    reject(published.warehouse, "t.a", 1, Choice(), "wrong")
    assert upkeep(published.warehouse, "t.a").decided == 0
    brief = replace(daily, retention_days=0, digest="d8")
    published.publish(pl.DataFrame({"id": ["Z"], "day": ["2026-04-01"], "cents": ["1"]}), brief)
    assert upkeep(published.warehouse, "t.a").decided == 4


def test_open_rows_of_an_emptied_file_are_shown_and_replayed(decided, contract, daily, column):
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    rows = account(decided).rows
    assert [shown(row, None) == {} for row in rows.to_dicts()] == [row["state"] != "open" for row in rows.to_dicts()]
    loosest = contract(*daily.columns[:2], column("cents", "integer"), version="1.2.0", digest="d3")
    assert replay(decided.warehouse, loosest, Choice(partition="2026-03-01")).replayed == 1
    assert decided.rows()["id"].to_list() == ["A", "B", "C", "D"]
    assert account(decided).ledger.closes


def test_what_is_decided_later_goes_later(decided):
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    before = told(decided)[1]
    reject(decided.warehouse, "t.a", 1, Choice(), "all wrong")
    assert upkeep(decided.warehouse, "t.a", keep=NOTHING).decided == 2
    assert held(decided) == []
    after = account(decided).ledger
    assert (after.open, after.rejected, after.quarantined, after.closes) == (0, before.rejected + 2, 4, True)


def test_a_second_upkeep_finds_nothing_to_do(decided):
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    before = decided.listing()
    done = upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert (done.decided, done.removed, decided.listing()) == (0, (), before)


def test_a_dry_run_says_what_would_go_and_changes_nothing(decided):
    before = decided.listing()
    would = upkeep(decided.warehouse, "t.a", keep=NOTHING, dry_run=True)
    assert decided.listing() == before
    done = upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert (would.decided, would.removed, would.bytes) == (done.decided, done.removed, done.bytes)


def test_files_that_are_needed_are_there_and_named_by_their_digest(decided):
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    table = table_of(decided)
    names = needed(decided.book().all(), table)
    assert len(names) == 2
    assert all(sha256(table.read(name)) == name.rpartition("/")[2].partition(".")[0] for name in names)


def test_an_emptied_file_that_was_changed_is_named(decided):
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    path = next((decided.warehouse.root / "t/a/quarantine/settled").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-9])
    (fault,) = account(decided).faults
    assert (fault.code, path.name in fault.sentence()) == ("quarantine.changed", True)


def test_emptied_files_go_with_their_publication(decided, loose, texts):
    import os

    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    decided.publish(texts("id day cents", *BAD), loose)
    for path in decided.warehouse.root.rglob("*.parquet"):
        os.utime(path, (0, 0))
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    first = next(p.quarantine for p in decided.book().all() if p.quarantine).removesuffix(".parquet")
    assert not [name for name in decided.listing() if first in name]
    assert account(decided).ledger.closes


def test_a_file_that_cannot_be_read_stops_no_other(decided):
    replayed = next(p for p in decided.book().all() if p.mode == "merge")
    (decided.warehouse.root / "t/a/quarantine" / replayed.quarantine).write_bytes(b"harmed")
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert [fault.code for fault in account(decided).faults] == ["quarantine.changed"]
    assert (decided.warehouse.root / "t/a/quarantine" / replayed.quarantine).exists()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("word", ["create", "remove"])
@pytest.mark.parametrize("after", [0, 1])
def test_an_upkeep_that_is_killed_leaves_the_whole_account(decided, monkeypatch, word, after):
    from hansa.store.objects import Folder

    before, real, calls = told(decided), getattr(Folder, word), []

    def killed(self, name, *given):
        if "quarantine/" in name:
            calls.append(name)
            if len(calls) > after:
                raise Killed
        return real(self, name, *given)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Folder, word, killed)
        upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert told(decided) == before
    upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert (told(decided), held(decided)) == (before, ["C", "F"])
    assert len(list(table_of(decided).entries("quarantine/settled/"))) == 2


def test_two_upkeeps_at_once_lose_nothing(decided):
    before, faults = told(decided), []

    def one(keep):
        try:
            for _ in range(5):
                upkeep(decided.warehouse, "t.a", keep=keep)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=one, args=(keep,)) for keep in (NOTHING, NOTHING, LONG)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (told(decided), held(decided)) == (before, ["C", "F"])


def test_whoever_lags_behind_never_removes_what_another_left(decided, monkeypatch):
    """One that knows fewer decisions has written its file, and goes on after another one has emptied more."""
    from hansa.quarantine import settled

    book, table, real = decided.book(), table_of(decided), settled._superseded
    between = dt.datetime.now(dt.UTC)
    reject(decided.warehouse, "t.a", 1, Choice(partition="-"), "no day")
    now = dt.datetime.now(dt.UTC) + LONG
    before = told(decided)

    def late(*given):
        monkeypatch.setattr(settled, "_superseded", real)
        settle(table, book.all(), now, dry_run=False)
        return real(*given)

    monkeypatch.setattr(settled, "_superseded", late)
    settle(table, book.all(), between, dry_run=False)
    assert (told(decided), held(decided)) == (before, ["C"])


def test_a_reader_in_the_middle_finds_the_file_that_took_the_place(decided, monkeypatch):
    from hansa.store.objects import Folder

    name = decided.book().all()[0].quarantine
    whole, real = read_file(table_of(decided), name), Folder.read

    def late(self, wanted):
        if wanted == f"quarantine/{name}":
            monkeypatch.setattr(Folder, "read", real)
            upkeep(decided.warehouse, "t.a", keep=NOTHING)
        return real(self, wanted)

    monkeypatch.setattr(Folder, "read", late)
    found = read_file(table_of(decided), name)
    assert (found.name, found.rows["row_digest"].to_list()) == (name, whole.rows["row_digest"].to_list())
    assert found.rows["payload"].null_count() == 2


def test_a_replay_under_way_keeps_its_rows(published, loose, monkeypatch):
    import hansa.replay

    real = hansa.replay.publish

    def meanwhile(*given, **options):
        upkeep(published.warehouse, "t.a", keep=NOTHING)
        return real(*given, **options)

    monkeypatch.setattr("hansa.replay.publish", meanwhile)
    assert replay(published.warehouse, loose, Choice()).replayed == 1
    assert [row["payload"] is None for row in account(published).rows.to_dicts()] == [False] * 4
    assert states(published) == [("B", "replayed"), ("C", "open"), ("E", "open"), ("F", "open")]


def test_nothing_sealed_is_left_of_rows_that_are_all_decided(bench, contract, column, texts):
    from hansa.quarantine.file import SETTLED

    made = contract(column("id", classification="C2", required=True), column("cents", "integer", minimum=0))
    bench.publish(texts("id cents", "A 1", "B -5"), made)
    reject(bench.warehouse, "t.a", 1, Choice(), "wrong")
    upkeep(bench.warehouse, "t.a", keep=NOTHING)
    (row,) = account(bench).rows.to_dicts()
    assert (row["payload"], row["sealed"], row["shape"], row["state"]) == (None, False, None, "rejected")
    assert len(list(table_of(bench).entries(SETTLED))) == 1


def test_sealed_rows_that_are_open_are_replayed_from_an_emptied_file(bench, contract, column, texts):
    columns = column("id", classification="C2", required=True), column("day", "date", partitioned=True)
    bench.publish(
        texts("id day cents", "A 2026-03-01 1", "B 2026-03-01 -5", "C x 1"),
        contract(*columns, column("cents", "integer", minimum=0)),
    )
    reject(bench.warehouse, "t.a", 1, Choice(partition="-"), "no day")
    assert upkeep(bench.warehouse, "t.a", keep=NOTHING).decided == 1
    taking = contract(*columns, column("cents", "integer"), version="1.1.0", digest="d2")
    assert replay(bench.warehouse, taking, Choice(), keys=bench.keys).replayed == 1


def test_it_is_so_in_a_bucket_too(bench, bucket, monkeypatch, daily, loose, texts):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    bench.warehouse = Warehouse(f"{bucket.uri}/wh", StoreSettings(endpoint=bucket.endpoint))
    bench.publish(texts("id day cents", *BAD), daily)
    replay(bench.warehouse, loose, Choice())
    before = told(bench)
    assert upkeep(bench.warehouse, "t.a", keep=NOTHING).decided == 4
    assert (told(bench), held(bench)) == (before, ["C", "E", "F"])


_ROW = st.tuples(st.sampled_from("ABC"), st.sampled_from(["2026-03-01", "2026-03-02", "x"]), st.integers(-3, 1))
_STEP = st.one_of(
    st.tuples(st.just("send"), st.lists(_ROW, min_size=1, max_size=5), st.sampled_from(["add", "replace"])),
    st.tuples(st.just("replay"), st.sampled_from([None, "cents.minimum"]), st.none()),
    st.tuples(st.just("reject"), st.sampled_from(["2026-03-01", "-"]), st.none()),
    st.tuples(st.just("upkeep"), st.none(), st.none()),
)


@given(steps=st.lists(_STEP, min_size=3, max_size=6))
@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_decided_and_kept_up_the_account_closes_and_open_rows_are_whole(new_bench, contract, column, steps):
    columns = column("id"), column("day", "date", partitioned=True)
    strict = contract(*columns, column("cents", "integer", minimum=0))
    taking = contract(*columns, column("cents", "integer", minimum=-2), digest="d2", version="1.1.0")
    bench = new_bench()
    for word, what, mode in (*steps, ("upkeep", None, None)):
        try:
            if word == "send":
                rows = [(id, day, str(cents)) for id, day, cents in what]
                bench.publish(pl.DataFrame(rows, schema=["id", "day", "cents"], orient="row"), strict, mode=mode)
            elif word == "replay":
                replay(bench.warehouse, taking, Choice(rule=what))
            elif word == "reject":
                reject(bench.warehouse, "t.a", 1, Choice(partition=what), "wrong")
            elif bench.book().all():
                before = told(bench)
                upkeep(bench.warehouse, "t.a", keep=NOTHING)
                assert told(bench) == before
        except (MeshError, DataError):
            continue
    now = account_of(bench.book(), table_of(bench))
    assert now.ledger.closes
    assert now.faults == []
    assert now.rows.filter(pl.col("payload").is_null() != (pl.col("state") != "open")).height == 0


def test_a_decision_that_was_cut_is_said(decided):
    for path in (decided.warehouse.root / "t/a/quarantine/decisions").glob("*"):
        path.write_bytes(b"{")
    with pytest.raises(WorldError) as raised:
        upkeep(decided.warehouse, "t.a", keep=NOTHING)
    assert raised.value.code == "quarantine.decision"
