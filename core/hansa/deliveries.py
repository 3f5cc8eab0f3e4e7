"""The deliveries of one source: what of them is published already, what is to do, and what is left.

What was published is derived from the receipts' inputs and from nothing else. A file is known by its content: the same
content is published once, under whatever name; other content under a known name is a correction of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import polars as pl

from hansa.cast import casts
from hansa.errors import DataError, HansaError, WorldError
from hansa.extents import Outside, outside
from hansa.mesh.shadow import live_name
from hansa.receipt import InputRead, Publication, ReceiptBook
from hansa.scope import horizon
from hansa.sources import open_source, translate
from hansa.sources.deliveries import Found, Inbox, Left, Listing

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct
    from hansa.sources import SourceFrame

#: How the input that is a delivery is named in a receipt; the file's name follows.
DELIVERY = "delivery "
Partition = str | None
#: So many files are kept open; of a longer backlog the others are opened again when their turn comes.
_OPEN = 64


@dataclass
class Record:
    """One content, as the receipts know it: the partitions that it was published to, and those still open.

    ``rows`` are those of it that each partition took.
    """

    digest: str
    name: str
    published: set[Partition] = field(default_factory=set)
    rows: dict[Partition, int] = field(default_factory=dict)
    open: set[Partition] = field(default_factory=set)


@dataclass
class Records:
    """What the receipts know of deliveries: each content, the last one under each name, and listings known by stamp."""

    contents: dict[str, Record] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    stamps: dict[tuple[str, str], str] = field(default_factory=dict)
    arrived: dict[str, dt.datetime] = field(default_factory=dict)
    named: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, publications: Iterable[Publication]) -> Records:
        """Read them from the publications of a product, in their order."""
        made = cls()
        for publication in publications:
            given = delivery_of(publication)
            if given is not None:
                made._note(publication, given)
            for receipt in publication.receipts:
                # A day that was published empty for want of a file, while one of its files was published by another
                # process: the file is to be published again.
                if receipt.state == "published" and not receipt.merged and not receipt.counts.get("incoming"):
                    made._emptied(receipt.partition, given.fingerprint if given else None)
        return made

    def _note(self, publication: Publication, given: InputRead) -> None:
        digest, name = given.fingerprint or "", given.name.removeprefix(DELIVERY)
        fresh = Record(digest, name)
        known = self.contents.setdefault(digest, fresh)
        known.name = name
        self.last[name] = digest
        self.named.setdefault(name, set()).add(digest)
        self.arrived.setdefault(name, dt.datetime.fromisoformat(given.came or publication.made_at))
        if given.stamp:
            self.stamps[(name, given.stamp)] = digest
        for receipt in publication.receipts:
            if receipt.state == "published":
                known.published.add(receipt.partition)
                known.rows[receipt.partition] = receipt.counts.get("accepted", 0)
                known.open.discard(receipt.partition)
            elif receipt.state == "held" and receipt.partition not in known.published:
                known.open.add(receipt.partition)

    def _emptied(self, partition: Partition, but: str | None) -> None:
        for known in self.contents.values():
            if known.digest != but and partition in known.published:
                known.published.discard(partition)
                known.open.add(partition)

    def corrects(self, name: str, digest: str) -> bool:
        """True if other content under a name is published; what was held alone stands nowhere."""
        return any(self.contents[other].published for other in self.named.get(name, set()) - {digest})

    def corrected(self, name: str, digest: str) -> int:
        """How many rows were published from the other content that a name had last; 0 if it had none."""
        others = [self.contents[other] for other in self.contents if other in self.named.get(name, set()) - {digest}]
        last = self.contents.get(self.last.get(name, ""))
        one = last if last in others and last is not None and last.published else None
        one = one or next((other for other in reversed(others) if other.published), None)
        return sum(one.rows.values()) if one is not None else 0

    def current(self) -> list[Record]:
        """The contents that count: the last one under each name."""
        return [self.contents[digest] for digest in dict.fromkeys(self.last.values())]


def delivery_of(publication: Publication) -> InputRead | None:
    """The delivery that a publication brought; None if it brought none."""
    return next((given for given in publication.inputs if given.name.startswith(DELIVERY)), None)


@dataclass
class Delivery:
    """A file that is to be published.

    ``when`` is the date in its name, ``kind`` says whether its content is new, a correction of what came under its
    name, or was held before; ``only`` are the partitions that are still open, None for all. ``days`` are those of its
    rows; ``error`` says why it cannot be read.
    """

    found: Found
    digest: str
    when: dt.datetime | None
    kind: Literal["new", "correction", "open"]
    only: frozenset[Partition] | None = None
    days: frozenset[dt.date] = frozenset()
    error: HansaError | None = None

    @property
    def name(self) -> str:
        """Its path under the pattern's folder."""
        return self.found.name

    def read(self, source: SourceFrame) -> InputRead:
        """The delivery as the receipt names it."""
        came = self.found.modified.astimezone(dt.UTC).isoformat(timespec="seconds")
        columns, stamp = source.columns, self.found.stamp
        return InputRead(f"{DELIVERY}{self.name}", fingerprint=self.digest, came=came, stamp=stamp, columns=columns)


