"""Who scores what in one run of a product: the mesh's scorer, bound to the inputs as the run has read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hansa.errors import HansaError, PluginError
from hansa.mesh.scorers import scorer_of
from hansa.scorer import Given, Job, Work
from hansa.store.shares import pieces, shares

if TYPE_CHECKING:
    import polars as pl

    from hansa.mesh import Mesh
    from hansa.receipt import InputRead
    from hansa.run import Run


#: Rows of an input from which on it is opened piece by piece, which costs a look at each piece.
_MANY = 1_000_000


class Scoring:
    """What ``Run.score`` does in one run of a product; a context, at whose end what scorers left is removed.

    ``frames`` and ``reads`` are the inputs of the run, in the same order; ``libraries`` says what worked on them.
    """

    def __init__(
        self,
        mesh: Mesh,
        product: str,
        frames: Mapping[str, pl.LazyFrame],
        reads: Sequence[InputRead],
        run: Run,
    ) -> None:
        self._mesh, self._product = mesh, product
        self._given = [_given(mesh, frame, read) for frame, read in zip(frames.values(), reads, strict=True)]
        self._closing: list[Callable[[], None]] = []
        self._raised: Exception | None = None
        self.libraries: dict[str, str] = {}
        self.run = replace(run, scoring=self)

    def __enter__(self) -> Scoring:
        return self

    def __exit__(self, *_: object) -> None:
        for close in self._closing:
            close()

    def score(self, frame: pl.LazyFrame, work: Work) -> pl.LazyFrame:
        """See ``Run.score``."""
        given = next((one for one in self._given if one.frame is frame), None)
        if given is None:
            raise PluginError(
                "scorer.input",
                f"what is to be worked on by '{work.function}' is no input as it came",
                where=self._product,
                state="nothing of it was published",
                next_step="hand run.score the very frame that the function was given, and choose rows in the work",
            )
        scorer = scorer_of(self._mesh.file, self._mesh.registry)
        warehouse, run = self._mesh.warehouse, self.run
        scored = scorer.score(Job(self._product, run.id, work, given, warehouse, run.threads, self._note))
        self._closing.append(scored.close)
        self.libraries |= scored.libraries
        return scored.frame

    def _note(self, error: Exception) -> None:
        self._raised = self._raised or error

    def told(self, error: Exception, broken: Callable[[Exception], HansaError]) -> HansaError:
        """The error to tell for one of the engine: what the work raised, as it is if it has a code, else ``broken``."""
        cause = self._raised or error
        return cause if isinstance(cause, HansaError) else broken(cause)


def _given(mesh: Mesh, frame: pl.LazyFrame, read: InputRead) -> Given:
    contract = mesh.products[read.name].contract
    days = None
    if read.first is not None and read.last is not None:
        days = dt.date.fromisoformat(read.first), dt.date.fromisoformat(read.last)
    given = Given(read.name, contract.major, frame, read.snapshot, days, contract.partition)
    return replace(given, pieces=partial(_pieces, mesh, given))


def _pieces(mesh: Mesh, given: Given) -> Iterable[pl.LazyFrame]:
    """The rows of an input: as they are if they are few, else piece by piece."""
    if given.snapshot is None:
        return [given.frame]
    parts = shares(mesh.warehouse, given.product, given.major, given.snapshot, given.days, given.partition)
    return pieces(mesh.warehouse, parts) if sum(part.rows for part in parts) > _MANY else [given.frame]
