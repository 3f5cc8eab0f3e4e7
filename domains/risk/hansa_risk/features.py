"""Features of a transaction: what was known of its card, holder, merchant and device at the instant it was booked.

Two clocks: a transaction asks at ``booked_at``; a transaction, a label or a login counts from when it was known. No
window reaches back further than ``REACH`` seconds, and an event counts only if it became known within ``oldest_event``
seconds of its transaction, so a feature does not depend on how many days happened to be read together.

Amounts are taken in hundredths of their unit and summed over a card whatever their currency. What a feature is made of
stands in ``feature_list.py``; the same list, read event by event, is in ``fold.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl
from hansa.errors import MeshError

from hansa_risk.feature_list import (
    ACCOUNT,
    ASKED,
    CARD,
    CHANNELS,
    COLUMNS,
    COUNTERPARTY,
    COUNTRY,
    CUSTOMER,
    DEVICE,
    FLAGS,
    FRAUD,
    KEYS,
    LONGEST,
    MERCHANT,
    MINOR,
    MODEL_FEATURES,
    NIGHT_ENDS,
    PRESENT,
    RATIOS,
    REACH,
    WINDOWS,
)
from hansa_risk.history import ASKS, HERE, Moves, answers
from hansa_risk.places import PLACE, places
from hansa_risk.windows import CLOCK, DAY

__all__ = ["CHANNELS", "COLUMNS", "KEYS", "LONGEST", "MODEL_FEATURES", "REACH", "WINDOWS", "fraud_features", "matrix"]

#: More than this many minor units count as this many (a million million of the main unit), so that no sum overflows.
MOST_MINOR = 10**14
#: The holder of a transaction's account, beside the transaction's own columns.
HOLDER = "holder_token"
#: What a question shows of its own transaction, beside its features.
_SHOWN = ("txn_id", "business_date", "known_at", "payer_token", "channel", "direction", "amount")


def payer() -> pl.Expr:
    """The card of a transaction, or its account where no card was used."""
    return pl.coalesce("card_token", "account_token")


def fraud_features(
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    days: Sequence[dt.date],
    zone: str,
    history_days: int,
    accounts: pl.LazyFrame | None = None,
    merchants: pl.LazyFrame | None = None,
    logins: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """One row for each transaction of ``days``, in the columns of ``risk.fraud_features``, sorted by its key.

    ``transactions``, ``fraud_labels`` and ``logins`` hold ``days`` and the ``history_days`` before them. Without
    accounts nothing is known of customers, without merchants of places, without logins of logins: those are null.
    """
    table = places(merchants)
    numbering = _Numbering()
    keyed = _keyed(transactions, accounts, zone, oldest_event(history_days))
    asking = pl.col("business_date").is_in(list(days))
    asked = _numbered(keyed.filter(asking), table, numbering, *_SHOWN).with_row_index(ASKS)
    others = _numbered(keyed.filter(~asking, pl.col("told_at").is_not_null()), table, numbering)
    moves = Moves(
        pl.concat([asked.drop(_SHOWN), others], how="diagonal"),
        _verdicts(keyed, fraud_labels, oldest_event(history_days), numbering),
        None if logins is None else _logins(logins, numbering),
    )
    floor = _start(days[0], zone) - dt.timedelta(seconds=REACH)
    found = answers(moves, floor, places=table).drop(ASKS)
    shown = asked.select(*_SHOWN, "booked_at", pl.col(MINOR).alias(ASKED))
    answered = pl.concat([shown, found], how="horizontal")
    return _derived(answered, zone).select(COLUMNS).sort("business_date", "txn_id").lazy()


def oldest_event(history_days: int) -> int:
    """How many seconds after its transaction an event may become known and still count.

    The days read must hold the longest window, that age, and one day more for a change of the clocks.
    """
    if history_days < LONGEST + 2:
        raise MeshError(
            "setting.history_days",
            f"history_days is {history_days}, the longest window alone is {LONGEST} days",
            where="risk.fraud",
            next_step=f"set it to at least {LONGEST + 2}, and to {LONGEST + 32} if labels take a month",
        )
    return (history_days - LONGEST - 1) * DAY


def _start(day: dt.date, zone: str) -> dt.datetime:
    """The instant at which ``day`` begins."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


class _Numbering:
    """Texts as numbers, the same text the same number in all frames of one call; which number it is means nothing."""

    def __init__(self) -> None:
        # Polars forgets a numbering with the last column that has it: these are empty ones.
        self._held: dict[str, pl.Series] = {}

    def of(self, part: str, text: pl.Expr) -> pl.Expr:
        """The number of each text, null for null."""
        if part not in self._held:
            self._held[part] = pl.Series([], dtype=pl.Categorical(pl.Categories.random()))
        return text.cast(self._held[part].dtype).to_physical().alias(part)


