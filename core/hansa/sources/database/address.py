"""The address of a database: its parts, what may be shown of it, and how it is connected to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hansa.errors import MeshError, WorldError
from hansa.sources.database.faults import attempt
from hansa.sources.database_words import WITHHELD
from hansa.sources.files import fingerprint

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from hansa.sources.binding import Binding

#: The driver where the address names none, and those that are known; every other one is refused.
_DRIVERS = {
    "postgresql": ("psycopg",),
    "mysql": ("pymysql", "mysqldb", "mysqlconnector"),
    "mariadb": ("pymysql", "mysqldb", "mariadbconnector"),
    "oracle": ("oracledb",),
    "mssql": ("pyodbc", "pymssql"),
    "sqlite": ("pysqlite",),
}
#: By driver, what it calls the seconds to wait for a connection.
_PATIENCE = {
    "mysqlconnector": "connection_timeout",
    "oracledb": "tcp_connect_timeout",
    "pyodbc": "timeout",
    "pymssql": "login_timeout",
}
_EXAMPLE = "write postgresql://user@host:5432/database, with %xx for every sign of its own meaning"


@dataclass(frozen=True, repr=False)
class Address:
    """Where a database is. ``shown`` is what messages may say of it; ``file`` is that of SQLite."""

    url: URL
    shown: str
    file: Path | None = None

    @property
    def dialect(self) -> str:
        """``postgresql``, ``sqlite`` ..."""
        return self.url.get_backend_name()

    @property
    def driver(self) -> str:
        """``psycopg``, ``pysqlite`` ..."""
        return self.url.get_driver_name()


def address_of(uri: str, base: Path, entry: str) -> Address:
    """The parts of an address. Errors: MeshError at ``entry``, which never shows a malformed one."""
    where = f"{entry}.uri"
    if uri.endswith(WITHHELD):
        raise MeshError(
            "database.password",
            "the address holds a password, or its parts cannot be told apart (so it is not shown)",
            where=where,
            next_step="write scheme://user@host:port/database, and the name of a variable as password_env; "
            "a @, : or / within a part is written %40, %3A, %2F",
        )
    url = _parsed(uri, where)
    if url.get_backend_name() == "sqlite":
        return _of_file(url, base, where)
    service = url.query.get("service")
    host = url.host or url.query.get("host") or (f"service {service}" if service else "")
    place = host if isinstance(host, str) else ",".join(host)
    port = f":{url.port}" if url.port else ""
    return Address(url, f"{url.get_backend_name()}://{place}{port}/{url.database or ''}")


def _parsed(uri: str, where: str) -> URL:
    from sqlalchemy import make_url

    scheme, _, rest = uri.strip().partition(":")
    name, _, driver = scheme.lower().partition("+")
    name = {"postgres": "postgresql"}.get(name, name)
    known = _DRIVERS[name]
    if driver and driver not in known:
        what = f"the driver '{driver}' is not known for {name}"
        raise MeshError("database.address", what, where=where, next_step=f"write {name}+{known[0]}://, or {name}://")
    url = None
    if rest.startswith("//"):
        try:
            url = make_url(f"{name}+{driver or known[0]}:{rest}")
        except Exception:  # noqa: BLE001 - whatever it stumbled over, its text may show a part of the address
            url = None
    if url is None or url.password is not None:
        what = "the address of the database cannot be read: its parts cannot be told apart (it is not shown)"
        raise MeshError("database.address", what, where=where, next_step=_EXAMPLE)
    return url


def _of_file(url: URL, base: Path, where: str) -> Address:
    if not url.database or url.database == ":memory:" or url.host:
        what = "the address names no file"
        raise MeshError("database.address", what, where=where, next_step="write sqlite:///folder/file.db")
    path = (base / Path(url.database).expanduser()).absolute()
    return Address(url, f"sqlite:///{url.database}", path)


def engine_of(address: Address, binding: Binding, entry: str) -> Engine:
    """An engine that keeps no connection and no password: it is asked of the environment for each connection.

    Errors: DataError for a file that is not there, WorldError for a driver or a variable that is not.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    if address.file is not None:
        fingerprint(address.file, address.shown)
    variable = binding.password_env
    if variable is not None:
        _password(variable, entry)
    options: dict[str, Any] = {
        "poolclass": NullPool,
        "hide_parameters": True,
        "connect_args": _options(address, binding),
    }
    if address.file is not None:
        options |= {"creator": _opener(address.file, _seconds(binding)), "connect_args": {}}

    def made() -> Engine:
        return create_engine(address.url, **options)

    engine = attempt(made, address.shown)
    if variable is not None:

        @event.listens_for(engine, "do_connect")
        def provide(dialect: object, record: object, given: list[Any], named: dict[str, Any]) -> None:
            named["password"] = _password(variable, entry)

    return engine


def _password(variable: str, entry: str) -> str:
    where = f"{entry}.password_env"
    if not variable:
        what = "it is no name of a variable (what stands there is not shown)"
        raise MeshError("database.password", what, where=where, next_step="write a name such as BANK_PASSWORD")
    if not os.environ.get(variable):
        what = f"the variable {variable} is not set"
        raise WorldError("database.login", what, where=where, next_step=f"set {variable} to the password")
    return os.environ[variable]


def _seconds(binding: Binding) -> int:
    return max(2, round(binding.connect_timeout.total_seconds())) if binding.connect_timeout else 10


def timeout_of(binding: Binding) -> int:
    """The milliseconds that one statement may take."""
    return round(binding.timeout.total_seconds() * 1000) if binding.timeout else 300_000


def _options(address: Address, binding: Binding) -> Mapping[str, Any]:
    """What the driver is told: how long to wait for a connection, and how soon one that is dead is noticed."""
    driver, seconds = address.driver, _seconds(binding)
    if driver != "psycopg":
        return {_PATIENCE.get(driver, "connect_timeout"): seconds}
    alive = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
    said = {name: value for name, value in alive.items() if name not in address.url.query}
    # A statement ends by itself within its time; a little more, and nobody is there any more.
    patience = {"tcp_user_timeout": timeout_of(binding) + 10_000}
    return {"connect_timeout": seconds, "client_encoding": "utf8", "application_name": "hansa", **said, **patience}


def _opener(file: Path, seconds: int) -> Any:
    """Opens SQLite's file for reading alone, so that a name that is mistyped makes no new file."""
    import sqlite3

    def opened() -> Any:
        return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=seconds, check_same_thread=False)

    return opened
