import polars as pl
import pytest
from hansa_sandbox.movements import LOOK_ALIKES, PATTERNS
from hansa_sandbox.rhythm import DAY


def of_pattern(books, name):
    return books.moves.filter(pl.col("pattern") == PATTERNS.index(name))


def span(episodes):
    return episodes.agg(span=pl.col("at").max() - pl.col("at").min(), payments=pl.len())


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_each_look_alike_is_honest_and_there(books, name):
    alike = books.moves.filter(pl.col("look_alike") == LOOK_ALIKES.index(name))
    assert len(alike) >= 10
    assert (alike["pattern"] < 0).all()


def test_a_stolen_card_is_used_for_a_few_days(books):
    found = span(of_pattern(books, "stolen_card").group_by("episode"))
    assert found["span"].max() <= 4 * DAY
    assert found["payments"].mean() > 2


def test_stolen_cards_pay_larger_amounts_than_their_owners(books):
    honest = books.moves.filter((pl.col("pattern") < 0) & (pl.col("card") >= 0))
    assert of_pattern(books, "stolen_card")["cents"].median() > 2 * honest["cents"].median()


def test_cards_are_tested_online_by_small_payments_within_hours(city):
    tested = of_pattern(city, "card_testing")
    assert span(tested.group_by("episode"))["span"].max() <= 9 * 3_600
    assert (tested["cents"] < 6_000).mean() > 0.6
    # Most testers have a device of their own, some sit in the customer's.
    assert 0.75 < (tested["device"] >= city.town.devices.count).mean() < 1


def test_fraud_is_dense_at_a_compromised_terminal_while_it_lasts(books):
    at = of_pattern(books, "compromised_terminal").group_by("merchant").agg(a=pl.col("at").min(), z=pl.col("at").max())
    there = books.moves.join(at, on="merchant").filter(pl.col("at").is_between("a", "z"))
    assert 0.15 < (there["pattern"] >= 0).mean() < 0.85


def test_amounts_at_a_compromised_terminal_are_normal(books):
    bad = of_pattern(books, "compromised_terminal")
    honest = books.moves.filter((pl.col("pattern") < 0) & pl.col("merchant").is_in(bad["merchant"].unique().to_list()))
    assert 0.5 < bad["cents"].median() / honest["cents"].median() < 2


CARD_PATTERNS = ("stolen_card", "card_testing", "compromised_terminal", "application_ring")


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_of_cards_or_of_accounts(books, name):
    assert (of_pattern(books, name)["card"] >= 0).all() == (name in CARD_PATTERNS)


def test_an_account_is_taken_over_from_a_new_device_and_money_sent_within_hours(city):
    taken = of_pattern(city, "account_takeover")
    assert span(taken.group_by("episode"))["span"].max() <= 3 * 3_600
    assert 0.7 < (taken["device"] >= city.town.devices.count).mean() < 1
    assert (taken["credit"] == 0).all()


def test_a_log_in_of_the_taker_stands_before_the_first_transfer(city):
    first = of_pattern(city, "account_takeover").group_by("episode").agg(pl.col("customer").first(), pl.col("at").min())
    taken = city.logins.filter((pl.col("taker") == 1) & (pl.col("success") == 1))
    joined = first.join(taken, on="customer", suffix="_in").filter(pl.col("at_in") < pl.col("at"))
    assert joined["episode"].n_unique() == first["episode"].n_unique()


def test_money_leaves_a_mule_account_within_hours_of_coming(city):
    turns = (
        of_pattern(city, "mule_account")
        .group_by("episode")
        .agg(
            came=pl.col("cents").filter(pl.col("credit") == 1).sum(),
            left=pl.col("cents").filter(pl.col("credit") == 0).sum(),
            span=pl.col("at").max() - pl.col("at").min(),
        )
    )
    assert (turns["span"] < 10 * 3_600).all()
    assert (turns["left"] / turns["came"]).is_between(0.8, 1.1).mean() > 0.95


def test_a_ring_shares_device_address_and_employer_and_ends_within_days(city):
    folk, frauds = city.town.people, of_pattern(city, "application_ring")
    persons = city.persons.with_columns(ring=pl.Series(folk.circles.ring)).filter(pl.col("ring") >= 0)
    shared = persons.group_by("ring").agg(pl.len(), pl.col("address", "employer").n_unique())
    assert (shared["len"] >= 3).all()
    assert (shared["address"] == 1).all()
    assert (shared["employer"] == 1).all()
    assert (
        frauds.filter(pl.col("device") >= 0).group_by("episode").agg(pl.col("device").n_unique())["device"].max() <= 6
    )
    assert span(frauds.group_by("episode"))["span"].max() <= 5 * DAY
