"""Whether Dagster's instance of a mesh answers, and whether its daemon is alive."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hansa.definitions.instance import instance_of

if TYPE_CHECKING:
    from hansa.mesh import Mesh

#: Seconds after its last sign within which a daemon counts as alive: it gives one every half minute.
_ALIVE = 120


@dataclass(frozen=True)
class Health:
    """``storage`` is the kind of the event log's, ``runs`` and ``assets`` what it knows."""

    storage: str
    runs: int
    assets: int
    alive: bool


def health(mesh: Mesh) -> Health:
    """Ask the instance of a mesh, which is there. Errors: those of Dagster and its storage."""
    with instance_of(mesh) as instance:
        beats = instance.get_daemon_heartbeats().values()
        newest = max((beat.timestamp for beat in beats), default=0.0)
        return Health(
            storage=type(instance.event_log_storage).__name__,
            runs=instance.get_runs_count(),
            assets=len(instance.all_asset_keys()),
            alive=time.time() - newest < _ALIVE,
        )
