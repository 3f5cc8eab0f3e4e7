"""What is worth a look about a mesh's sources: files that wait, do not come or came late, and columns that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.arrivals import arrivals
from hansa.errors import HansaError, MeshError
from hansa.mesh.shadow import live_name
from hansa.sources.deliveries import is_pattern
from hansa.sources.drift import Change, Columns, columns_told, drift, new_words, words_broken
from hansa.sources.files import located
from hansa.sources.remote import fetched, is_remote

if TYPE_CHECKING:
    from hansa.deliveries import Deliveries
    from hansa.mesh import Mesh, MeshProduct
    from hansa.runner import Outcome
    from hansa.sources import SourceFrame
    from hansa.sources.binding import Binding
    from hansa.standing import Standing


#: Every kind of note, with the code of its page.
CODES = {
    "calendar": "note.calendar",
    "correction": "note.correction",
    "delivered": "note.delivered",
    "early": "note.early",
    "late": "note.late",
    "lost": "note.lost",
    "missing": "note.missing",
    "new": "note.new",
    "outside": "note.outside",
    "read": "note.read",
    "renamed": "note.renamed",
    "reordered": "note.reordered",
    "type": "note.type",
    "waiting": "note.waiting",
    "words": "note.words",
}


@dataclass(frozen=True)
class Note:
    """One fact about a source.

    ``kind`` is one of ``CODES``: what waits or came out of its time, what a reader tells, what is not published, what
    a file left standing, and what drifted (``hansa.sources.drift.Kind``).
    """

    product: str
    kind: str
    what: str
    file: str = ""

    def sentence(self) -> str:
        """``a.rows: in/x.csv: column 'y' is new: ...``."""
        return f"{self.product}: {f'{self.file}: ' if self.file else ''}{self.what}"

    @property
    def code(self) -> str:
        """The page of ``hansa why`` that explains it."""
        return CODES[self.kind]

    def as_json(self) -> dict[str, Any]:
        """The note as ``--json`` prints it."""
        return asdict(self) | {"code": self.code}


def source_notes(mesh: Mesh, standing: Standing, products: Iterable[str], *, words: bool = False) -> list[Note]:
    """What is worth a look about the sources behind ``products``, before anything of them is published.

    With ``words`` rows are looked through for words that a closed list does not have. What cannot be opened is told by
    whoever runs or checks it, and here only as far as its columns show why.
    """
    behind = {*products, *(id for product in products for id in mesh.upstream(product))}
    found: list[Note] = []
    for id in (id for id in mesh.order if id in behind):
        kept = mesh.products[id]
        if kept.binding is not None:
            with suppress(HansaError):
                found += list(_notes(mesh, standing, kept, kept.binding, words))
    return found


def published_words(mesh: Mesh, outcomes: Iterable[Outcome]) -> list[Note]:
    """The code lists that words outgrew in what a run published or held."""
    broken: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        if outcome.publication is not None and not outcome.publication.unchanged:
            counted = broken.setdefault(outcome.step.product, Counter())
            for receipt in outcome.publication.receipts:
                counted.update(receipt.broken)
    bound = {id: mesh.products[id] for id in broken if mesh.products[id].binding is not None}
    return [_note(id, change) for id, kept in bound.items() for change in new_words(kept.contract, broken[id])]


def delivered_notes(outcomes: Iterable[Outcome]) -> list[Note]:
    """What is to be said of files that were published: which of their rows stand in newer form, what stays of older."""
    done = [one for one in outcomes if one.step.delivery and one.state in ("published", "unchanged") and one.reason]
    return [Note(one.step.product, "delivered", one.reason, one.step.delivery) for one in done]


def _note(product: str, change: Change, file: str = "") -> Note:
    return Note(product, change.kind, change.sentence(), file)


def _notes(mesh: Mesh, standing: Standing, kept: MeshProduct, binding: Binding, words: bool) -> Iterator[Note]:
    deliveries, before = standing.deliveries(kept.id), last_columns(standing, kept.id)
    if deliveries is not None:
        yield from _of_deliveries(mesh, standing, kept, deliveries, before, words)
        return
    source: SourceFrame | None = None
    with suppress(HansaError):
        source = standing.source(kept.id)
    now = source.columns if source is not None else _columns(mesh, binding, kept.id)
    yield from (_note(kept.id, change) for change in drift(before, now, binding, kept.contract))
    if source is not None:
        yield from (Note(kept.id, "read", told) for told in source.told)
    if (outside := standing.outside(kept.id)) is not None and (told := outside.sentence()):
        yield Note(kept.id, "outside", told)
    if words and source is not None:
        yield from _words(kept, source)


def _of_deliveries(
    mesh: Mesh, standing: Standing, kept: MeshProduct, deliveries: Deliveries, before: Columns, words: bool
) -> Iterator[Note]:
    if not deliveries.listing.files and not deliveries.listing.left and not deliveries.records.last:
        yield Note(kept.id, "waiting", f"no file has come yet that {deliveries.binding.uri} means")
    for left in deliveries.left:
        yield Note(kept.id, "waiting", left.why, left.name)
    for one in deliveries.pending:
        if one.kind == "correction":
            told = "it was published with other content under its name: this is published as a correction"
            yield Note(kept.id, "correction", told, one.name)
        binding = deliveries.inbox.bound(one.found)
        source = deliveries.source(one.found) if one.error is None else None
        now = source.columns if source is not None else _columns(mesh, binding, kept.id)
        yield from (_note(kept.id, change, one.name) for change in drift(before, now, binding, kept.contract))
        # What is refused is no measure for the next file.
        before = now if source is not None else before
        if source is not None:
            yield from (Note(kept.id, "read", told, one.name) for told in source.told)
            if outside := deliveries.outside(one).of_delivery(kept.contract.partition or ""):
                yield Note(kept.id, "outside", outside, one.name)
        if words and source is not None:
            yield from _words(kept, source, one.name)
    yield from _expected(standing, kept, deliveries)


def _expected(standing: Standing, kept: MeshProduct, deliveries: Deliveries) -> Iterator[Note]:
    """The files that did not come in their time, and why that cannot be told where the calendar does not say enough."""
    words = deliveries.binding.expects
    try:
        for arrival in arrivals(deliveries, standing.calendar, kept.id, standing.zone, standing.start):
            yield Note(kept.id, arrival.state, arrival.sentence())
        if words is not None and words.days == "business days" and standing.calendar.without_weekends(kept.id):
            told = "a Saturday or Sunday without a file is told as missing, for the calendar says nothing of weekends"
            yield Note(kept.id, "calendar", f"{told}; write 'weekends: [sat, sun]' under calendar, or 'weekends: []'")
    except MeshError as error:
        told = f"which files are missing is not told: {error.what}; {error.next_step}"
        yield Note(kept.id, "calendar", told)


def _words(kept: MeshProduct, source: SourceFrame, file: str = "") -> Iterator[Note]:
    with suppress(pl.exceptions.PolarsError, OSError):
        broken = words_broken(kept.contract, source.frame)
        yield from (_note(kept.id, change, file) for change in new_words(kept.contract, broken))


def last_columns(standing: Standing, product: str) -> Columns:
    """The source's own columns, as the newest publication that landed read them; empty where none says so."""
    for publication in reversed(standing.book(product).all() if standing.warehouse.exists else []):
        columns = next((given.columns for given in publication.inputs if given.columns), ())
        if columns and publication.landed:
            return columns
    return ()


def _columns(mesh: Mesh, binding: Binding, product: str) -> Columns:
    """The columns of a file that cannot be opened under its contract; empty where even these cannot be read."""
    uri, entry = binding.uri, f"sources.{live_name(product)}.uri"
    if is_pattern(uri) or ("://" in uri and not is_remote(uri) and not uri.startswith("file:")):
        return ()
    with suppress(HansaError, pl.exceptions.PolarsError, OSError):
        folder = mesh.path.resolve().parent
        path = fetched(uri, entry, mesh.file.store)[0] if is_remote(uri) else located(uri, folder, entry)
        reader = mesh.registry.readers.get((binding.format or path.suffix.removeprefix(".")).lower())
        return columns_told(reader(path, binding).collect_schema()) if reader is not None else ()
    return ()
