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
    """``features`` in their order, with the columns ``own`` in the order of the inputs, then of their columns.

    ``transactions`` need be no more than those that have features.
    """
    names = [carried_name(part, column) for part, columns in own.items() for column in columns]
    given = transactions.select("txn_id", "account_token", *_carried("transactions", own["transactions"]))
    rows = _with(features, given, "txn_id")
    if accounts is not None:
        rows = _as_of(rows, accounts, "account_token", "accounts", own["accounts"])
    if customers is not None:
        rows = _as_of(_held(rows, accounts, customers), customers, "customer_token", "customers", own["customers"])
    return rows.select(*features.collect_schema().names(), *names)


def _with(rows: pl.LazyFrame, side: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return rows.join(side, on=key, how="left", maintain_order="left")


def _carried(part: str, columns: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(column).alias(carried_name(part, column)) for column in columns]


def _held(rows: pl.LazyFrame, accounts: pl.LazyFrame | None, customers: pl.LazyFrame) -> pl.LazyFrame:
    """``rows`` with ``customer_token``, the holder of the account; a gap where no accounts say who that is."""
    if accounts is None:
        return rows.with_columns(customer_token=pl.lit(None, customers.collect_schema()["customer_token"]))
    return _with(rows, accounts.select("account_token", "customer_token"), "account_token")


def _as_of(rows: pl.LazyFrame, side: pl.LazyFrame, key: str, part: str, columns: Sequence[str]) -> pl.LazyFrame:
    """``rows`` with columns of the row of ``side`` that has their key, where it was known when they were booked."""
    if not columns:
        return rows
    joined = _with(rows, side.select(key, *_carried(part, columns), _known="known_at"), key)
    names = [carried_name(part, column) for column in columns]
    known = pl.col("_known") <= pl.col("booked_at")
    return joined.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in names).drop("_known")
