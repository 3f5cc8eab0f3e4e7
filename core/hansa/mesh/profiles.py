"""Profiles: which modules of what is installed an institution begins with."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.contract.yaml_text import load
from hansa.errors import MeshError
from hansa.mesh.model import reachable
from hansa.near import or_near

if TYPE_CHECKING:
    from hansa.products import Module

#: The profile that is written with no more than it needs; any other is written with every setting.
SHORT = "small"
_FILE = Path(__file__).with_name("profiles.yaml")


def modules_of(profile: str, installed: Mapping[str, Module]) -> list[str]:
    """The modules that a named profile switches on, and those that compute what they read, sorted.

    What comes from a source needs no module: a source is bound to it by itself.

    Errors: MeshError for an unknown name, and if nothing of the profile is installed.
    """
    known, _ = load(_FILE)
    if profile not in known:
        mend = or_near(profile, known, f"write {', '.join(known)}, or the path of a profile file")
        raise MeshError("init.profile", f"there is no profile '{profile}', and no such file", next_step=mend)
    wanted = known[profile]
    chosen = {name for name in installed if any(fnmatchcase(name, pattern) for pattern in wanted)}
    if not chosen:
        what = f"no installed plugin brings {' or '.join(wanted)}"
        raise MeshError("init.profile", what, next_step="install one, or take --profile full; see: hansa plugins")
    computed = [(p.id, name) for name, module in installed.items() for p in module.products if not p.from_source]
    makers = dict(computed)

    def needs(name: str) -> set[str]:
        read = {given.product for product in installed[name].products for given in product.requires}
        return {makers[id] for id in read if id in makers}

    return sorted(reachable(chosen, needs))
