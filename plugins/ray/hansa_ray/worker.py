"""What a Ray worker does with one share. It is told plain values and answers plain values, both as JSON.

Errors come back as an answer: an exception that leaves a worker would be pickled and written to Ray's logs with its
text, which may quote a person's data.
"""

from __future__ import annotations

import json
import os
import traceback
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any


def made_here(function: str) -> dict[str, str]:
    """What decides a result in this process, by name: see ``hansa.scorer.made_with``."""
    from hansa.scorer import Work, made_with

    return made_with(Work(function)) | {name: version(name) for name in ("hansa-ray", "ray")}


def versions(function: str) -> str:
    """The same of a worker."""
    _be_small()
    return json.dumps(made_here(function))


def score(order: str) -> str:
    """Score a share and write its rows to the scratch of its run; the name of that file, or what went wrong.

    Nothing is read where something else would compute the result than whoever asks.
    """
    _be_small()
    from hansa.errors import HansaError

    given = json.loads(order)
    raised: list[Exception] = []
    try:
        there = made_here(given["function"])
        if there != given["versions"]:
            return json.dumps({"versions": there})
        return json.dumps({"name": _written(given, raised)})
    except HansaError as error:
        return json.dumps(_told(error))
    except Exception as error:  # noqa: BLE001 - the border of a worker: guest code may raise anything
        return json.dumps(_told(raised[0] if raised else error, given["function"].partition(".")[0]))


def _be_small() -> None:
    """One worker is one processor, and reads no further ahead than it works: there are many of it on a machine.

    Polars else takes all processors of the machine, and decodes a hundred row groups before the first is worked on.
    """
    os.environ["POLARS_MAX_THREADS"] = "1"
    os.environ["POLARS_ROW_GROUP_PREFETCH_SIZE"] = "1"
    os.environ["POLARS_MAX_CONCURRENT_SCANS"] = "1"


def _written(given: dict[str, Any], raised: list[Exception]) -> str:
    from hansa.scorer import Work, applied
    from hansa.store import scratch
    from hansa.store.shares import Share, opened, pieces, warehouse_at

    warehouse = warehouse_at(given["warehouse"])
    share = Share.of(given["share"])
    work = Work(given["function"], given["arguments"])
    rows, own = opened(warehouse, share), partial(pieces, warehouse, [share])
    made = applied(rows, work, warehouse.artefacts.get, 1, raised.append, own)
    return scratch.put(warehouse, given["run"], given["stem"], made)


def _told(error: Exception, package: str = "") -> dict[str, Any]:
    """An error as plain values; of a foreign one its type and place alone."""
    from hansa.errors import HansaError

    if isinstance(error, HansaError):
        parts = {name: getattr(error, name) for name in ("code", "what", "where", "next_step", "state")}
        return {"error": {"kind": type(error).__name__, **parts}}
    frames = [one for one in traceback.extract_tb(error.__traceback__) if f"/{package}/" in one.filename]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"broken": f"{type(error).__name__}{place}"}
