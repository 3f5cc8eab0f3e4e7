"""Features of a transaction: what was known of its card, holder, merchant and device at the instant it was booked.

No window reaches back further than ``REACH`` seconds, and an event counts only if it became known within
``oldest_event`` seconds of its transaction, so a feature does not depend on how many days happened to be read together.

Amounts are taken in hundredths of their unit and summed over a card whatever their currency. What a feature is made of
stands in ``feature_list.py``; the same list, read event by event, is in ``fold.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import polars as pl
from hansa.errors import MeshError
from hansa.sources.lazily import lazily

from hansa_risk.by_parts import in_parts
from hansa_risk.feature_list import (
    ASKED,
    CHANNELS,
    COLUMNS,
    CUSTOMER,
    DEVICE,
    FLAGS,
    KEYS,
    LONGEST,
    MINOR,
    MODEL_FEATURES,
    NIGHT_ENDS,
    RATIOS,
    REACH,
    WINDOWS,
)
from hansa_risk.history import ASKS, Moves, answers
from hansa_risk.movements import BROUGHT, PARTS, SHOWN, Movements, Numbering, held
from hansa_risk.windows import DAY

__all__ = ["CHANNELS", "COLUMNS", "KEYS", "LONGEST", "MODEL_FEATURES", "REACH", "WINDOWS", "fraud_features", "matrix"]

#: Transactions that are read at once; of more, one share after the other is answered from files.
AT_ONCE = 1_500_000


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
    """One row for each transaction of ``days``, in the columns of ``risk.fraud_features``.

    ``transactions``, ``fraud_labels`` and ``logins`` hold ``days`` and the ``history_days`` before them. Without
    accounts nothing is known of customers, without merchants of places, without logins of logins: those are null.
    The rows are sorted by their key, those of a large bank in runs.
    """
    oldest = oldest_event(history_days)
    read = Movements(transactions, fraud_labels, days, zone, oldest, accounts, merchants, logins)
    if read.size <= AT_ONCE:
        return _finished(_at_once(read), zone).lazy()

    def runs(_: Sequence[str]) -> Iterator[pl.DataFrame]:
        for answered in in_parts(read):
            yield _finished(answered, zone)

    return lazily(_finished(_at_once(read.of_nobody()), zone).schema, runs)


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


def _at_once(read: Movements) -> pl.DataFrame:
    """The questions with what they show and their answers, from one history in memory."""
    numbering = Numbering()
    rows, parts = held(read.keyed, read.holders), (*PARTS, CUSTOMER)
    asked = rows.filter(read.asked).select(*BROUGHT, *numbering.of(*parts), *SHOWN)
    asking = asked.collect(engine="streaming").with_row_index(ASKS)
    others = rows.filter(read.told).select(*BROUGHT, *numbering.of(*parts)).collect(engine="streaming")
    verdicts = held(read.verdicts(read.keyed, read.spoken), read.holders).with_columns(numbering.of(*parts))
    logins = None if read.attempts is None else read.attempts.with_columns(numbering.of(CUSTOMER, DEVICE)).collect()
    moves = Moves(pl.concat([asking.drop(SHOWN), others], how="diagonal"), verdicts.collect(engine="streaming"), logins)
    shown = asking.select(*SHOWN, "booked_at", pl.col(MINOR).alias(ASKED))
    return pl.concat([shown, answers(moves, read.floor, places=read.places).drop(ASKS)], how="horizontal")


def _finished(asked: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Answered questions with ratios, flags and the local clock, each from its own row, in the contract's columns."""
    local = pl.col("booked_at").dt.convert_time_zone(zone)
    # Polars may hold a column as one value that repeats, and multiplies by its reciprocal where it is divided by: one
    # bit off. Taken out and put together again each column has all of its values.
    asked = pl.DataFrame(asked.get_columns())
    # What was taken back within a window and reported before it counts less than nothing.
    counted = asked.with_columns(pl.col("^.*_frauds_[0-9]+d$").clip(lower_bound=0))
    derived = counted.with_columns(
        *(ratio.over_columns() for ratio in RATIOS),
        *(flag.over_columns() for flag in FLAGS),
        debit=pl.col("direction") == "debit",
        hour=local.dt.hour().cast(pl.Int64),
        night=local.dt.hour() < NIGHT_ENDS,
        weekend=local.dt.weekday() > 5,
    )
    return derived.select(COLUMNS).sort("business_date", "txn_id")


def matrix(features: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The columns ``names`` as Float32, a missing value as NaN; a flag ``channel_<name>`` comes from ``channel``."""
    channels = {f"channel_{channel}": pl.col("channel") == channel for channel in CHANNELS}
    columns = [channels.get(name, pl.col(name)).cast(pl.Float32).fill_null(float("nan")).alias(name) for name in names]
    return features.select(columns)
