"""``hansa history``: what was published and what was held, from the receipts, and which days were not run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hansa.cli.place import JSON, MESH, WAREHOUSE

if TYPE_CHECKING:
    import datetime as dt

    from hansa.arrivals import Arrival
    from hansa.mesh import MeshProduct
    from hansa.receipt import Publication
    from hansa.standing import Standing

    InMesh = Sequence[tuple[MeshProduct, Standing]]
    Span = tuple[dt.date, dt.date]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(name="history")(history)


def history(
    product: str = typer.Argument(help="domain.product."),
    warehouse: str = WAREHOUSE,
    mesh: Path = MESH,
    first: str = typer.Option(None, "--from", help="First day to tell of (else the first that was ever decided)."),
    last: str = typer.Option(None, "--to", help="Last day to tell of (else the last that was ever decided)."),
    as_json: bool = JSON,
) -> None:
    """Every publication of a product, oldest first: from what it came, how, under which version of its contract.

    A hold says why, with every rule that was broken; of very many the first ten. A day of which rows were only refused
    is no day of the product and is told apart. Days between that were neither published nor held are told last.
    """
    import json

    from hansa.cli.place import product_of, warehouse_of
    from hansa.receipt import book_of
    from hansa.store.door import Door

    store, ends = warehouse_of(warehouse, mesh), _ends(first, last)
    name, major = product_of(product)
    publications = book_of(store, name, major).all() if store.exists else []
    gaps = _not_run(publications, *ends)
    # Another warehouse than the mesh's says nothing of what the mesh waits for.
    in_mesh: InMesh = list(_of_mesh(mesh, name, major)) if warehouse is None and (gaps or not publications) else []
    if not publications:
        _refuse_lacking(in_mesh)
        Door(store).open(name, major)
    times: list[Arrival] = _arrivals(mesh, name, major, *ends) if warehouse is None and _delivered(publications) else []
    known, lacks = set(_decided_days(publications)), _lacks(in_mesh, gaps)
    shown = [one for one in publications if _concerns(one, *ends)]
    if as_json:
        told = [one.reading() | {"from": _sources(one), "only_refused": _only_refused(one, known)} for one in shown]
        told += [_gap(name, span) | {"reason": lacks.get(span)} for span in gaps]
        told += [_file(name, one) for one in times]
        typer.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    for publication in shown:
        _tell(publication, known)
    for span in gaps:
        why = f": {lacks[span]}" if span in lacks else ""
        typer.echo(f"{'-':20}  {'not run':9}  {_spanned(span):22}  neither published nor held{why}")
    for one in times:
        typer.echo(f"{'-':20}  {one.state:9}  {one.day!s:22}  {one.sentence()}")
    if not shown and not gaps and not times:
        typer.echo(f"nothing of {name} was published or held in these days")


def _delivered(publications: Sequence[Publication]) -> bool:
    """True if files that arrive are published to it: others are expected by nobody, and need no mesh to be opened."""
    from hansa.deliveries import delivery_of

    return any(delivery_of(publication) is not None for publication in publications)


def _arrivals(mesh: Path | None, name: str, major: int, first: dt.date | None, last: dt.date | None) -> list[Arrival]:
    """The files that are missing, came late or early, as the mesh expects them."""
    from contextlib import suppress

    from hansa.arrivals import arrivals
    from hansa.errors import HansaError

    found: list[Arrival] = []
    for kept, standing in _of_mesh(mesh, name, major):
        # What was published is told also where the place of the files has something to mend.
        with suppress(HansaError):
            if (deliveries := standing.deliveries(kept.id)) is not None:
                found += arrivals(deliveries, standing.calendar, kept.id, standing.zone, standing.start)
    return [one for one in found if (first is None or first <= one.day) and (last is None or one.day <= last)]


def _file(product: str, arrival: Arrival) -> dict[str, Any]:
    """A file that did not come in its time, as ``--json`` prints it."""
    days = [str(arrival.day)] * 2
    told = {"product": product, "state": arrival.state, "days": days, "receipts": [], "reason": arrival.sentence()}
    return told | {"file": arrival.name or None}


def _refuse_lacking(in_mesh: InMesh) -> None:
    """Refuse a product of which there is nothing because one of its inputs was never published, and say which."""
    for kept, standing in in_mesh:
        for given in kept.product.requires:
            standing.refuse_missing(kept, given, [])


def _lacks(in_mesh: InMesh, gaps: Sequence[Span]) -> dict[Span, str]:
    """For days that were not run the input that they lack, where the mesh is at hand and knows of one."""
    from hansa.run import each_day

    found = {}
    for kept, standing in in_mesh:
        for span in gaps:
            days = each_day(*span)
            missing = (standing.missing(kept, given, days) for given in kept.product.requires)
            if (told := next(filter(None, missing), "")) and kept.product.every is None:
                found[span] = told
    return found


def _of_mesh(mesh: Path | None, name: str, major: int) -> Iterator[tuple[MeshProduct, Standing]]:
    """The product as the mesh knows it, with what stands published there; nothing where there is no such mesh."""
    from contextlib import suppress

    from hansa.cli.place import mesh_if_any
    from hansa.errors import HansaError
    from hansa.standing import Standing

    loaded = None
    # The receipts are told also where the mesh has something to mend.
    with suppress(HansaError):
        loaded = mesh_if_any(mesh)
    kept = loaded.products.get(name) if loaded is not None else None
    if loaded is not None and kept is not None and kept.contract.major == major:
        yield kept, Standing(loaded)


def _ends(first: str | None, last: str | None) -> tuple[dt.date | None, dt.date | None]:
    """The days that are asked for. Errors: MeshError if one is no day, or if they stand in the wrong order."""
    from hansa.cli.run import day_of
    from hansa.errors import MeshError

    begin, end = (day_of(text, option) if text else None for text, option in ((first, "--from"), (last, "--to")))
    if begin is not None and end is not None and end < begin:
        raise MeshError("days.order", f"--to {end} is before --from {begin}", next_step="exchange them")
    return begin, end


def _days(partitions: Iterable[str | None]) -> list[dt.date]:
    """The partitions that are days, in order, each once."""
    import datetime as dt

    return sorted({dt.date.fromisoformat(partition) for partition in partitions if partition})


def _decided_days(publications: Sequence[Publication]) -> list[dt.date]:
    return _days(receipt.partition for publication in publications for receipt in publication.decided)


def _only_refused(publication: Publication, known: Collection[dt.date]) -> list[str]:
    """Days of which rows came that were refused, and that were never decided: they are no days of the product."""
    return [str(day) for day in _days(receipt.partition for receipt in publication.rejects) if day not in known]


def _concerns(publication: Publication, first: dt.date | None, last: dt.date | None) -> bool:
    """True if a publication decided on a day from ``first`` to ``last``, and for one that is not kept by day."""
    days = _days(receipt.partition for receipt in publication.receipts)
    return not days or any((first is None or first <= day) and (last is None or day <= last) for day in days)


def _not_run(publications: Sequence[Publication], first: dt.date | None, last: dt.date | None) -> list[Span]:
    """The unbroken stretches of days that nobody decided on, from ``first`` to ``last``.

    Where these are not given they are the first and the last day that were decided; what is not kept by day has none.
    """
    import datetime as dt

    decided = [day.toordinal() for day in _decided_days(publications)]
    if not decided:
        return []
    # Numbers, since no date lies before the first one or after the last one.
    begin = first.toordinal() if first else decided[0]
    end = last.toordinal() if last else decided[-1]
    marks = [begin - 1, *(day for day in decided if begin <= day <= end), end + 1]
    gaps = [(before + 1, after - 1) for before, after in pairwise(marks) if after - before > 1]
    return [(dt.date.fromordinal(start), dt.date.fromordinal(stop)) for start, stop in gaps]


def _gap(product: str, span: Span) -> dict[str, Any]:
    """Days that were not run, as ``--json`` prints them behind the publications."""
    return {"product": product, "state": "not run", "days": [str(day) for day in span], "receipts": []}


def _spanned(span: Span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]}..{span[1]}"


def _tell(publication: Publication, known: Collection[dt.date]) -> None:
    from hansa.contract_draft.figures import counted
    from hansa.held import told_reasons
    from hansa.merge import told_merge

    # A file that was read and brought nothing is in no partition, and never again.
    state = publication.reading()["state"] if publication.receipts else "nothing"
    snapshot = publication.landed.snapshot if publication.landed else "-"
    came = ", ".join(_sources(publication)) or "-"
    typer.echo(
        f"{publication.made_at[:19]}Z  {state:9}  {_decided_on(publication):22}  "
        f"{publication.total('published'):>9} rows  {publication.total('quarantined'):>6} quarantined  "
        f"snapshot {snapshot}  contract {publication.version}  {publication.mode or '-'}  from {came}"
    )
    for receipt in publication.decided:
        if receipt.state == "published" and (told := told_merge(receipt)):
            typer.echo(f"    merged {told}")
    for receipt in publication.held:
        typer.echo(f"    held {receipt.partition or 'whole'}: {told_reasons(receipt)}")
    nowhere = _only_refused(publication, known)
    for receipt in publication.rejects:
        if receipt.partition:
            beside = ", and no day of the product" if receipt.partition in nowhere else ""
            rows = receipt.counts.get("quarantined", 0)
            typer.echo(f"    refused {receipt.partition}: {counted(rows, 'row')} in quarantine{beside}")


def _decided_on(publication: Publication) -> str:
    """The days that were published or held; of those that do not follow upon each other how many there are."""
    days = _days(receipt.partition for receipt in publication.decided)
    if not publication.receipts:
        return "-"
    if not days:
        return "no day" if publication.rejects and not publication.decided else "whole"
    broken = (days[-1] - days[0]).days >= len(days)
    return _spanned((days[0], days[-1])) + (f", {len(days)} days" if broken else "")


def _sources(publication: Publication) -> list[str]:
    """Names of the inputs; of a file or an address its last part alone: what stands before it may be a secret."""
    found = [
        given.name.partition("?")[0].replace("\\", "/").rstrip("/").rpartition("/")[2] for given in publication.inputs
    ]
    return ["".join(letter if letter.isprintable() else "?" for letter in name) or "-" for name in found]
