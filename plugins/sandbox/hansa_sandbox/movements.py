"""The one shape in which every part of the bank hands over movements of money: columns of positions and integers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from hansa_sandbox.accounts import NONE
from hansa_sandbox.rhythm import DAY, DAYS

CHANNELS = ("card_present", "card_online", "transfer", "cash", "direct_debit")
PRESENT, ONLINE_PAYMENT, TRANSFER, CASH, DIRECT_DEBIT = range(5)
PATTERNS = (
    "stolen_card",
    "card_testing",
    "compromised_terminal",
    "account_takeover",
    "mule_account",
    "application_ring",
)
LOOK_ALIKES = (
    "journey_abroad",
    "new_phone",
    "big_purchase",
    "small_payments",
    "sale",
    "moving_money",
    "pass_through",
    "shared_address",
)

#: Columns and what stands in them where nothing is said. Positions are of the registers, ``at`` is seconds after the
#: first midnight, ``cents`` fen, ``pattern`` and ``look_alike`` positions of the names above, ``episode`` what belongs
#: together.
DEFAULTS: Mapping[str, int] = {
    "customer": NONE,
    "account": NONE,
    "card": NONE,
    "counterparty": NONE,
    "merchant": NONE,
    "at": 0,
    "cents": 0,
    "credit": 0,
    "channel": TRANSFER,
    "device": NONE,
    "network": NONE,
    "pattern": NONE,
    "look_alike": NONE,
    "episode": NONE,
}


def own_account(account: np.ndarray) -> np.ndarray:
    """The counterparty of a movement between accounts of this bank: numbers of other banks' accounts are from 0 up."""
    return -2 - account


def movements(**columns: np.ndarray | int) -> pl.DataFrame:
    """A frame of movements: what is given, and the default for the rest. ``customer`` sets the length."""
    size = len(np.asarray(columns["customer"]))
    given = {name: columns.get(name, default) for name, default in DEFAULTS.items()}
    return pl.DataFrame(
        {name: np.broadcast_to(np.asarray(value, dtype=np.int64), size) for name, value in given.items()}
    )


def number_devices(parts: list[pl.DataFrame], first: int) -> list[pl.DataFrame]:
    """``parts`` with a number from ``first`` on for each device -2, -3 ... of a part, which no customer had before."""
    numbered, free = [], first
    for part in parts:
        new = pl.col("device") < NONE
        numbered.append(part.with_columns(device=pl.when(new).then(free - 2 - pl.col("device")).otherwise("device")))
        lowest = int(part.get_column("device").min() or 0)
        free += max(0, -1 - lowest)
    return numbered


def within_span(frame: pl.DataFrame) -> pl.DataFrame:
    """Only what happens on the business days of the bank."""
    return frame.filter(pl.col("at").is_between(0, DAYS * DAY - 1))


def column(frame: pl.DataFrame, name: str) -> np.ndarray:
    """A column as integers of numpy."""
    return frame.get_column(name).to_numpy()
