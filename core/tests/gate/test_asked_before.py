"""What was asked last and still stands is answered without reading the rows."""

from __future__ import annotations

from dataclasses import replace

import hansa.gate
import pytest
from hansa.gate import Origin
from hansa.receipt import InputRead, Publication

NAMES = "id day cents"
ONE, TWO = "2026-03-01", "2026-03-02"


@pytest.fixture
def sent(bench, daily, texts):
    """Publish the rows of a file with this content."""

    def publish(print_, *rows, contract=daily, mode="file", **options):
        origin = Origin(inputs=(InputRead(name="a.csv", fingerprint=print_),))
        return bench.publish(texts(NAMES, *rows), contract, mode=mode, origin=origin, **options)

    return publish


@pytest.fixture
def computed(monkeypatch):
    """The runs that were computed."""
    runs = []
    attempt = hansa.gate.Attempt
    monkeypatch.setattr(hansa.gate, "Attempt", lambda asked, *rest: runs.append(asked.run.id) or attempt(asked, *rest))
    return runs


def test_the_same_question_is_answered_without_computing(sent, computed):
    first = sent("p1", f"A {ONE} 1", f"B {TWO} -1", f"C {TWO} 2", f"D {ONE} 3")
    second = sent("p1", f"A {ONE} 1", f"B {TWO} -1", f"C {TWO} 2", f"D {ONE} 3")
    assert (second.unchanged, second.digest, len(computed)) == (True, first.digest, 1)
    assert second.receipts == first.receipts


def test_a_hold_is_told_again(sent, computed):
    first, second = (sent("p1", f"A {ONE} -1") for _ in range(2))
    assert (second.held, len(computed)) == (first.held, 1)


@pytest.mark.parametrize(
    "other",
    [{"print_": "p2"}, {"mode": "replace"}, {"mode": "merge"}, {"zone": "Asia/Shanghai"}, {"keys": None}],
    ids=lambda other: next(iter(other)),
)
def test_another_question_is_computed(sent, computed, other):
    sent("p1", f"A {ONE} 1")
    options = {name: value for name, value in other.items() if name != "print_"}
    sent(other.get("print_", "p1"), f"A {ONE} 1", **options)
    assert len(computed) == 2


def test_another_contract_is_another_question(sent, computed, daily):
    sent("p1", f"A {ONE} 1")
    sent("p1", f"A {ONE} 1", contract=replace(daily, digest="d2"))
    assert len(computed) == 2


def test_a_day_that_another_file_replaced_since_is_computed(bench, sent, computed):
    sent("p1", f"A {ONE} 1")
    sent("p2", f"B {ONE} 1")
    sent("p1", f"A {ONE} 1")
    assert (len(computed), bench.rows()["id"].to_list()) == (3, ["A"])


def test_a_file_of_which_a_part_stood_already_is_computed_once_more(sent, computed):
    sent("p1", f"A {ONE} 1")
    sent("p2", f"A {ONE} 1", f"B {TWO} 1")
    assert sent("p2", f"A {ONE} 1", f"B {TWO} 1").unchanged
    assert len(computed) == 3


def test_a_table_that_another_tool_changed_is_computed(bench, sent, computed):
    sent("p1", f"A {ONE} 1")
    bench.warehouse.catalog.load_table(("t", "a")).delete("id = 'A'")
    sent("p1", f"A {ONE} 1")
    assert len(computed) == 2


def test_a_source_without_a_fingerprint_is_computed(bench, daily, texts, computed):
    for _ in range(2):
        bench.publish(texts(NAMES, f"A {ONE} 1"), daily, origin=Origin(inputs=(InputRead(name="t.b", snapshot=1),)))
    assert len(computed) == 2


def test_a_dry_run_is_always_computed(sent, computed):
    sent("p1", f"A {ONE} 1")
    assert not sent("p1", f"A {ONE} 1", dry_run=True).unchanged
    assert len(computed) == 2


def test_a_receipt_from_before_requests_keeps_its_name():
    old = Publication("t.a", "1.0.0", "d", "r", "now", ())
    assert b"request" not in old.content
    assert b"mode" not in old.content


def by_a_fast_clock(monkeypatch, publish):
    with monkeypatch.context() as patch:
        patch.setattr("hansa.settlement.timestamp", lambda: "2030-01-01T00:00:00.000000+00:00")
        return publish()


def test_a_question_of_a_fast_clock_that_was_overtaken_is_computed(bench, sent, computed, monkeypatch):
    by_a_fast_clock(monkeypatch, lambda: sent("p1", f"A {ONE} 1"))
    sent("p2", f"B {ONE} 1")
    assert not sent("p1", f"A {ONE} 1").unchanged
    assert (len(computed), bench.rows()["id"].to_list()) == (3, ["A"])


def test_the_last_question_is_answered_even_if_an_earlier_clock_was_fast(sent, computed, monkeypatch):
    by_a_fast_clock(monkeypatch, lambda: sent("p1", f"A {ONE} -1"))
    last = sent("p2", f"B {ONE} 1")
    again = sent("p2", f"B {ONE} 1")
    assert (again.unchanged, again.digest, len(computed)) == (True, last.digest, 2)
