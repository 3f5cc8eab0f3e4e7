"""Hints of ``hansa publish | run | quarantine show``: what may help with the rules that rows broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh import Mesh
    from hansa.receipt import Publication
    from hansa.runner import Outcome
    from hansa.sources import SourceFrame
    from hansa.standing import Standing

#: So many refused values of one column are looked at, and so many columns.
_VALUES, _COLUMNS = 200, 20
#: So many files of one product are read once more after a run.
_FILES = 3


def of_publication(contract: Contract, source: SourceFrame, publication: Publication) -> dict[str, str]:
    """A sentence for each broken rule of which something helpful is known.

    For refused values of columns that may be shown the file is read once more, as far as the first of them go; values
    of a sealed column are never looked at.
    """
    return _hints(contract, [source], [publication])


def _hints(contract: Contract, sources: Sequence[SourceFrame], publications: Sequence[Publication]) -> dict[str, str]:
    counts: Counter[str] = Counter()
    for publication in publications:
        for receipt in publication.receipts:
            counts.update(receipt.broken)
    if not counts:
        return {}
    from hansa.sources.hints import hints

    rules = sorted(counts, key=lambda rule: (-counts[rule], rule))
    texts: dict[str, list[str]] = {}
    for source in sources:
        for name, refused in _refused(contract, source, rules).items():
            texts.setdefault(name, []).extend(refused)
    made = hints(contract, rules, texts)
    for publication in publications:
        made |= _elsewhere(publication)
    return made


def of_run(mesh: Mesh, outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """The same by product for what a run brought from bound files and tables; of many deliveries the last are read.

    Where most rows are good, the others are rather wrong themselves than read wrongly: `hansa quarantine show` tells.
    """
    from hansa.standing import Standing

    broken: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        made = outcome.publication
        if made is not None and not made.unchanged and 0 < made.total("incoming") <= 2 * made.total("quarantined"):
            broken.setdefault(outcome.step.product, []).append(outcome)
    bound = {id: own for id, own in broken.items() if mesh.products[id].binding is not None}
    standing = Standing(mesh) if bound else None
    found = {}
    for id, own in bound.items():
        assert standing is not None  # noqa: S101 - there is one where something is bound
        publications = [one.publication for one in own if one.publication is not None]
        sources = _sources(standing, id, [one.step.delivery for one in own])
        if told := _hints(mesh.products[id].contract, sources, publications):
            found[id] = told
    return found


def _sources(standing: Standing, product: str, names: Sequence[str]) -> list[SourceFrame]:
    """What rows of a product came from, as far as it can be opened again; a database is not asked once more."""
    from hansa.errors import HansaError

    found: list[SourceFrame] = []
    deliveries = standing.deliveries(product)
    if deliveries is None and standing.drawing(product) is not None:
        return found
    wanted = {name for name in names if name}
    files = [one for one in deliveries.listing.files if one.name in wanted][-_FILES:] if deliveries is not None else []
    with suppress(HansaError):
        if deliveries is None:
            found.append(standing.source(product))
        else:
            found += [deliveries.source(one) for one in files]
    return found


def _elsewhere(publication: Publication) -> dict[str, str]:
    """For keys that stand in another day already: in which, and what would let them; a hold has said so itself."""
    from hansa.known_keys import told_elsewhere

    days: dict[str, set[str]] = {}
    for receipt in publication.receipts if not publication.held else ():
        for rule, others in receipt.elsewhere.items():
            days.setdefault(rule, set()).update(others)
    return {rule: told_elsewhere(rule, others).removeprefix(f"{rule}: ") for rule, others in days.items()}


def _refused(contract: Contract, source: SourceFrame, rules: Iterable[str]) -> dict[str, list[str]]:
    """The first texts by column that could not be cast; of sealed and of nested columns none."""
    import polars as pl

    from hansa.cast import casts

    named = [contract.by_name.get(rule.removesuffix(".type")) for rule in rules if rule.endswith(".type")]
    shown = [one.name for one in named if one is not None and not one.sealed and not one.nested][:_COLUMNS]
    found: dict[str, list[str]] = {}
    try:
        schema = source.frame.collect_schema()
        made = casts(contract, schema, source.reading, "UTC")
        for name in shown:
            if schema.get(name) == pl.String:
                failed = source.frame.filter(made[name].failed).select(name).head(_VALUES)
                found[name] = failed.collect(engine="streaming").to_series().drop_nulls().to_list()
    except (pl.exceptions.PolarsError, OSError):
        # The file went or changed since it was published: what is known of it now helps nobody.
        return {}
    return found


def of_rows(entries: Collection[Mapping[str, Any]], contract: Contract | None) -> dict[str, str]:
    """The same for rows as quarantine shows them, each with ``rules`` and ``row``; masked values are no texts."""
    from hansa.sources.hints import hints

    rules = dict.fromkeys(rule for entry in entries for rule in entry["rules"])
    texts: dict[str, list[str]] = {}
    for entry in entries:
        for rule in entry["rules"]:
            name = rule.removesuffix(".type")
            value = (entry["row"] or {}).get(name) if name != rule else None
            if isinstance(value, str) and value != "***":
                texts.setdefault(name, []).append(value)
    return hints(contract, rules, texts)


def contract_for(product: str, major: int, path: Path | None, mesh: Path | None) -> Contract | None:
    """The contract of rows in quarantine: the one at ``path``, else that of the mesh; None where nobody knows it.

    Errors: as ``read_contract`` for a path that was named, MeshError if it is of another product. A mesh that is broken
    has no hints, and hides no rows.
    """
    from hansa.errors import HansaError
    from hansa.mesh.place import has_mesh_file

    if path is not None:
        return _named(product, path)
    if mesh is None and not has_mesh_file():
        return None
    from hansa.mesh import load_mesh

    try:
        kept = load_mesh(mesh).products.get(product)
    except HansaError:
        return None
    # What is published before version 1 lies in the table of version 1.
    return kept.contract if kept is not None and max(kept.contract.major, 1) == max(major, 1) else None


def _named(product: str, path: Path) -> Contract:
    from hansa.contract import read_contract
    from hansa.errors import MeshError

    read = read_contract(path)
    if read.id != product:
        what = f"it is the contract of {read.id}, the rows are of {product}"
        raise MeshError("contract.other", what, where=str(path), next_step=f"name the contract of {product}")
    return read
