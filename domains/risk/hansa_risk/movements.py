"""Transactions, labels and logins as narrow rows: who asks, what counts and from when on, and by which keys.

Two clocks: a transaction asks at ``booked_at``; a transaction, a label or a login counts from when it was known. The
parts of keys are texts here, and a frame that is to be answered has them as numbers, see ``Numbering``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from hansa_risk.feature_list import (
    ACCOUNT,
    CARD,
    COUNTERPARTY,
    COUNTRY,
    CUSTOMER,
    DEVICE,
    FRAUD,
    MERCHANT,
    MINOR,
    NIGHT_ENDS,
    PRESENT,
    REACH,
)
from hansa_risk.history import HERE
from hansa_risk.places import PLACE, places
from hansa_risk.windows import CLOCK

#: More than this many minor units count as this many (a million million of the main unit), so that no sum overflows.
MOST_MINOR = 10**14
#: What a question shows of its own transaction, beside its features.
SHOWN = ("txn_id", "business_date", "known_at", "payer_token", "channel", "direction", "amount")
#: The parts of keys, and the columns of a transaction that hold them; its account has the holder.
PARTS = {
    CARD: "payer_token",
    ACCOUNT: "account_token",
    MERCHANT: "merchant_id",
    DEVICE: "device_token",
    COUNTERPARTY: "counterparty_token",
    COUNTRY: "country",
}
#: What a transaction brings beside the parts of its keys.
BROUGHT = ("booked_at", "told_at", MINOR, "credit", "debit", "night", HERE)


def payer() -> pl.Expr:
    """The card of a transaction, or its account where no card was used."""
    return pl.coalesce("card_token", "account_token")


@dataclass(frozen=True)
class Movements:
    """What the features of the transactions of ``days`` are made of, as products give it.

    ``transactions``, ``fraud_labels`` and ``logins`` hold ``days`` and the days before them that are in reach. What
    became known ``oldest`` seconds or more after its transaction does not count.
    """

    transactions: pl.LazyFrame
    fraud_labels: pl.LazyFrame
    days: Sequence[dt.date]
    zone: str
    oldest: int
    accounts: pl.LazyFrame | None = None
    merchants: pl.LazyFrame | None = None
    logins: pl.LazyFrame | None = None

    def of_nobody(self) -> Movements:
        """The same without a row: what it gives has the columns of what this gives."""
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        return replace(self, **{name: one.head(0) for name, one in given.items() if isinstance(one, pl.LazyFrame)})

    @cached_property
    def places(self) -> pl.DataFrame:
        """The merchants' places, see ``places``."""
        return places(self.merchants)

    @cached_property
    def floor(self) -> dt.datetime:
        """The earliest instant that a window of a question reaches."""
        start = dt.datetime.combine(self.days[0], dt.time(), ZoneInfo(self.zone)).astimezone(dt.UTC)
        return start - dt.timedelta(seconds=REACH)

    @cached_property
    def rows_by_day(self) -> dict[dt.date, int]:
        """How many transactions each business day has, the earliest day first."""
        counted = self.transactions.group_by("business_date").len().collect(engine="streaming")
        return dict(counted.sort("business_date").iter_rows())

    @property
    def size(self) -> int:
        """How many transactions there are."""
        return sum(self.rows_by_day.values())

    def only(self, first: dt.date, last: dt.date) -> pl.LazyFrame:
        """``keyed`` of the business days from ``first`` to ``last``."""
        return self.keyed.filter(pl.col("business_date").is_between(first, last))

    @property
    def keyed(self) -> pl.LazyFrame:
        """Transactions with the parts of their keys, but for the holder, ``SHOWN`` and ``BROUGHT``.

        ``told_at``, from when on one counts, is null for one that became known too late.
        """
        minor = (pl.col("amount") * 100).cast(pl.Int64).clip(-MOST_MINOR, MOST_MINOR)
        told = pl.max_horizontal("booked_at", "known_at")
        local = pl.col("booked_at").dt.convert_time_zone(self.zone)
        rows = self.transactions.with_columns(
            minor.alias(MINOR),
            payer_token=payer(),
            told_at=pl.when(told - pl.col("booked_at") < pl.duration(seconds=self.oldest)).then(told),
            credit=pl.col("direction") == "credit",
            debit=pl.col("direction") == "debit",
            night=local.dt.hour() < NIGHT_ENDS,
        )
        known = self.places.lazy().select("merchant_id", PLACE)
        # In their order: the runs of a large bank are made of neighbours, and are the same at every reading.
        placed = rows.join(known, on="merchant_id", how="left", maintain_order="left")
        here = pl.when(pl.col("channel").is_in(PRESENT)).then(PLACE).alias(HERE)
        return placed.with_columns(here, **PARTS).select(*SHOWN, *BROUGHT, *PARTS)

    @property
    def asked(self) -> pl.Expr:
        """Whether a transaction is one of those whose features are wanted."""
        return pl.col("business_date").is_in(list(self.days))

    @property
    def told(self) -> pl.Expr:
        """Whether a row of ``keyed`` is none of those, and counts for one of them at least."""
        return ~self.asked & (pl.col("told_at") >= self.floor)

    @property
    def holders(self) -> pl.LazyFrame | None:
        """Accounts and who holds them, as parts of keys; None where nobody says so."""
        if self.accounts is None:
            return None
        return self.accounts.select(pl.col("account_token").alias(ACCOUNT), pl.col("customer_token").alias(CUSTOMER))

    @property
    def spoken(self) -> pl.LazyFrame:
        """What was said of transactions that were suspected at any time: ``txn_id``, ``is_fraud`` and ``said_at``."""
        suspected = self.fraud_labels.filter("is_fraud").select("txn_id").unique()
        labels = self.fraud_labels.join(suspected, on="txn_id", how="semi")
        return labels.select("txn_id", "is_fraud", said_at="known_at")

    def verdicts(self, keyed: pl.LazyFrame, spoken: pl.LazyFrame) -> pl.LazyFrame:
        """Labels as events: +1 where a transaction became known as fraud, -1 where that was taken back.

        A label speaks from its own ``known_at`` on, and not before the transaction itself counts. A second label that
        says the same as the one before adds nothing.
        """
        joined = keyed.join(spoken, on="txn_id", how="inner").sort("txn_id", "said_at", "is_fraud")
        said = pl.col("is_fraud").cast(pl.Int64)
        clock = pl.max_horizontal("said_at", "known_at", "booked_at")
        return (
            joined.filter(clock - pl.col("booked_at") < pl.duration(seconds=self.oldest))
            .with_columns((said - said.shift(1).over("txn_id").fill_null(0)).alias(FRAUD), clock.alias(CLOCK))
            .filter(pl.col(FRAUD) != 0)
            .select(CLOCK, *PARTS, FRAUD)
        )

    @property
    def attempts(self) -> pl.LazyFrame | None:
        """Attempts to log in as events at their instant; None where the institution has none."""
        if self.logins is None:
            return None
        within = self.logins.filter(pl.col("at") >= self.floor)
        parts = {CUSTOMER: "customer_token", DEVICE: "device_token"}
        return within.select(pl.col("at").alias(CLOCK), failed=~pl.col("success"), **parts)


def held(rows: pl.LazyFrame, holders: pl.LazyFrame | None) -> pl.LazyFrame:
    """Rows with an account, and its holder as the part ``customer``; without ``holders`` nobody is known."""
    if holders is None:
        return rows.with_columns(pl.lit(None, pl.String).alias(CUSTOMER))
    return rows.join(holders, on=ACCOUNT, how="left")


class Numbering:
    """Texts as numbers, the same text the same number in all frames of one numbering; which it is means nothing."""

    def __init__(self) -> None:
        # Polars forgets a numbering with the last column that has it: these are empty ones.
        self._held: dict[str, pl.Series] = {}

    def of(self, *parts: str) -> Iterator[pl.Expr]:
        """The numbers of these parts, null for null."""
        for part in parts:
            if part not in self._held:
                self._held[part] = pl.Series([], dtype=pl.Categorical(pl.Categories.random()))
            yield pl.col(part).cast(self._held[part].dtype).to_physical()
