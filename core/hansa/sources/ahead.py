"""Work on what comes next, in threads, while what came before it is taken. The order stays; memory is bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")
_THREADS = 2


def looked_ahead(given: Iterator[_Given], look: Callable[[_Given], _Found]) -> Iterator[tuple[_Given, _Found]]:
    """Each one with what ``look`` finds in it. A few are taken before they are asked for, and looked at in threads."""
    waiting: deque[tuple[_Given, Future[_Found]]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="hansa-look") as workers:
        for one in given:
            waiting.append((one, workers.submit(look, one)))
            if len(waiting) > _THREADS:
                before, found = waiting.popleft()
                yield before, found.result()
        while waiting:
            before, found = waiting.popleft()
            yield before, found.result()


def one_ahead(given: Iterator[_Given]) -> Iterator[_Given]:
    """Each one; the next is made in a thread meanwhile. What making it raises is raised where it is asked for."""
    with ThreadPoolExecutor(1, thread_name_prefix="hansa-ahead") as worker:
        coming = worker.submit(next, given, None)
        while (one := coming.result()) is not None:
            coming = worker.submit(next, given, None)
            yield one
