"""Columns of the contract that did not come are named, not only filled with nulls."""

from __future__ import annotations


def test_a_column_that_did_not_come_is_named_and_filled_with_nulls(bench, contract, column, texts):
    made = bench.publish(texts("id", "A"), contract(column("id"), column("note"), column("other")))
    assert bench.book().all()[0].absent == made.absent == ("note", "other")
    assert bench.rows()["note"].to_list() == [None]


def test_a_column_without_values_is_there(bench, contract, column, texts):
    made = bench.publish(texts("id note", "A -"), contract(column("id"), column("note")))
    assert made.absent == ()


def test_a_column_that_came_before_and_does_not_come_now_holds(bench, contract, column, texts):
    made = contract(column("id", key_position=1, required=True), column("note"))
    bench.publish(texts("id note", "A x"), made)
    again = bench.publish(texts("id", "A", "B"), made, mode="merge")
    assert [r.reasons for r in again.held] == [
        ("columns: 'note' did not come but did before; send them, empty where there is no value",)
    ]
    assert bench.rows().rows() == [("A", "x")]


def test_a_column_that_comes_empty_is_no_reason_to_hold(bench, contract, column, texts):
    made = contract(column("id"), column("note"))
    bench.publish(texts("id note", "A x"), made)
    assert not bench.publish(texts("id note", "A -"), made).held


def test_a_column_that_never_came_is_no_reason_to_hold(bench, contract, column, texts):
    made = contract(column("id"), column("note"))
    bench.publish(texts("id", "A"), made)
    assert not bench.publish(texts("id", "B"), made).held


def test_a_column_that_is_new_in_the_contract_may_come_later(bench, contract, column, texts):
    bench.publish(texts("id", "A"), contract(column("id")))
    made = bench.publish(texts("id", "B"), contract(column("id"), column("note"), digest="d2", version="1.1.0"))
    assert (made.held, made.absent) == ((), ("note",))
