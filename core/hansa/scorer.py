"""Work on rows that may be done anywhere: here, a batch at a time, or by whatever an installed plugin offers.

A product hands an input, as it came, and a function by its name to ``Run.score``. Who does the work is the choice of
the mesh (``scorer`` in mesh.yaml); the rows that come out are the same.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hansa.errors import PluginError, WorldError

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from hansa.store.warehouse import Warehouse

#: Rows that a function is given at once.
BATCH = 65_536
#: Artefacts that stay in memory while rows are worked on.
_KEPT = 8
#: The scorer that is always there.
LOCAL = "local"

Artefact = Callable[[str], bytes]
Pieces = Callable[[], Iterable["pl.LazyFrame"]]
#: ``f(rows, arguments, artefact, threads)``: one row for each of ``rows``, in their order.
Function = Callable[["pl.DataFrame", Any, Artefact, int], "pl.DataFrame"]


@dataclass(frozen=True)
class Work:
    """A function of rows by its importable name, ``package.module:name``, and its arguments as JSON has them.

    It is called as ``f(rows, arguments, artefact, threads)`` with a batch of rows, and gives a frame with one row for
    each of them, in their order. What it makes of a row depends on that row and the arguments alone, never on the other
    rows, nor on how many there are; of no rows it gives a frame without rows that has its columns. ``artefact`` reads
    bytes by digest, ``threads`` is how many it may use.
    """

    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The import name of the package that brings the function."""
        return self.function.partition(":")[0].partition(".")[0]

    def load(self) -> Function:
        """The function itself. Errors: PluginError if there is none of that name."""
        module, _, name = self.function.partition(":")
        try:
            found = getattr(importlib.import_module(module), name) if module and name else None
        except (ImportError, AttributeError):
            found = None
        if not callable(found):
            raise PluginError(
                "scorer.function",
                f"no function '{self.function}' can be imported",
                next_step="name it as package.module:name, at the top of a module of the plugin's own package",
            )
        made: Function = found
        return made

    def plain(self) -> dict[str, Any]:
        """The arguments as every worker gets them. Errors: PluginError for what JSON does not have."""
        try:
            made: dict[str, Any] = json.loads(json.dumps(dict(self.arguments), allow_nan=False))
        except (TypeError, ValueError):
            raise PluginError(
                "scorer.arguments",
                f"the arguments of '{self.function}' are no plain values",
                next_step="give texts, finite numbers, true, false, null, and lists and mappings of these",
            ) from None
        return made


@dataclass(frozen=True)
class Given:
    """An input as the run reads it: a product at a snapshot, the days of its partition column, and its rows.

    ``pieces`` gives the same rows in frames to be read one after the other: an engine reads far ahead in one frame.
    """

    product: str
    major: int
    frame: pl.LazyFrame
    snapshot: int | None = None
    days: tuple[dt.date, dt.date] | None = None
    partition: str | None = None
    pieces: Pieces | None = None


@dataclass(frozen=True)
class Job:
    """What a scorer is asked for: the work of one ``product``, in the run of this id, on rows of the warehouse."""

    product: str
    run: str
    work: Work
    given: Given
    warehouse: Warehouse
    threads: int
    #: Told of what the function raises while the frame is read: an engine wraps it.
    raised: Callable[[Exception], None] = lambda error: None


@dataclass(frozen=True)
class Scored:
    """The rows, what worked on them by name and version, and what to do when they have been read."""

    frame: pl.LazyFrame
    libraries: Mapping[str, str] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None


class Scorer(Protocol):
    """Who works on rows. ``name`` is what mesh.yaml calls it."""

    @property
    def name(self) -> str:
        """A word of small letters, digits and underscores."""
        ...

    def score(self, job: Job) -> Scored:
        """Do the work; the frame may compute it while it is read. Errors of the function keep their code."""
        ...


class LocalScorer:
    """Works on the rows in this process, a batch at a time, while the frame is read."""

    name = LOCAL

    def score(self, job: Job) -> Scored:
        """See ``Scorer``."""
        given, artefact = job.given, job.warehouse.artefacts.get
        frame = applied(given.frame, job.work, artefact, job.threads, job.raised, given.pieces)
        return Scored(frame, {"scorer": LOCAL})


def no_artefacts(digest: str) -> bytes:
    """What reads artefacts for a run that has no store of them."""
    raise WorldError(
        "artefacts.absent",
        f"this run has no store to read artefact {digest[:12]} from",
        next_step="run it on a mesh with a warehouse",
    )


