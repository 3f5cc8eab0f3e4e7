"""Cards and merchants as their registers have them."""

import datetime as dt
import re

import numpy as np
import polars as pl
from hansa_sandbox.places import ONLINE
from hansa_sandbox.rhythm import DATES


def test_every_card_that_pays_is_registered_and_valid_then(city):
    card = city.moves.filter(pl.col("card") >= 0)["card"]
    assert card.max() < len(city.cards)
    assert (city.cards["expires"] > DATES[-1]).all()
    assert (city.cards["issued"] <= DATES[-1]).all()


def test_a_card_is_issued_for_five_years_to_the_end_of_a_month(city):
    years = (city.cards["expires"] - city.cards["issued"]).dt.total_days() / 365.25
    assert years.is_between(4.9, 5.2).all()
    assert (city.cards["expires"].dt.month_end() == city.cards["expires"]).all()


def test_bin_and_kind_follow_number_and_account(city):
    assert (city.cards["number"].str.slice(0, 6) == city.cards["bin"]).all()
    kind = city.town.holdings.kind[city.cards["account"].to_numpy()]
    assert np.array_equal(city.cards["credit"].to_numpy(), kind == 2)


def first_reports(city):
    said = city.labels.filter((pl.col("fraud") == 1) & (pl.col("known") < 180 * 86_400))
    said = said.with_columns(card=city.moves["card"].gather(said["txn"]))
    return said.filter(pl.col("card") >= 0).group_by("card").agg(pl.col("known").min())


def test_a_reported_card_is_blocked_and_its_owner_pays_with_another_from_then_on(city):
    reports = first_reports(city)
    assert (city.cards["state"].gather(reports["card"]) == "blocked").all()
    honest = city.moves.filter(pl.col("pattern") < 0).join(reports, on="card")
    assert (honest["at"] < honest["known"]).all()


def test_the_new_card_draws_on_the_same_account_and_is_used_by_the_owner_alone(city):
    first = len(city.town.holdings.card_account)
    newer = city.moves.filter(pl.col("card") >= first)
    assert len(newer) > 100
    account = city.cards["account"].gather(newer["card"])
    assert account.equals(newer["account"].alias("account"))
    assert (newer["pattern"] < 0).all()


def test_a_merchant_has_a_place_a_category_and_a_first_day(city):
    shops = city.shops
    assert shops["latitude"].is_between(-90, 90).all()
    assert shops["longitude"].is_between(-180, 180).all()
    assert all(re.fullmatch(r"[0-9]{4}", mcc) for mcc in shops["mcc"])
    assert (shops["opened"] < dt.date(2026, 1, 1)).all()
    assert np.array_equal(shops["city"].is_null().to_numpy(), city.town.merchants.place == ONLINE)


def test_popularity_falls_as_one_over_the_rank(city):
    shops = city.town.merchants
    number = shops.number[ONLINE].argmax()
    first, size = shops.first[ONLINE, number], shops.number[ONLINE, number]
    drawn = shops.draw(np.random.default_rng(1), np.full(60_000, ONLINE), np.full(60_000, number)) - first
    counts = np.bincount(drawn, minlength=size)
    ranks = np.arange(1, size + 1)
    slope = np.polyfit(np.log(ranks), np.log(counts), 1)[0]
    assert -1.3 < slope < -0.75
