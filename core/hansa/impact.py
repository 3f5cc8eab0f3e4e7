"""Which publications read what has been replaced since, from the inputs that their receipts name.

``impact`` follows one product down the mesh. ``stale_waves`` gives what has to be made again, product by product: what
comes out with the same rows sets nothing off below it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hansa.moves import Moved, reads, within
from hansa.plan import Plan, Step

if TYPE_CHECKING:
    from hansa.mesh import Mesh
    from hansa.receipt import Publication
    from hansa.standing import Standing

Days = set[str | None]


@dataclass(frozen=True)
class Affected:
    """One published day (None: the whole) that read what has other rows by now, or that reads one which did.

    ``publication`` is the digest of the publication that brought it. ``replaced`` is what it read and has other rows by
    now; ``in_turn`` what it read and is itself to be made again, which touches it only if other rows come out.
    """

    product: str
    day: dt.date | None
    publication: str
    replaced: tuple[Moved, ...]
    in_turn: tuple[Moved, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        return {
            "product": self.product,
            "day": str(self.day) if self.day else None,
            "publication": self.publication,
            "replaced": [{"product": one.product, "days": list(one.partitions)} for one in self.replaced],
            "in_turn": [{"product": one.product, "days": list(one.partitions)} for one in self.in_turn],
        }

    def sentence(self) -> str:
        """What it read: of which days, and what became of them."""
        told = [one.sentence() for one in self.replaced]
        told += [one.sentence("is to be made again") for one in self.in_turn]
        return "; ".join(told)


def impact(
    mesh: Mesh, standing: Standing, product: str, first: dt.date | None = None, last: dt.date | None = None
) -> list[Affected]:
    """The published days that read days of ``product`` (from ``first`` to ``last``) which have other rows by now.

    With them come the days that read one of these, and so on, in the order in which they would be made again.
    """
    bounds = (str(first or dt.date.min), str(last or dt.date.max))
    return _affected(mesh, standing, mesh.downstream(product), product, bounds)


def stale(mesh: Mesh, standing: Standing, asked: Collection[str]) -> list[Affected]:
    """The published days of ``asked`` products, and of all that they are made from, that no longer follow from what
    they read, and the days that read one of these."""
    return _affected(mesh, standing, _with_upstream(mesh, asked))


def stale_waves(
    mesh: Mesh,
    standing: Standing,
    asked: Collection[str],
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Iterator[Plan]:
    """For each product in order a plan of the days that have to be made again, of those from ``first`` to ``last``.

    Run each before the next one is asked for: a product is looked at when all that it reads stands.
    """
    start, end = first or dt.date.min, last or dt.date.max
    for id in _with_upstream(mesh, asked):
        if mesh.products[id].product.from_source:
            continue
        standing.forget(id)
        wanted = [day for day in standing.partitions(id) if day is None or start <= day <= end]
        days = [day for day in wanted if standing.moved(id, day)]
        if days:
            steps = tuple(Step(id, day, day, "stale", watched=True) for day in days)
            named = [day for day in days if day is not None] or [mesh.file.start]
            yield Plan(min(named), max(named), steps, len(wanted) - len(days))


def _with_upstream(mesh: Mesh, asked: Collection[str]) -> list[str]:
    wanted = {*asked, *(up for id in asked for up in mesh.upstream(id))}
    return [id for id in mesh.order if id in wanted]


def _affected(
    mesh: Mesh, standing: Standing, ids: Collection[str], root: str = "", bounds: tuple[str, str] | None = None
) -> list[Affected]:
    """Over ``ids`` in order; with a ``root`` only days of it within ``bounds`` count as replaced."""
    found: list[Affected] = []
    known: dict[str, Days] = {}
    for id in ids:
        for day in standing.partitions(id):
            publication = standing.publication(id, day)
            if publication is None:
                continue
            direct = [one for one in standing.moved(id, day) if not root or one.product == root]
            if bounds is not None:
                direct = [inside for one in direct if (inside := _inside(one, bounds))]
            below = _below(mesh, standing, id, day, publication, known)
            if direct or below:
                known.setdefault(id, set()).add(str(day) if day else None)
                found.append(Affected(id, day, publication.digest, tuple(direct), tuple(below)))
    return found


def _inside(moved: Moved, bounds: tuple[str, str]) -> Moved | None:
    """What of it lies within the bounds; a product that is not kept by day always does."""
    kept = tuple(p for p in moved.partitions if within(p, bounds))
    return Moved(moved.product, kept) if kept else None


def _below(
    mesh: Mesh, standing: Standing, id: str, day: dt.date | None, publication: Publication, known: dict[str, Days]
) -> list[Moved]:
    """The affected days of other products that a published day read."""
    if not known:
        return []
    found = []
    for given, read, newest in reads(mesh.products[id], publication, day, publication.code == standing.code(id)):
        hit = sorted((p for p in known.get(given.name, ()) if within(p, read)), key=str)
        if newest and hit:
            hit = [p for p in hit if p == standing.past(given.name).newest(read)]
        if hit:
            found.append(Moved(given.name, tuple(hit)))
    return found
