"""Black, grey and white lists: which entry speaks for a transaction, as of the instant at which it was booked.

A transaction may be named by several entries: its customer by one, the merchant by another, the same card by two
sources. One of them speaks, by ``PRECEDENCE``: black before white before grey. What is refused stays refused whoever
vouches for it; who is vouched for is not looked at again for a suspicion that whoever vouched knew of. Among entries of
one list the one that became valid last speaks, then the smallest number.
"""

from __future__ import annotations

import polars as pl

from hansa_risk.subjects import named

BLACK, WHITE, GREY = "black", "white", "grey"
PRECEDENCE = (BLACK, WHITE, GREY)

#: The columns of ``hits`` beside the key, and their types.
HIT = {
    "list": pl.String,
    "list_source": pl.String,
    "list_reason": pl.String,
    "list_entry_id": pl.String,
    "list_subject": pl.String,
}


def hits(subjects: pl.LazyFrame, watchlist: pl.LazyFrame) -> pl.LazyFrame:
    """``txn_id`` and the columns of ``HIT``, one row for each transaction that an entry in force names."""
    held = named(subjects, watchlist).filter(_in_force())
    order = pl.col("list").replace_strict({word: place for place, word in enumerate(PRECEDENCE)}, default=None)
    ranked = held.filter(order.is_not_null()).sort(
        "txn_id", order, "valid_from", "entry_id", "kind", descending=[False, False, True, False, False]
    )
    return ranked.unique("txn_id", keep="first", maintain_order=True).select(
        "txn_id",
        "list",
        list_source="source",
        list_reason="reason",
        list_entry_id="entry_id",
        list_subject="kind",
    )


def _in_force() -> pl.Expr:
    """True where an entry counts: valid on the business day, and known before the transaction was booked.

    An entry counts from the day ``valid_from`` up to and without the day ``valid_to``. Where nobody wrote down when the
    institution knew of it, it was known when it became valid.
    """
    day = pl.col("business_date")
    started = pl.col("valid_from") <= day
    not_over = pl.col("valid_to").is_null() | (day < pl.col("valid_to"))
    known = pl.col("known_at").is_null() | (pl.col("known_at") < pl.col("booked_at"))
    return started & not_over & known
