"""Whether a warehouse can be used, found out without making what is not there."""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.errors import REFUSALS, WorldError
from hansa.store.services import sqlite_file, unreachable

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
    if folder is not None:
        _refuse_closed_tables(folder, warehouse)
    else:
        probe = f".probe-{uuid4().hex}"
        warehouse.objects.create(probe, b"")
        warehouse.objects.remove(probe)
    return True


def refuse_impossible(folder: Path) -> None:
    """Refuse a folder that could never be made or written here; nothing is made."""
    refuse_strange(folder)
    why = cannot_make(folder)
    if why:
        raise unwritable(folder, why)


def unwritable(folder: Path, why: str, state: str = "", number: int | None = None) -> WorldError:
    """The error of a warehouse's folder that cannot be written; ``number`` is the system's own, where it is known."""
    what = f"the warehouse cannot be written ({why})"
    mend = CHOOSE if why.endswith("is no folder") else f"{_mend(number)}, or {CHOOSE}"
    return WorldError("warehouse.unwritable", what, where=str(folder), state=state, next_step=mend)


def refused_by_disk(error: OSError) -> WorldError | None:
    """What the system refused, in one sentence; None for an error that a person cannot mend by a disk or a right.

    Errors of other libraries have their number in their text alone, of which nothing else is shown.
    """
    found = re.search(r"\(os error ([0-9]{1,4})\)", str(error))
    number = error.errno or (int(found.group(1)) if found else errno.EACCES * isinstance(error, PermissionError))
    if number not in REFUSALS:
        return None
    where = str(error.filename or "the output or a file")
    full = number in (errno.ENOSPC, errno.EDQUOT)
    return WorldError(
        "world.disk_full" if full else "world.refused",
        f"cannot be read or written ({os.strerror(number)})",
        where=where,
        state="what was published goes on serving",
        next_step=f"{_mend(number)}, then run again",
    )


def _mend(number: int | None) -> str:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "make room"
    if number == errno.EROFS:
        return "mount its file system so that it can be written"
    if number == errno.EIO:
        return "look at the health of the disk"
    return "let this user write there (chmod, chown)"


def _refuse_closed_tables(folder: Path, warehouse: Warehouse) -> None:
    """Refuse a warehouse in which a table's folder may not be written: another user made it, or a backup brought it."""
    for product, table in warehouse.products():
        own = table.folder
        for inner in ("", *table.folders()) if own is not None else ():
            if own is not None and not os.access(own / inner, os.W_OK | os.X_OK):
                raise unwritable(folder, f"{(own / inner).relative_to(folder)} of {product} may not be written")


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
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        if (why := cannot_make(file.parent)) or not file.parent.exists():
            raise unreachable(settings, why)
        return False
    from pyiceberg.exceptions import RESTError
    from sqlalchemy.exc import SQLAlchemyError

    silence: tuple[type[Exception], ...] = (OSError, ValueError, RESTError, SQLAlchemyError, *_of_aws())
    try:
        warehouse.catalog.list_namespaces()
    except silence as error:
        failed = unreachable(settings, type(error).__name__)
    else:
        return True
    raise failed


def _of_aws() -> tuple[type[Exception], ...]:
    """What Glue's client raises, where it is installed."""
    with suppress(ImportError):
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

        return BotoCoreError, ClientError
    return ()
