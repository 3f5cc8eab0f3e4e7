"""Columns that the institution tagged as features: of the transaction, and as of it of its account and customer.

Each goes on by the name of ``carried_name``. What became known after a transaction was booked is a gap in its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from hansa.products import carried_name


def added(
    features: pl.LazyFrame,
    transactions: pl.LazyFrame,
    accounts: pl.LazyFrame | None,
    customers: pl.LazyFrame | None,
    own: Mapping[str, Sequence[str]],
) -> pl.LazyFrame:
    """``features`` with the columns ``own``, by input, in the order of the inputs, then of their columns."""
    names = [carried_name(part, column) for part, columns in own.items() for column in columns]
    given = transactions.select("txn_id", "account_token", *_carried("transactions", own["transactions"]))
    rows = features.join(given, on="txn_id", how="left")
    if accounts is not None:
        rows = _as_of(rows, accounts, "account_token", "accounts", own["accounts"])
    if customers is not None:
        rows = _as_of(_held(rows, accounts, customers), customers, "customer_token", "customers", own["customers"])
    return rows.select(*features.collect_schema().names(), *names).sort("business_date", "txn_id")


def _carried(part: str, columns: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(column).alias(carried_name(part, column)) for column in columns]


def _held(rows: pl.LazyFrame, accounts: pl.LazyFrame | None, customers: pl.LazyFrame) -> pl.LazyFrame:
    """``rows`` with ``customer_token``, the holder of the account; a gap where no accounts say who that is."""
    if accounts is None:
        return rows.with_columns(customer_token=pl.lit(None, customers.collect_schema()["customer_token"]))
    return rows.join(accounts.select("account_token", "customer_token"), on="account_token", how="left")


def _as_of(rows: pl.LazyFrame, side: pl.LazyFrame, key: str, part: str, columns: Sequence[str]) -> pl.LazyFrame:
    """``rows`` with columns of the row of ``side`` that has their key, where it was known when they were booked."""
    if not columns:
        return rows
    joined = rows.join(side.select(key, *_carried(part, columns), _known="known_at"), on=key, how="left")
    names = [carried_name(part, column) for column in columns]
    known = pl.col("_known") <= pl.col("booked_at")
    return joined.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in names).drop("_known")
