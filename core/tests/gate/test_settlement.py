"""Keys are judged against what really stays, also if a day that was to be replaced is held."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import hansa.settlement
import pytest
from hansa.errors import WorldError
from hansa.store.objects import Folder
from hansa.store.table import ProductTable
from hansa.store.warehouse import Warehouse


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


NAMES = "id day cents"
ONE, TWO = "2026-03-01", "2026-03-02"
FAST = "2030-01-01T00:00:00.000000+00:00"


@pytest.fixture
def fast(monkeypatch):
    """Do something on a machine whose clock is fast."""

    def done(publish):
        with monkeypatch.context() as patch:
            patch.setattr(hansa.settlement, "timestamp", lambda: FAST)
            return publish()

    return done


def test_rows_that_were_replaced_are_published_again_even_if_their_clock_was_fast(bench, daily, texts, fast):
    old, new = texts(NAMES, f"A {ONE} 1"), texts(NAMES, f"A {ONE} 2")
    fast(lambda: bench.publish(old, daily))
    bench.publish(new, daily)
    assert not bench.publish(old, daily).unchanged
    assert bench.rows()["cents"].to_list() == [1]


def test_a_re_run_after_a_hold_by_a_fast_clock_changes_nothing(bench, two_a_day, texts, fast):
    assert fast(lambda: bench.publish(texts(NAMES, f"A {ONE} 1"), two_a_day)).held
    rows = texts(NAMES, f"A {ONE} 1", f"B {ONE} 1")
    first = bench.publish(rows, two_a_day)
    second = bench.publish(rows, two_a_day)
    assert (second.unchanged, second.digest) == (True, first.digest)


def test_a_day_that_another_tool_emptied_is_published_again(bench, daily, texts):
    rows = texts(NAMES, f"A {ONE} 1", f"B {TWO} 1")
    bench.publish(rows, daily, mode="replace")
    bench.warehouse.catalog.load_table(("t", "a")).delete(f"day = '{ONE}'")
    assert not bench.publish(rows, daily, mode="replace").unchanged
    assert bench.rows()["id"].to_list() == ["A", "B"]


def test_a_product_without_days_that_another_tool_emptied_is_published_again(bench, contract, daily, texts):
    whole = contract(*(replace(column, partitioned=False) for column in daily.columns))
    rows = texts(NAMES, f"A {ONE} 1")
    bench.publish(rows, whole)
    assert bench.publish(rows, whole).unchanged
    bench.warehouse.catalog.load_table(("t", "a")).delete("id = 'A'")
    assert not bench.publish(rows, whole).unchanged
    assert bench.rows()["id"].to_list() == ["A"]


def test_rows_of_a_commit_that_was_rolled_back_are_published_again(bench, daily, texts):
    rows = texts(NAMES, f"A {ONE} 2")
    bench.publish(texts(NAMES, f"A {ONE} 1"), daily)
    bench.publish(rows, daily)
    metadata = bench.warehouse.table("t.a", 1).folder / "metadata"
    (metadata / "v2.metadata.json").unlink()
    (metadata / "version-hint.text").unlink()
    bench.warehouse = Warehouse(bench.warehouse.root)
    made = bench.publish(rows, daily)
    assert not made.unchanged
    assert bench.rows()["cents"].to_list() == [2]
    assert bench.publish(rows, daily).digest == made.digest


def test_a_re_run_of_a_merge_still_changes_nothing(bench, daily, texts):
    bench.publish(texts(NAMES, f"A {ONE} 1"), daily)
    rows = texts(NAMES, f"B {ONE} 1")
    first = bench.publish(rows, daily, mode="merge")
    assert not first.unchanged
    assert bench.publish(rows, daily, mode="merge").unchanged


@pytest.mark.parametrize(
    "error", [OSError("disk full"), WorldError("store.unreachable", "no answer", where="s3://b")], ids=lambda e: type(e)
)
def test_a_mark_that_cannot_be_written_is_no_failure_and_is_written_later(bench, daily, texts, monkeypatch, error):
    create = Folder.create

    def refused(self, name, content):
        if name.endswith(".landed"):
            raise error
        return create(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "create", refused)
        made = bench.publish(texts(NAMES, f"A {ONE} 1"), daily)
    assert made.landed.snapshot == bench.snapshots()[-1]
    assert bench.book().all()[0].landed == made.landed


def test_files_that_cannot_be_removed_after_the_commit_are_no_failure(bench, two_a_day, texts, monkeypatch):
    def refused(self, files):
        raise OSError("read only")

    monkeypatch.setattr(ProductTable, "remove", refused)
    made = bench.publish(texts(NAMES, f"A {ONE} 1", f"B {ONE} 1", f"C {TWO} 1"), two_a_day)
    assert made.landed.snapshot == bench.snapshots()[-1]


def _lose_proofs(bench):
    proofs = sorted((bench.warehouse.table("t.a", 1).folder / "proofs").iterdir())
    for proof in proofs:
        proof.unlink()
    return proofs


def test_a_proof_that_was_not_written_is_written_by_the_next_publication(bench, daily, texts):
    rows = texts(NAMES, f"A {ONE} 1")
    bench.publish(rows, daily)
    (proof,) = _lose_proofs(bench)
    assert bench.publish(rows, daily).unchanged
    assert proof.exists()


def test_what_another_tool_committed_is_not_proved(bench, daily, texts):
    rows = texts(NAMES, f"A {ONE} 1", f"B {TWO} 1")
    bench.publish(rows, daily)
    bench.warehouse.catalog.load_table(("t", "a")).delete(f"day = '{ONE}'")
    bench.publish(rows, daily)
    proofs = bench.warehouse.table("t.a", 1).folder / "proofs"
    assert sorted(path.name for path in proofs.iterdir()) == ["v1.metadata.json", "v3.metadata.json"]
