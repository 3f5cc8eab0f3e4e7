"""Dagster's home of a mesh: made once, telemetry off; and the list of publications that Dagster has been told of."""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hansa.definitions.event_log import kept_open
from hansa.errors import WorldError

if TYPE_CHECKING:
    import dagster as dg

    from hansa.mesh import Mesh
    from hansa.receipt import Publication

#: A run that is taken from the queue while the code server restarts waits for it: Dagster would fail it.
_SETTINGS = """telemetry: {enabled: false}
nux: {enabled: false}
concurrency: {pools: {granularity: op}}
run_queue: {max_user_code_failure_retries: 3, user_code_failure_retry_delay: 10}
"""
#: In a home whose tables are made; settings of the institution's own may lie there before.
_MADE = ".made"


class Homed(Protocol):
    """What names Dagster's home: a mesh, or its file alone, which is read in no time."""

    @property
    def path(self) -> Path:
        """The mesh file."""
        ...

    @property
    def dagster_home(self) -> Path:
        """Dagster's home."""
        ...


def home_of(mesh: Homed) -> Path:
    """Dagster's home of this mesh, made if it is not there."""
    home = mesh.dagster_home.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / ".lock").touch()
    except OSError as error:
        raise WorldError(
            "dagster.home",
            f"Dagster's home cannot be written ({error.strerror})",
            where=str(home),
            next_step="name another folder by DAGSTER_HOME, or run with --bare",
        ) from None
    return home


def is_new(mesh: Homed) -> bool:
    """True until somebody has opened the home: Dagster's tables are not made yet, whoever wrote its settings."""
    return not (home_of(mesh) / _MADE).exists()


def environment(mesh: Homed) -> dict[str, str]:
    """The variables of a process that is to load this mesh in Dagster."""
    return {
        "HANSA_MESH": str(mesh.path.resolve()),
        "DAGSTER_HOME": str(mesh.dagster_home.resolve()),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


@contextmanager
def instance_of(mesh: Mesh) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of a mesh; the first process to come makes its tables, the others wait for it."""
    home = home_of(mesh)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    import dagster as dg

    for category in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):
        warnings.simplefilter("ignore", category)
    with _locked(home / ".lock"):
        if not (home / "dagster.yaml").exists():
            (home / "dagster.yaml").write_text(_SETTINGS)
        # By the folder, not by DAGSTER_HOME: that variable would outlive this mesh in this process.
        opened = dg.DagsterInstance.from_config(str(home))
        opened.get_run_records(limit=1)
        opened.all_asset_keys()
        (home / _MADE).touch()
        for pool, slots in mesh.file.dagster.pool_slots.items():
            if opened.event_log_storage.get_concurrency_info(pool).slot_count != slots:
                opened.event_log_storage.set_concurrency_slots(pool, slots)
    with opened as instance, kept_open(instance):
        yield instance


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def telling(mesh: Mesh) -> Iterator[None]:
    """One process at a time tells Dagster of what it did not watch; a second would tell the same again."""
    with _locked(home_of(mesh) / ".telling"):
        yield


def note_reported(mesh: Mesh, publication: Publication) -> None:
    """Remember that Dagster knows of a publication."""
    with (home_of(mesh) / "hansa-reported").open("a") as file:
        file.write(f"{publication.digest}\n")


def reported(mesh: Mesh) -> set[str]:
    """Digests of the publications that Dagster knows of."""
    path = mesh.dagster_home / "hansa-reported"
    return set(path.read_text().split()) if path.exists() else set()
