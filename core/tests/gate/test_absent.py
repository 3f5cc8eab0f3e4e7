"""Columns of the contract that did not come are named, not only filled with nulls."""

from __future__ import annotations


def test_a_column_that_did_not_come_is_named_and_filled_with_nulls(bench, contract, column, texts):
    made = bench.publish(texts("id", "A"), contract(column("id"), column("note"), column("other")))
    assert bench.book().all()[0].absent == made.absent == ("note", "other")
    assert bench.rows()["note"].to_list() == [None]


def test_a_column_without_values_is_there(bench, contract, column, texts):
    made = bench.publish(texts("id note", "A -"), contract(column("id"), column("note")))
    assert made.absent == ()
