import polars as pl
import pytest
from hansa_sandbox.bank import keep_books
from hansa_sandbox.rhythm import DAY


def delays(books):
    booked = books.moves["at"].gather(books.labels["txn"])
    return books.labels.with_columns(
        days=(pl.col("known") - booked) / DAY, pattern=books.moves["pattern"].gather(books.labels["txn"])
    )


def test_reports_come_one_to_thirty_days_later(books):
    days = delays(books).filter(pl.col("story") == "reported")["days"]
    assert 0.99 < days.min() < days.max() < 30.01


def test_most_frauds_are_known_within_ten_days(city):
    days = delays(city).filter(pl.col("story") == "reported")["days"]
    assert (days < 10).mean() > 0.8
    assert (days > 10).mean() > 0.03


@pytest.fixture(scope="module", params=[3, 4])
def big(request):
    return keep_books(6_000, request.param)


def test_three_in_a_hundred_frauds_are_never_known(big):
    frauds = (big.moves["pattern"] >= 0).sum()
    known = big.labels.filter(pl.col("story").is_in(["reported", "cleared_wrongly"])).height
    assert 0.02 < 1 - known / frauds < 0.04


def test_one_label_in_a_hundred_is_wrong_and_two_in_three_of_the_wrong_alarms_are_taken_back(big):
    stories = dict(big.labels["story"].value_counts().iter_rows())
    told = sum(stories[name] for name in ("reported", "cleared_wrongly", "flagged_wrongly"))
    assert 0.007 < (stories["cleared_wrongly"] + stories["flagged_wrongly"]) / told < 0.013
    assert 0.35 < stories["taken_back"] / stories["flagged_wrongly"] < 0.95


def test_every_pattern_is_reported_and_honest_transfers_are_reviewed_too(big):
    told = delays(big).filter(pl.col("story") == "reported")
    assert told["pattern"].n_unique() == 6
    card = big.moves["card"].gather(big.labels.filter(pl.col("story") == "reviewed")["txn"])
    assert (card < 0).any()


def test_what_is_taken_back_was_said_before_and_is_honest(city):
    told = delays(city)
    back = told.filter(pl.col("story") == "taken_back")
    before = told.filter(pl.col("story") == "flagged_wrongly").join(back, on="txn", suffix="_back")
    assert len(before) == len(back) > 0
    assert (before["known"] < before["known_back"]).all()
    assert (back["pattern"] < 0).all()


def test_a_cleared_payment_is_a_word_of_review(city):
    assert set(city.labels.filter(pl.col("fraud") == 0)["source"]) == {2}


def test_the_exported_file_ends_with_the_span(bank):
    told = bank.truth["fraud_labels"]
    copies = (bank.truth["dirt"]["kind"] == "duplicate_identical") & (bank.truth["dirt"]["file"] == "fraud_labels")
    assert len(bank.sources["fraud_labels"]) == told["exported"].sum() + copies.sum()


def test_one_transaction_has_at_most_one_label_at_a_time(city):
    assert city.labels.select("txn", "known").is_unique().all()
