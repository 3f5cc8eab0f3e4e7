"""The history of a large bank: parted by the values of a key into files, and answered one share after the other.

The memory that this takes is that of one share, whatever the number of customers; a key that has more transactions than
a share makes one of its own. A transaction is written once for each kind of its keys; the answers are written by the
number of their question, and meet there.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from itertools import accumulate, groupby
from pathlib import Path

import polars as pl

from hansa_risk.feature_list import ACCOUNT, ASKED, CARD, CUSTOMER, DEVICE, KEYS, MINOR, SINCE, WINDOWS
from hansa_risk.history import ASKS, Moves, answers
from hansa_risk.movements import BROUGHT, PARTS, SHOWN, Movements, Numbering, held
from hansa_risk.parted import Parted

#: Transactions that a share has, about.
SHARE = 500_000
#: Transactions that are read together, about: of texts they take many times what a share of numbers does.
BATCH = 100_000
#: Questions whose answers are put together at once.
RUN = 100_000
#: What keys begin with, and the parts that those keys have.
FIRSTS = {
    first: tuple(dict.fromkeys(part for parts in KEYS.values() if parts[0] == first for part in parts))
    for first in dict.fromkeys(parts[0] for parts in KEYS.values())
}


def in_parts(read: Movements) -> Iterator[pl.DataFrame]:
    """The questions with what they show and their answers, ``RUN`` at a time."""
    with tempfile.TemporaryDirectory(prefix="hansa-features-") as folder:
        yield from _Shares(Path(folder), read).runs()


class _Shares:
    """The shares of one bank's history in a folder."""

    def __init__(self, folder: Path, read: Movements) -> None:
        self._read = read
        self._number = -(-read.size // SHARE)
        self._rows = {first: Parted(folder / first) for first in FIRSTS}
        self._found = {first: Parted(folder / f"{first}-found") for first in FIRSTS}
        self._accounts, self._logins = Parted(folder / "accounts"), Parted(folder / "logins")
        self._shown = Parted(folder / "shown")

    def runs(self) -> Iterator[pl.DataFrame]:
        """See ``in_parts``."""
        verdicts = self._spread()
        # The holder of an account is found in its share, and then has a share of his own.
        for first in sorted(FIRSTS, key=lambda first: first == CUSTOMER):
            for share in range(self._number):
                self._answer(first, share, verdicts)
        for run in self._shown.parts:
            shown = self._shown.take(run)
            for found in self._found.values():
                shown = shown.join(found.take(run), on=ASKS, how="left")
            yield shown.drop(ASKS)

    def _spread(self) -> pl.DataFrame:
        """Write everything to its shares; the verdicts are few and stay."""
        read, spoken, asked, verdicts = self._read, self._read.spoken.collect(), 0, []
        for rows in _batches(*(read.only(*span) for span in self._spans())):
            verdicts.append(read.verdicts(rows.lazy(), spoken.lazy()).collect())
            asking = rows.filter(read.asked).with_row_index(ASKS, offset=asked)
            asked += len(asking)
            shown = asking.select(ASKS, *SHOWN, "booked_at", pl.col(MINOR).alias(ASKED))
            self._shown.add(shown, pl.col(ASKS) // RUN)
            narrow = pl.concat([asking, rows.filter(read.told)], how="diagonal").select(ASKS, *BROUGHT, *PARTS)
            for first, parts in FIRSTS.items():
                if first != CUSTOMER:
                    beside = (DEVICE,) if first == ACCOUNT else ()
                    self._put(self._rows[first], narrow.select(ASKS, *BROUGHT, *parts, *beside), first)
        if read.holders is not None:
            for accounts in _batches(read.holders):
                self._put(self._accounts, accounts, ACCOUNT)
        if read.attempts is not None:
            for attempts in _batches(read.attempts):
                self._put(self._logins, attempts, CUSTOMER)
        return self._with_holders(pl.concat(verdicts))

    def _spans(self) -> Iterator[tuple[dt.date, dt.date]]:
        """First and last of the days that are read together, about ``BATCH`` transactions."""
        rows = self._read.rows_by_day
        days, before = list(rows), [0, *accumulate(rows.values())]
        for _, span in groupby(range(len(days)), key=lambda place: before[place] // BATCH):
            places = list(span)
            yield days[places[0]], days[places[-1]]

    def _put(self, shares: Parted, rows: pl.DataFrame, first: str) -> None:
        """Add the rows that have this part of a key to its shares."""
        shares.add(rows.filter(pl.col(first).is_not_null()), self._share_of(first))

    def _share_of(self, part: str) -> pl.Expr:
        return pl.col(part).hash(0) % self._number

    def _with_holders(self, verdicts: pl.DataFrame) -> pl.DataFrame:
        """Verdicts with the holder of their account."""
        holders = self._read.holders
        if holders is not None:
            # Those of verdicts alone: they are few.
            holders = holders.join(verdicts.lazy().select(ACCOUNT).unique(), on=ACCOUNT, how="semi")
        return held(verdicts.lazy(), holders).collect(engine="streaming")

    def _answer(self, first: str, share: int, verdicts: pl.DataFrame) -> None:
        """Answer what is asked of the keys of one share, and pass on to the holders what their accounts did."""
        rows, parts, numbering = self._rows[first].take(share), FIRSTS[first], Numbering()
        if first == ACCOUNT:
            self._pass_on(rows, share)
        spoken = verdicts.filter(self._share_of(first) == share).with_columns(numbering.of(*parts))
        logins = None
        if first == CUSTOMER and self._read.attempts is not None:
            logins = self._logins.take(share).with_columns(numbering.of(*parts))
        moves = Moves(rows.with_columns(numbering.of(*parts)), spoken, logins)
        windows = [window for window in WINDOWS if KEYS[window.key][0] == first]
        of_card = {"since": SINCE, "places": self._read.places} if first == CARD else {"since": None}
        self._found[first].add(answers(moves, self._read.floor, windows, **of_card), pl.col(ASKS) // RUN)

    def _pass_on(self, rows: pl.DataFrame, share: int) -> None:
        holders = None if self._read.holders is None else self._accounts.take(share).lazy()
        of_holders = held(rows.lazy(), holders).select(ASKS, *BROUGHT, *FIRSTS[CUSTOMER]).collect()
        self._put(self._rows[CUSTOMER], of_holders, CUSTOMER)


def _batches(*frames: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows of frames in batches; of the first one without rows first, so that the columns are known of none."""
    yield frames[0].head(0).collect()
    for frame in frames:
        yield from frame.collect_batches(chunk_size=BATCH, maintain_order=True)
