"""Dagster's own tables in SQLite, with connections that stay open while a process works with them.

Dagster opens file and engine anew for each event and closes them again; a check is four events, each in two files. Over
a day's products that is more time than the products take.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dagster as dg
    from sqlalchemy import Connection, Engine

#: Files that stay open: runs have one each, and one after the other is written.
_OPEN = 4


@contextmanager
def kept_open(instance: dg.DagsterInstance) -> Iterator[None]:
    """Keep the connections of this instance open until the end; tables of another kind are left as they are."""
    from dagster._core.storage.event_log import SqliteEventLogStorage
    from dagster._core.storage.runs import SqliteRunStorage

    engines, log, runs = _Engines(), instance.event_log_storage, instance.run_storage
    # Dagster has no word for it: where a version of it goes another way to its files, it goes as it did.
    ways: list[tuple[Any, str, Callable[..., Any]]] = []
    if type(log) is SqliteEventLogStorage and hasattr(log, "_connect"):
        ways.append((log, "_connect", _of_shards(log, engines)))
    if type(runs) is SqliteRunStorage and hasattr(runs, "_conn_string"):
        ways.append((runs, "connect", lambda: engines.connected(runs._conn_string)))
    for storage, name, way in ways:
        setattr(storage, name, way)
    try:
        yield
    finally:
        for storage, name, _ in ways:
            delattr(storage, name)
        engines.close()


def _of_shards(log: Any, engines: _Engines) -> Callable[[str], Any]:
    """What connects to the file of a run, or to that of all runs, and makes its tables at the first time."""

    @contextmanager
    def connect(shard: str) -> Iterator[Connection]:
        def made(engine: Engine) -> None:
            if shard not in log._initialized_dbs:
                log._initdb(engine)
                log._initialized_dbs.add(shard)

        with log._db_lock, engines.connected(log.conn_string_for_shard(shard), made) as connection:
            yield connection

    return connect


class _Engines:
    """Engines by the address of their file, those that were asked for last."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Engine] = OrderedDict()
        self._lock = RLock()

    @contextmanager
    def connected(self, address: str, made: Callable[[Engine], None] = lambda engine: None) -> Iterator[Connection]:
        """A transaction that is committed at the end; ``made`` is asked before the first one of an engine."""
        with self._of(address, made).connect() as connection, connection.begin():
            yield connection

    def _of(self, address: str, made: Callable[[Engine], None]) -> Engine:
        with self._lock:
            if address not in self._open:
                engine = _engine(address)
                made(engine)
                self._open[address] = engine
            self._open.move_to_end(address)
            while len(self._open) > _OPEN:
                # Connections that are in use go on; they are closed when they are given back.
                self._open.popitem(last=False)[1].dispose()
            return self._open[address]

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].dispose()


def _engine(address: str) -> Engine:
    from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
    from sqlalchemy import create_engine

    return create_engine(address, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False})
