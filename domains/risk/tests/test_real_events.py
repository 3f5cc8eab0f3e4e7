"""Real card transactions one after the other: the fold gives what the columns give, in every column, to the bit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hansa_risk.features import fraud_features
from hansa_risk.fold import Fold

BOOK = Path(__file__).parents[4] / "shared" / "data" / "fraud_handbook" / "transactions.parquet"
HISTORY = 62


def events(key: str, one_in: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All transactions of every so-manieth customer or terminal, with labels seven days late.

    A hundredth of them is known an hour late, every ninth fraud is taken back two days after it was reported.
    """
    at = pl.col("TX_DATETIME").dt.replace_time_zone("UTC")
    token = {"account_token": "CUSTOMER_ID", "card_token": "CUSTOMER_ID", "merchant_id": "TERMINAL_ID"}
    number = pl.col("TRANSACTION_ID")
    rows = pl.scan_parquet(BOOK).filter(pl.col(key) % one_in == 0).sort("TX_DATETIME", "TRANSACTION_ID")
    transactions = rows.select(
        txn_id=number.cast(pl.String),
        **{name: pl.col(column).cast(pl.String) for name, column in token.items()},
        **{name: pl.lit(None, pl.String) for name in ("counterparty_token", "device_token", "country")},
        booked_at=at,
        known_at=at + pl.when(number % 100 == 7).then(pl.duration(hours=1)).otherwise(pl.duration()),
        amount=pl.col("TX_AMOUNT").round(2).cast(pl.Decimal(18, 2)),
        direction=pl.lit("debit"),
        channel=pl.lit("card_present"),
        business_date=at.dt.date(),
    ).collect()
    said = rows.select(
        txn_id=number.cast(pl.String), known_at=at + pl.duration(days=7), is_fraud=pl.col("TX_FRAUD") == 1
    ).collect()
    lifted = said.filter("is_fraud").gather_every(9)
    lifted = lifted.with_columns(pl.col("known_at") + pl.duration(days=2), is_fraud=pl.lit(False))
    return transactions, pl.concat([said, lifted])


@pytest.mark.shared
@pytest.mark.parametrize(("key", "one_in"), [("CUSTOMER_ID", 50), ("TERMINAL_ID", 50)])
def test_the_fold_over_real_events_gives_what_the_columns_give(key, one_in):
    transactions, labels = events(key, one_in)
    holders = {account: str(int(account) // 3) for account in transactions["account_token"].unique()}
    accounts = pl.LazyFrame(list(holders.items()), schema=["account_token", "customer_token"], orient="row")
    days = transactions["business_date"].unique().sort().to_list()
    columns = fraud_features(transactions.lazy(), labels.lazy(), days, "UTC", HISTORY, accounts=accounts).collect()
    answers = replayed(Fold("UTC", HISTORY, holders=holders), transactions, labels)
    assert len(columns) > 20_000
    assert columns["amount_to_mean_30d"].null_count() + columns["merchant_risk_30d"].null_count() < len(columns)
    for asked in columns.iter_rows(named=True):
        assert answers[asked["txn_id"]] == asked


def replayed(fold: Fold, transactions: pl.DataFrame, labels: pl.DataFrame) -> dict[str, dict]:
    """Each question answered from what was told before it; what is known at its very instant is told after it."""
    rows = transactions.rows(named=True)
    steps: list[tuple[dt.datetime, int, int, tuple]] = []
    for n, row in enumerate(rows):
        steps += [(row["booked_at"], 0, n, (fold.features, row)), (row["known_at"], 1, n, (fold.transaction, row))]
    steps += [(said[1], 1, n, (fold.label, *said)) for n, said in enumerate(labels.rows())]
    done = [act(*given) for _, _, _, (act, *given) in sorted(steps, key=lambda step: step[:3])]
    return {answer["txn_id"]: answer for answer in done if answer}
