"""The day's queue: who is wanted for review, in which order, and who is kept out of it by a list or a snooze.

The written rule of the order: ``tier`` up, then (by costs) ``saving`` down, ``score`` down, ``amount`` down, ``txn_id``
up. The key is unique, so no tie is left to chance and no order of rows, files or workers changes the queue. Tier 0 is
the black list; tier 1 the grey list as far as its share of the places goes; tier 2 all others. The queue is never
longer than the capacity, whatever the lists say.
"""

from __future__ import annotations

import polars as pl

from hansa_risk.costs import COSTS, Desk, saving
from hansa_risk.lists import BLACK, GREY, HIT, WHITE

BLACK_TIER, GREY_TIER, OTHERS = 0, 1, 2


def order(desk: Desk) -> tuple[list[str], list[bool]]:
    """The columns of the written rule within a tier, and for each whether the highest comes first."""
    by_saving = ["saving"] if desk.threshold == COSTS else []
    return [*by_saving, "score", "amount", "txn_id"], [*(True for _ in by_saving), True, True, False]


def judged(
    scored: pl.LazyFrame, desk: Desk, hits: pl.LazyFrame | None = None, snoozed: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """``scored`` with what the desk decides of each row, sorted by day and rank.

    ``scored`` has txn_id, business_date, score and amount; ``hits`` and ``snoozed`` are those of ``lists`` and
    ``snoozes``. Added are the columns of both and ``saving``, ``wanted`` (by threshold or list), ``tier``, ``rank``
    among those that are wanted and not kept out (null for the rest), ``queued``, and ``missed_by``: ``white`` or
    ``snooze`` for a row that would have been queued had neither list nor snooze kept anybody out.
    """
    rows = _told(scored, desk, hits, snoozed)
    names, down = order(desk)
    rows = rows.sort("business_date", *names, descending=[False, *down]).with_row_index("_place")
    rows = _ranked(rows, desk, pl.col("wanted") & ~pl.col("_out"), "rank", "tier")
    rows = _ranked(rows, desk, pl.col("wanted"), "_free_rank", "_free_tier")
    queued = (pl.col("rank") <= desk.capacity).fill_null(False)
    would = (pl.col("_free_rank") <= desk.capacity).fill_null(False) & pl.col("_out")
    why = pl.when(would & _is(WHITE)).then(pl.lit("white")).when(would).then(pl.lit("snooze"))
    return (
        rows.with_columns(queued=queued, missed_by=why)
        .sort("business_date", "rank", "_place", nulls_last=True)
        .drop("_out", "_place", "_free_rank", "_free_tier")
    )


def contenders(
    scored: pl.LazyFrame, desk: Desk, hits: pl.LazyFrame | None, snoozed: pl.LazyFrame | None
) -> pl.LazyFrame:
    """The rows of one business day among which are all that ``judged`` would queue, or keep out for a list or a snooze.

    Those are whom a list or a snooze names, and of all others the first of the order, as many as the desk has places.
    """
    named = [told.select("txn_id") for told in (hits, snoozed) if told is not None]
    names, down = order(desk)
    others = scored.join(pl.concat(named), on="txn_id", how="anti") if named else scored
    first = others.with_columns(saving=saving(desk)).sort(*names, descending=down).head(desk.capacity).drop("saving")
    return pl.concat([scored.join(pl.concat(named), on="txn_id", how="semi"), first]) if named else first


def queue(scored: pl.LazyFrame, capacity: int) -> pl.LazyFrame:
    """The first ``capacity`` rows of each business day by score, amount and key, with their ``rank`` from 1."""
    rows = judged(scored, Desk(capacity)).filter("queued")
    return rows.select(*scored.collect_schema().names(), "rank")


def counted(
    scored: pl.LazyFrame, desk: Desk, hits: pl.LazyFrame | None = None, snoozed: pl.LazyFrame | None = None
) -> tuple[int, int, int]:
    """How many rows there are, how many of them are wanted, and how many of those nobody keeps out."""
    rows = _told(scored, desk, hits, snoozed)
    wanted, all_of_them = pl.col("wanted"), pl.len()
    numbers = rows.select(all_of_them, wanted.sum().alias("wanted"), (wanted & ~pl.col("_out")).sum().alias("in_line"))
    found: tuple[int, int, int] = numbers.collect(engine="streaming").row(0)
    return found


def _told(scored: pl.LazyFrame, desk: Desk, hits: pl.LazyFrame | None, snoozed: pl.LazyFrame | None) -> pl.LazyFrame:
    """``scored`` with lists and snoozes, ``saving``, ``wanted``, and ``_out`` of whom one of them keeps out."""
    rows = _with_lists(scored, hits, snoozed).with_columns(saving=saving(desk))
    black, grey = _is(BLACK), _is(GREY)
    worth = pl.col("saving") > 0 if desk.threshold == COSTS else pl.lit(True)
    resting = pl.col("snoozed_until").is_not_null() & ~black
    return rows.with_columns(wanted=black | grey | worth, _out=_is(WHITE) | resting)


def _with_lists(scored: pl.LazyFrame, hits: pl.LazyFrame | None, snoozed: pl.LazyFrame | None) -> pl.LazyFrame:
    """``scored`` with the columns of lists and snoozes, empty where there are none."""
    if hits is None:
        rows = scored.with_columns(pl.lit(None, kind).alias(name) for name, kind in HIT.items())
    else:
        rows = scored.join(hits, on="txn_id", how="left")
    if snoozed is None:
        return rows.with_columns(snoozed_until=pl.lit(None, pl.Date))
    return rows.join(snoozed, on="txn_id", how="left")


def _is(word: str) -> pl.Expr:
    return (pl.col("list") == word).fill_null(False)


def _ranked(rows: pl.LazyFrame, desk: Desk, takes_part: pl.Expr, rank: str, tier: str) -> pl.LazyFrame:
    """``rows``, whose ``_place`` is that of the rule within a tier, with tier and rank of those that take part."""
    grey = takes_part & _is(GREY)
    reserved = grey & (grey.cast(pl.Int64).cum_sum().over("business_date") <= desk.grey_places)
    number = pl.when(_is(BLACK)).then(BLACK_TIER).when(reserved).then(GREY_TIER).otherwise(OTHERS)
    tiered = rows.sort("_place").with_columns(number.cast(pl.Int64).alias(tier)).sort("business_date", tier, "_place")
    place = takes_part.cast(pl.Int64).cum_sum().over("business_date")
    return tiered.with_columns(pl.when(takes_part).then(place).alias(rank))
