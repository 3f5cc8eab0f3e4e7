"""How the bank's own exports change within the span: batches that come late, a new column, a new code."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from hansa_sandbox.chance import Integers, stream
from hansa_sandbox.movements import PRESENT, column
from hansa_sandbox.rhythm import DAY, DAYS, START, day_of

#: From this day on the export says how a card was read, and from the other on it writes WEB where it wrote NET.
ENTRY_FROM, WEB_FROM = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
ENTRY_MODES = ("CHIP", "TAP", "QR")

#: In every month the batch of one acquirer, who keeps each tenth merchant, comes so many days late.
ACQUIRERS, LATEST = 10, 3


def received(moves: pl.DataFrame, seed: int) -> Integers:
    """When the bank heard of each movement, in seconds: at once, but for payments in the late batches."""
    rng = stream(seed, "late batches")
    at, merchant = column(moves, "at"), column(moves, "merchant")
    day, known = at // DAY, at.copy()
    for number in range(DAYS // 30):
        late, acquirer = number * 30 + int(rng.integers(3, 25)), int(rng.integers(0, ACQUIRERS))
        comes = (late + int(rng.integers(1, LATEST + 1))) * DAY + int(rng.integers(4 * 3_600, 8 * 3_600))
        batch = (day == late) & (merchant % ACQUIRERS == acquirer) & (column(moves, "channel") == PRESENT)
        known = np.where(batch, np.maximum(known, comes), known)
    return known


def entry_modes(moves: pl.DataFrame, seed: int) -> pl.Series:
    """How a card was read in a shop, null for other movements and on the days before anybody wrote it down."""
    rng = stream(seed, "entry modes")
    told = (column(moves, "channel") == PRESENT) & (column(moves, "at") >= day_of(ENTRY_FROM) * DAY)
    drawn = pl.Series(list(ENTRY_MODES)).gather(pl.Series(rng.integers(0, len(ENTRY_MODES), len(moves))))
    return pl.select(pl.when(pl.Series(told)).then(drawn)).to_series()


def listed(moves: pl.DataFrame, known: Integers) -> pl.DataFrame:
    """What changed, as truth: file, kind, column, first day, what it was before and is after, rows that it touches."""
    at = column(moves, "at")
    late = known > at
    since = {day: int((at >= day_of(day) * DAY).sum()) for day in (ENTRY_FROM, WEB_FROM)}
    rows = [
        ("new_column", "ENTRY_MD", ENTRY_FROM, None, ",".join(ENTRY_MODES), since[ENTRY_FROM]),
        ("changed_code", "CHNL_CD", WEB_FROM, "NET", "WEB", since[WEB_FROM]),
    ]
    for day, count in zip(*np.unique(at[late] // DAY, return_counts=True), strict=True):
        rows.append(("late_batch", "RECV_TIME", START + dt.timedelta(days=int(day)), None, None, int(count)))
    schema = {"kind": pl.String, "column": pl.String, "day": pl.Date} | {"before": pl.String, "after": pl.String}
    schema |= {"rows": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").select(pl.lit("transactions").alias("file"), *schema)
