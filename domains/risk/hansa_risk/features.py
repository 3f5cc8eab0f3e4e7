"""Features of a transaction: what was known of its card, merchant and device at the instant it was booked.

Two clocks: a transaction asks at ``booked_at``; a transaction or a label counts from its ``known_at`` on. No window
reaches back further than ``REACH`` seconds, and an event counts only if it became known within ``oldest_event`` seconds
of its transaction, so a feature does not depend on how many days happened to be read together.

Amounts are taken in hundredths of their unit and summed over a card whatever their currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import polars as pl
from hansa.errors import MeshError

from hansa_risk.windows import CLOCK, COUNT, DAY, Since, Window

#: The longest window, in days.
LONGEST = 30
REACH = LONGEST * DAY
#: The hours of the local night are those before this one.
NIGHT_ENDS = 6
MINOR, FRAUD = "minor", "fraud"
#: The ways a movement is ordered, as the contract of transactions names them; the model sees one flag for each.
CHANNELS = ("card_present", "card_online", "transfer", "cash", "direct_debit")

CARD, MERCHANT, DEVICE = "card", "merchant", "device"
CARD_DEVICE, CARD_COUNTRY, CARD_MERCHANT = "card_device", "card_country", "card_merchant"
KEYS = (CARD, MERCHANT, DEVICE, CARD_DEVICE, CARD_COUNTRY, CARD_MERCHANT)


def _windows(key: str, value: str, word: str, lengths: Sequence[int]) -> list[Window]:
    """``card_count_1d``, ``card_count_7d`` ... for one key and one value."""
    return [Window(f"{key}_{word}_{days}d", key, value, days * DAY) for days in lengths]


WINDOWS: tuple[Window, ...] = (
    *_windows(CARD, COUNT, "count", (1, 7, 30)),
    *_windows(CARD, MINOR, "minor", (1, 7, 30)),
    *_windows(CARD, FRAUD, "frauds", (7, 30)),
    *_windows(MERCHANT, COUNT, "count", (1, 7, 30)),
    *_windows(MERCHANT, FRAUD, "frauds", (1, 7, 30)),
    *_windows(DEVICE, COUNT, "count", (1, 30)),
    *_windows(DEVICE, FRAUD, "frauds", (30,)),
    *_windows(CARD_DEVICE, COUNT, "count", (30,)),
    *_windows(CARD_COUNTRY, COUNT, "count", (30,)),
    *_windows(CARD_MERCHANT, COUNT, "count", (30,)),
)
SINCE = Since("seconds_since_last", CARD, REACH)

#: What the model reads, in this order; each is a column of the features' contract or a flag of its channel.
MODEL_FEATURES: tuple[str, ...] = (
    "amount",
    "debit",
    "card_count_1d",
    "card_count_7d",
    "card_count_30d",
    "card_minor_1d",
    "card_minor_7d",
    "card_minor_30d",
    "card_frauds_7d",
    "card_frauds_30d",
    "card_mean_30d",
    "amount_to_mean_30d",
    "amount_to_mean_7d",
    "seconds_since_last",
    "merchant_count_1d",
    "merchant_count_7d",
    "merchant_count_30d",
    "merchant_frauds_1d",
    "merchant_frauds_7d",
    "merchant_frauds_30d",
    "merchant_risk_7d",
    "merchant_risk_30d",
    "device_count_1d",
    "device_count_30d",
    "device_frauds_30d",
    "new_device",
    "new_device_for_card",
    "new_country_for_card",
    "new_merchant_for_card",
    "hour",
    "night",
    "weekend",
    *(f"channel_{channel}" for channel in CHANNELS),
)

#: The columns of ``risk.fraud_features`` in the order of its contract.
COLUMNS: tuple[str, ...] = (
    "txn_id",
    "business_date",
    "booked_at",
    "known_at",
    "payer_token",
    "channel",
    *(name for name in MODEL_FEATURES if not name.startswith("channel_")),
)


def payer() -> pl.Expr:
    """The card of a transaction, or its account where no card was used."""
    return pl.coalesce("card_token", "account_token")


def fraud_features(
    transactions: pl.LazyFrame,
    fraud_labels: pl.LazyFrame,
    days: Sequence[dt.date],
    zone: str,
    history_days: int,
) -> pl.LazyFrame:
    """One row for each transaction of ``days``, in the columns of ``risk.fraud_features``, sorted by its key.

    ``transactions`` and ``fraud_labels`` hold ``days`` and the ``history_days`` before them.
    """
    keyed = _keyed(transactions)
    oldest = oldest_event(history_days)
    events = pl.concat([_payments(keyed, oldest), _verdicts(keyed, fraud_labels, oldest)], how="diagonal")
    within_reach = events.filter(pl.col(CLOCK) >= _start(days[0], zone) - dt.timedelta(seconds=REACH))
    history = pl.concat([_questions(keyed, days), within_reach], how="diagonal").with_columns(
        pl.col(COUNT, MINOR, FRAUD).fill_null(0), _asks=pl.col("txn_id").is_not_null()
    )
    asked = (
        history.sort(CLOCK)
        .with_columns(*(window.over_history() for window in WINDOWS), SINCE.over_history())
        .filter("_asks")
    )
    return _derived(asked, zone).select(COLUMNS).sort("business_date", "txn_id")


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


def _keyed(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """Transactions with their amount in minor units and each key of ``KEYS`` as a number of its own."""
    card = payer()
    pairs = {CARD_DEVICE: "device_token", CARD_COUNTRY: "country", CARD_MERCHANT: "merchant_id"}
    numbered = {CARD: card, MERCHANT: pl.col("merchant_id"), DEVICE: pl.col("device_token")}
    return transactions.with_columns(
        (pl.col("amount") * 100).cast(pl.Int64).alias(MINOR),
        payer_token=card,
        **{name: expression.rank("dense") for name, expression in numbered.items()},
        **{
            name: pl.when(pl.col(other).is_not_null()).then(pl.struct(card, pl.col(other)).rank("dense"))
            for name, other in pairs.items()
        },
    )


def _questions(keyed: pl.LazyFrame, days: Sequence[dt.date]) -> pl.LazyFrame:
    """The transactions that ask, each at its ``booked_at``; they add nothing to a sum."""
    asking = keyed.filter(pl.col("business_date").is_in(list(days)))
    return asking.select(
        pl.col("booked_at").alias(CLOCK),
        *KEYS,
        *("txn_id", "business_date", "booked_at", "known_at", "payer_token", "channel", "direction", "amount"),
        asked_minor=pl.col(MINOR),
    )


def _payments(keyed: pl.LazyFrame, oldest: int) -> pl.LazyFrame:
    """Each transaction as an event at its ``known_at``."""
    in_time = keyed.filter(_known_within(pl.col("known_at"), oldest))
    return in_time.select(pl.col("known_at").alias(CLOCK), *KEYS, MINOR, pl.lit(1, pl.Int64).alias(COUNT))


def _verdicts(keyed: pl.LazyFrame, fraud_labels: pl.LazyFrame, oldest: int) -> pl.LazyFrame:
    """Labels as events: +1 where a transaction became known as fraud, -1 where that was taken back.

    A label speaks from its own ``known_at`` on, and not before the transaction itself is known. A second label that
    says the same as the one before adds nothing.
    """
    suspected = fraud_labels.filter("is_fraud").select("txn_id").unique()
    spoken = fraud_labels.join(suspected, on="txn_id", how="semi").select("txn_id", "is_fraud", said_at="known_at")
    joined = keyed.join(spoken, on="txn_id", how="inner").sort("txn_id", "said_at")
    said = pl.col("is_fraud").cast(pl.Int64)
    clock = pl.max_horizontal("said_at", "known_at")
    return (
        joined.filter(_known_within(clock, oldest))
        .with_columns((said - said.shift(1).over("txn_id").fill_null(0)).alias(FRAUD), clock.alias(CLOCK))
        .filter(pl.col(FRAUD) != 0)
        .select(CLOCK, *KEYS, FRAUD)
    )


def _known_within(clock: pl.Expr, oldest: int) -> pl.Expr:
    return clock - pl.col("booked_at") < pl.duration(seconds=oldest)


def _derived(asked: pl.LazyFrame, zone: str) -> pl.LazyFrame:
    """Ratios, flags and the local clock, each from the integers of its own row."""
    local = pl.col("booked_at").dt.convert_time_zone(zone)
    frauds = pl.col("^.*_frauds_[0-9]+d$")
    counted = asked.with_columns(frauds.clip(lower_bound=0))
    return counted.with_columns(
        debit=pl.col("direction") == "debit",
        card_mean_30d=_ratio(pl.col("card_minor_30d"), pl.col("card_count_30d") * 100),
        amount_to_mean_30d=_ratio(pl.col("asked_minor") * pl.col("card_count_30d"), pl.col("card_minor_30d")),
        amount_to_mean_7d=_ratio(pl.col("asked_minor") * pl.col("card_count_7d"), pl.col("card_minor_7d")),
        merchant_risk_7d=_ratio(pl.col("merchant_frauds_7d"), pl.col("merchant_count_7d")),
        merchant_risk_30d=_ratio(pl.col("merchant_frauds_30d"), pl.col("merchant_count_30d")),
        new_device=pl.col("device_count_30d") == 0,
        new_device_for_card=pl.col("card_device_count_30d") == 0,
        new_country_for_card=pl.col("card_country_count_30d") == 0,
        new_merchant_for_card=pl.col("card_merchant_count_30d") == 0,
        hour=local.dt.hour().cast(pl.Int64),
        night=local.dt.hour() < NIGHT_ENDS,
        weekend=local.dt.weekday() > 5,
    )


def _ratio(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """The one division of a feature; null where there is nothing to divide by."""
    return pl.when(denominator > 0).then(numerator / denominator)


def matrix(features: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The columns ``names`` as Float32, a missing value as NaN; a flag ``channel_<name>`` comes from ``channel``."""
    channels = {f"channel_{channel}": pl.col("channel") == channel for channel in CHANNELS}
    columns = [channels.get(name, pl.col(name)).cast(pl.Float32).fill_null(float("nan")).alias(name) for name in names]
    return features.select(columns)
