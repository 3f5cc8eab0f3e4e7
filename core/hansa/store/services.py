"""Catalogs that are services of their own: a database, AWS Glue, a REST catalog."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import HansaError, MeshError, WorldError
from hansa.store.settings import CatalogSettings

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

#: Tables that PyIceberg makes in a new database; a race for each of them can be lost once.
_CATALOG_TABLES = 3


def sql_catalog(name: str, settings: CatalogSettings, given: Mapping[str, str]) -> Catalog:
    """A catalog in SQLite or PostgreSQL; its tables are made when it is new."""
    from pyiceberg.catalog.sql import SqlCatalog
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

    properties = {**given, **settings.properties, "uri": _database(settings), "init_catalog_tables": "true"}
    for left in reversed(range(_CATALOG_TABLES + 1)):
        try:
            return SqlCatalog(name, **properties)
        except (IntegrityError, OperationalError, ProgrammingError):
            # Another process made one of the tables between our look and our making it: it is there now.
            if left:
                continue
            failed: HansaError = unreachable(settings, state="nothing was changed")
        except SQLAlchemyError:
            failed = unreachable(settings, state="nothing was changed")
        except ImportError:
            failed = _not_installed(settings, "hansa[postgres]")
        except ValueError:
            failed = MeshError("catalog.uri", "the catalog's uri is no address of a database", where=settings.shown)
        raise failed
    raise AssertionError("the last round raises")


def glue_catalog(name: str, settings: CatalogSettings, given: Mapping[str, str]) -> Catalog:
    """AWS Glue, by boto3's own credentials."""
    from pyiceberg.catalog import load_catalog
    from pyiceberg.exceptions import NotInstalledError

    try:
        return load_catalog(name, **{**given, **settings.properties, "type": "glue"})
    except NotInstalledError:
        failed = _not_installed(settings, "hansa[glue]")
    raise failed


def rest_catalog(name: str, settings: CatalogSettings, given: Mapping[str, str]) -> Catalog:
    """A REST catalog. A token can come from ``PYICEBERG_CATALOG__HANSA__TOKEN``."""
    from pyiceberg.catalog import load_catalog
    from pyiceberg.exceptions import RESTError
    from requests import RequestException

    try:
        return load_catalog(name, **{**given, **settings.properties, "type": "rest", "uri": settings.uri})
    except (RequestException, RESTError, ValueError):
        failed = unreachable(settings, state="nothing was changed")
    raise failed


def _database(settings: CatalogSettings) -> str:
    """The address as SQLAlchemy wants it: SQLite waits for a lock, PostgreSQL has the driver that is installed."""
    uri = settings.uri or ""
    scheme, _, rest = uri.partition("://")
    if scheme.startswith("sqlite"):
        return uri if "timeout=" in uri else f"{uri}{'&' if '?' in uri else '?'}timeout=60"
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else uri


def sqlite_file(settings: CatalogSettings) -> Path | None:
    """The file of a catalog in SQLite; None for any other."""
    scheme, _, rest = (settings.uri or "").partition(":///")
    return Path(rest.partition("?")[0]) if scheme.startswith("sqlite") else None


def unreachable(settings: CatalogSettings, why: str = "", state: str = "") -> WorldError:
    """The error of a catalog that does not answer. Text of its client may hold its password, and is not told."""
    file, mend = sqlite_file(settings), "check its address, that it runs, and the user and password"
    if file is not None and not file.parent.exists():
        # SQLite makes a file, never its folder.
        why, mend = f"there is no folder {file.parent}", "make it, or mend the address"
    elif file is not None:
        mend = "mend its permissions, or the address"
    what = f"the catalog cannot be used ({why})" if why else "the catalog cannot be used"
    return WorldError("catalog.unreachable", what, where=settings.shown, state=state, next_step=mend)


def _not_installed(settings: CatalogSettings, extra: str) -> MeshError:
    mend = f"install {extra}"
    return MeshError("catalog.driver", "its driver is not installed", where=settings.shown, next_step=mend)
