import numpy as np
import polars as pl
import pytest
from hansa_sandbox.bank import keep_books


@pytest.fixture(scope="module")
def held(city):
    account = city.moves["account"].to_numpy()
    return city.moves.with_columns(
        after=pl.Series(city.balances.after),
        limit=pl.Series(city.balances.limit[account]),
        kind=pl.Series(city.town.holdings.kind[account]),
    )


def test_no_account_is_ever_overdrawn_and_no_card_beyond_its_limit(held):
    assert (held["after"] + held["limit"] >= 0).all()
    assert (held.filter(pl.col("kind") != 2)["limit"] == 0).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_that_holds_in_small_banks_too(seed):
    books = keep_books(150, seed)
    limit = books.balances.limit[books.moves["account"].to_numpy()]
    assert (books.balances.after + limit >= 0).all()


def test_each_balance_is_the_one_before_and_the_movement(city, held):
    signed = pl.when(pl.col("credit") == 1).then(pl.col("cents")).otherwise(-pl.col("cents"))
    opening = pl.Series(city.balances.opening[city.moves["account"].to_numpy()])
    expected = held.select(opening + signed.cum_sum().over("account")).to_series()
    assert held["after"].equals(expected.alias("after"))


def test_what_people_hold_is_in_proportion_to_what_they_earn(city):
    current = city.town.holdings.kind == 0
    months = city.balances.opening[current] / 100 / city.town.people.income
    assert 0.5 < np.median(months) < 6


def test_no_movement_stands_on_an_account_that_is_not_open(city):
    day = city.moves["at"].to_numpy() // 86_400
    assert city.town.holdings.open_on(city.moves["account"].to_numpy(), day).all()
