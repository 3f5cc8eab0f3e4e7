"""One stream of labels of book and desk: which word is held to be true, when, and that nothing later moves it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa_risk.labels import last_word
from hansa_risk.outcomes import one_stream
from hypothesis import given
from hypothesis import strategies as st

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
BOOK = {
    "txn_id": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
    "is_fraud": pl.Boolean,
    "scenario": pl.String,
    "source": pl.String,
    "business_date": pl.Date,
}
DESK = {
    "txn_id": pl.String,
    "decided_at": pl.Datetime("us", "UTC"),
    "outcome": pl.String,
    "business_date": pl.Date,
}


def at(day: int) -> dt.datetime:
    return START + dt.timedelta(days=day)


def book(*entries: tuple[int, str, bool], txn: str = "t", scenario: str | None = None) -> pl.LazyFrame:
    """Entries as (day, source, is_fraud)."""
    rows = [(txn, at(day), fraud, scenario if fraud else None, who, at(day).date()) for day, who, fraud in entries]
    return pl.LazyFrame(rows, schema=BOOK, orient="row")


def desk(*decisions: tuple[int, str], txn: str = "t") -> pl.LazyFrame:
    """Decisions as (day, outcome)."""
    rows = [(txn, at(day), outcome, at(day).date()) for day, outcome in decisions]
    return pl.LazyFrame(rows, schema=DESK, orient="row")


def held(stream: pl.LazyFrame, before: int | None = None, txn: str = "t") -> bool | None:
    """What the readers of labels hold to be true of the transaction; None if nothing is known of it."""
    known = last_word(stream, None if before is None else at(before)).filter(pl.col("txn_id") == txn).collect()
    return known["is_fraud"].item() if len(known) else None


@pytest.mark.parametrize(
    ("entries", "decisions", "truth"),
    [
        ([], [(1, "fraud")], True),
        ([], [(1, "genuine")], False),
        ([], [(1, "fraud"), (2, "genuine")], False),
        ([], [(1, "fraud"), (2, "unsure")], False),
        ([], [(1, "unsure")], None),
        ([(5, "chargeback", True)], [(1, "genuine")], True),
        ([(5, "chargeback", True)], [(9, "genuine")], True),
        ([(5, "confirmation", False)], [(9, "fraud")], False),
        ([(5, "review", True)], [(9, "genuine")], False),
        ([(5, "review", True)], [(1, "genuine")], True),
        ([(5, "review", True)], [(5, "genuine")], False),
        ([(5, "review", True)], [(6, "genuine"), (7, "unsure")], True),
        ([(3, "chargeback", True), (8, "chargeback", False)], [(1, "fraud")], False),
        ([(3, "chargeback", True), (8, "review", False)], [(9, "fraud")], True),
        ([(3, "chargeback", True), (8, "review", False)], [(7, "fraud")], False),
    ],
)
def test_the_written_policy_says_which_source_is_believed(entries, decisions, truth):
    assert held(one_stream(book(*entries), desk(*decisions))) == truth


def test_without_a_desk_the_book_is_as_it_was():
    given = book((1, "chargeback", True), (3, "review", False))
    assert one_stream(given, None).collect().equals(given.collect())


def test_a_transaction_on_which_the_desk_never_decided_keeps_its_entries():
    other = book((1, "chargeback", True), (2, "chargeback", True), (3, "review", False), txn="other")
    stream = one_stream(other, desk((1, "fraud"))).collect()
    assert stream.filter(pl.col("txn_id") == "other").equals(other.collect())


def test_a_review_is_known_from_its_own_instant_on_and_the_chargeback_from_its():
    stream = one_stream(book((6, "chargeback", False)), desk((2, "fraud")))
    assert [held(stream, before=day) for day in (2, 3, 6, 7)] == [None, True, True, False]


def test_a_label_of_the_desk_says_that_a_review_said_so_and_on_which_day():
    row = one_stream(book(), desk((2, "fraud"))).collect().row(0, named=True)
    assert (row["source"], row["business_date"]) == ("review", at(2).date())


def test_the_kind_of_fraud_that_the_book_names_is_kept_though_the_desk_knew_of_the_fraud_before():
    stream = one_stream(book((6, "chargeback", True), scenario="stolen_card"), desk((2, "fraud"))).collect()
    assert stream["scenario"].to_list() == [None, "stolen_card"]


def test_columns_and_types_are_those_of_the_label_book():
    assert dict(one_stream(book((1, "review", True)), desk((2, "unsure"))).collect_schema()) == BOOK


ENTRIES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["chargeback", "confirmation", "review"]), st.booleans()),
    max_size=5,
    unique_by=lambda entry: entry[0],
)
DECISIONS = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(["fraud", "genuine", "unsure"])),
    max_size=5,
    unique_by=lambda decision: decision[0],
)


@given(ENTRIES, DECISIONS, st.integers(0, 13))
def test_nothing_that_is_said_later_changes_what_was_held_before(entries, decisions, cut):
    """What the whole stream says before an instant is what a stream of only those words says."""
    whole = one_stream(book(*entries), desk(*decisions))
    earlier = one_stream(
        book(*[entry for entry in entries if entry[0] < cut]), desk(*[one for one in decisions if one[0] < cut])
    )
    # A word that was taken back and one that was never said are both no fraud.
    assert bool(held(whole, before=cut)) == bool(held(earlier))


@given(ENTRIES, DECISIONS, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_changes_nothing(entries, decisions, random):
    shuffled = random.sample(entries, len(entries)), random.sample(decisions, len(decisions))
    streams = [one_stream(book(*e), desk(*d)).collect() for e, d in ((entries, decisions), shuffled)]
    assert streams[0].sort("known_at").equals(streams[1].sort("known_at"))


@given(ENTRIES, DECISIONS)
def test_a_chargeback_or_confirmation_that_is_the_book_s_newest_entry_is_always_believed(entries, decisions):
    newest = max(entries, default=None)
    if newest is not None and newest[1] != "review":
        assert held(one_stream(book(*entries), desk(*decisions))) == newest[2]
