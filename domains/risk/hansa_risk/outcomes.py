"""One stream of labels from the label book and the review desk, with a written policy where they disagree.

Three sources speak of a transaction: chargebacks and customers' confirmations, which the label book brings
(``governance.fraud_labels``), and the reviewers of the alerts (``risk.fraud_decisions``). At every instant:

1. of one source the later word replaces the earlier;
2. the newest entry of the book speaks for the book, so an entry that takes back a suspicion is the book's word;
3. a chargeback or a confirmation goes before a review, whenever the review was made: money and the customer's own word
   weigh more than an inference from the same data that raised the alert;
4. where the book's newest entry is itself a review, the later of the two reviews speaks;
5. ``unsure`` is no word: it takes back what the desk said before. Where nobody speaks a transaction is no fraud.

What comes out has the columns of the book and the meaning that all its readers know, "the last entry known before an
instant is what is held to be true", so that point in time is kept whoever reads it: an entry stands at the instant at
which what is held to be true changed, and nothing later moves it.
"""

from __future__ import annotations

import polars as pl

#: Sources of the book that go before a review.
STRONG = ("chargeback", "confirmation")
REVIEW = "review"
FRAUD, GENUINE = "fraud", "genuine"
#: A decision as a number, so that of an instant the one for fraud is the highest.
_NO_WORD, _GENUINE, _FRAUD = -1, 0, 1


def one_stream(fraud_labels: pl.LazyFrame, fraud_decisions: pl.LazyFrame | None) -> pl.LazyFrame:
    """The labels of book and desk in the columns of ``fraud_labels``; those of the book as they are without a desk.

    Transactions on which the desk never decided keep their entries untouched.
    """
    if fraud_decisions is None:
        return fraud_labels
    names = fraud_labels.collect_schema().names()
    reviewed = fraud_decisions.select("txn_id").unique()
    alone = fraud_labels.join(reviewed, on="txn_id", how="anti")
    shared = _words(fraud_labels.join(reviewed, on="txn_id", how="semi"), fraud_decisions)
    return pl.concat([alone, _settled(shared).select(names)])


def _words(book: pl.LazyFrame, desk: pl.LazyFrame) -> pl.LazyFrame:
    """What both said, one row an instant and transaction, ascending; null where one of them said nothing then."""
    entries = book.with_columns(
        book_fraud="is_fraud", book_strong=pl.col("source").is_in(STRONG), book_at="known_at"
    ).select(pl.exclude("is_fraud"))
    word = pl.col("outcome").replace_strict({FRAUD: _FRAUD, GENUINE: _GENUINE}, default=_NO_WORD, return_dtype=pl.Int8)
    # Two decisions of one instant do not come by the contract; should they, the one for fraud speaks.
    decided = (
        desk.select("txn_id", known_at="decided_at", desk_day="business_date", desk_word=word)
        .sort("txn_id", "known_at", "desk_word")
        .unique(["txn_id", "known_at"], keep="last", maintain_order=True)
        .with_columns(desk_at="known_at")
    )
    return entries.join(decided, on=["txn_id", "known_at"], how="full", coalesce=True).sort(
        "txn_id", "known_at", "book_fraud"
    )


def _settled(words: pl.LazyFrame) -> pl.LazyFrame:
    """What is held to be true after each instant: where it changed, and where the book made an entry that speaks."""
    standing = ("book_fraud", "book_strong", "book_at", "desk_word", "desk_at")
    state = words.with_columns(
        pl.col(standing).forward_fill().over("txn_id"), _entry=pl.col("book_at").is_not_null()
    ).with_columns(_desk=_desk_speaks())
    said = pl.when("_desk").then(pl.col("desk_word") == _FRAUD).otherwise(pl.col("book_fraud"))
    held = state.with_columns(is_fraud=said.fill_null(False), _silent=said.is_null())
    before = pl.col("is_fraud").shift(1).over("txn_id")
    first = before.is_null() & ~pl.col("_silent")
    changed = before.is_not_null() & (pl.col("is_fraud") != before)
    return held.filter(first | changed | (pl.col("_entry") & ~pl.col("_desk"))).with_columns(
        business_date=pl.coalesce("business_date", "desk_day"),
        source=pl.when("_desk").then(pl.lit(REVIEW)).otherwise(pl.coalesce("source", pl.lit(REVIEW))),
    )


def _desk_speaks() -> pl.Expr:
    """True where the desk's newest decision is what is held to be true."""
    silent = pl.col("book_fraud").is_null()
    later = ~pl.col("book_strong") & (pl.col("desk_at") >= pl.col("book_at"))
    return ((pl.col("desk_word") != _NO_WORD) & (silent | later)).fill_null(False)
