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
