"""What a plugin's verdict depends on, as one digest: its files, all that is installed beside it, Python and Hansa."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from hansa.registry.installed import Candidate

_INFO = (".dist-info", ".egg-info")
_SINGLE = (".py", ".so", ".pth", ".pyd")
#: What of a package runs: whoever built it anew in its place may have left its RECORD as it was.
_CODE = (".py", ".so", ".pyd", ".dylib")


def fingerprints(candidates: Iterable[Candidate]) -> dict[Candidate, str]:
    """The digest of each candidate. Imports nothing."""
    common = _digest([sys.version, sys.prefix, *_places(), *_installed(), *_hansa()])
    found = {}
    for candidate in candidates:
        assert candidate.entry_point is not None  # noqa: S101 - a candidate without one is broken, hence never tried
        value = candidate.entry_point.value
        package = value.split(":")[0].split(".")[0]
        own = _content(candidate.entry_point.dist, package)
        found[candidate] = _digest([common, candidate.name, candidate.distribution, candidate.version, value, *own])
    return found


def stamp(path: str) -> tuple[int, int] | None:
    """Time of the last change in nanoseconds and size in bytes of a file, None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - many files, once each
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _digest(parts: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogateescape")
        whole.update(len(raw).to_bytes(8, "big") + raw)
    return whole.hexdigest()


def _places() -> list[str]:
    """The folders that Python imports from, but for the one of the command itself and the working folder."""
    mine = {""}
    with contextlib.suppress(FileNotFoundError):
        mine |= {os.getcwd(), os.path.abspath(os.path.dirname(sys.argv[0] if sys.argv else ""))}  # noqa: PTH100, PTH109, PTH120
    return [place for place in sys.path if isinstance(place, str) and place not in mine]


def _installed() -> Iterator[str]:
    """Every metadata folder with the time of its change, and the names of single modules: what was installed since."""
    for place in _places():
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.endswith(_INFO):
                yield f"{place}/{entry.name} {entry.stat().st_mtime_ns}"
            elif entry.name.endswith(_SINGLE):
                yield f"{place}/{entry.name}"


def _hansa() -> Iterator[str]:
    try:
        found = distribution("hansa")
    except PackageNotFoundError:
        found = None
    yield found.version if found else ""
    # What a trial imports in any case; what a plugin takes of Hansa beyond that is told by its trial.
    home = Path(__file__).parent.parent
    for place in (home / "errors.py", home / "hooks.py", home / "products.py", home / "registry"):
        yield from _files(place)


def _content(found: Distribution | None, package: str) -> Iterator[str]:
    """What stands for a distribution: its RECORD, if that names the package, with its code; else all of its files."""
    record = (found.read_text("RECORD") or "") if found is not None else ""
    named = [line.split(",")[0] for line in record.splitlines() if line.startswith((f"{package}/", f"{package}.py,"))]
    if found is not None and named:
        yield record
        # Somebody may have mended the code in its place.
        home = str(found.locate_file(""))
        yield from (f"{file} {stamp(os.path.join(home, file))}" for file in named if file.endswith(_CODE))  # noqa: PTH118
        return
    for folder in folders_of(package):
        yield from _files(folder)


def folders_of(package: str) -> list[Path]:
    """The folders of a package, or its one file, as Python would find it, without importing it."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError, AttributeError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [Path(place) for place in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.origin and spec.has_location else []


def _files(place: Path) -> Iterator[str]:
    """Path, time of change and size of every file below a folder; what Python compiled is left out."""
    if place.is_file():
        yield f"{place} {stamp(str(place))}"
        return
    for folder, below, names in os.walk(place):
        below[:] = sorted(name for name in below if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(folder, name)  # noqa: PTH118 - many files, once each
            yield f"{path} {stamp(path)}"
