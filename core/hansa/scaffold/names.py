"""Which names a new plugin may have: it becomes a domain, a package and a distribution."""

from __future__ import annotations

import keyword
import re
from importlib.metadata import PackageNotFoundError, distribution, entry_points

from hansa.errors import MeshError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40

#: Names that a stranger's plugin cannot have, with the reason.
RESERVED = {
    "hansa": "Hansa's own name",
    "contracts": "the package of the first-party contracts",
    "mesh": "the domain of the mesh's own books",
    "files": "the built-in plugin that reads files",
    **dict.fromkeys(("governance", "risk", "service", "marketing", "ops"), "a domain of Hansa's own"),
    **dict.fromkeys(("ray", "sandbox", "serve", "testing"), "a capability of Hansa's own"),
}


def check_name(name: str) -> None:
    """Refuse a name that cannot be a domain, or that somebody has already.

    Errors: MeshError, one sentence with a name that would do where there is one.
    """
    if not _NAME.fullmatch(name) or name.startswith("hansa_") or len(name) > _LONGEST:
        what = f"{_shown(name)} is no name of a plugin: lower case letters, digits and single _, at most {_LONGEST}"
        close = _spelt_right(name)
        raise MeshError("new.name", what, next_step=f"did you mean '{close}'?" if close else "such as treasury")
    if keyword.iskeyword(name):
        raise MeshError("new.name", f"'{name}' is a word of Python itself", next_step="choose another name")
    taken = RESERVED.get(name) or _installed(name)
    if taken:
        raise MeshError("new.name", f"'{name}' is {taken}", next_step="choose another name")


def _shown(name: str) -> str:
    """The name on one line and bounded, whatever was typed."""
    short = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
    return repr(short)


def _spelt_right(name: str) -> str:
    """The nearest good name, empty if there is none: ``Treasury``, ``hansa-treasury``, ``my team``."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    words = words.removeprefix("hansa_")
    good = _NAME.fullmatch(words) and len(words) <= _LONGEST and not keyword.iskeyword(words)
    return words if good and words not in RESERVED else ""


def _installed(name: str) -> str:
    """What is installed under this name; nothing of it is imported."""
    for point in entry_points(group="hansa"):
        if point.name == name:
            return f"a plugin that is installed ({point.dist.name if point.dist else point.value})"
    try:
        found = distribution(f"hansa-{name.replace('_', '-')}")
    except PackageNotFoundError:
        return ""
    return f"a package that is installed ({found.metadata['Name']} {found.version})"
