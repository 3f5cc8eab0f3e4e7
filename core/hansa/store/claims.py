"""Claims: which publications of a table are being made, and which have died, by the folders of their data files."""

from __future__ import annotations

import datetime as dt

from hansa.store.objects import Objects

#: Signs of life of publications that are being made.
CLAIMS = "claims/"


def claimed(objects: Objects, longest_run: dt.timedelta) -> tuple[dict[str, str], dict[str, str]]:
    """The claims of living publications and of dead ones, each with the folder of its data files (``data/.../``)."""
    alive: dict[str, str] = {}
    dead: dict[str, str] = {}
    for entry in objects.entries(CLAIMS):
        which = dead if objects.abandoned(entry.name, longest_run) else alive
        which[entry.name] = f"data/{entry.name.removeprefix(CLAIMS)}/"
    return alive, dead
