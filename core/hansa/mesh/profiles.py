"""Profiles: which modules of what is installed an institution begins with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.contract.yaml_text import load
from hansa.errors import MeshError
from hansa.near import or_near

if TYPE_CHECKING:
    from hansa.products import Module

_FILE = Path(__file__).with_name("profiles.yaml")


def profile_names() -> list[str]:
    """The profiles that have a name; any other is a file."""
    return list(_known())


def _known() -> dict[str, Any]:
    return load(_FILE)[0]


def modules_of(profile: str, installed: Mapping[str, Module]) -> list[str]:
    """The modules that a named profile switches on, and those that they need, sorted.

    Errors: MeshError for an unknown name, and if nothing of the profile is installed.
    """
    known = _known()
    if profile not in known:
        mend = or_near(profile, known, f"write {', '.join(known)}, or the path of a profile file")
        raise MeshError("init.profile", f"there is no profile '{profile}', and no such file", next_step=mend)
    wanted = known[profile]
    chosen = {name for name in installed if any(fnmatchcase(name, pattern) for pattern in wanted)}
    if not chosen:
        what = f"no installed plugin brings {' or '.join(wanted)}"
        raise MeshError("init.profile", what, next_step="install one, or take --profile full; see: hansa plugins")
    return sorted(_with_needs(chosen, installed))


def _with_needs(chosen: Collection[str], installed: Mapping[str, Module]) -> set[str]:
    """These modules and whatever makes what they read."""
    found, waiting = set(chosen), list(chosen)
    makers = {product.id: name for name, module in installed.items() for product in module.products}
    while waiting:
        needs = {given.product for product in installed[waiting.pop()].products for given in product.requires}
        for name in {makers[need] for need in needs if need in makers} - found:
            found.add(name)
            waiting.append(name)
    return found