def _keyed(transactions: pl.LazyFrame, accounts: pl.LazyFrame | None, zone: str, oldest: int) -> pl.LazyFrame:
    """Transactions with their holder, their amount in minor units, and ``told_at``, from when on they count.

    ``told_at`` is null for one that became known too late.
    """
    holders = None if accounts is None else accounts.select("account_token", pl.col("customer_token").alias(HOLDER))
    joined = (
        transactions.with_columns(pl.lit(None, pl.String).alias(HOLDER))
        if holders is None
        else transactions.join(holders, on="account_token", how="left")
    )
    minor = (pl.col("amount") * 100).cast(pl.Int64).clip(-MOST_MINOR, MOST_MINOR)
    told = pl.max_horizontal("booked_at", "known_at")
    local = pl.col("booked_at").dt.convert_time_zone(zone)
    return joined.with_columns(
        minor.alias(MINOR),
        payer_token=payer(),
        told_at=pl.when(told - pl.col("booked_at") < pl.duration(seconds=oldest)).then(told),
        credit=pl.col("direction") == "credit",
        debit=pl.col("direction") == "debit",
        night=local.dt.hour() < NIGHT_ENDS,
    )


def _parts(numbering: _Numbering) -> list[pl.Expr]:
    """The parts of keys of a transaction as numbers. A holder's device is the same in transactions and logins."""
    texts = {CARD: "payer_token", ACCOUNT: "account_token", CUSTOMER: HOLDER, MERCHANT: "merchant_id"}
    texts |= {DEVICE: "device_token", COUNTERPARTY: "counterparty_token", COUNTRY: "country"}
    return [numbering.of(part, pl.col(column)) for part, column in texts.items()]


def _numbered(keyed: pl.LazyFrame, table: pl.DataFrame, numbering: _Numbering, *shown: str) -> pl.DataFrame:
    """The transactions of ``Moves``, and the columns ``shown`` as they are."""
    present = pl.col("channel").is_in(PRESENT)
    placed = keyed.join(table.lazy().select("merchant_id", PLACE), on="merchant_id", how="left")
    return placed.select(
        "booked_at",
        "told_at",
        MINOR,
        "credit",
        "debit",
        "night",
        *_parts(numbering),
        *shown,
        pl.when(present).then(PLACE).alias(HERE),
    ).collect(engine="streaming")


def _verdicts(keyed: pl.LazyFrame, fraud_labels: pl.LazyFrame, oldest: int, numbering: _Numbering) -> pl.DataFrame:
    """Labels as events: +1 where a transaction became known as fraud, -1 where that was taken back.

    A label speaks from its own ``known_at`` on, and not before the transaction itself counts. A second label that
    says the same as the one before adds nothing.
    """
    suspected = fraud_labels.filter("is_fraud").select("txn_id").unique()
    spoken = fraud_labels.join(suspected, on="txn_id", how="semi").select("txn_id", "is_fraud", said_at="known_at")
    joined = keyed.join(spoken, on="txn_id", how="inner").sort("txn_id", "said_at")
    said = pl.col("is_fraud").cast(pl.Int64)
    clock = pl.max_horizontal("said_at", "known_at", "booked_at")
    return (
        joined.filter(clock - pl.col("booked_at") < pl.duration(seconds=oldest))
        .with_columns((said - said.shift(1).over("txn_id").fill_null(0)).alias(FRAUD), clock.alias(CLOCK))
        .filter(pl.col(FRAUD) != 0)
        .select(CLOCK, *_parts(numbering), FRAUD)
        .collect(engine="streaming")
    )


def _logins(logins: pl.LazyFrame, numbering: _Numbering) -> pl.DataFrame:
    """Attempts to log in as events at their instant."""
    return logins.select(
        pl.col("at").alias(CLOCK),
        numbering.of(CUSTOMER, pl.col("customer_token")),
        numbering.of(DEVICE, pl.col("device_token")),
        failed=~pl.col("success"),
    ).collect()


def _derived(asked: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Ratios, flags and the local clock, each from the integers of its own row."""
    local = pl.col("booked_at").dt.convert_time_zone(zone)
    # What was taken back within a window and reported before it counts less than nothing.
    counted = asked.with_columns(pl.col("^.*_frauds_[0-9]+d$").clip(lower_bound=0))
    return counted.with_columns(
        *(ratio.over_columns() for ratio in RATIOS),
        *(flag.over_columns() for flag in FLAGS),
        debit=pl.col("direction") == "debit",
        hour=local.dt.hour().cast(pl.Int64),
        night=local.dt.hour() < NIGHT_ENDS,
        weekend=local.dt.weekday() > 5,
    )


def matrix(features: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The columns ``names`` as Float32, a missing value as NaN; a flag ``channel_<name>`` comes from ``channel``."""
    channels = {f"channel_{channel}": pl.col("channel") == channel for channel in CHANNELS}
    columns = [channels.get(name, pl.col(name)).cast(pl.Float32).fill_null(float("nan")).alias(name) for name in names]
    return features.select(columns)