def applied(
    frame: pl.LazyFrame,
    work: Work,
    artefact: Artefact,
    threads: int,
    raised: Callable[[Exception], None] = lambda error: None,
    pieces: Pieces | None = None,
) -> pl.LazyFrame:
    """The frame that ``work`` makes of the rows of ``frame``, computed a batch at a time as it is read.

    Of ``pieces``, see ``Given``, one is in memory at a time.
    Errors: PluginError for a function or arguments that are none, and whatever the function raises of no rows; what it
    raises later is told to ``raised`` before an engine wraps it.
    """
    from polars.io.plugins import register_io_source

    batches = _Batches(frame, work, lru_cache(_KEPT)(artefact), threads, raised, pieces or (lambda: [frame]))
    return register_io_source(batches.pull, schema=batches.schema, is_pure=False)


class _Batches:
    """The rows of a frame, worked on a batch at a time."""

    def __init__(
        self,
        frame: pl.LazyFrame,
        work: Work,
        artefact: Artefact,
        threads: int,
        raised: Callable[[Exception], None],
        pieces: Pieces,
    ) -> None:
        self._pieces, self._work, self._raised = pieces, work, raised
        self._function, self._given = work.load(), (work.plain(), artefact, threads)
        import polars as pl

        self.schema = self._made(pl.DataFrame(schema=frame.collect_schema())).schema

    def pull(
        self, columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        """What the engine asks for, see ``register_io_source``."""
        try:
            for rows in self._batches():
                made = self._made(rows)
                if made.schema != self.schema:
                    raise self._strange("other columns of some rows than of none")
                made = made if predicate is None else made.filter(predicate)
                made = made if columns is None else made.select(columns)
                yield made if limit is None else made.head(limit)
                limit = None if limit is None else limit - min(limit, len(made))
                if limit == 0:
                    return
        except Exception as error:
            self._raised(error)
            raise

    def _batches(self) -> Iterator[pl.DataFrame]:
        for piece in self._pieces():
            yield from piece.collect_batches(chunk_size=BATCH, maintain_order=True)

    def _made(self, rows: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        made = self._function(rows, *self._given)
        if not isinstance(made, pl.DataFrame):
            raise self._strange(f"{type(made).__name__}, not a Polars DataFrame")
        if len(made) != len(rows):
            raise self._strange(f"{len(made)} rows for {len(rows)}")
        return made

    def _strange(self, gives: str) -> PluginError:
        return PluginError(
            "scorer.answer",
            f"'{self._work.function}' gives {gives}",
            next_step="give one row for each row, in their order, always with the same columns; see hansa.scorer.Work",
        )


def made_with(work: Work) -> dict[str, str]:
    """What decides the result of ``work`` in this process beside its arguments, by name.

    That is Python's minor version, the versions of hansa, of the function's distribution and of what that one asks
    for, and the digest of its package's files: an image can hold other code under the same version.
    """
    found = {"python": f"{sys.version_info[0]}.{sys.version_info[1]}"}
    found |= {name: version(name) for name in ("hansa", "polars")}
    found |= versions_of(work.package)
    there = importlib.util.find_spec(work.package) is not None
    return found | {f"files of {work.package}": package_digest(work.package)[:12] if there else "absent"}


def versions_of(package: str) -> dict[str, str]:
    """Versions of the distribution of an import package and of what it asks for; without one nothing."""
    name = package.replace("_", "-")
    try:
        asked = requires(name) or []
        names = sorted({_requirement(line) for line in asked if "extra ==" not in line})
        return {name: version(name)} | {one: version(one) for one in names}
    except PackageNotFoundError:
        return {}


def _requirement(line: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in line).split()[0]


@cache
def package_digest(package: str) -> str:
    """Digest of the Python and data files of a package, by name and content."""
    made = hashlib.sha256()
    spec = importlib.util.find_spec(package)
    roots = list(spec.submodule_search_locations or []) if spec else []
    files = [path for root in roots for path in Path(root).rglob("*") if path.suffix in {".py", ".yaml", ".json"}]
    if spec and spec.origin and not roots:
        files = [Path(spec.origin)]
    for path in sorted(files):
        made.update(f"{path.name}\x00".encode())
        made.update(path.read_bytes())
    return made.hexdigest()
