"""The day's queue for review in the columns of ``risk.fraud_alerts``, and the day's counts of ``risk.fraud_desk``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from hansa_risk.costs import COSTS, Desk
from hansa_risk.lists import BLACK, GREY, WHITE, hits
from hansa_risk.model import contributions
from hansa_risk.queue import contenders, counted, judged
from hansa_risk.reasons import no_reasons, normal_keys, normal_of, reasons_of, rules_text
from hansa_risk.scoring import Version, named_in, versions_by_day
from hansa_risk.snoozes import snoozed
from hansa_risk.subjects import with_subjects


@dataclass(frozen=True)
class Books:
    """What the desk was told beside the scores, each where the institution has it; ``transactions`` say of whom."""

    watchlist: pl.LazyFrame | None = None
    snoozes: pl.LazyFrame | None = None
    transactions: pl.LazyFrame | None = None
    accounts: pl.LazyFrame | None = None


@dataclass(frozen=True)
class Day:
    """The scored transactions of one business day, and which of them lists and snoozes name."""

    scored: pl.LazyFrame
    hits: pl.LazyFrame | None
    snoozed: pl.LazyFrame | None

    def decided(self, desk: Desk) -> pl.DataFrame:
        """Whom the desk queues or lists keep out, and who was near to it, as ``queue.judged`` says."""
        near = contenders(self.scored, desk, self.hits, self.snoozed)
        return judged(near, desk, self.hits, self.snoozed).collect(engine="streaming")


def _of_day(fraud_scores: pl.LazyFrame, features: pl.LazyFrame, day: dt.date, books: Books) -> Day:
    of_day = pl.col("business_date") == day
    scores = fraud_scores.filter(of_day).select("txn_id", "business_date", "payer_token", "score", "model_version")
    scored = scores.join(features.filter(of_day).select("txn_id", "amount", "channel"), on="txn_id", how="inner")
    # Few are named, and they are asked for more than once.
    return Day(
        scored, *(None if told is None else told.collect(engine="streaming").lazy() for told in _told(books, of_day))
    )


def _told(books: Books, which: pl.Expr) -> tuple[pl.LazyFrame | None, pl.LazyFrame | None]:
    """The hits on lists and the snoozes of the transactions ``which``; None of what the desk was not told."""
    if books.transactions is None:
        return None, None
    subjects = with_subjects(books.transactions.filter(which), books.accounts)
    hit = hits(subjects, books.watchlist) if books.watchlist is not None else None
    return hit, snoozed(subjects, books.snoozes) if books.snoozes is not None else None


def kept_out(books: Books) -> pl.LazyFrame:
    """``txn_id`` of those whom a list or a snooze keeps out of every queue, whatever chooses for it."""
    hit, rest = _told(books, pl.lit(True))
    out = [pl.LazyFrame(schema={"txn_id": pl.String})]
    if hit is not None:
        out.append(hit.filter(pl.col("list") == WHITE).select("txn_id"))
    if rest is not None:
        black = None if hit is None else hit.filter(pl.col("list") == BLACK)
        out.append((rest if black is None else rest.join(black, on="txn_id", how="anti")).select("txn_id"))
    return pl.concat(out)


def fraud_alerts(
    fraud_scores: pl.LazyFrame,
    features: pl.LazyFrame,
    fraud_models: pl.LazyFrame,
    days: Sequence[dt.date],
    artefact: Callable[[str], bytes],
    desk: Desk,
    books: Books,
    threads: int,
) -> pl.LazyFrame:
    """The queues of ``days`` in the columns of ``risk.fraud_alerts``; reasons are computed for these rows only."""
    queues = []
    # The model that scored a day has to explain it; where its row cannot be read, no other speaks in its place.
    for day, version in versions_by_day(fraud_models, days, artefact, named_in(fraud_scores)):
        scored = _of_day(fraud_scores, features, day, books)
        queued = scored.decided(desk).filter("queued")
        if desk.threshold != COSTS:
            queued = queued.with_columns(saving=pl.lit(None, pl.Float64))
        of_day = features.filter(pl.col("business_date") == day)
        queues.append(_explained(queued, _normal(scored, queued), of_day, version, threads))
    return pl.concat(queues).lazy()


#: The columns of ``risk.fraud_alerts`` before its reasons.
COLUMNS = ("txn_id", "business_date", "rank", "score", "amount", "model_version", "payer_token", "channel", "saving")
#: And those that follow them.
LISTED = ("list", "list_source", "list_reason", "list_entry_id", "list_subject", "snoozed_until", "rules_broken")


def _normal(day: Day, queued: pl.DataFrame) -> pl.DataFrame:
    """The day's normal transactions, see ``normal_keys``."""
    rows = day.scored.select("txn_id", "channel", "score").collect(engine="streaming")
    return normal_keys(rows.with_columns(queued=pl.col("txn_id").is_in(queued["txn_id"].implode())))


def _explained(
    queued: pl.DataFrame, normal: pl.DataFrame, features: pl.LazyFrame, version: Version, threads: int
) -> pl.DataFrame:
    """One day's queue with its reasons; ``normal`` are the keys, and ``features`` those of the day."""
    if queued.is_empty():
        rows, reasons = queued.with_columns(rules_broken=pl.lit(None, pl.String)), no_reasons()
    else:
        asked = pl.concat([queued["txn_id"], normal["txn_id"]]).unique()
        # As a filter and no join: the reader leaves out the other columns of all other rows.
        read = features.filter(pl.col("txn_id").is_in(asked.implode())).sort("txn_id").collect()
        values = contributions(version.artefact, read, version.features, threads)
        facts = read.select("txn_id", rules_broken=rules_text()).with_row_index("place")
        rows = queued.join(facts, on="txn_id", how="left", maintain_order="left")
        own = values[rows["place"].to_numpy()]
        reasons = reasons_of(rows, own, version.features, normal_of(normal, read["txn_id"], values))
    return pl.concat([rows.select(*COLUMNS), reasons, rows.select(*LISTED)], how="horizontal")


def fraud_desk(
    fraud_scores: pl.LazyFrame, features: pl.LazyFrame, days: Sequence[dt.date], desk: Desk, books: Books
) -> pl.LazyFrame:
    """The counts of each day in the columns of ``risk.fraud_desk``: who was queued and who was not, and why not."""
    counts = [_counted(_of_day(fraud_scores, features, day, books), desk, day) for day in days]
    return pl.LazyFrame(counts).select(
        "business_date",
        pl.lit(desk.capacity, pl.Int64).alias("capacity"),
        pl.lit(desk.threshold).alias("threshold"),
        pl.exclude("business_date"),
    )


def _counted(scored: Day, desk: Desk, day: dt.date) -> dict[str, dt.date | int]:
    """The counts of one day by their names in ``risk.fraud_desk``."""
    rows = scored.decided(desk)
    queued = rows.filter("queued")
    transactions, wanted, in_line = counted(scored.scored, desk, scored.hits, scored.snoozed)
    return {
        "business_date": day,
        "transactions": transactions,
        "wanted": wanted,
        "queued": len(queued),
        "queued_black": len(queued.filter(pl.col("list") == BLACK)),
        "queued_grey": len(queued.filter(pl.col("list") == GREY)),
        "passed_white": len(rows.filter(pl.col("missed_by") == "white")),
        "snoozed": len(rows.filter(pl.col("missed_by") == "snooze")),
        "snoozes_overridden": len(queued.filter(pl.col("snoozed_until").is_not_null())),
        "beyond_capacity": in_line - len(queued),
    }
