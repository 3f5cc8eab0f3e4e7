"""Work on what comes next, in threads, while what came before it is taken. The order stays; memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


def looked_ahead(given: Iterator[_Given], look: Callable[[_Given], _Found]) -> Iterator[tuple[_Given, _Found]]:
    """Each one with what ``look`` finds in it. The next is taken while a thread looks at the one before.

    A second thread would wait for the interpreter more than it sees.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="hansa-look") as worker:
        looking: tuple[_Given, Future[_Found]] | None = None
        for one in given:
            before, looking = looking, (one, worker.submit(look, one))
            if before is not None:
                yield before[0], before[1].result()
        if looking is not None:
            yield looking[0], looking[1].result()


def one_ahead(given: Iterator[_Given]) -> Iterator[_Given]:
    """Each one; the next is made in a thread meanwhile. What making it raises is raised where it is asked for."""
    with ThreadPoolExecutor(1, thread_name_prefix="hansa-ahead") as worker:
        coming = worker.submit(next, given, None)
        while (one := coming.result()) is not None:
            coming = worker.submit(next, given, None)
            yield one
