"""A model version in a mesh: its row, the publication that brought it, and the inputs as that publication read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from hansa.errors import DataError
from hansa.receipt import InputRead, Publication
from hansa.standing import Standing
from hansa.store.door import Door

if TYPE_CHECKING:
    from hansa.mesh import Mesh

PRODUCT = "risk.fraud_models"
DAY = "business_date"


@dataclass(frozen=True)
class Found:
    """The row of a version, the publication that brought it, and the mesh's books."""

    row: dict[str, Any]
    publication: Publication
    standing: Standing

    @property
    def day(self) -> dt.date:
        """The day as of whose beginning it was trained."""
        day: dt.date = self.row[DAY]
        return day


def found(mesh: Mesh, version: str) -> Found:
    """The version as its publication brought it, also one whose row was replaced since.

    Errors: DataError for a mesh without models, a version that the warehouse does not know, or an expired snapshot.
    """
    standing = Standing(mesh)
    if PRODUCT not in mesh.products:
        raise DataError(
            "model.unknown",
            f"this mesh has no {PRODUCT}, so no model version can be read",
            where=PRODUCT,
            next_step="turn the module risk.fraud on under `modules` in mesh.yaml, or name another mesh with --mesh",
        )
    for publication, row in _rows(mesh, standing):
        if row["model_version"] == version:
            return Found(row, publication, standing)
    raise DataError(
        "model.unknown",
        f"no model version '{version}' can be read in this warehouse",
        where=PRODUCT,
        next_step=f"hansa read {PRODUCT} lists those that stand",
    )


def _rows(mesh: Mesh, standing: Standing) -> Iterator[tuple[Publication, dict[str, Any]]]:
    """Every row of a model that can still be read with the publication that brought it, the newest first."""
    kept = mesh.products[PRODUCT]
    door = Door(standing.warehouse)
    for publication in reversed(standing.book(PRODUCT).all()):
        days = [r.partition for r in publication.receipts if r.state == "published" and r.partition]
        if publication.landed is None or not days:
            continue
        span = dt.date.fromisoformat(min(days)), dt.date.fromisoformat(max(days))
        frame = _at(door, PRODUCT, kept.contract.major, publication.landed.snapshot, span)
        if frame is not None:
            # The span holds days between its own, which another publication brought.
            for row in frame.collect().to_dicts():
                if row[DAY].isoformat() in days:
                    yield publication, row


def read_again(found: Found, name: str) -> tuple[pl.LazyFrame, bool]:
    """An input as the publication read it; False beside it if that snapshot has expired, so what stands now is read."""
    read = next((one for one in found.publication.inputs if one.name == name), InputRead(name))
    span = (dt.date.fromisoformat(read.first), dt.date.fromisoformat(read.last)) if read.first and read.last else None
    major = int((read.version or "1").split(".", 1)[0])
    door = Door(found.standing.warehouse)
    frame = None if read.snapshot is None else _at(door, name, major, read.snapshot, span)
    if frame is not None:
        return frame, True
    return door.open(name, major, days=span, partition=DAY).frame, False


def _at(
    door: Door, product: str, major: int, snapshot: int, span: tuple[dt.date, dt.date] | None
) -> pl.LazyFrame | None:
    """The rows of a product at a snapshot; None if it has expired."""
    try:
        return door.open(product, major, days=span, partition=DAY, at=snapshot).frame
    except DataError as error:
        if error.code != "snapshot.unknown":
            raise
        return None
