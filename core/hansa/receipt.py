"""What a publication proves, and where it is kept.

A publication is one file beside the table, named by its own digest and written before the commit. The snapshot's
properties name it; a mark beside it says that it landed, or that it was held. A publication without a mark is one
whose process died: whether it landed is asked of the table, and the mark is then written.
"""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

from hansa.digest import canonical, sha256
from hansa.errors import WorldError
from hansa.input_read import LATER_OF_INPUTS
from hansa.input_read import InputRead as InputRead
from hansa.receipt_packs import NEWEST, SIZE, Packed, changed_packs, is_pack, read_each, read_packs, write_pack
from hansa.store.data_files import address
from hansa.store.objects import Objects
from hansa.store.table import Landed, landed_in
from hansa.store.warehouse import Warehouse

State = Literal["prepared", "published", "held"]
#: The snapshot property that names a publication.
PROPERTY = "hansa.publication"
#: The input of a publication that the calendar has decided about; what follows it says what was decided.
CALENDAR = "calendar: "
#: Fields that publications and receipts of before do not have.
_LATER = frozenset({"mode", "request", "upon", "absent"})
_LATER_OF_RECEIPTS = frozenset({"merged", "keys", "elsewhere"})


@dataclass(frozen=True)
class Receipt:
    """What happened to one partition (None: the whole product, or rows that belong to no partition).

    A receipt that stays ``prepared`` is of rows that the publication could only refuse: of another day, or of none.
    ``counts`` has incoming, accepted, quarantined, identical and published rows, of a partition that was ``merged``
    also those that stood there before (kept) and those of them that went (replaced): published = accepted + kept -
    replaced. ``broken`` and ``undecided`` count by rule; ``digests`` are row digests of each side; ``files`` name path,
    rows, bytes and SHA-256, ``keys`` the same of the key file of each key; ``reasons`` say why it was held;
    ``elsewhere`` names, by rule, the other days in which keys of refused rows stand.
    """

    partition: str | None
    state: State
    counts: dict[str, int]
    broken: dict[str, int] = field(default_factory=dict)
    undecided: dict[str, int] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    files: tuple[dict[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()
    merged: bool = False
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    elsewhere: dict[str, list[str]] = field(default_factory=dict)

    @property
    def published(self) -> int:
        """Rows that this publication made readable in this partition."""
        return self.counts.get("published", 0) if self.state == "published" else 0


@dataclass(frozen=True)
class Publication:
    """The receipts of one run of the gate over one product, with what they have in common.

    ``request`` names what was asked, where the same question can be known again: source, contract, code, keys and
    mode. ``upon`` is the place, in the order of commits, of the head on which it was decided: 0 where no table was,
    None in publications of before. ``absent`` are columns of the contract that did not come and were filled with nulls.
    Two fields are of the answer alone and not stored: ``unchanged`` is true for a re-run that found its rows already
    published, ``standing`` are the receipts of days that came and stand already in the same rows.
    """

    product: str
    version: str
    contract: str
    run: str
    made_at: str
    receipts: tuple[Receipt, ...]
    inputs: tuple[InputRead, ...] = ()
    code: str = ""
    libraries: dict[str, str] = field(default_factory=dict)
    keys: str = ""
    quarantine: str | None = None
    unenforced: tuple[str, ...] = ()
    mode: str = ""
    request: str = ""
    upon: int | None = None
    absent: tuple[str, ...] = ()
    landed: Landed | None = field(default=None, compare=False)
    unchanged: bool = field(default=False, compare=False)
    standing: tuple[Receipt, ...] = field(default=(), compare=False)

    @property
    def content(self) -> bytes:
        """The bytes that are stored and digested."""
        stored = asdict(self)
        del stored["landed"], stored["unchanged"], stored["standing"]
        # Receipts from before these fields keep their names.
        receipts = [_without_empty(receipt, _LATER_OF_RECEIPTS) for receipt in stored["receipts"]]
        inputs = [_without_empty(given, LATER_OF_INPUTS) for given in stored["inputs"]]
        return canonical(_without_empty(stored | {"receipts": receipts, "inputs": inputs}, _LATER))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content: the publication's name."""
        return sha256(self.content)

    @property
    def rejects(self) -> tuple[Receipt, ...]:
        """The receipts of rows of another day than the publication's, or of none."""
        return tuple(receipt for receipt in self.receipts if receipt.state == "prepared")

    @property
    def decided(self) -> tuple[Receipt, ...]:
        """The receipts of partitions that were published or held."""
        return tuple(receipt for receipt in self.receipts if receipt.state != "prepared")

    def total(self, count: str) -> int:
        """The sum of one count over all receipts."""
        if count == "published":
            return sum(receipt.published for receipt in self.receipts)
        return sum(receipt.counts.get(count, 0) for receipt in self.receipts)

    @property
    def held(self) -> tuple[Receipt, ...]:
        """The receipts of partitions that were held."""
        return tuple(receipt for receipt in self.receipts if receipt.state == "held")

    @property
    def major(self) -> int:
        """The major version that was published."""
        return int(self.version.split(".", 1)[0])

    def reading(self) -> dict[str, Any]:
        """The publication as ``--json`` prints it."""
        made: dict[str, Any] = json.loads(self.content)
        made["digest"] = self.digest
        made["snapshot"] = self.landed.snapshot if self.landed else None
        made["unchanged"] = self.unchanged
        made |= {name: self.total(name) for name in ("incoming", "published", "quarantined", "identical")}
        # Days that came and stand already in the same rows are in no receipt of this publication, and in its counts.
        again = [receipt.counts for receipt in self.standing]
        made["standing"] = sum(counts["incoming"] - counts["quarantined"] for counts in again)
        for name in ("incoming", "quarantined", "identical"):
            made[name] += sum(counts[name] for counts in again)
        made["held"] = [receipt.partition for receipt in self.held]
        made["state"] = "published" if self.landed else ("held" if self.held else "prepared")
        return made


def _without_empty(stored: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if value or type(value) is int or name not in names}


def _parse(content: bytes) -> Publication:
    stored = json.loads(content)
    receipts = [
        Receipt(
            **(r | {"files": tuple(r["files"]), "reasons": tuple(r["reasons"]), "unchecked": tuple(r["unchecked"])})
        )
        for r in stored.pop("receipts")
    ]
    inputs = [InputRead.stored(given) for given in stored.pop("inputs")]
    unenforced, absent = tuple(stored.pop("unenforced")), tuple(stored.pop("absent", ()))
    return Publication(receipts=tuple(receipts), inputs=tuple(inputs), unenforced=unenforced, absent=absent, **stored)


class ReceiptBook:
    """The publications of one product: the only book of what was published and what was held.

    ``packs`` says whether a receipt may be taken from a pack instead of its own object.
    """

    def __init__(self, table: Objects, landed: Callable[[dict[str, str]], Landed | None], packs: bool = True) -> None:
        self._table, self._objects = table, table.at("receipts")
        self._ask_table, self._packs = landed, packs
        # A receipt is named by its content and its mark never changes, so what was read once need not be read again.
        self._known: dict[str, Publication] = {}
        self._packed: dict[str, Packed] = {}
        self._packs_read: set[str] = set()
        self._seen: list[Publication] | None = None

    def prepare(self, publication: Publication) -> None:
        """Write the publication down before its commit."""
        self._objects.create(f"{publication.digest}.json", publication.content)

    def mark_landed(self, publication: Publication, landed: Landed) -> Publication:
        """Say that the snapshot which names this publication is there."""
        mark = {"snapshot": landed.snapshot, "sequence": landed.sequence}
        self._objects.create(f"{publication.digest}.landed", canonical(mark))
        return replace(publication, landed=landed)

    def mark_held(self, publication: Publication) -> None:
        """Say that nothing of this publication was committed, on purpose."""
        self._objects.create(f"{publication.digest}.held", b"{}")

    def withdraw(self, publication: Publication) -> None:
        """Take back a publication whose commit was refused for certain."""
        self._objects.remove(f"{publication.digest}.json")

    def all(self) -> list[Publication]:
        """Every publication that landed or was held, in the order of commits, what was held after the head on which it
        was judged; marks that a crash left out are written now."""
        if self._seen is not None:
            return self._seen
        names = {entry.name for entry in self._objects.entries()}
        digests = sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))
        self._read_packs(names)
        missing = [digest for digest in digests if digest not in self._known]
        wanted = {f"{digest}.{kind}" for digest in missing for kind in ("json", "landed")} & names
        contents = dict(read_each(self._objects, wanted))
        for digest in missing:
            decided = self._decided(digest, names, contents)
            if decided is not None:
                self._known[digest] = decided
        return _ordered([self._known[digest] for digest in digests if digest in self._known])

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Within the block the book stays as it is read now: a store is asked once, and all answers fit together."""
        self._seen = self.all()
        try:
            yield
        finally:
            self._seen = None

    def _read_packs(self, names: set[str]) -> None:
        """Know the receipts of the packs that were not read yet, as far as they and their marks lie there."""
        new = {name for name in names if is_pack(name)} - self._packs_read if self._packs else set()
        self._packs_read |= new
        self._packed |= read_packs(self._objects, new)
        for digest in self._packed.keys() - self._known.keys():
            content, mark = self._packed[digest]
            if {f"{digest}.json", f"{digest}.{'landed' if mark else 'held'}"} <= names:
                self._known[digest] = replace(_parse(content), landed=Landed(**mark) if mark else None)

    def pack(self) -> None:
        """Put the oldest receipts that were read one by one into a pack, if they are enough for one."""
        loose = _ordered([p for digest, p in self._known.items() if digest not in self._packed])
        if len(loose) >= SIZE + NEWEST:
            write_pack(self._objects, {p.digest: _to_pack(p) for p in loose[:SIZE]})

    def changed_packs(self) -> list[str]:
        """Names, under the table, of packs that do not say what receipts and marks say; of a book without packs."""
        known = {publication.digest: _to_pack(publication) for publication in self.all()}
        return [f"receipts/{name}" for name in changed_packs(self._objects, known)]

    def _decided(self, digest: str, names: Collection[str], contents: Mapping[str, bytes]) -> Publication | None:
        """The publication of a digest with what its mark says of it; None while nobody knows whether it landed."""
        if f"{digest}.json" not in contents:
            # Withdrawn while we looked.
            return None
        content = contents[f"{digest}.json"]
        if sha256(content) != digest:
            raise self._changed(f"{digest}.json", "the receipt")
        publication = _parse(content)
        if f"{digest}.landed" in contents:
            return replace(publication, landed=self._marked(f"{digest}.landed", contents[f"{digest}.landed"]))
        if f"{digest}.held" in names:
            return publication
        landed = self._ask_table({PROPERTY: digest})
        return self.mark_landed(publication, landed) if landed else None

    def _marked(self, mark: str, content: bytes) -> Landed:
        """What a mark says."""
        try:
            found = json.loads(content)
        except ValueError:
            found = None
        if not isinstance(found, dict) or set(found) != {"snapshot", "sequence"}:
            raise self._changed(mark, "the mark of a publication")
        if any(type(value) is not int for value in found.values()):
            raise self._changed(mark, "the mark of a publication")
        return Landed(**found)

    def _changed(self, name: str, what: str) -> WorldError:
        return WorldError(
            "receipt.changed",
            f"{what} was changed after it was written",
            where=address(self._objects, name),
            next_step="restore the warehouse from its backup",
        )

    def dayless(self) -> int:
        """How many rows of no day the newest publication that landed has refused."""
        landed = [publication for publication in self.all() if publication.landed]
        return sum(r.counts["quarantined"] for r in landed[-1].rejects) if landed else 0

    def current(self, sequence: int | None = None) -> dict[str | None, tuple[Receipt, Publication]]:
        """For each partition the receipt of the rows that readers see now, with its publication.

        With ``sequence``, a place in the order of commits, of the rows that they saw after that commit.
        """
        seen: dict[str | None, tuple[Receipt, Publication]] = {}
        for publication in self.all():
            if sequence is not None and publication.landed and publication.landed.sequence > sequence:
                continue
            for receipt in publication.receipts:
                if receipt.state == "published":
                    seen[receipt.partition] = (receipt, publication)
        return seen

    def layers(self) -> dict[str | None, list[tuple[Receipt, Publication]]]:
        """For each partition the receipts of its rows: the last that brought it whole, then the merged."""
        found: dict[str | None, list[tuple[Receipt, Publication]]] = {}
        for publication in self.all():
            for receipt in publication.receipts:
                if receipt.state == "published":
                    known = found.get(receipt.partition, []) if receipt.merged else []
                    found[receipt.partition] = [*known, (receipt, publication)]
        return found

    def moved(self, files: Mapping[str | None, Sequence[str]]) -> set[str | None]:
        """Partitions of which the table names other files, given by partition, than the receipt of their rows."""
        return {
            partition
            for partition, (receipt, _) in self.current().items()
            if partition in files and sorted(files[partition]) != sorted(entry["path"] for entry in receipt.files)
        }

    def whole(self) -> bool:
        """True if every data file of the rows that readers see is there; what lies in them is for ``verify``."""
        there = {entry.name for entry in self._table.entries("data/")}
        return all(entry["path"] in there for receipt, _ in self.current().values() for entry in receipt.files)

    def knows(self, snapshot: int) -> bool:
        """True if a publication landed as this snapshot."""
        return any(publication.landed and publication.landed.snapshot == snapshot for publication in self.all())

    def data_files(self) -> Iterator[str]:
        """The name of every data file of every publication that landed, also of those that were replaced since."""
        for publication in self.all():
            for receipt in publication.receipts:
                if receipt.state == "published":
                    yield from (entry["path"] for entry in receipt.files)

    def latest(self) -> dict[str | None, tuple[Receipt, Publication]]:
        """For each partition the newest receipt, published or held, with its publication."""
        return {r.partition: (r, publication) for publication in self.all() for r in publication.decided}


def book_of(warehouse: Warehouse, product: str, major: int = 1, packs: bool = True) -> ReceiptBook:
    """The receipts of one product in one warehouse."""

    def landed(properties: dict[str, str]) -> Landed | None:
        return landed_in(warehouse, product, major, properties)

    return ReceiptBook(warehouse.table(product, major), landed, packs)


def _to_pack(publication: Publication) -> Packed:
    return publication.content, asdict(publication.landed) if publication.landed else None


def holiday_of(inputs: Collection[InputRead]) -> str:
    """The holidays that the calendar declared for the days of a publication without rows; empty if it did not."""
    named = (given.name.removeprefix(CALENDAR) for given in inputs if given.name.startswith(f"{CALENDAR}holiday"))
    return "; ".join(named)


def _ordered(publications: Collection[Publication]) -> list[Publication]:
    """By the order of the commits, for clocks differ; a hold that does not say upon which head stands by its time."""
    landed = sorted((p.made_at, p.landed.sequence) for p in publications if p.landed)
    times = [made_at for made_at, _ in landed]
    newest = [0, *accumulate((sequence for _, sequence in landed), max)]

    def place(publication: Publication) -> tuple[int, bool, str]:
        if publication.landed:
            return publication.landed.sequence, False, publication.made_at
        upon = newest[bisect(times, publication.made_at)] if publication.upon is None else publication.upon
        return upon, True, publication.made_at

    return sorted(publications, key=place)


def timestamp() -> str:
    """Now, in UTC, to the microsecond, as receipts carry it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
