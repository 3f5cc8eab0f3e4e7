"""Which installed packages announce themselves to Hansa, and which installations are broken.

``importlib.metadata.entry_points()`` looks at one metadata folder a name, the first that the file system lists. An
empty folder left behind by an upgrade then hides a whole plugin without a word (python/importlib_metadata#534), so
the folders are looked at here, all of them.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

GROUP = "hansa"


@dataclass(frozen=True)
class Candidate:
    """One plugin as its package announces it. ``broken`` says why it cannot be trusted, ``notice`` what to tidy up."""

    name: str
    distribution: str
    version: str
    entry_point: EntryPoint | None
    broken: str = ""
    notice: str = ""


@dataclass(frozen=True)
class _Metadata:
    """The metadata folders of one distribution in one folder of packages: complete ones and empty ones."""

    complete: tuple[str, ...]
    empty: tuple[str, ...]


def announced(entry_points: Iterable[EntryPoint]) -> list[Candidate]:
    """Candidates of entry points that are given, not discovered."""
    return [_candidate(entry_point, entry_point.dist) for entry_point in entry_points]


def installed() -> list[Candidate]:
    """Candidates of every package that can be imported, broken installations among them, in no particular order."""
    folders = _metadata_folders()
    found: list[Candidate] = []
    seen: dict[str, Path] = {}
    for distribution in distributions():
        points = _entry_points(distribution)
        if not points:
            continue
        if not _readable(distribution):
            found += [_unreadable(point) for point in points]
            continue
        name, place = normal(distribution.name), Path(str(distribution.locate_file("")))
        if seen.setdefault(name, place) != place:
            continue  # Python imports the package from the earlier folder of sys.path, so that is the one meant
        found += [_checked(_candidate(point, distribution), folders.get((place, name))) for point in points]
    return _unique(found) + [lost for lost in _vanished(folders, seen) if lost.name not in {c.name for c in found}]


def _entry_points(distribution: Distribution) -> list[EntryPoint]:
    text = distribution.read_text("entry_points.txt") or ""
    if GROUP not in text:
        return []
    return [point for point in distribution.entry_points if point.group == GROUP]


def _readable(distribution: Distribution) -> bool:
    return any(distribution.read_text(name) for name in ("METADATA", "PKG-INFO"))


def _unreadable(point: EntryPoint) -> Candidate:
    """An announcement whose metadata folder has lost its METADATA: neither name nor version is known."""
    package = normal(point.value.split(":")[0].split(".")[0])
    return Candidate(point.name, package, "", point, broken=_broken(package, "metadata without METADATA", ("no name",)))


def _candidate(entry_point: EntryPoint, distribution: Distribution | None) -> Candidate:
    name = normal(distribution.name) if distribution else entry_point.name
    return Candidate(entry_point.name, name, distribution.version if distribution else "", entry_point)


def _checked(candidate: Candidate, metadata: _Metadata | None) -> Candidate:
    """The candidate with what its metadata folders say about the installation."""
    if metadata is None:
        return candidate
    broken = notice = ""
    if len(metadata.complete) > 1:
        broken = _broken(candidate.distribution, "several versions in one folder", metadata.complete)
    elif metadata.empty:
        notice = _broken(candidate.distribution, "empty metadata folders beside the good one", metadata.empty)
    return Candidate(
        candidate.name, candidate.distribution, candidate.version, candidate.entry_point, broken=broken, notice=notice
    )


def _unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate an announcement: a broken installation announces the same plugin once a metadata folder."""
    return list({(c.name, normal(c.distribution)): c for c in sorted(candidates, key=lambda c: c.version)}.values())


def _vanished(folders: dict[tuple[Path, str], _Metadata], seen: dict[str, Path]) -> Iterator[Candidate]:
    """Packages named like one of Hansa's that have nothing but empty metadata, so that nobody can load them."""
    readable = {name for (_, name), metadata in folders.items() if metadata.complete} | set(seen)
    for (_, name), metadata in sorted(folders.items()):
        if name.startswith(f"{GROUP}-") and name not in readable:
            plugin = name.removeprefix(f"{GROUP}-")
            yield Candidate(plugin, name, "", None, broken=_broken(name, "empty metadata folders", metadata.empty))


def _broken(distribution: str, what: str, folders: Sequence[str]) -> str:
    shown = ", ".join(folders[:3]) + (f" and {len(folders) - 3} more" if len(folders) > 3 else "")
    return f"broken installation of {distribution}: {what} ({shown}); reinstall it"


def _metadata_folders() -> dict[tuple[Path, str], _Metadata]:
    """Metadata folders by the folder of packages that they lie in and the distribution's normal name."""
    complete: dict[tuple[Path, str], list[str]] = defaultdict(list)
    empty: dict[tuple[Path, str], list[str]] = defaultdict(list)
    for place in dict.fromkeys(Path(entry) for entry in sys.path):
        for folder in sorted(place.glob("*.dist-info")) if place.is_dir() else ():
            kept = complete if (folder / "METADATA").is_file() else empty
            kept[place, normal(folder.name.removesuffix(".dist-info").rsplit("-", 1)[0])].append(folder.name)
    return {key: _Metadata(tuple(complete[key]), tuple(empty[key])) for key in set(complete) | set(empty)}


def normal(name: str) -> str:
    """A distribution's name in the normal form of PyPA's name specification."""
    return re.sub(r"[-_.]+", "-", name).lower()
