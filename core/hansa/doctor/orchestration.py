"""Dagster's instance of a mesh: its home, its storage, its daemon. Nothing is made that is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hansa.doctor.check import Check, fail, ok, skipped, warn

if TYPE_CHECKING:
    from hansa.mesh import Mesh


def dagster(loaded: Mesh) -> Iterator[Check]:
    """Home and storage answer; the daemon is needed only where something is to run by itself."""
    home = loaded.dagster_home
    if home.exists() and not (home.is_dir() and os.access(home, os.W_OK | os.X_OK)):
        mend = "mend its permissions, or name another by DAGSTER_HOME"
        yield fail("dagster", f"{home} is no folder that can be written", mend)
        return
    if not (home / "dagster.yaml").exists():
        yield skipped("dagster", f"{home}: no instance yet; hansa run or hansa ui makes it")
        return
    from hansa.definitions.health import health

    found = health(loaded)
    told = f"{home}: {found.storage} answers, {found.runs} runs, {found.assets} assets"
    if found.alive:
        yield ok("dagster", f"{told}; the daemon is alive")
        return
    settings = loaded.file.dagster
    if settings.schedules == "on" or settings.automation == "on":
        what = "schedules or automation are on, and no daemon is alive"
        yield warn("dagster", f"{told}; {what}", "start hansa ui, or the daemon of your deployment")
    else:
        yield ok("dagster", f"{told}; no daemon runs, and nothing waits for one")
