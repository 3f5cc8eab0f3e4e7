import datetime as dt

import numpy as np
import polars as pl
from hansa_sandbox import rhythm
from hansa_sandbox.movements import ONLINE_PAYMENT, PRESENT, TRANSFER
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(1, 31))
def test_every_month_has_its_pay_day_once(day):
    dates = [rhythm.DATES[n] for n in rhythm.month_days(day)]
    assert len({(date.year, date.month) for date in dates}) == len(dates)
    assert len(dates) >= 5


def test_shops_are_quiet_in_the_spring_festival_and_busy_before():
    weights = rhythm.DAY_WEIGHTS["shopping"]
    assert weights[rhythm.day_of(dt.date(2026, 2, 17))] < weights[rhythm.day_of(dt.date(2026, 2, 10))]


def test_leisure_is_bought_on_weekends(books):
    moves = books.moves.filter(pl.col("merchant") >= 0)
    groceries = moves.filter(pl.Series(books.town.merchants.category[moves["merchant"]] < 2))
    days = np.bincount(groceries["at"] // rhythm.DAY, minlength=rhythm.DAYS)
    plain = ~rhythm.HOLIDAY
    assert days[plain & rhythm.WEEKEND].mean() > 1.3 * days[plain & ~rhythm.WEEKEND].mean()


def test_few_shops_are_paid_at_night(books):
    hours = books.moves.filter(pl.col("channel") == PRESENT)["at"] % rhythm.DAY // 3_600
    assert (hours.is_between(1, 5)).mean() < 0.05


def test_online_payments_have_a_device_and_what_nobody_orders_has_none(books):
    has = books.moves["device"] >= 0
    ordered = (books.moves["channel"] == TRANSFER) & (books.moves["credit"] == 0)
    assert has.filter(books.moves["channel"] == ONLINE_PAYMENT).all()
    assert not has.filter((books.moves["channel"] != ONLINE_PAYMENT) & ~ordered).any()
    assert 0.4 < has.filter(ordered).mean() < 0.95


def test_salaries_come_on_pay_days(books):
    large = books.moves.filter((pl.col("credit") == 1) & pl.col("counterparty").is_between(0, 999_999))
    days = {rhythm.DATES[n].day for n in (large["at"] // rhythm.DAY).unique()}
    assert days <= {5, 8, 10, 15, 25, 28}
