import polars as pl
import pytest
from hansa_sandbox.bank import keep_books
from hansa_sandbox.rhythm import DAY


@pytest.fixture(scope="module")
def town():
    return keep_books(2_000, 8)


def delays(books):
    booked = books.moves["at"].gather(books.labels["txn"])
    return books.labels.with_columns(
        days=(pl.col("known") - booked) / DAY, pattern=books.moves["pattern"].gather(books.labels["txn"])
    )


def test_reports_come_one_to_thirty_days_later(books):
    days = delays(books).filter(pl.col("story") == "reported")["days"]
    assert 0.99 < days.min() < days.max() < 30.01


def test_most_frauds_are_known_within_ten_days(town):
    days = delays(town).filter(pl.col("story") == "reported")["days"]
    assert (days < 10).mean() > 0.8
    assert (days > 10).mean() > 0.03


def test_about_three_in_a_hundred_frauds_are_never_known(town):
    frauds = (town.moves["pattern"] >= 0).sum()
    known = town.labels.filter(pl.col("story").is_in(["reported", "cleared_wrongly"])).height
    assert 0.01 < 1 - known / frauds < 0.06


def test_about_one_label_in_a_hundred_is_wrong(town):
    wrong = town.labels.filter(pl.col("story").is_in(["cleared_wrongly", "flagged_wrongly"]))
    assert 0.004 < len(wrong) / len(town.labels) < 0.02


def test_what_is_taken_back_was_said_before_and_is_honest(town):
    told = delays(town)
    back = told.filter(pl.col("story") == "taken_back")
    before = told.filter(pl.col("story") == "flagged_wrongly").join(back, on="txn", suffix="_back")
    assert len(before) == len(back) > 0
    assert (before["known"] < before["known_back"]).all()
    assert (back["pattern"] < 0).all()


def test_a_cleared_payment_is_a_word_of_review(town):
    assert set(town.labels.filter(pl.col("fraud") == 0)["source"]) == {2}


def test_the_exported_file_ends_with_the_span(bank):
    told = bank.truth["fraud_labels"]
    copies = (bank.truth["dirt"]["kind"] == "duplicate_identical") & (bank.truth["dirt"]["file"] == "fraud_labels")
    assert len(bank.sources["fraud_labels"]) == told["exported"].sum() + copies.sum()


def test_one_transaction_has_at_most_one_label_at_a_time(town):
    assert town.labels.select("txn", "known").is_unique().all()
