"""Whom a transaction concerns: what an entry of a list, or a snooze, can name.

Entries join by token, never by a clear value: one person has one token in every product. A merchant is no person and
has its number.
"""

from __future__ import annotations

import polars as pl

#: What can be named, and the column of ``with_subjects`` that holds it.
SUBJECTS = {
    "customer": "customer_token",
    "account": "account_token",
    "card": "card_token",
    "counterparty": "counterparty_token",
    "device": "device_token",
    "merchant": "merchant_id",
}


def with_subjects(transactions: pl.LazyFrame, accounts: pl.LazyFrame | None) -> pl.LazyFrame:
    """``txn_id``, ``business_date``, ``booked_at`` and the columns of ``SUBJECTS``, one row a transaction.

    The customer is the holder of the account; without ``accounts`` nobody is found by customer.
    """
    held = transactions.select("txn_id", "business_date", "booked_at", *list(SUBJECTS.values())[1:])
    if accounts is None:
        return held.with_columns(customer_token=pl.lit(None, pl.String))
    return held.join(accounts.select("account_token", "customer_token"), on="account_token", how="left")


def named(subjects: pl.LazyFrame, entries: pl.LazyFrame) -> pl.LazyFrame:
    """Each transaction with each entry that names one of its subjects; columns of both, ``kind`` says which subject.

    ``entries`` have ``kind`` and ``token``, and ``merchant_id`` where merchants can be named.
    """
    found = []
    for kind, column in SUBJECTS.items():
        own = entries.filter(pl.col("kind") == kind)
        key = column if kind == "merchant" else "token"
        if key not in entries.collect_schema().names():
            continue
        one = subjects.select("txn_id", "business_date", "booked_at", _subject=column).filter(
            pl.col("_subject").is_not_null()
        )
        found.append(one.join(own.rename({key: "_subject"}).drop("merchant_id", "token", strict=False), on="_subject"))
    return pl.concat(found).drop("_subject")
