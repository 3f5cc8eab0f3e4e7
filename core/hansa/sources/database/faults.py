"""What a database or its driver reports, told in one sentence.

The driver's own text may quote a value, a statement or an address, so nothing of it is shown, and no error of ours has
it in its chain: what is told is raised after the handler has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from hansa.errors import DataError, HansaError, MeshError, WorldError

_Made = TypeVar("_Made")
_NOTHING = "nothing was published"
#: SQLSTATE, or its first two signs: the family of what went wrong.
_STATES = {
    "28": "login",
    "3D": "no database",
    "42501": "rights",
    "42P01": "table",
    "42703": "columns",
    "42": "query",
    "22": "query",
    "21": "query",
    "25006": "writes",
    "57014": "timeout",
    "57": "lost",
    "08": "lost",
    "53": "busy",
    "40": "moved",
    "XX": "damaged",
    "58": "damaged",
}
_SQLITE = {
    "SQLITE_CANTOPEN": "open",
    "SQLITE_NOTADB": "kind",
    "SQLITE_BUSY": "busy",
    "SQLITE_LOCKED": "busy",
    "SQLITE_CORRUPT": "damaged",
    "SQLITE_IOERR": "damaged",
    "SQLITE_READONLY": "writes",
    "SQLITE_INTERRUPT": "timeout",
    "SQLITE_ERROR": "query",
}


def attempt(act: Callable[[], _Made], place: str) -> _Made:
    """What ``act`` gives. Errors: those of this house as they are; whatever a driver raises as one sentence."""
    told: HansaError
    try:
        return act()
    except HansaError:
        raise
    except Exception as error:  # noqa: BLE001 - a driver may raise anything
        told = fault_of(error, place)
    raise told


def late(place: str) -> HansaError:
    """The sentence for a step that was cut off from this side."""
    return _SENTENCES["timeout"](place)


def fault_of(error: BaseException, place: str) -> HansaError:
    """The sentence for what a driver raised."""
    if isinstance(error, ImportError):
        return _SENTENCES["driver"](place)
    origin = getattr(error, "orig", None) or error
    kind = _kind(origin, lost=bool(getattr(error, "connection_invalidated", False)))
    if kind in _SENTENCES:
        return _SENTENCES[kind](place)
    if isinstance(origin, UnicodeError) or "utf-8" in str(origin).lower():
        return _SENTENCES["text"](place)
    what = f"the database's driver failed with {type(origin).__name__} (its text is not shown, it may quote a value)"
    return WorldError("database.failed", what, where=place, state=_NOTHING, next_step="look at the server's own log")


def _kind(origin: BaseException, lost: bool) -> str:
    state = getattr(origin, "sqlstate", None) or ""
    found = _STATES.get(state) or _STATES.get(state[:2])
    if found is not None:
        return found
    if (name := getattr(origin, "sqlite_errorname", None)) is not None:
        return _SQLITE.get(name) or _SQLITE.get("_".join(str(name).split("_")[:2]), "")
    connection = getattr(origin, "pgconn", None)
    text = str(origin).lower()
    if type(origin).__name__ == "ConnectionTimeout":
        return "silent"
    if "resolve host" in text or "translate host" in text or "name or service not known" in text:
        return "host"
    if getattr(connection, "needs_password", False) or "no password supplied" in text:
        return "password"
    if getattr(connection, "used_password", False) and "password" in text:
        return "login"
    if "does not exist" in text and 'database "' in text:
        return "no database"
    if "no pg_hba.conf entry" in text or 'role "' in text:
        return "login"
    if "refused" in text or "no such file or directory" in text or "connection failed" in text:
        return "refused"
    if lost or type(origin).__name__ in ("OperationalError", "InterfaceError", "AdminShutdown"):
        return "lost"
    return ""


_SENTENCES: Mapping[str, Callable[[str], HansaError]] = {
    "driver": lambda place: WorldError(
        "database.driver",
        "the driver of this database is not installed",
        where=place,
        next_step="install hansa[postgres], or the driver that the address names",
    ),
    "login": lambda place: WorldError(
        "database.login",
        "the server does not let this user in with this password",
        where=place,
        state=_NOTHING,
        next_step="mend the user in the uri, or the password in its variable or file",
    ),
    "password": lambda place: WorldError(
        "database.login",
        "the server wants a password, and none was given",
        where=place,
        state=_NOTHING,
        next_step="name its variable by password_env, or use PGPASSFILE or a service of libpq",
    ),
    "no database": lambda place: WorldError(
        "database.unreachable",
        "the server has no database of this name",
        where=place,
        state=_NOTHING,
        next_step="mend its name in the uri",
    ),
    "host": lambda place: WorldError(
        "database.unreachable",
        "no host has this name",
        where=place,
        state=_NOTHING,
        next_step="mend the host in the uri",
    ),
    "refused": lambda place: WorldError(
        "database.unreachable",
        "no connection came about",
        where=place,
        state=_NOTHING,
        next_step="start the server, or mend host and port in the uri",
    ),
    "silent": lambda place: WorldError(
        "database.unreachable",
        "no answer came in time",
        where=place,
        state=_NOTHING,
        next_step="check the network, or give a longer connect_timeout",
    ),
    "lost": lambda place: WorldError(
        "database.lost",
        "the connection to the database was lost while it was read",
        where=place,
        state=_NOTHING,
        next_step="run it again when the server is back",
    ),
    "moved": lambda place: WorldError(
        "database.lost",
        "the server broke off the transaction",
        where=place,
        state=_NOTHING,
        next_step="run it again",
    ),
    "busy": lambda place: WorldError(
        "database.busy",
        "the database is too busy to be read",
        where=place,
        state=_NOTHING,
        next_step="run it again later",
    ),
    "timeout": lambda place: WorldError(
        "database.timeout",
        "one step took longer than the time allowed",
        where=place,
        state=_NOTHING,
        next_step="give a longer timeout, or the table an index",
    ),
    "rights": lambda place: WorldError(
        "database.rights",
        "this user may not read it",
        where=place,
        state=_NOTHING,
        next_step="give it the right to SELECT the columns that the contract wants",
    ),
    "table": lambda place: MeshError(
        "database.table", "there is no such table", where=place, next_step="mend its name, or that of its schema"
    ),
    "columns": lambda place: MeshError(
        "database.query", "the query names a column that is not there", where=place, next_step="mend its name"
    ),
    "query": lambda place: MeshError(
        "database.query",
        "the server cannot run the query",
        where=place,
        next_step="try it there by hand, as the same user",
    ),
    "writes": lambda place: MeshError(
        "database.query",
        "the query would write, and a source is only read",
        where=place,
        next_step="write one that only reads",
    ),
    "open": lambda place: DataError(
        "source.unreadable", "the database's file cannot be opened", where=place, next_step="mend its permissions"
    ),
    "kind": lambda place: DataError(
        "source.kind", "it is no SQLite database", where=place, next_step="name the right file"
    ),
    "damaged": lambda place: DataError(
        "source.damaged",
        "the database reports that it is damaged",
        where=place,
        next_step="have its administrator look at it",
    ),
    "text": lambda place: DataError(
        "source.encoding",
        "a text in it cannot be read as Unicode",
        where=place,
        next_step="have the text mended in the database",
    ),
}
