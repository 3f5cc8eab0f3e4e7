"""Latent traits drive behaviour, and no source ever shows one."""

import numpy as np
import polars as pl
import pytest
from hansa_sandbox.people import TRAITS


def ranks(values):
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)


def per_customer(bank):
    """Each column of each source as one number for each customer: as a number, as an order, as a count."""
    customers = bank.truth["customers"].select("CUST_NO")
    accounts = bank.sources["accounts"].select("ACCT_NO", "CUST_NO").unique("ACCT_NO")
    for name, frame in bank.sources.items():
        owned = frame if "CUST_NO" in frame.columns else None
        if owned is None and "ACCT_NO" in frame.columns:
            owned = frame.join(accounts, on="ACCT_NO", how="inner")
        for column in () if owned is None else owned.columns:
            number = pl.col(column).str.strip_chars("R").cast(pl.Float64, strict=False)
            by = owned.group_by("CUST_NO").agg(number.mean().alias("value"), pl.col(column).n_unique().alias("kinds"))
            order = owned.group_by("CUST_NO").agg(pl.col(column).rank("dense").mean().alias("value"))
            for one, value in (
                (by, "value"),
                (by, "kinds"),
                (order, "value"),
                (owned.group_by("CUST_NO").len(), "len"),
            ):
                joined = customers.join(one, on="CUST_NO", how="left")[value].cast(pl.Float64)
                if joined.drop_nulls().drop_nans().n_unique() > 1:
                    yield f"{name}.{column}", joined.fill_null(0).fill_nan(0).to_numpy()


def test_no_column_of_a_source_tells_a_trait(large):
    traits = {trait: large.truth["customers"][trait].to_numpy() for trait in TRAITS}
    for column, values in per_customer(large):
        for trait, truth in traits.items():
            assert not np.array_equal(values, truth), (column, trait)
            assert abs(np.corrcoef(ranks(values), ranks(truth))[0, 1]) < 0.8, (column, trait)


@pytest.mark.parametrize("trait", TRAITS)
def test_no_text_of_a_trait_stands_in_a_file(large, trait):
    texts = set(large.truth["customers"][trait].head(200).round(6).cast(pl.String))
    for name, frame in large.sources.items():
        for column in frame.columns:
            assert not frame[column].is_in(list(texts)).any(), (name, column)


def split(city, trait):
    values = city.town.people.trait(trait)
    return values > np.quantile(values, 0.75), values < np.quantile(values, 0.25)


def paid(city, chosen):
    return city.moves.filter(pl.Series(chosen[city.moves["customer"].to_numpy()]) & (pl.col("merchant") >= 0))


def test_the_prudent_save_more(city):
    high, low = split(city, "prudence")
    saves = city.town.holdings.savings >= 0
    assert saves[high].mean() > 1.3 * saves[low].mean()


def test_the_digital_buy_online(city):
    high, low = (paid(city, chosen) for chosen in split(city, "digital_affinity"))
    assert (high["device"] >= 0).mean() > 1.2 * (low["device"] >= 0).mean()


def test_the_price_sensitive_pay_less_for_a_purchase(city):
    high, low = (paid(city, chosen) for chosen in split(city, "price_sensitivity"))
    assert high["cents"].median() < 0.95 * low["cents"].median()


def test_the_loyal_go_where_they_went_before(city):
    def returns(moves):
        return 1 - moves.select("customer", "merchant").unique().height / moves.height

    high, low = (returns(paid(city, chosen)) for chosen in split(city, "loyalty"))
    assert high > low + 0.03
