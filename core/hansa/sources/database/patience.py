"""How long one step of a reading may take, whatever the server does.

A server ends a statement itself when its time is over, but not one that hangs, and then nobody would: its machine goes
on answering for it. So the connection is cut from this side a little later.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from hansa.errors import HansaError
from hansa.sources.database.faults import attempt, late

_Made = TypeVar("_Made")
#: Seconds after a server's own limit.
_GRACE = 5.0


class Patience:
    """For the steps of one connection: PostgreSQL's line is cut, SQLite's work is broken off, others end their own."""

    def __init__(self, driver: Any, dialect: str, milliseconds: int, place: str) -> None:
        self._driver, self._dialect, self._place = driver, dialect, place
        self._seconds, self._until = milliseconds / 1000, 0.0
        if dialect == "sqlite":
            driver.set_progress_handler(lambda: time.monotonic() > self._until, 100_000)

    def step(self, act: Callable[[], _Made]) -> _Made:
        """What ``act`` gives. Errors: as ``attempt``, and ``database.timeout`` if it took too long."""
        self._until = time.monotonic() + self._seconds
        if self._dialect != "postgresql":
            return attempt(act, self._place)
        cut = threading.Event()
        timer = threading.Timer(self._seconds + _GRACE, self._cut, [cut])
        timer.daemon = True
        timer.start()
        fault: HansaError
        try:
            return attempt(act, self._place)
        except HansaError as error:
            fault = error
        finally:
            timer.cancel()
        raise late(self._place) if cut.is_set() else fault

    def each(self, made: Iterator[_Made]) -> Iterator[_Made]:
        """Step by step what an iterator of the driver gives."""
        end = object()
        while (one := self.step(lambda: next(made, end))) is not end:
            yield one  # type: ignore[misc]

    def _cut(self, cut: threading.Event) -> None:
        cut.set()
        # It may have come to its end meanwhile.
        with suppress(Exception), socket.socket(fileno=os.dup(self._driver.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
