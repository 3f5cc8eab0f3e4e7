"""Whether a warehouse can be used, found out without making what is not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.errors import WorldError

if TYPE_CHECKING:
    from hansa.store.settings import CatalogSettings
    from hansa.store.warehouse import Warehouse

#: What to do where a folder cannot be the warehouse.
CHOOSE = "choose another folder by --warehouse or 'warehouse' in mesh.yaml"
#: Characters that engines read as part of an address.
STRANGE = frozenset("?#%*[]{}")


def reach(warehouse: Warehouse) -> bool:
    """True if the warehouse is there and can be written; False if the first publication can make it.

    A folder that is there is proved by a file, a bucket by an object, and both go again. A bucket whose warehouse is
    its own catalog remembers the proof of conditional puts. Errors: WorldError, one sentence with the mend.
    """
    folder = warehouse.objects.folder
    if folder is not None and not folder.exists():
        refuse_impossible(folder)
        return False
    warehouse.objects.folders()
    warehouse.prepare()
    if folder is None:
        probe = f".probe-{uuid4().hex}"
        warehouse.objects.create(probe, b"")
        warehouse.objects.remove(probe)
    return True


def refuse_impossible(folder: Path) -> None:
    """Refuse a folder that could never be made or written here; nothing is made."""
    refuse_strange(folder)
    why = cannot_make(folder)
    if why:
        raise WorldError(
            "warehouse.unwritable",
            f"the warehouse cannot be written ({why})",
            where=str(folder),
            next_step=f"{CHOOSE}, or mend its permissions",
        )


def refuse_strange(folder: Path, state: str = "") -> None:
    """Refuse a folder whose path engines would misread."""
    strange = sorted(STRANGE & set(str(folder)))
    if strange:
        what = f"a warehouse's path may not hold {' '.join(strange)}: engines read these as part of an address"
        raise WorldError("warehouse.name", what, where=str(folder), state=state, next_step=CHOOSE)


def cannot_make(path: Path) -> str:
    """Why nothing can be made or written at ``path``; empty if it can, as far as permissions tell."""
    near = path
    # Also a part of the path that cannot be looked at has a nearest one that can.
    while near != near.parent and not os.path.lexists(near):
        near = near.parent
    if not near.is_dir():
        return f"{near} is no folder"
    return "" if os.access(near, os.W_OK | os.X_OK) else f"{near} may not be written"


def reach_catalog(warehouse: Warehouse, settings: CatalogSettings) -> bool:
    """True if the catalog answers; False if the first publication makes it (a file of SQLite).

    A database that is there gets its empty tables, as at the first publication. Errors: HansaError.
    """
    if settings.type == "warehouse":
        return True
    file = _sqlite_file(settings)
    if file is not None and not file.exists():
        # SQLite makes a file, never its folder.
        if why := cannot_make(file.parent) if file.parent.exists() else f"there is no folder {file.parent}":
            raise _silent(settings, why)
        return False
    from pyiceberg.exceptions import RESTError
    from sqlalchemy.exc import SQLAlchemyError

    silence: tuple[type[Exception], ...] = (OSError, ValueError, RESTError, SQLAlchemyError, *_of_aws())
    try:
        warehouse.catalog.list_namespaces()
    except silence as error:
        failed = _silent(settings, type(error).__name__)
    else:
        return True
    raise failed


def _sqlite_file(settings: CatalogSettings) -> Path | None:
    scheme, _, rest = (settings.uri or "").partition(":///")
    return Path(rest.partition("?")[0]) if scheme.startswith("sqlite") else None


def _of_aws() -> tuple[type[Exception], ...]:
    """What Glue's client raises, where it is installed."""
    with suppress(ImportError):
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

        return BotoCoreError, ClientError
    return ()


def _silent(settings: CatalogSettings, why: str) -> WorldError:
    """Text of a catalog's client may hold its password, so that its type alone is told."""
    return WorldError(
        "catalog.unreachable",
        f"the catalog cannot be used ({why})",
        where=settings.shown,
        next_step="check its address, that it runs, and the user and password",
    )
