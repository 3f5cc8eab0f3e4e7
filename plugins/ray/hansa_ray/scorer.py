"""The scorer ``ray``: one task a data file, each writing a file of its own; only what a task names is read."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from hansa import errors
from hansa.errors import HansaError, PluginError, WorldError
from hansa.scorer import Job, LocalScorer, Scored
from hansa.store import scratch
from hansa.store.shares import Share, place_of, shares

from hansa_ray import worker
from hansa_ray.starting import start
from hansa_ray.versions import other_versions, refuse_others

#: How often a task is done again whose worker was lost.
RETRIES = 3
#: Rows below which a Ray on this machine alone only costs time, as was measured.
_PAYS = 5_000_000
_LOG = logging.getLogger("hansa_ray")


class RayScorer:
    """Scores by the workers of a cluster, in bounded memory; the same rows as the local scorer."""

    name = "ray"

    def score(self, job: Job) -> Scored:
        """See ``hansa.scorer.Scorer``. All rows are scored when it returns.

        Errors: WorldError if no cluster can be had, if it runs other versions, or if workers die again and again.
        """
        scratch.sweep(job.warehouse)
        parts = parts_of(job)
        if not parts:
            return LocalScorer().score(job)
        job.work.load()
        _say_if_dear(job.product, sum(part.rows for part in parts))
        ray, here = start(job.threads), worker.made_here(job.work.function)
        refuse_others(ray, job.work.function, here)
        close = partial(_clear, job)
        try:
            names = _Tasks(ray, job, here).names(parts)
        except BaseException:
            close()
            raise
        libraries = {"scorer": f"ray {ray.__version__}"} | {f"worker {name}": said for name, said in here.items()}
        return Scored(scratch.rows(job.warehouse, job.run, names), libraries, close)


def _clear(job: Job) -> None:
    """Remove what was written for a run; what cannot be removed now is swept when it is old."""
    with suppress(WorldError, OSError):
        scratch.clear(job.warehouse, job.run)


def parts_of(job: Job) -> list[Share]:
    """The data files of a job's input."""
    given = job.given
    if given.snapshot is None:
        return []
    return shares(job.warehouse, given.product, given.major, given.snapshot, given.days, given.partition)


def _say_if_dear(product: str, rows: int) -> None:
    """Tell once in a while that one machine does it faster by itself."""
    if rows < _PAYS and not os.environ.get("RAY_ADDRESS"):
        _LOG.warning(
            "%s: scorer: ray with %d rows and no RAY_ADDRESS only costs time; scorer: local gives the same rows sooner",
            product,
            rows,
        )


class _Tasks:
    """The tasks of one job: one a data file, lost workers replaced, all others called off when one fails."""

    def __init__(self, ray: Any, job: Job, here: Mapping[str, str]) -> None:
        self._ray, self._job, self._here = ray, job, here
        self._task = ray.remote(worker.score).options(num_cpus=1, max_retries=RETRIES)

    def orders(self, parts: Sequence[Share]) -> list[str]:
        """What the worker of each part is told, see ``worker.score``."""
        work = self._job.work
        same = {"function": work.function, "arguments": work.plain(), "versions": dict(self._here)}
        same |= {"warehouse": place_of(self._job.warehouse), "run": self._job.run}
        return [json.dumps({**same, "share": one.plain(), "stem": f"{n:05d}"}) for n, one in enumerate(parts)]

    def names(self, parts: Sequence[Share]) -> list[str]:
        """The names of the result files in the order of ``parts``, as soon as all are there."""
        found: dict[int, str] = {}
        waiting = {self._task.remote(order): number for number, order in enumerate(self.orders(parts))}
        try:
            while waiting:
                done, _ = self._ray.wait(list(waiting), num_returns=1)
                for one in done:
                    number = waiting.pop(one)
                    found[number] = self._named(one, parts[number])
        finally:
            for one in waiting:
                with suppress(self._ray.exceptions.RayError, ValueError):
                    self._ray.cancel(one, force=True)
        return [found[number] for number in range(len(parts))]

    def _named(self, task: Any, part: Share) -> str:
        """The file that a task has written. Errors: those that its worker told, and its death."""
        try:
            answer = json.loads(self._ray.get(task))
        except self._ray.exceptions.RayError as error:
            raise self._lost(part, error) from None
        if "name" in answer:
            return str(answer["name"])
        if "versions" in answer:
            raise other_versions(self._here, answer["versions"])
        raise _told(answer, self._job)

    def _lost(self, part: Share, error: Exception) -> HansaError:
        file = part.files[0].rpartition("/")[2]
        return WorldError(
            "ray.worker",
            f"the work on data file {file} of {part.product} was lost {RETRIES + 1} times ({type(error).__name__})",
            where=self._job.product,
            state="nothing of it was published",
            next_step="give the workers more memory, or try it with scorer: local",
        )


def _told(answer: Mapping[str, Any], job: Job) -> HansaError:
    """The error that a worker told, with its code; a foreign one is a fault of the product's own code."""
    if "error" in answer:
        said = dict(answer["error"])
        kind = getattr(errors, said.pop("kind"), HansaError)
        code, what = said.pop("code"), said.pop("what")
        if not (isinstance(kind, type) and issubclass(kind, HansaError)) or kind.__init__ is not HansaError.__init__:
            kind = HansaError
        made: HansaError = kind(code, what, **said)
        return made
    return PluginError(
        "product.failed",
        f"its work '{job.work.function}' failed on a worker with {answer['broken']}",
        where=job.product,
        state="nothing of it was published",
        next_step="the team of its contract mends it; scorer: local and HANSA_TRACEBACK=1 show the text",
    )
