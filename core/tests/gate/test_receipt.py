"""The book of publications: named by digests, in order, healed after a crash, and proof against change."""

from __future__ import annotations

import json

import hansa.receipt
import pytest
from hansa.digest import sha256
from hansa.errors import WorldError
from hansa.receipt import Publication, Receipt, timestamp


@pytest.fixture
def published(bench, daily, texts):
    def made(*rows):
        return bench.publish(texts("id day cents", *rows), daily)

    return made


def receipts(bench):
    return bench.warehouse.table("t.a", 1).folder / "receipts"


def test_a_publication_is_a_file_named_by_its_digest(bench, published):
    made = published("A 2026-03-01 1")
    content = (receipts(bench) / f"{made.digest}.json").read_bytes()
    assert sha256(content) == made.digest
    assert content == made.content


def test_what_is_read_is_what_was_written(bench, published):
    made = published("A 2026-03-01 1", "B - 1", "C 2026-03-01 -1")
    assert bench.book().all() == [made]
    assert bench.book().all()[0].landed == made.landed


def test_the_snapshot_names_its_publication(bench, published):
    made = published("A 2026-03-01 1")
    snapshot = bench.warehouse.catalog.load_table(("t", "a")).current_snapshot()
    assert snapshot.summary.additional_properties[hansa.receipt.PROPERTY] == made.digest


def test_the_history_is_in_the_order_of_publication(bench, published):
    made = [published(f"A 2026-03-01 {n}").digest for n in (1, 2, 3)]
    assert [p.digest for p in bench.book().all()] == made


def test_current_is_what_readers_see_and_latest_is_what_was_tried_last(bench, published):
    first, second = published("A 2026-03-01 1"), published("A 2026-03-01 -1")
    assert bench.book().current()["2026-03-01"][1].digest == first.digest
    assert bench.book().latest()["2026-03-01"][1].digest == second.digest


def test_current_follows_the_commits_even_if_the_clock_goes_back(bench, published, monkeypatch):
    published("A 2026-03-01 1")
    monkeypatch.setattr("hansa.settlement.timestamp", lambda: "2020-01-01T00:00:00.000000+00:00")
    second = published("A 2026-03-01 2")
    assert bench.book().current()["2026-03-01"][1].digest == second.digest


def test_a_lost_mark_is_written_again(bench, published):
    made = published("A 2026-03-01 1")
    mark = receipts(bench) / f"{made.digest}.landed"
    content = mark.read_bytes()
    mark.unlink()
    assert bench.book().all()[0].landed == made.landed
    assert mark.read_bytes() == content


def test_a_publication_that_did_not_land_is_no_history(bench, published):
    made = published("A 2026-03-01 1")
    bench.book().prepare(Publication("t.a", "1.0.0", "d1", "r9", timestamp(), ()))
    assert [p.digest for p in bench.book().all()] == [made.digest]


def test_a_changed_receipt_is_refused(bench, published):
    made = published("A 2026-03-01 1")
    path = receipts(bench) / f"{made.digest}.json"
    path.write_bytes(path.read_bytes().replace(b'"incoming":1', b'"incoming":9'))
    with pytest.raises(WorldError) as raised:
        bench.book().all()
    assert (raised.value.code, raised.value.where) == ("receipt.changed", str(path))


def test_held_rows_count_as_not_published():
    receipt = Receipt("2026-03-01", "held", {"incoming": 5, "published": 5})
    assert Publication("t.a", "1.0.0", "d", "r", "now", (receipt,)).total("published") == 0


def test_the_reading_is_json_with_the_digest_and_the_totals(published):
    made = published("A 2026-03-01 1", "B 2026-03-01 -1").reading()
    assert json.loads(json.dumps(made))["state"] == "published"
    assert (made["incoming"], made["published"], made["quarantined"], made["held"]) == (2, 1, 1, [])


def test_an_empty_warehouse_has_an_empty_book(bench):
    assert bench.book().all() == []


FAST = "2030-01-01T00:00:00.000000+00:00"


def by_a_fast_clock(monkeypatch, publish):
    with monkeypatch.context() as patch:
        patch.setattr("hansa.settlement.timestamp", lambda: FAST)
        return publish()


def test_the_history_follows_the_commits_even_if_a_clock_is_fast(bench, published, monkeypatch):
    first = by_a_fast_clock(monkeypatch, lambda: published("A 2026-03-01 1"))
    second = published("A 2026-03-01 2")
    assert [p.digest for p in bench.book().all()] == [first.digest, second.digest]
    assert bench.book().latest()["2026-03-01"][1].digest == second.digest


@pytest.mark.parametrize("before", [(), ("Z 2026-02-28 1",)], ids=["no table", "a table"])
def test_what_was_held_is_placed_by_the_head_on_which_it_was_judged(bench, published, monkeypatch, before):
    for rows in before:
        published(rows)
    held = by_a_fast_clock(monkeypatch, lambda: published("A 2026-03-01 -1"))
    landed = published("A 2026-03-01 1")
    assert [p.digest for p in bench.book().all()][-2:] == [held.digest, landed.digest]


def test_what_was_held_upon_a_commit_comes_after_it_even_if_its_clock_is_slow(bench, published, monkeypatch):
    by_a_fast_clock(monkeypatch, lambda: published("A 2026-03-01 1"))
    held = published("A 2026-03-01 -1")
    assert bench.book().latest()["2026-03-01"][1].digest == held.digest


def test_rows_of_no_day_are_those_of_the_last_commit_even_if_a_clock_is_fast(bench, published, monkeypatch):
    by_a_fast_clock(monkeypatch, lambda: published("A 2026-03-01 1", "B - 1"))
    published("A 2026-03-01 2", "B - 1", "C - 1")
    assert bench.book().dayless() == 2


def test_a_hold_that_does_not_say_upon_what_is_placed_by_its_time(bench, published):
    first = published("A 2026-03-01 1")
    receipt = Receipt("2026-03-01", "held", {"incoming": 1, "quarantined": 1})
    old = Publication("t.a", "1.0.0", "d1", "r9", timestamp(), (receipt,))
    assert not any(name in old.content for name in (b"upon", b"merged"))
    bench.book().prepare(old)
    bench.book().mark_held(old)
    second = published("A 2026-03-01 2")
    assert [p.digest for p in bench.book().all()] == [first.digest, old.digest, second.digest]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"snapshot":"1","sequence":1}', "\xff"], ids=repr)
def test_a_mark_that_is_cut_is_one_sentence(bench, published, content):
    mark = receipts(bench) / f"{published('A 2026-03-01 1').digest}.landed"
    mark.write_bytes(content.encode("latin-1"))
    with pytest.raises(WorldError) as raised:
        bench.book().all()
    assert (raised.value.code, raised.value.where) == ("receipt.changed", str(mark))
