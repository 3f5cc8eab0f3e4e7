import numpy as np
import polars as pl
from hansa_sandbox.categories import NUMBER
from hansa_sandbox.household import EMPLOYERS, LANDLORDS
from hansa_sandbox.life import EVENTS
from hansa_sandbox.movements import PRESENT
from hansa_sandbox.rhythm import DAY, DAYS


def around(city, event, moves):
    """Movements a day for who has the event, before and after it."""
    day = city.town.life.day(event)
    hit = day < DAYS
    own = day[moves["customer"].to_numpy()]
    at = moves["at"].to_numpy() // DAY
    before, after = ((at < own) & (own < DAYS)).sum(), ((at >= own) & (own < DAYS)).sum()
    return before / day[hit].sum(), after / (DAYS - day[hit]).sum()


def test_every_event_comes_to_some_and_to_nobody_two(city):
    days = np.stack([city.town.life.day(event) for event in EVENTS])
    assert ((days < DAYS).sum(axis=1) > 5).all()
    assert (days < DAYS).sum(axis=0).max() == 1


def test_who_loses_the_job_is_paid_no_more_and_buys_less(city):
    wages = city.moves.filter(pl.col("credit").eq(1) & pl.col("counterparty").is_between(EMPLOYERS, LANDLORDS - 1))
    assert around(city, "job_loss", wages)[1] == 0
    before, after = around(city, "job_loss", city.moves.filter(pl.col("merchant") >= 0))
    assert after < 0.85 * before


def test_a_child_fills_the_pantry(city):
    kinds = city.town.merchants.category[city.moves["merchant"].to_numpy()]
    wanted = np.isin(kinds, [NUMBER["groceries"], NUMBER["pharmacy"]]) & (city.moves["merchant"].to_numpy() >= 0)
    before, after = around(city, "birth", city.moves.filter(pl.Series(wanted)))
    assert after > 1.3 * before


def test_who_moves_buys_in_the_new_city(city):
    life, moves = city.town.life, city.moves.filter(pl.col("channel") == PRESENT)
    customer = moves["customer"].to_numpy()
    moved = (moves["at"].to_numpy() // DAY >= life.move[customer]) & (moves["pattern"].to_numpy() < 0)
    there = city.town.merchants.place[moves["merchant"].to_numpy()] == life.new_city[customer]
    assert there[moved].mean() > 0.7
