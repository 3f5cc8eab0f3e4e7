"""The machine: Python, packages, Ray, the clock, the time zone, room on the disks."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hansa.doctor.check import Check, fail, ok, skipped, warn

if TYPE_CHECKING:
    from hansa.mesh import Mesh

#: Seconds by which this machine's clock may differ from the store's: worth a look, and too much for an S3 store soon.
SKEW_WARN, SKEW_FAIL = 5.0, 300.0
#: Bytes free on a disk: below the first one a day's files may not fit, below the second nothing will.
ROOM_WARN, ROOM_FAIL = 2 << 30, 100 << 20
_YEAR = 366


def python() -> Iterator[Check]:
    """The version that runs, against the one that Hansa asks for."""
    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    wanted = importlib.metadata.metadata("hansa")["Requires-Python"] or ""
    told = f"{platform.python_implementation()} {version}"
    if SpecifierSet(wanted).contains(version, prereleases=True):
        yield ok("python", told)
    else:
        yield fail("python", f"{told}, and Hansa asks for {wanted}", "install Hansa under another Python")


def packages() -> Iterator[Check]:
    """Every distribution of the house and of its plugins, and what each of them asks for."""
    names = sorted({"hansa", *(point.dist.name for point in _points() if point.dist is not None)})
    faults, asked = list[Check](), 0
    for name in names:
        lines = importlib.metadata.requires(name) or []
        asked += len(lines)
        faults += [found for line in lines if (found := _requirement(name, line)) is not None]
    told = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    yield from faults
    if not any(fault.state == "fail" for fault in faults):
        yield ok("packages", f"{told}; all that they ask for is there")


def _points() -> list[importlib.metadata.EntryPoint]:
    return list(importlib.metadata.entry_points(group="hansa"))


def _requirement(owner: str, line: str) -> Check | None:
    """What is wrong with one line ``Requires-Dist``; None if it is kept or concerns an extra."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    wanted = Requirement(line)
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return None
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        what = f"{owner} asks for {wanted.name}, which is not installed"
        return fail("packages", what, f"pip install '{wanted.name}{wanted.specifier}'")
    if wanted.specifier.contains(version, prereleases=True):
        return None
    least = SpecifierSet(",".join(str(one) for one in wanted.specifier if one.operator in (">=", ">", "==", "~=")))
    what = f"{owner} asks for {wanted.name}{wanted.specifier}, here is {version}"
    mend = f"pip install '{wanted.name}{wanted.specifier}'"
    if least.contains(version, prereleases=True):
        return warn("packages", f"{what}, which was not tested", mend)
    return fail("packages", what, mend)


def ray() -> Iterator[Check]:
    """Ray is needed for scoring on several machines alone."""
    try:
        version = importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError:
        yield skipped("ray", "not installed: scoring runs in this process")
    else:
        yield ok("ray", f"{version}, with Python {platform.python_version()}: workers need the same versions")


def clock(mesh: Mesh) -> Iterator[Check]:
    """This machine's clock against that of the warehouse's store."""
    folder = mesh.warehouse.objects.folder
    if folder is None:
        from hansa.store.clock import store_time

        before = time.time()
        told = store_time(mesh.file.store)
        if told is None:
            yield skipped("clock", "the store does not tell its time", "see the warehouse above")
            return
        # The store's Date header is in whole seconds.
        skew = told.timestamp() + 0.5 - (before + time.time()) / 2
        yield _skew(skew, "the store's")
    elif not folder.is_dir():
        yield skipped("clock", "the warehouse is not there yet")
    else:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as probe:
            written, now = Path(probe.name).stat().st_mtime, time.time()
        yield _skew(written - now, "the disk's")


def _skew(seconds: float, whose: str) -> Check:
    told = f"{abs(seconds):.0f} s {'behind' if seconds > 0 else 'before'} {whose}"
    if abs(seconds) <= SKEW_WARN:
        return ok("clock", f"agrees with {whose} clock")
    return (warn if abs(seconds) <= SKEW_FAIL else fail)("clock", f"{told} clock", "set it, best by a time service")


def zone(mesh: Mesh) -> Iterator[Check]:
    """The mesh's time zone, and its next days of 23 or 25 hours."""
    name = mesh.file.time_zone
    place, today = ZoneInfo(name), dt.datetime.now(ZoneInfo(name)).date()
    odd = []
    for day in (today + dt.timedelta(days=ahead) for ahead in range(_YEAR)):
        hours = _hours(day, place)
        if hours != 24:
            odd.append(f"{day} has {hours:g} hours")
    tables = f"tzdata {importlib.metadata.version('tzdata')}"
    yield ok("zone", f"{name} ({tables}): {', '.join(odd) or 'each day ahead has 24 hours'}")


def _hours(day: dt.date, place: ZoneInfo) -> float:
    start, end = (dt.datetime.combine(d, dt.time(), place) for d in (day, day + dt.timedelta(days=1)))
    return (end.astimezone(dt.UTC) - start.astimezone(dt.UTC)).total_seconds() / 3600


def disk(mesh: Mesh) -> Iterator[Check]:
    """Room where the tables, the temporary files and the books of Dagster lie; each disk once."""
    folder = mesh.warehouse.objects.folder
    wanted = {
        "temporary files": Path(tempfile.gettempdir()),
        "the mesh": mesh.path.parent,
        "Dagster": mesh.dagster_home,
    }
    places = wanted if folder is None else {"the warehouse": folder} | wanted
    known: set[int] = set()
    for what, path in places.items():
        there = next(one for one in (path, *path.parents) if one.exists())
        if there.stat().st_dev in known:
            continue
        known.add(there.stat().st_dev)
        free = shutil.disk_usage(there).free
        told = f"{free / (1 << 30):.1f} GB free for {what} at {there}"
        if free >= ROOM_WARN:
            yield ok("disk", told)
        else:
            yield (warn if free >= ROOM_FAIL else fail)("disk", told, "make room, for example by hansa upkeep")
