"""What was published or held without Dagster watching, told to Dagster: each publication once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from hansa.definitions.events import check_results, evaluation, kpi_results, materialisation
from hansa.definitions.instance import note_reported, reported, telling
from hansa.receipt import Publication, Receipt, book_of

if TYPE_CHECKING:
    from hansa.mesh import Mesh, MeshProduct
    from hansa.standing import Standing


def report(mesh: Mesh, instance: dg.DagsterInstance, standing: Standing | None = None) -> int:
    """Tell Dagster of every publication that it did not watch; the number of published partitions told.

    With ``standing`` the receipts that it has read are not read again.
    """
    told, warehouse = 0, mesh.warehouse
    if not warehouse.exists:
        return told
    with telling(mesh):
        known = reported(mesh)
        for id in mesh.order:
            kept = mesh.products[id]
            book = standing.book(id) if standing else book_of(warehouse, id, kept.contract.major)
            fresh = [publication for publication in book.all() if publication.digest not in known]
            for publication in fresh:
                for event in _events(mesh, kept, publication, newest=publication is fresh[-1]):
                    instance.report_runless_asset_event(event)
                    told += isinstance(event, dg.AssetMaterialization)
                note_reported(mesh, publication)
    return told


def _events(
    mesh: Mesh, kept: MeshProduct, publication: Publication, newest: bool
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """The events of one publication, its newest partition last: Dagster shows the last word on each check.

    Checks of every old day would cost more than they tell: those of the newest day are told, and of what was held.
    """
    decided = [receipt for receipt in publication.receipts if receipt.state != "prepared"]
    for receipt in decided:
        if receipt.state == "published":
            yield materialisation(publication, receipt)
        if receipt.state == "held" or (newest and receipt is decided[-1]):
            yield from _checks(mesh, kept, receipt)


def _checks(mesh: Mesh, kept: MeshProduct, receipt: Receipt) -> Iterator[dg.AssetCheckEvaluation]:
    for result in check_results(kept, receipt):
        yield evaluation(result, blocking=True)
    if receipt.state == "published":
        for result in kpi_results(mesh, kept):
            yield evaluation(result, blocking=False)


def main() -> None:
    """Tell the Dagster instance of the mesh that HANSA_MESH names: a process of its own, so that nobody else imports
    Dagster for it."""
    from hansa.definitions.instance import instance_of
    from hansa.errors import HansaError
    from hansa.mesh import load_mesh

    try:
        mesh = load_mesh()
        with instance_of(mesh) as instance:
            report(mesh, instance)
    except HansaError as error:
        raise SystemExit(f"hansa: {error.sentence()}") from None


if __name__ == "__main__":
    main()
