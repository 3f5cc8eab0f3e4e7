"""Outcomes of reviews as labels of the products: models learn from them, KPIs are measured by them, by the policy."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa_risk import plugin, watch

DAY, LAST = dt.date(2026, 2, 21), dt.date(2026, 2, 22)
#: Until a label counts as known, as the module sets it.
WAIT = dt.timedelta(days=7)


@pytest.fixture(scope="module")
def book(bank) -> pl.LazyFrame:
    """The labels of the bank in all columns of the label book: what was lifted, was lifted there."""
    said = bank.labels.with_columns(scenario=pl.lit(None, pl.String), source=pl.lit("chargeback"))
    return said.select("txn_id", "known_at", "is_fraud", "scenario", "source", "business_date").lazy()


def decisions(*rows: tuple[str, dt.datetime, str]) -> pl.LazyFrame:
    schema = {"txn_id": pl.String, "decided_at": pl.Datetime("us", "UTC"), "outcome": pl.String}
    return pl.LazyFrame(rows, schema=schema, orient="row").with_columns(business_date=pl.col("decided_at").dt.date())


@pytest.fixture(scope="module")
def unlabelled(bank) -> list[str]:
    """Transactions of early February of which the label book says nothing."""
    early = bank.transactions.filter(pl.col("business_date").is_between(dt.date(2026, 2, 1), dt.date(2026, 2, 10)))
    return early.join(bank.labels, on="txn_id", how="anti")["txn_id"].sort().to_list()


def frauds_known(bank, features, book, make_run, said) -> int:
    before = features.filter(pl.col("business_date") < DAY).lazy()
    return plugin.fraud_models.function(before, book, make_run(DAY), said).collect()["frauds"].item()


def test_a_model_learns_from_what_reviewers_found(bank, features, book, make_run, unlabelled):
    at = dt.datetime(2026, 2, 12, tzinfo=dt.UTC)
    found = decisions(*((txn, at, "fraud") for txn in unlabelled[:7]))
    alone = frauds_known(bank, features, book, make_run, None)
    assert frauds_known(bank, features, book, make_run, found) == alone + 7


def test_a_model_learns_nothing_from_what_reviewers_found_after_its_day_began(
    bank, features, book, make_run, unlabelled
):
    start = make_run(DAY).start_of(DAY)
    found = decisions(*((txn, start, "fraud") for txn in unlabelled[:7]))
    alone = frauds_known(bank, features, book, make_run, None)
    assert frauds_known(bank, features, book, make_run, found) == alone


def test_a_review_does_not_overrule_a_chargeback(bank, features, book, make_run):
    at = dt.datetime(2026, 2, 20, tzinfo=dt.UTC)
    every = bank.labels.filter("is_fraud")["txn_id"].unique().sort().to_list()
    cleared = decisions(*((txn, at, "genuine") for txn in every))
    alone = frauds_known(bank, features, book, make_run, None)
    assert frauds_known(bank, features, book, make_run, cleared) == alone


@pytest.fixture(scope="module")
def scored(features) -> pl.DataFrame:
    days = features.filter(pl.col("business_date").is_between(DAY, LAST))
    score = (pl.col("amount").cast(pl.Float64) / 1e6).clip(0, 1)
    return days.select("txn_id", "business_date", "booked_at", "payer_token", score=score, model_version=pl.lit("v"))


def test_kpis_count_what_reviewers_found_and_do_not_take_it_for_the_newest_of_the_label_book(
    bank, features, book, scored, make_run
):
    days = features.filter(pl.col("business_date").is_between(DAY, LAST)).lazy()
    alerts = scored.sort("score").group_by("business_date").tail(5).sort("txn_id")
    unknown = scored.join(bank.labels, on="txn_id", how="anti")["txn_id"].sort().to_list()
    # Decided on the last day before each is due, after the label book ends: were it taken for the book's, days would be
    # due that are not.
    booked = dict(scored.select("txn_id", "business_date").rows())
    decided = {txn: dt.datetime.combine(booked[txn] + WAIT, dt.time(), dt.UTC) for txn in unknown}
    found = decisions(*((txn, at, "fraud") for txn, at in decided.items()))

    drift = pl.LazyFrame(schema=watch.SCHEMA)

    def measured(said):
        frames = (scored.lazy(), alerts.lazy(), days, drift, bank.transactions.lazy(), book)
        made = plugin.fraud_kpis.function(*frames, make_run(None), said).collect()
        return made.filter(pl.col("kpi") == "risk.fraud.recall").row(0, named=True)

    alone, reviewed = measured(None), measured(found)
    # Cards that were known to be compromised before are left out of both.
    assert alone["frauds"] < reviewed["frauds"] <= reviewed["rows"] == alone["rows"]
    assert reviewed["period_last"] == alone["period_last"]


def test_a_fraud_that_a_reviewer_found_counts_in_the_windows_of_the_payments_after_it(bank, book, make_run, unlabelled):
    from hansa_risk import fraud

    (txn,) = bank.transactions.filter(pl.col("txn_id") == unlabelled[0]).to_dicts()
    day = txn["business_date"] + dt.timedelta(days=3)
    decided = decisions((unlabelled[0], txn["booked_at"] + dt.timedelta(days=1), "fraud"))

    def frauds(said) -> dict[str, int]:
        frames = (bank.transactions.lazy(), book, make_run(day))
        made = fraud.fraud_features(*frames, fraud_decisions=said).collect()
        return dict(made.select("txn_id", "card_frauds_7d").rows())

    payer = txn["card_token"] or txn["account_token"]
    own = bank.transactions.filter(pl.col("business_date") == day, pl.coalesce("card_token", "account_token") == payer)[
        "txn_id"
    ].to_list()
    alone, reviewed = frauds(None), frauds(decided)
    assert own
    assert {name for name in alone if reviewed[name] != alone[name]} <= set(own)
    assert all(reviewed[name] == alone[name] + 1 for name in own)
