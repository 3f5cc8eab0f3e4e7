"""What a mesh needs around it: can its warehouse, its catalog and its vault be reached and written?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hansa.errors import HansaError, WorldError
from hansa.mesh.model import Finding
from hansa.secrets.keyset import refuse_inside
from hansa.store.reach import cannot_make, reach, reach_catalog

if TYPE_CHECKING:
    from hansa.mesh.model import Mesh
    from hansa.vault import VaultPlace

State = Literal["ready", "new", "none", "unusable"]
#: What a state means to a reader.
WORDS: dict[State, str] = {
    "ready": "can be reached and written",
    "new": "not there yet; the first publication makes it",
    "none": "none",
    "unusable": "cannot be used, see the error above",
}


@dataclass(frozen=True)
class Place:
    """The warehouse, the catalog or the vault of a mesh: where it lies, without a password, and how it is."""

    what: Literal["warehouse", "catalog", "vault"]
    place: str
    state: State
    finding: Finding | None = None

    def line(self) -> str:
        """One line for a terminal."""
        return f"{self.what:<9} {self.place}: {WORDS[self.state]}" if self.place else f"{self.what:<9} none"

    def as_json(self) -> dict[str, str]:
        """The place as ``--json`` prints it."""
        return {"place": self.place, "state": self.state}


def surroundings(mesh: Mesh) -> list[Place]:
    """The places of a mesh. As little is made as proves them, see ``reach``; what cannot be used has a finding."""
    catalog, vault = mesh.file.catalog, mesh.vault
    warehouse = _tried("warehouse", mesh.warehouse.place, lambda: _warehouse(mesh))
    if catalog.type == "warehouse":
        orders = Place("catalog", "the warehouse itself", warehouse.state)
    else:
        orders = _tried("catalog", catalog.shown, lambda: _named(reach_catalog(mesh.warehouse, catalog)))
    if vault is None:
        return [warehouse, orders, Place("vault", "", "none")]
    return [warehouse, orders, _tried("vault", vault.shown, lambda: _vault(mesh, vault))]


def _named(there: bool) -> State:
    return "ready" if there else "new"


def _tried(what: Literal["warehouse", "catalog", "vault"], place: str, look: Callable[[], State]) -> Place:
    try:
        return Place(what, place, look())
    except HansaError as error:
        told = f"{what} {error.where or place}: {error.what}"
        return Place(what, place, "unusable", Finding("error", told, error.next_step, code=error.code))


def _warehouse(mesh: Mesh) -> State:
    if (folder := mesh.warehouse.objects.folder) is not None:
        refuse_inside(mesh.keys, folder)
    return _named(reach(mesh.warehouse))


def _vault(mesh: Mesh, place: VaultPlace) -> State:
    if (folder := mesh.warehouse.objects.folder) is not None:
        place.refuse_inside(folder)
    if place.file is not None and not place.file.exists():
        if why := cannot_make(place.file):
            raise _unusable(place, why)
        return "new"
    return _named(_answers(place))


def _answers(place: VaultPlace) -> bool:
    """True if the database answers and holds a vault, False if it is empty."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    from hansa.vault.place import engine_of
    from hansa.vault.tables import schema_version

    engine = engine_of(place, create=False)
    try:
        with engine.begin() as connection:
            return inspect(connection).has_table(schema_version.name)
    except (SQLAlchemyError, sqlite3.Error) as error:
        failed = _unusable(place, type(error).__name__)
    finally:
        engine.dispose()
    raise failed


def _unusable(place: VaultPlace, why: str) -> WorldError:
    """What a database says may hold its password, so that the type of its error alone is told."""
    mend = "check that it runs, and user and password; or name another one by 'vault' in mesh.yaml or by HANSA_VAULT"
    return WorldError("vault.unusable", f"the vault cannot be used ({why})", where=place.shown, next_step=mend)
