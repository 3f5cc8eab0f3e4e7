"""What stands published in a mesh, read from the receipts, and whether it still follows from its inputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hansa.calendar import Calendar
from hansa.deliveries import DELIVERY, Deliveries
from hansa.digest import canonical, sha256
from hansa.drawing import Drawing, drawing_of
from hansa.errors import DataError, HansaError
from hansa.extents import Outside, extent_of
from hansa.mesh import Finding
from hansa.mesh.shadow import live_name
from hansa.moves import Moved, Past, input_span, reads
from hansa.quarantine.account import Entry
from hansa.receipt import CALENDAR, InputRead, Publication, Receipt, ReceiptBook, book_of
from hansa.run import Run, each_day
from hansa.scorer import package_digest
from hansa.seen import Seen
from hansa.sources import open_source
from hansa.sources.database_words import is_database
from hansa.sources.deliveries import is_pattern
from hansa.store.table import Look
from hansa.store.warehouse import Warehouse

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct
    from hansa.products import Input
    from hansa.sources import SourceFrame

Current = dict[str | None, tuple[Receipt, Publication]]
_REWRITTEN = "its source was written again"


class MissingInputError(DataError):
    """An input is not published, so that a product cannot be computed: nothing of its own is wrong.

    ``input`` is its id, ``missing`` says what of it is not there; ``since`` what kept it from being published, as far
    as the receipts know.
    """

    def __init__(self, kept: MeshProduct, input: str, missing: str, since: str, days: Sequence[dt.date]) -> None:
        self.input, self.missing = input, missing
        span = f" --from {days[0]} --to {days[-1]}" if days else ""
        super().__init__(
            "input.missing",
            missing + (f", since {since}" if since else ""),
            where=kept.id,
            state="nothing of it was published",
            next_step=f"hansa run {kept.id}{span} completes what is missing upstream",
        )


class Standing:
    """The receipts of a mesh's products, read once; ``forget`` a product after publishing it."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._books: dict[str, ReceiptBook] = {}
        self._current: dict[str, Current] = {}
        self._snapshots: dict[str, int | None] = {}
        self._wholes: dict[str, dict[str | None, Publication]] = {}
        self._held: dict[str, set[str | None]] = {}
        self._codes: dict[str, str] = {}
        self._sources: dict[str, SourceFrame] = {}
        self._extents: dict[str, tuple[dt.date, dt.date] | None] = {}
        self._outside: dict[str, Outside] = {}
        self._pasts: dict[str, Past] = {}
        self._seen: dict[str, Seen] = {}
        self._deliveries: dict[str, Deliveries | None] = {}
        self._drawings: dict[str, Drawing] = {}

    @property
    def zone(self) -> str:
        """The mesh's time zone."""
        return self._mesh.file.time_zone

    @property
    def start(self) -> dt.date:
        """The first business day of the mesh."""
        return self._mesh.file.start

    @cached_property
    def warehouse(self) -> Warehouse:
        """The mesh's warehouse."""
        return self._mesh.warehouse

    def current(self, product: str) -> Current:
        """For each partition the receipt of what readers see, with its publication."""
        if product not in self._current:
            current = self.book(product).current() if self.warehouse.exists else {}
            if current:
                # Receipts of a table that no catalog knows any more would make a plan of things that are not there.
                table = self.warehouse.iceberg(product, self._mesh.products[product].contract.major)
                self._snapshots[product] = Look(table).snapshot
            self._current[product] = current
        return self._current[product]

    def book(self, product: str) -> ReceiptBook:
        """The product's receipts; what is asked of them is looked up anew each time."""
        if product not in self._books:
            major = self._mesh.products[product].contract.major
            self._books[product] = book_of(self.warehouse, product, major)
        return self._books[product]

    def forget(self, product: str) -> None:
        """Read the product's receipts anew when they are next asked for."""
        self._current.pop(product, None)
        self._snapshots.pop(product, None)
        self._wholes.pop(product, None)
        self._held.pop(product, None)
        self._pasts.pop(product, None)
        self._seen.pop(product, None)
        if (deliveries := self._deliveries.get(product)) is not None:
            deliveries.forget()
        self._drawings.pop(product, None)

    def days(self, product: str) -> set[dt.date]:
        """The days of a daily product that are published."""
        return {dt.date.fromisoformat(day) for day in self.current(product) if day is not None}

    def deliveries(self, product: str) -> Deliveries | None:
        """The files that arrive for a source-aligned product; None for one that is bound to one file, or to none."""
        if product not in self._deliveries:
            kept = self._mesh.products[product]
            many = kept.binding is not None and is_pattern(kept.binding.uri)
            self._deliveries[product] = Deliveries(self._mesh, kept, self.book(product)) if many else None
        return self._deliveries[product]

    def source(self, product: str) -> SourceFrame:
        """The bound source of a source-aligned product, opened once; deliveries have none."""
        if product not in self._sources:
            kept = self._mesh.products[product]
            assert kept.binding is not None  # noqa: S101 - the mesh leaves out a source product without binding
            base = self._mesh.path.resolve().parent
            # A fault names the entry of the mesh file, which a module in shadow has none of.
            contract = replace(kept.contract, id=live_name(product))
            self._sources[product] = open_source(
                kept.binding, contract, base, self._mesh.registry.readers, self._mesh.file.store
            )
        return self._sources[product]

    def drawing(self, product: str) -> Drawing | None:
        """How a product's rows are drawn from the database that it comes from; None for every other one."""
        kept = self._mesh.products[product]
        if kept.binding is None or not is_database(kept.binding.uri):
            return None
        if product not in self._drawings:
            self._drawings[product] = drawing_of(self._mesh, kept, self.source(product), self.code(product))
        return self._drawings[product]

    def extent(self, product: str) -> tuple[dt.date, dt.date] | None:
        """First and last business day that the source of a daily product holds; None if it holds none."""
        if (deliveries := self.deliveries(product)) is not None:
            return deliveries.extent(self.days(product))
        if product not in self._extents:
            kept, source, today = self._mesh.products[product], self.source(product), Run("", self.zone).today
            self._extents[product], self._outside[product] = extent_of(kept, source, self.zone, self.start, today)
        return self._extents[product]

    def outside(self, product: str) -> Outside | None:
        """What of a bound source no run publishes; None where nobody asked for its ``extent``, which tells it."""
        return self._outside.get(product)

    def code(self, product: str) -> str:
        """Digest of what decides a product's rows beside its inputs.

        That is its package's files or its binding, its settings, and the mesh's zone and seed.
        """
        if product not in self._codes:
            run = {"zone": self._mesh.file.time_zone, "seed": self._mesh.file.seed}
            self._codes[product] = _code(self._mesh.products[product], run)
        return self._codes[product]

    @cached_property
    def calendar(self) -> Calendar:
        """The mesh's declared calendar."""
        made = Calendar(self._mesh.file.calendar, self._mesh.path.resolve().parent)
        made.refuse_unknown([*self._mesh.declared, *self._mesh.products])
        return made

    def right(self, product: str, day: dt.date | None) -> bool:
        """True if the partition is published under this contract and code, and its inputs are still what it read.

        Rows that a replay or a merge added later came from no input and are not this product's doing: the
        publication that brought the partition whole decides. One whose newest whole attempt was held is not right,
        although the rows before it go on serving.
        """
        return not self.why(product, day)

    def why(self, product: str, day: dt.date | None) -> tuple[str, ...]:
        """Why a partition is not right, in words; empty if it is."""
        partition = str(day) if day else None
        if partition in self._held_last(product):
            return ("it was held last",)
        if (deliveries := self.deliveries(product)) is not None and (came := deliveries.came(day)):
            return came
        if partition not in self.current(product):
            return ("it is not published",)
        publication, kept = self._whole(product)[partition], self._mesh.products[product]
        found = []
        # A delivery is published once: it stays, whatever contract and binding say by now.
        once = self.deliveries(product) is not None
        if publication.contract != kept.contract.digest and not once:
            found.append("its contract changed")
        if publication.code != self.code(product) and not once:
            found.append("its binding changed" if kept.binding is not None else "its code or settings changed")
        found += [told for given in publication.inputs if (told := self._other(product, partition, publication, given))]
        return tuple(found + [one.sentence() for one in self.moved(product, day)])

    def publication(self, product: str, day: dt.date | None) -> Publication | None:
        """The publication that brought a partition whole last; None for a partition that is not published."""
        partition = str(day) if day else None
        return self._whole(product)[partition] if partition in self.current(product) else None

    def partitions(self, product: str) -> list[dt.date | None]:
        """What is published of a product, in order: its days, or None for the whole of it."""
        return sorted((dt.date.fromisoformat(p) if p else None for p in self.current(product)), key=str)

    def snapshot(self, product: str) -> int | None:
        """The snapshot that readers of a product see now; None while nothing is published."""
        return self._snapshots.get(product) if self.current(product) else None

    def past(self, product: str) -> Past:
        """What stood in each of its partitions at any commit."""
        if product not in self._pasts:
            self._pasts[product] = Past(self.book(product))
        return self._pasts[product]

    def moved(self, product: str, day: dt.date | None) -> list[Moved]:
        """The inputs of which a published partition read other rows than stand there now."""
        kept, publication = self._mesh.products[product], self.publication(product, day)
        if publication is None:
            return []
        found = []
        for given, span, newest in reads(kept, publication, day, publication.code == self.code(product)):
            if given.name in self._mesh.products and self.current(given.name):
                partitions = self.past(given.name).moved(given.sequence or 0, span, newest)
                if partitions:
                    found.append(Moved(given.name, tuple(partitions)))
        return found

    def _other(self, product: str, partition: str | None, publication: Publication, given: InputRead) -> str:
        """Why an input that is no product is another one by now, or is there no more; empty if it is the same."""
        if given.name.startswith(CALENDAR):
            holiday = given.name.startswith(f"{CALENDAR}holiday")
            same = not holiday or given.name == f"{CALENDAR}{self.holidays(product, given)}"
            return "" if same else "the calendar changed"
        if given.name.startswith(DELIVERY):
            return ""
        if given.fingerprint is None:
            return "" if given.name in self._mesh.products else f"{given.name} is no product of this mesh any more"
        if self._mesh.products[product].binding is None:
            return f"{given.name} is no input of it"
        if (drawing := self.drawing(product)) is not None:
            return _REWRITTEN if drawing.moved(self.book(product), partition, publication) else ""
        known = self.source(product).fingerprint
        if given.fingerprint == known or self.seen(product).knows(known, partition, publication.digest):
            return ""
        return _REWRITTEN

    def rewritten(self, product: str, days: Sequence[dt.date]) -> dict[str | None, str]:
        """By partition the publication of a source that was written again since; held days are not among them."""
        found: dict[str | None, str] = {}
        for day in days or (None,):
            if _REWRITTEN in self.why(product, day) and (publication := self.publication(product, day)) is not None:
                found[str(day) if day else None] = publication.digest
        return found

    def same_day(self, kept: MeshProduct) -> list[str]:
        """The inputs of which a day of the product reads that very day, so that it must be there."""
        own = (given.product for given in kept.product.requires if given.own_days and not given.newest)
        return [id for id in own if self._mesh.products[id].daily]

    def missing(self, kept: MeshProduct, given: Input, days: Sequence[dt.date]) -> str:
        """What of an input is not published, without which these days cannot be computed; empty if nothing is.

        A day of its own that an input lacks would come out empty and look right; so would one for which nothing at all
        of a lookback is there, but before the mesh's start there was nothing to be had.
        """
        id = given.product
        if not self.current(id):
            return f"it reads {id}, which was never published"
        if not days or not self._mesh.products[id].daily:
            return ""
        there = self.days(id)
        if id in self.same_day(kept):
            lost = min(set(days) - there, default=None)
            fate = "was held" if str(lost) in self._held_last(id) else "is not published"
            return f"it reads {id} of {lost}, which {fate}" if lost else ""
        span = input_span(kept, given, days[0], days[-1])
        first = max(span[0], self._mesh.file.start) if span else days[0]
        if span is None or first > span[1] or any(first <= day <= span[1] for day in there):
            return ""
        stretch = str(first) if first == span[1] else f"{first}..{span[1]}"
        return f"it reads {id} of {stretch}, of which nothing is published"

    def refuse_missing(self, kept: MeshProduct, given: Input, days: Sequence[dt.date]) -> None:
        """Refuse to compute days for which an input is not there: they would be empty and look right."""
        missing = self.missing(kept, given, days)
        if missing:
            # Another process may have published since.
            self.forget(given.product)
            missing = self.missing(kept, given, days)
        if missing:
            raise MissingInputError(kept, given.product, missing, self.since(given.product), days)

    def since(self, product: str) -> str:
        """Why a product was never published: ``t.a was held``, the first in line; empty where nothing is known."""
        if self.current(product):
            return ""
        if self._held_last(product):
            return "it was held"
        first = next((id for id in self._mesh.products[product].requires if not self.current(id)), None)
        if first is None:
            return ""
        deeper = self.since(first)
        if deeper == "it was held":
            return f"{first} was held"
        return deeper or f"{first} was never published"

    def holidays(self, product: str, given: InputRead) -> str:
        """What the calendar says of the days of one of its decisions."""
        first, last = (dt.date.fromisoformat(day or "") for day in (given.first, given.last))
        return self.calendar.closing(product, each_day(first, last))

    def seen(self, product: str) -> Seen:
        """Which days were found again in a source that was written again."""
        if product not in self._seen:
            major = self._mesh.products[product].contract.major
            self._seen[product] = Seen(self.warehouse.table(product, major))
        return self._seen[product]

    def _whole(self, product: str) -> dict[str | None, Publication]:
        """For each partition the publication that brought it whole last."""
        if product not in self._wholes:
            layers = self.book(product).layers()
            self._wholes[product] = {partition: own[0][1] for partition, own in layers.items()}
        return self._wholes[product]

    def _held_last(self, product: str) -> set[str | None]:
        """Partitions whose newest attempt to bring them whole was held."""
        if product not in self._held:
            held, many = dict[str | None, bool](), self.deliveries(product) is not None
            for publication in self.book(product).all():
                decided = [r for r in publication.receipts if r.state != "prepared"]
                # What a delivery adds to a day that was held is all that there is of it.
                held |= {r.partition: r.state == "held" for r in decided if many or not Entry(publication, r).adds}
            self._held[product] = {partition for partition, is_held in held.items() if is_held}
        return self._held[product]


def source_findings(mesh: Mesh) -> list[Finding]:
    """What is wrong with the bound sources of a mesh: each is opened, and its mapping held against its contract."""
    standing, found = Standing(mesh), []
    for id, kept in mesh.products.items():
        if kept.binding is not None:
            try:
                deliveries = standing.deliveries(id)
                deliveries.check() if deliveries is not None else standing.source(id)
                if kept.binding.expects is not None:
                    standing.calendar.refuse_open(id, kept.binding.expects)
            except HansaError as error:
                found.append(Finding.of("error", error, module=kept.module, product=id))
    return found


def _code(kept: MeshProduct, run: Mapping[str, Any]) -> str:
    settings = canonical({"settings": dict(kept.settings), **run})
    if kept.binding is not None:
        return sha256(settings + kept.binding.model_dump_json().encode())
    assert kept.product.function is not None  # noqa: S101 - what has no function has a binding
    return sha256(settings + package_digest(kept.product.function.__module__.split(".")[0]).encode())