class Deliveries:
    """The deliveries of one product at one look; ``forget`` what is published after publishing some of it."""

    def __init__(self, mesh: Mesh, kept: MeshProduct, book: ReceiptBook, now: dt.datetime | None = None) -> None:
        assert kept.binding is not None  # noqa: S101 - only a bound product has deliveries
        self._mesh, self._kept, self._book = mesh, kept, book
        self._now = now or dt.datetime.now(dt.UTC)
        self.base, self.binding = mesh.path.resolve().parent, kept.binding
        self.inbox = Inbox(kept.binding, self.base, f"sources.{live_name(kept.id)}", mesh.file.store)
        self._digests: dict[str, str] = {}
        #: The files that were asked for last, the oldest one first.
        self._opened: dict[str, SourceFrame] = {}
        self._days: dict[str, dict[dt.date, int]] = {}
        self._faults: dict[str, HansaError] = {}
        #: By date the files of it that contradict each other, each with the name of another one.
        self.clashes: dict[dt.datetime | None, dict[str, str]] = {}

    @property
    def today(self) -> dt.date:
        """The business day that it is now in the mesh's zone."""
        return self._now.astimezone(ZoneInfo(self._mesh.file.time_zone)).date()

    def forget(self) -> None:
        """Ask the receipts anew; what was listed and read stays."""
        for name in ("records", "_sorted", "pending", "left"):
            self.__dict__.pop(name, None)

    @cached_property
    def listing(self) -> Listing:
        """What lies there."""
        return self.inbox.listed(self._now)

    @cached_property
    def records(self) -> Records:
        """What the receipts know."""
        return Records.of(self._book.all())

    @cached_property
    def pending(self) -> list[Delivery]:
        """The files that are to be published, in the order of their dates and names, never of their arrival."""
        return self._sorted[0]

    @cached_property
    def left(self) -> list[Left]:
        """The files of which nothing is to be published now, each with the reason."""
        return [*self.listing.left, *(one for one in self._sorted[1] if one.why)]

    def content(self, name: str) -> str | None:
        """The digest of a file that lies there; None if there is none of that name, or it cannot be read."""
        found = next((one for one in self.listing.files if one.name == name), None)
        try:
            return self._digest(found) if found else None
        except DataError:
            return None

    def file_of(self, digest: str) -> Found | None:
        """A file that lies there with this content."""
        return next((one for one in self.listing.files if self.content(one.name) == digest), None)

    @cached_property
    def _sorted(self) -> tuple[list[Delivery], list[Left]]:
        pending, left, seen = list[Delivery](), list[Left](), dict[str, Delivery]()
        for one in sorted((self._looked(found) for found in self.listing.files), key=_place):
            if isinstance(one, Left):
                left.append(one)
            elif one.error is None and one.digest in seen:
                left.append(_copy(one.name, one.when, seen[one.digest].name, seen[one.digest].when))
            else:
                seen[one.digest] = one
                pending.append(one)
        return pending, left

    def _digest(self, found: Found) -> str:
        known = self.records.stamps.get((found.name, found.stamp)) or self._digests.get(found.name)
        if known is None:
            known = self._digests[found.name] = self.inbox.digest(found)
        return known

    def _looked(self, found: Found) -> Delivery | Left:
        """What is to be done with one file."""
        try:
            when = self.inbox.when(found)
            if when is not None and when.date() > self.today + dt.timedelta(days=1):
                first = when.date() - dt.timedelta(days=1)
                return Left(found.name, f"it is early: it is of {when.date()} and is taken from {first} on", came=True)
            digest = self._digest(found)
        except WorldError:
            raise
        except HansaError as error:
            if error.code == "delivery.growing":
                return Left(found.name, error.what)
            return Delivery(found, found.name, None, "new", error=error)
        return self._decided(found, digest, when)

    def _decided(self, found: Found, digest: str, when: dt.datetime | None) -> Delivery | Left:
        last, known = self.records.last.get(found.name), self.records.contents.get(digest)
        corrects = self.records.corrects(found.name, digest)
        if last is not None and last != digest:
            return self._with_days(Delivery(found, digest, when, "correction" if corrects else "new"))
        if known is None:
            return self._with_days(Delivery(found, digest, when, "new"))
        if known.open:
            # Of what never came in everything is open, rows of no day too.
            only = frozenset(known.open) if known.published else None
            return self._with_days(Delivery(found, digest, when, "correction" if corrects else "open", only))
        if last is None:
            was = self.inbox.when_named(known.name)
            one = Delivery(found, digest, when, "new")
            if when != was and self._seems_empty(one):
                # A file without rows says of each day anew that nothing happened.
                return one
            return _copy(found.name, when, known.name, was)
        return Left(found.name, "", came=True)

    def _with_days(self, one: Delivery) -> Delivery:
        """The delivery with the days of its rows, or with what is wrong with its file."""
        name = one.name
        if name not in self._days and name not in self._faults:
            try:
                self._days[name] = self._rows_by_day(self.source(one.found))
            except WorldError:
                raise
            except HansaError as error:
                self._faults[name] = error
        if name in self._faults:
            return replace(one, error=self._faults[name])
        days = frozenset(self._days[name])
        if not days and one.when is not None and self._kept.daily and self.is_empty(one):
            # A file without rows is the empty day of its date.
            days = frozenset({one.when.date()})
        return replace(one, days=days)

    def is_empty(self, one: Delivery) -> bool:
        """True if a file can be read and has no row."""
        source = self.source(one.found)
        try:
            return not source.frame.head(1).collect(engine="streaming").height
        except (pl.exceptions.PolarsError, OSError) as error:
            raise translate(error, source.place) or error from None

    def _seems_empty(self, one: Delivery) -> bool:
        """True if a file has no row; not of one that cannot be read by now, whose content is published already."""
        try:
            return self.is_empty(one)
        except WorldError:
            raise
        except HansaError:
            return False

    def source(self, found: Found) -> SourceFrame:
        """The file, opened once as long as not many others are. Errors: as ``open_source``."""
        opened = self._opened.pop(found.name, None)
        if opened is None:
            contract = replace(self._kept.contract, id=live_name(self._kept.id))
            readers, store = self._mesh.registry.readers, self._mesh.file.store
            opened = open_source(self.inbox.bound(found), contract, self.base, readers, store)
        self._opened[found.name] = opened
        if len(self._opened) > _OPEN:
            del self._opened[next(iter(self._opened))]
        return opened

    def day(self, source: SourceFrame) -> pl.Expr:
        """The business day of each row of a file, over the rows as they came."""
        contract, zone = self._kept.contract, self._mesh.file.time_zone
        return casts(contract, source.frame.collect_schema(), source.reading, zone)[contract.partition or ""].value

    def _rows_by_day(self, source: SourceFrame) -> dict[dt.date, int]:
        if not self._kept.daily:
            return {}
        try:
            days = source.frame.select(day=self.day(source)).group_by("day").len("rows")
            found = days.collect(engine="streaming").drop_nulls()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise translate(error, source.place) or error from None
        return dict(found.iter_rows())

    def outside(self, one: Delivery) -> Outside:
        """What of a file that waits lies before the mesh's start or too far ahead."""
        until = horizon(self._kept.contract, "merge", None, self.today)
        return outside(self._days.get(one.name, {}), self._mesh.file.start, until)

    def came(self, day: dt.date | None) -> tuple[str, ...]:
        """The files that wait to be published to a day, or to the whole product, each as a sentence."""
        return tuple(f"{one.name} came" for one in self.of_days([day] if day else []) if one.error is None)

    def check(self) -> None:
        """Open what is to be published, or the newest file: is it what the binding says?

        Errors: of the first file that is not.
        """
        files = [one.found for one in self.pending] or sorted(self.listing.files, key=lambda one: one.modified)[-1:]
        for one in self.pending:
            if one.error is not None:
                raise one.error
        for found in files[-1:]:
            self.source(found)

    @property
    def now(self) -> dt.datetime:
        """The instant of this look."""
        return self._now

    def came_by_day(self) -> dict[dt.date, tuple[dt.datetime, str]]:
        """For each date of a name when the first file of it came, and its name: published ones, and those that wait."""
        found: dict[dt.date, tuple[dt.datetime, str]] = {}

        def note(name: str, came: dt.datetime) -> None:
            if (when := self.inbox.when_named(name)) is not None:
                found[when.date()] = min(found.get(when.date(), (came, name)), (came, name))

        for name, came in self.records.arrived.items():
            note(name, came)
        absent = {one.name for one in self.left if not one.came}
        for one in self.listing.files:
            if one.name not in absent and one.name not in self.records.arrived:
                note(one.name, one.modified)
        return found

    @property
    def days(self) -> set[dt.date]:
        """The days that the files bring which wait to be published."""
        return {day for one in self.pending for day in one.days}

    def extent(self, published: Iterable[dt.date]) -> tuple[dt.date, dt.date] | None:
        """First and last business day of what is published and of what waits; days that lie too far ahead are none."""
        last = horizon(self._kept.contract, "merge", None, self.today)
        waiting = {day for one in self.pending for day in one.days if last is None or day <= last}
        days = waiting | set(published)
        return (min(days), max(days)) if days else None

    def of_days(self, days: Sequence[dt.date]) -> list[Delivery]:
        """The pending files that hold rows of one of these days; all of them for a product that is not kept by day."""
        return [one for one in self.pending if not days or one.days.intersection(days)]


def _place(one: Delivery | Left) -> tuple[bool, dt.datetime, str]:
    when = one.when if isinstance(one, Delivery) else None
    return when is not None, when or dt.datetime.min, one.name


def _copy(name: str, when: dt.datetime | None, other: str, was: dt.datetime | None) -> Left:
    moved = when is not None and was is not None and when.date() != was.date()
    beside = f", although its name is of {when.date()}" if moved and when is not None else ""
    return Left(name, f"it has the same content as {other}{beside}: it is published once", came=not moved)
