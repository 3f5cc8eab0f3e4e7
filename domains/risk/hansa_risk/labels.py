"""What is known of a transaction at an instant: the last label that was known before it."""

from __future__ import annotations

import datetime as dt

import polars as pl


def last_word(fraud_labels: pl.LazyFrame, before: dt.datetime | None = None) -> pl.LazyFrame:
    """``txn_id`` and ``is_fraud``, one row for each transaction that has a label known before ``before``.

    A later label overrules an earlier one, so a suspicion that was taken back is no fraud; of two labels of one instant
    the one for fraud is the last. ``None`` takes all labels.
    """
    known = fraud_labels if before is None else fraud_labels.filter(pl.col("known_at") < before)
    return known.group_by("txn_id").agg(pl.col("is_fraud").sort_by("known_at", "is_fraud").last())


def with_last_word(rows: pl.LazyFrame, fraud_labels: pl.LazyFrame, before: dt.datetime | None = None) -> pl.LazyFrame:
    """``rows`` with ``is_fraud``; a transaction of which nothing is known counts as no fraud."""
    joined = rows.join(last_word(fraud_labels, before), on="txn_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("is_fraud").fill_null(False))


def held_as_fraud(fraud_labels: pl.LazyFrame) -> pl.LazyFrame:
    """``txn_id``, ``from_at`` and ``until_at``: the spans in which a transaction was held to be fraud.

    ``until_at`` is the instant at which another label followed, null while the word still stands.
    """
    following = pl.col("known_at").shift(-1).over("txn_id")
    spans = fraud_labels.sort("txn_id", "known_at", "is_fraud").with_columns(until_at=following)
    return spans.filter("is_fraud").select("txn_id", "until_at", from_at="known_at")
