"""Snoozes: a reviewer who knows a customer lets the customer's alerts rest until a day, with name and reason.

A snooze counts for what is booked after it was made, up to and without the day ``until``, and ends early where it was
lifted. It keeps a transaction out of the queue and is counted; a hit on the black list is queued all the same.
"""

from __future__ import annotations

import polars as pl

from hansa_risk.subjects import named


def snoozed(subjects: pl.LazyFrame, fraud_snoozes: pl.LazyFrame) -> pl.LazyFrame:
    """``txn_id`` and ``snoozed_until``, one row for each transaction that a snooze in force covers.

    Of several snoozes the one that lasts longest counts.
    """
    booked = pl.col("booked_at")
    lifted = pl.col("lifted_at").is_not_null() & (pl.col("lifted_at") <= booked)
    in_force = (pl.col("made_at") < booked) & (pl.col("business_date") < pl.col("until")) & ~lifted
    return named(subjects, fraud_snoozes).filter(in_force).group_by("txn_id").agg(snoozed_until=pl.col("until").max())
