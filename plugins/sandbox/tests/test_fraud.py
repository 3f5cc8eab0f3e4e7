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


def test_cards_are_tested_online_by_small_payments_within_hours(books):
    tested = of_pattern(books, "card_testing")
    assert span(tested.group_by("episode"))["span"].max() <= 9 * 3_600
    assert (tested["cents"] < 6_000).mean() > 0.6
    assert (tested["device"] >= books.town.devices.count).all()


def test_fraud_is_dense_at_a_compromised_terminal_while_it_lasts(books):
    at = of_pattern(books, "compromised_terminal").group_by("merchant").agg(a=pl.col("at").min(), z=pl.col("at").max())
    there = books.moves.join(at, on="merchant").filter(pl.col("at").is_between("a", "z"))
    assert 0.15 < (there["pattern"] >= 0).mean() < 0.85


def test_amounts_at_a_compromised_terminal_are_normal(books):
    bad = of_pattern(books, "compromised_terminal")
    honest = books.moves.filter((pl.col("pattern") < 0) & pl.col("merchant").is_in(bad["merchant"].unique().to_list()))
    assert 0.5 < bad["cents"].median() / honest["cents"].median() < 2


def test_only_cards_are_misused(books):
    assert (books.moves.filter(pl.col("pattern") >= 0)["card"] >= 0).all()
