"""The version that changes demand, and whether one satisfies it."""

from __future__ import annotations

from collections.abc import Iterable

from hansa.change.model import Bump, Change, strongest_of


def strongest(changes: Iterable[Change]) -> Bump | None:
    """The strongest bump that the changes demand, None if there are none."""
    return strongest_of(change.bump for change in changes)


def demanded(version: str, bump: Bump | None) -> str:
    """The least version after ``version`` that the bump allows; without a bump the same."""
    major, minor, patch = _numbers(version)
    match bump:
        case "major":
            return f"{major + 1}.0.0"
        case "minor":
            return f"{major}.{minor + 1}.0"
        case "patch":
            return f"{major}.{minor}.{patch + 1}"
    return version


def satisfies(new: str, old: str, bump: Bump | None) -> bool:
    """True if ``new`` is at least the version that the bump demands after ``old``."""
    return _numbers(new) >= _numbers(demanded(old, bump))


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)
