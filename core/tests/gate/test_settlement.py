"""Keys are judged against what really stays, also if a day that was to be replaced is held."""

from __future__ import annotations

from contextlib import nullcontext

import hansa.settlement
import pytest
from hansa.errors import WorldError
from hansa.store.table import ProductTable


@pytest.fixture
def two_a_day(contract, daily, rule):
    enough = rule("enough", "rowCount", operator="mustBeGreaterOrEqualTo", operands=(2.0,))
    return contract(*daily.columns, rules=(enough,))


def test_a_key_that_moves_to_another_day_is_published_there(bench, two_a_day, texts):
    names = "id day cents"
    bench.publish(texts(names, "A 2026-03-01 1", "B 2026-03-01 1", "C 2026-03-02 1", "D 2026-03-02 1"), two_a_day)
    moved = texts(names, "C 2026-03-01 1", "B 2026-03-01 1", "A 2026-03-02 1", "D 2026-03-02 1")
    assert not bench.publish(moved, two_a_day).held
    assert bench.rows()["id"].to_list() == ["A", "B", "C", "D"]


def test_a_key_that_moves_out_of_a_day_that_is_held_holds_its_new_day_too(bench, two_a_day, texts):
    names = "id day cents"
    bench.publish(texts(names, "A 2026-03-01 1", "B 2026-03-01 1", "C 2026-03-02 1", "D 2026-03-02 1"), two_a_day)
    made = bench.publish(texts(names, "B 2026-03-01 1", "A 2026-03-02 1", "D 2026-03-02 1"), two_a_day)
    assert made.held[1].reasons == ("primaryKey: 1 keys also stand in a day that stays",)
    assert bench.rows()["id"].to_list() == ["A", "B", "C", "D"]


def test_a_re_run_of_what_was_held_for_a_crossing_key_changes_nothing(bench, two_a_day, texts):
    names = "id day cents"
    bench.publish(texts(names, "A 2026-03-01 1", "B 2026-03-01 1", "C 2026-03-02 1", "D 2026-03-02 1"), two_a_day)
    rows = texts(names, "B 2026-03-01 1", "A 2026-03-02 1", "D 2026-03-02 1")
    bench.publish(rows, two_a_day)
    files = bench.listing()
    assert bench.publish(rows, two_a_day).unchanged
    assert bench.listing() == files


def test_holding_goes_on_from_day_to_day(bench, two_a_day, texts):
    names = "id day cents"
    before = [f"{key} 2026-03-0{day} 1" for day, keys in enumerate(("AB", "CD", "EF"), start=1) for key in keys]
    bench.publish(texts(names, *before), two_a_day)
    shifted = ["B 2026-03-01 1", "A 2026-03-02 1", "D 2026-03-02 1", "C 2026-03-03 1", "F 2026-03-03 1"]
    assert len(bench.publish(texts(names, *shifted), two_a_day).held) == 3


def test_a_key_that_another_process_published_meanwhile_in_another_day_holds_ours(bench, daily, texts, monkeypatch):
    bench.publish(texts("id day cents", "Z 2026-03-09 1"), daily)
    crossing = hansa.settlement.Settlement._hold_crossing

    def late(self, look, written):
        if written.receipts[0].partition == "2026-03-01" and len(bench.snapshots()) == 1:
            bench.publish(texts("id day cents", "A 2026-03-02 1"), daily)
        return crossing(self, look, written)

    monkeypatch.setattr(hansa.settlement.Settlement, "_hold_crossing", late)
    # The lock of the product is held by the outer publication of this very process.
    monkeypatch.setattr(ProductTable, "lock", lambda self: nullcontext())
    made = bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    assert made.held[0].partition == "2026-03-01"
    assert bench.rows()["day"].cast(str).to_list() == ["2026-03-02", "2026-03-09"]


def _commit_then_fail(monkeypatch, error):
    commit_once = ProductTable.commit
    from pyiceberg.table import Transaction

    commit = Transaction.commit_transaction

    def unclear(self):
        commit(self)
        raise error

    def once(self, *arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transaction, "commit_transaction", unclear)
            return commit_once(self, *arguments)

    monkeypatch.setattr(ProductTable, "commit", once)


@pytest.mark.parametrize("error", [OSError("no answer"), RuntimeError("connection lost")])
def test_a_commit_that_landed_without_an_answer_is_a_success(bench, daily, texts, monkeypatch, error):
    _commit_then_fail(monkeypatch, error)
    made = bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    assert made.landed is not None
    assert made.landed.snapshot == bench.snapshots()[-1]


def test_a_commit_that_is_refused_leaves_nothing_behind(bench, daily, texts, monkeypatch):
    from pyiceberg.exceptions import CommitFailedException
    from pyiceberg.table import Transaction

    def refused(self):
        raise CommitFailedException("another one")

    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    files = [f for f in bench.listing() if not f.endswith(".avro")]
    monkeypatch.setattr(Transaction, "commit_transaction", refused)
    with pytest.raises(WorldError) as raised:
        bench.publish(texts("id day cents", "B 2026-03-01 1", "C 2026-03-01 -1"), daily)
    assert raised.value.code == "commit.lost"
    assert [f for f in bench.listing() if not f.endswith(".avro")] == files


def test_an_error_of_the_catalog_is_one_sentence(bench, daily, texts, monkeypatch):
    from pyiceberg.table import Transaction

    def broken(self):
        raise RuntimeError("database is locked")

    bench.publish(texts("id day cents", "A 2026-03-01 1"), daily)
    monkeypatch.setattr(Transaction, "commit_transaction", broken)
    with pytest.raises(WorldError) as raised:
        bench.publish(texts("id day cents", "B 2026-03-01 1"), daily)
    assert raised.value.code == "commit.refused"
    assert bench.rows()["id"].to_list() == ["A"]
