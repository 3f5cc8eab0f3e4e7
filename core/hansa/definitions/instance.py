"""Dagster's home of a mesh: made once, telemetry off; and the list of publications that Dagster has been told of."""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hansa.errors import WorldError

if TYPE_CHECKING:
    import dagster as dg

    from hansa.mesh import Mesh
    from hansa.receipt import Publication

_SETTINGS = """telemetry: {enabled: false}
nux: {enabled: false}
concurrency: {pools: {granularity: op}}
"""


@contextmanager
def instance_of(mesh: Mesh) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a mesh; the first process to come makes its tables, the others wait for it."""
    home = mesh.dagster_home.resolve()
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    import dagster as dg

    for category in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):
        warnings.simplefilter("ignore", category)
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / ".lock").open("w")
    except OSError as error:
        raise WorldError(
            "dagster.home",
            f"Dagster's home cannot be written ({error.strerror})",
            where=str(home),
            next_step="name another folder by DAGSTER_HOME, or run with --bare",
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "dagster.yaml").exists():
            (home / "dagster.yaml").write_text(_SETTINGS)
        opened = dg.DagsterInstance.get()
        opened.get_run_records(limit=1)
        opened.all_asset_keys()
    with opened as instance:
        yield instance


def note_reported(mesh: Mesh, publication: Publication) -> None:
    """Remember that Dagster knows of a publication."""
    mesh.dagster_home.mkdir(parents=True, exist_ok=True)
    with (mesh.dagster_home / "hansa-reported").open("a") as file:
        file.write(f"{publication.digest}\n")


def reported(mesh: Mesh) -> set[str]:
    """Digests of the publications that Dagster knows of."""
    path = mesh.dagster_home / "hansa-reported"
    return set(path.read_text().split()) if path.exists() else set()
