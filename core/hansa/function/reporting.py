"""What a function did, told to Dagster where an instance is configured; the publication never waits for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hansa.mesh import Mesh


def configured(mesh: Mesh) -> bool:
    """True if a Dagster instance is meant: DAGSTER_HOME is set, or the mesh's home of Dagster was made before."""
    return bool(os.environ.get("DAGSTER_HOME")) or (mesh.dagster_home / "dagster.yaml").exists()


def tell_dagster(mesh: Mesh) -> str:
    """Tell Dagster of every publication that it did not watch; the words for the answer.

    What cannot be told now is told by whoever comes next: the receipts are the book.
    """
    if not configured(mesh):
        return "no instance is configured"
    # Only here, and only after the publication: the import alone costs seconds.
    from hansa.definitions.history import report
    from hansa.definitions.instance import instance_of

    try:
        with instance_of(mesh) as instance:
            told = report(mesh, instance)
    except Exception as error:  # noqa: BLE001 - a border: whatever Dagster says, the rows are published
        return f"not told ({type(error).__name__}); the next run that reaches the instance tells it"
    return f"{told} partitions told"
