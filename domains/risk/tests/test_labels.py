from __future__ import annotations

import datetime as dt

import polars as pl
from hansa_risk.labels import held_as_fraud, last_word, with_last_word

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def at(hour: int) -> dt.datetime:
    return START + dt.timedelta(hours=hour)


LABELS = pl.LazyFrame(
    {
        "txn_id": ["lifted", "stands", "lifted", "cleared"],
        "known_at": [at(9), at(2), at(1), at(3)],
        "is_fraud": [False, True, True, False],
    }
)


def test_the_last_label_overrules_the_ones_before():
    assert dict(last_word(LABELS).collect().rows()) == {"lifted": False, "stands": True, "cleared": False}


def test_only_what_was_known_before_the_instant_is_heard():
    assert dict(last_word(LABELS, before=at(2)).collect().rows()) == {"lifted": True}


def test_a_transaction_without_a_label_counts_as_no_fraud():
    rows = with_last_word(pl.LazyFrame({"txn_id": ["unknown", "stands"]}), LABELS).collect()
    assert rows["is_fraud"].to_list() == [False, True]


def test_a_fraud_is_held_until_another_word_follows():
    spans = held_as_fraud(LABELS).sort("txn_id").select("txn_id", "from_at", "until_at").collect().rows()
    assert spans == [("lifted", at(1), at(9)), ("stands", at(2), None)]


def test_of_two_labels_of_one_instant_the_one_for_fraud_is_the_last_in_any_order_of_rows():
    twice = pl.LazyFrame({"txn_id": ["t", "t"], "known_at": [at(1), at(1)], "is_fraud": [True, False]})
    for labels in (twice, twice.reverse()):
        assert last_word(labels).collect().rows() == [("t", True)]
        assert held_as_fraud(labels).select("from_at", "until_at").collect().rows() == [(at(1), None)]
