"""What a published day read, and what of that has other rows by now: from the receipts alone.

A receipt names the snapshot and the days of every input. What stood in those days at that snapshot, and what stands
there now, are compared by the digests of their rows, so that a day restated to the same rows has not moved.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hansa.receipt import InputRead, Publication, Receipt, ReceiptBook

if TYPE_CHECKING:
    from hansa.mesh import MeshProduct
    from hansa.products import Input

ONE_DAY = dt.timedelta(days=1)
Span = tuple[dt.date, dt.date]
#: First and last day as receipts write them; None: all that there is.
Read = tuple[str, str] | None
#: So many days are named in a sentence.
_MOST = 10


def input_span(kept: MeshProduct, given: Input, first: dt.date, last: dt.date) -> Span | None:
    """The days of an input that a product reads to compute ``first`` to ``last``; None if that is no day."""
    start = first - dt.timedelta(days=given.lookback.resolve(kept.settings))
    end = last + dt.timedelta(days=given.lookahead.resolve(kept.settings))
    if not given.own_days:
        end = min(end, first - ONE_DAY)
    return (start, end) if start <= end else None


def within(partition: str | None, read: Read) -> bool:
    """True for a day that lies within what was read, and for what is not kept by day."""
    return partition is None or read is None or read[0] <= partition <= read[1]


@dataclass(frozen=True)
class Brought:
    """The rows of one partition since one commit: their digest, empty for no rows."""

    sequence: int
    rows: str


class Past:
    """What stood in each partition of one product, at any commit."""

    def __init__(self, book: ReceiptBook) -> None:
        self._all: dict[str | None, list[Brought]] = {}
        for publication in book.all():
            if publication.landed is not None:
                brought = publication.landed.sequence
                for receipt in publication.receipts:
                    if receipt.state == "published":
                        known = self._all.setdefault(receipt.partition, [])
                        known.append(Brought(brought, _rows(receipt)))

    def moved(self, sequence: int, read: Read, newest: bool = False) -> list[str | None]:
        """Partitions within ``read`` whose rows are others than at a commit; days that came since are among them.

        With ``newest`` only the newest day with rows was read: what is the newest now, if that is another one.
        """
        inside = self._inside(read)
        if newest:
            then, now = (self._newest(inside, at) for at in (sequence, None))
            return [] if then == now else [(now or then or (None, ""))[0]]
        return sorted((p for p in inside if self._at(p, sequence) != self._at(p, None)), key=str)

    def newest(self, read: Read) -> str | None:
        """The newest day with rows within ``read``, as it stands now."""
        found = self._newest(self._inside(read), None)
        return found[0] if found else None

    def _inside(self, read: Read) -> list[str | None]:
        return [p for p in self._all if within(p, read)]

    def _at(self, partition: str | None, sequence: int | None) -> str:
        """The rows of a partition at a commit (None: now); a day that is not there has none, as an empty one."""
        known = self._all[partition]
        if sequence is None:
            return known[-1].rows
        place = bisect(known, sequence, key=lambda one: one.sequence)
        return known[place - 1].rows if place else ""

    def _newest(self, inside: list[str | None], sequence: int | None) -> tuple[str | None, str] | None:
        having = [(p, rows) for p in inside if (rows := self._at(p, sequence))]
        return max(having, key=lambda one: one[0] or "", default=None)


def _rows(receipt: Receipt) -> str:
    return receipt.digests["published"] if receipt.counts.get("published") else ""


@dataclass(frozen=True)
class Moved:
    """An input of which a published day read other rows than stand there now, and the partitions of it."""

    product: str
    partitions: tuple[str | None, ...]

    def sentence(self, became: str = "changed since") -> str:
        """``it read t.a of 2026-03-02, which changed since``; of very many days the first ten."""
        days = [partition for partition in self.partitions if partition]
        more = f" and {len(days) - _MOST} more" if len(days) > _MOST else ""
        of = f" of {', '.join(days[:_MOST])}{more}" if days else ""
        return f"it read {self.product}{of}, which {became}"


def reads(
    kept: MeshProduct, publication: Publication, day: dt.date | None, same_code: bool
) -> Iterator[tuple[InputRead, Read, bool]]:
    """The inputs that are products, each with the days that were read for one day, and whether only the newest was.

    A publication of many days names the days that it read for all of them. Its own first and last day bound what one
    of them read, and so does what the product declares, as long as it is what it was.
    """
    declared = {given.product: given for given in kept.product.requires}
    own = [r.partition for r in publication.receipts if r.partition and r.state != "prepared"]
    for read in publication.inputs:
        if read.fingerprint is not None:
            continue
        given = declared.get(read.name) if same_code else None
        if read.first is None or read.last is None or day is None:
            yield read, None if read.first is None else (read.first, read.last or read.first), False
            continue
        first, last = dt.date.fromisoformat(read.first), dt.date.fromisoformat(read.last)
        if own:
            start, end = dt.date.fromisoformat(min(own)), dt.date.fromisoformat(max(own))
            first, last = max(first, first + (day - start)), min(last, last - (end - day))
        span = input_span(kept, given, day, day) if given is not None else (first, last)
        if span is not None:
            first, last = max(first, span[0]), min(last, span[1])
            yield read, (str(first), str(last)), given is not None and given.newest
