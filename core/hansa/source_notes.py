"""What is worth a look about a mesh's sources: files that wait, do not come or came late, and columns that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.arrivals import arrivals
from hansa.errors import HansaError
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


@dataclass(frozen=True)
class Note:
    """One fact about a source.

    ``kind`` is waiting, correction, missing, late or early, read (what the reader tells of the file), or one of drift,
    see ``hansa.sources.drift.Kind``.
    """

    product: str
    kind: str
    what: str
    file: str = ""

    def sentence(self) -> str:
        """``a.rows: in/x.csv: column 'y' is new: ...``."""
        return f"{self.product}: {f'{self.file}: ' if self.file else ''}{self.what}"

    def as_json(self) -> dict[str, Any]:
        """The note as ``--json`` prints it."""
        return asdict(self)


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
    if words and source is not None:
        yield from _words(kept, source)


def _of_deliveries(
    mesh: Mesh, standing: Standing, kept: MeshProduct, deliveries: Deliveries, before: Columns, words: bool
) -> Iterator[Note]:
    zone, start = mesh.file.time_zone, mesh.file.start
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
        if words and source is not None:
            yield from _words(kept, source, one.name)
    for arrival in arrivals(deliveries, standing.calendar, kept.id, zone, start):
        yield Note(kept.id, arrival.state, arrival.sentence())


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
