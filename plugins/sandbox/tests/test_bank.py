import polars as pl
import pytest
from hansa_sandbox.bank import build
from hansa_sandbox.people import TRAITS


@pytest.fixture(scope="module", params=[11, 12])
def other(request):
    return build(300, request.param)


def test_same_seed_and_size_give_the_same_bytes(bank):
    again = build(300, 5)
    for name, frame in bank.sources.items():
        assert frame.write_csv() == again.sources[name].write_csv(), name
    for name, frame in bank.truth.items():
        assert frame.equals(again.truth[name]), name


def test_another_seed_gives_another_bank(bank, other):
    assert not bank.sources["customers"].equals(other.sources["customers"])


def test_a_customer_makes_about_a_hundred_transactions(other):
    assert 85 < len(other.truth["transactions"]) / 300 < 120


def test_fraud_is_a_few_in_a_thousand_card_payments(city):
    fraud, card = city.moves["pattern"] >= 0, city.moves["card"] >= 0
    assert 0.003 < fraud.sum() / card.sum() < 0.008


def test_a_small_bank_has_hardly_more_although_each_pattern_is_in_it(other):
    card = other.sources["transactions"]["CHNL_CD"].is_in(["POS", "NET", "WEB"]).sum()
    assert 0.003 < other.truth["transactions"]["is_fraud"].sum() / card < 0.012


def test_no_fraud_pattern_is_rare_and_none_is_most_of_all(other):
    shares = other.truth["transactions"].filter("is_fraud")["pattern"].value_counts(normalize=True)
    assert len(shares) == 6
    assert shares["proportion"].min() > 0.03
    assert shares["proportion"].max() < 0.5


def test_every_business_day_has_transactions_and_no_other_day_has(bank):
    days = bank.sources["transactions"]["TXN_NO"].str.slice(0, 8).unique().sort()
    assert (days[0], days[-1], len(days)) == ("20260101", "20260629", 180)


def test_no_planted_trait_stands_in_a_source(bank):
    hidden = {*TRAITS, "income", "pattern", "look_alike", "episode", "is_fraud"}
    for name, frame in bank.sources.items():
        assert not {column.lower() for column in frame.columns} & hidden, name
        assert not [column for column in frame.columns if "persona" in column.lower()], name


def test_sources_hold_text_only_as_an_export_does(bank):
    assert {dtype for frame in bank.sources.values() for dtype in frame.schema.dtypes()} == {pl.String}


def test_clean_transactions_point_to_known_accounts_and_merchants(bank, books):
    moves = bank.sources["transactions"]
    assert moves["ACCT_NO"].drop_nulls().is_in(books.accounts["number"].to_list()).all()
    assert moves["MER_ID"].drop_nulls().is_in(books.shops["number"].to_list()).all()


def test_transaction_numbers_rise_with_time_so_that_they_say_nothing_of_fraud(books):
    assert books.moves["at"].is_sorted()
