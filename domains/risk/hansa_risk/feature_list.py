"""The features of a transaction, as data: what they are summed over, how they are divided, what the model reads.

Both readings (``history.py`` over columns, ``fold.py`` event by event) are made from the tables of this file alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from hansa_risk.derived import Flag, Ratio
from hansa_risk.windows import COUNT, DAY, Since, Value, Window

HOUR = 3_600
#: The longest window, in days.
LONGEST = 30
REACH = LONGEST * DAY
#: The age at which a transaction mostly has its label; with the longest delayed window it stays within ``REACH``.
LABEL_AGE = 7 * DAY
#: The hours of the local night are those before this one.
NIGHT_ENDS = 6
#: The ways a movement is ordered, as the contract of transactions names them; the model sees one flag for each.
CHANNELS = ("card_present", "card_online", "transfer", "cash", "direct_debit")
#: The channels in which somebody stood at the merchant's place; only these have a distance.
PRESENT = ("card_present", "cash")

MINOR, FRAUD = "minor", "fraud"
PAID_IN, PAID_OUT, NIGHTS = "paid_in", "paid_out", "nights"
LOGINS, FAILED_LOGINS = "logins", "failed_logins"

CARD, ACCOUNT, CUSTOMER, MERCHANT, DEVICE = "card", "account", "customer", "merchant", "device"
COUNTERPARTY, COUNTRY = "counterparty", "country"
#: What events are told apart by: a card (or the account where none was used), its holder, and so on; or pairs of them.
KEYS: dict[str, tuple[str, ...]] = {
    CARD: (CARD,),
    ACCOUNT: (ACCOUNT,),
    CUSTOMER: (CUSTOMER,),
    MERCHANT: (MERCHANT,),
    DEVICE: (DEVICE,),
    COUNTERPARTY: (COUNTERPARTY,),
    "card_device": (CARD, DEVICE),
    "card_country": (CARD, COUNTRY),
    "card_merchant": (CARD, MERCHANT),
    "customer_device": (CUSTOMER, DEVICE),
    "account_counterparty": (ACCOUNT, COUNTERPARTY),
}
#: What a transaction adds to a sum. A verdict adds ``fraud`` alone, a login the values of ``LOGIN_VALUES`` alone.
VALUES: dict[str, Value] = {
    COUNT: Value(),
    MINOR: Value(of=MINOR),
    PAID_IN: Value(of=MINOR, where="credit"),
    PAID_OUT: Value(of=MINOR, where="debit"),
    NIGHTS: Value(where="night"),
}
LOGIN_VALUES: dict[str, Value] = {LOGINS: Value(), FAILED_LOGINS: Value(where="failed")}


def _windows(key: str, value: str, word: str, lengths: Sequence[int]) -> list[Window]:
    """``card_count_1d``, ``card_count_7d`` ... for one key and one value."""
    return [Window(f"{key}_{word}_{days}d", key, value, days * DAY) for days in lengths]


WINDOWS: tuple[Window, ...] = (
    Window("card_count_1h", CARD, COUNT, HOUR),
    *_windows(CARD, COUNT, "count", (1, 7, 30)),
    *_windows(CARD, MINOR, "minor", (1, 7, 30)),
    *_windows(CARD, FRAUD, "frauds", (7, 30)),
    *_windows(CARD, NIGHTS, "nights", (30,)),
    *_windows(ACCOUNT, PAID_IN, "in_minor", (1,)),
    *_windows(ACCOUNT, PAID_OUT, "out_minor", (1,)),
    *_windows(CUSTOMER, COUNT, "count", (1, 7, 30)),
    *_windows(CUSTOMER, MINOR, "minor", (1, 7, 30)),
    *_windows(CUSTOMER, FRAUD, "frauds", (30,)),
    *_windows(CUSTOMER, LOGINS, "logins", (1,)),
    *_windows(CUSTOMER, FAILED_LOGINS, "failed_logins", (1,)),
    *_windows(MERCHANT, COUNT, "count", (1, 7, 30)),
    *_windows(MERCHANT, MINOR, "minor", (30,)),
    *_windows(MERCHANT, FRAUD, "frauds", (1, 3, 7, 14, 21, 30)),
    # Old enough to have their label: what the frauds that became known at a merchant are held against.
    *(Window(f"merchant_due_{days}d", MERCHANT, COUNT, days * DAY, delay=LABEL_AGE) for days in (1, 7, 14, 21)),
    *_windows(DEVICE, COUNT, "count", (1, 30)),
    *_windows(DEVICE, FRAUD, "frauds", (30,)),
    *_windows(COUNTERPARTY, COUNT, "count", (1, 30)),
    *_windows(COUNTERPARTY, FRAUD, "frauds", (30,)),
    *_windows("card_device", COUNT, "count", (30,)),
    *_windows("card_country", COUNT, "count", (30,)),
    *_windows("card_merchant", COUNT, "count", (30,)),
    *_windows("customer_device", COUNT, "count", (30,)),
    *_windows("customer_device", LOGINS, "logins", (1,)),
    # Logins from the device between a day and thirty days ago: none, and one since, means that the device is new.
    Window("customer_device_logins_before", "customer_device", LOGINS, (LONGEST - 1) * DAY, delay=DAY),
    *_windows("account_counterparty", COUNT, "count", (30,)),
)
SINCE = Since("seconds_since_last", CARD, REACH)

#: The amount that asks, in minor units: what ratios divide.
ASKED = "asked_minor"
RATIOS: tuple[Ratio, ...] = (
    Ratio("card_mean_30d", ("card_minor_30d",), ("card_count_30d",), per=100),
    Ratio("amount_to_mean_30d", (ASKED, "card_count_30d"), ("card_minor_30d",)),
    Ratio("amount_to_mean_7d", (ASKED, "card_count_7d"), ("card_minor_7d",)),
    Ratio("card_night_share_30d", ("card_nights_30d",), ("card_count_30d",)),
    Ratio("amount_to_customer_mean_30d", (ASKED, "customer_count_30d"), ("customer_minor_30d",)),
    Ratio("account_out_to_in_1d", ("account_out_minor_1d",), ("account_in_minor_1d",)),
    Ratio("merchant_risk_7d", ("merchant_frauds_7d",), ("merchant_count_7d",)),
    Ratio("merchant_risk_30d", ("merchant_frauds_30d",), ("merchant_count_30d",)),
    *(
        Ratio(f"merchant_risk_due_{days}d", (f"merchant_frauds_{days}d",), (f"merchant_due_{days}d",))
        for days in (1, 7, 14, 21)
    ),
    Ratio("amount_to_merchant_mean_30d", (ASKED, "merchant_count_30d"), ("merchant_minor_30d",)),
    Ratio("device_own_share_30d", ("customer_device_count_30d",), ("device_count_30d",)),
    Ratio("kmh_from_last", ("km_from_last",), ("microseconds_from_last",), times=3_600_000_000),
)
FLAGS: tuple[Flag, ...] = (
    Flag("new_device", none="device_count_30d"),
    Flag("new_device_for_card", none="card_device_count_30d"),
    Flag("new_country_for_card", none="card_country_count_30d"),
    Flag("new_merchant_for_card", none="card_merchant_count_30d"),
    Flag("new_device_for_customer", none="customer_device_count_30d"),
    Flag("new_counterparty_for_account", none="account_counterparty_count_30d"),
    Flag("new_login_device", none="customer_device_logins_before", some="customer_device_logins_1d"),
)

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
    "card_count_1h",
    "card_night_share_30d",
    "account_in_minor_1d",
    "account_out_minor_1d",
    "account_out_to_in_1d",
    "customer_count_1d",
    "customer_count_7d",
    "customer_count_30d",
    "customer_minor_1d",
    "customer_minor_7d",
    "customer_minor_30d",
    "customer_frauds_30d",
    "amount_to_customer_mean_30d",
    "amount_to_merchant_mean_30d",
    "device_own_share_30d",
    "new_device_for_customer",
    "counterparty_count_1d",
    "counterparty_count_30d",
    "counterparty_frauds_30d",
    "new_counterparty_for_account",
    "km_from_last",
    "kmh_from_last",
    "customer_logins_1d",
    "customer_failed_logins_1d",
    "new_login_device",
    "merchant_frauds_3d",
    "merchant_frauds_14d",
    "merchant_frauds_21d",
    "merchant_due_1d",
    "merchant_due_7d",
    "merchant_due_14d",
    "merchant_due_21d",
    "merchant_risk_due_1d",
    "merchant_risk_due_7d",
    "merchant_risk_due_14d",
    "merchant_risk_due_21d",
    *(f"channel_{channel}" for channel in CHANNELS),
)

#: Those that are the same for every row of a day: of the day they say what it is, not whether it is like others.
CALENDAR: tuple[str, ...] = ("weekend",)

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
