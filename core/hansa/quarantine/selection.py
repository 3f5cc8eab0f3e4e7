"""How many refused rows keep their payload, and which: the same ones whatever the order in which the rows came.

Under each rule the rows with the smallest digests stay, as many as the caps allow. A row that is not among them when
some rows are known is not among them when all are, so a running selection is exact and its memory bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Caps:
    """How much is kept of one publication's refused rows; a row that breaks several rules stays if one keeps it.

    ``rows`` are of one rule in one partition. Over all partitions a rule keeps ``all_rows`` at most, of ``size`` bytes
    together; its first row stays however large it is.
    """

    rows: int = 10_000
    all_rows: int = 50_000
    size: int = 32 << 20


CAPS = Caps()
#: A replay sends only rows that are kept, and what it refuses again is told by what lies in its file.
UNCAPPED = Caps(1 << 62, 1 << 62, 1 << 62)
_current: ContextVar[Caps] = ContextVar("caps", default=CAPS)


@contextmanager
def capped(caps: Caps) -> Iterator[None]:
    """Publications that begin within the block keep so much."""
    token = _current.set(caps)
    try:
        yield
    finally:
        _current.reset(token)


def current_caps() -> Caps:
    """The caps of a publication that begins now."""
    return _current.get()


def chosen(rows: pl.DataFrame, by: list[str], most: int, size: int) -> pl.Series:
    """True for each row that stays.

    ``rows`` has ``order`` (its place among all rows), ``tie`` (tells apart what has one order), ``rules`` (list of
    texts), ``size`` (bytes) and the columns ``by``.
    """
    if rows.height <= most and rows["size"].sum() <= size:
        # No group can have more than all of the rows and of their bytes.
        return pl.repeat(True, rows.height, dtype=pl.Boolean, eager=True)
    long = rows.select(*by, "order", "tie", "size", "rules").with_row_index("at").explode("rules")
    groups = ["rules", *by]
    ranked = long.sort("order", "tie").select(
        "at",
        rank=pl.int_range(pl.len()).over(groups),
        total=pl.col("size").cum_sum().over(groups),
    )
    kept = ranked.filter((pl.col("rank") < most) & ((pl.col("total") <= size) | (pl.col("rank") == 0)))
    return pl.int_range(rows.height, eager=True, dtype=pl.UInt32).is_in(kept["at"].unique().implode())
