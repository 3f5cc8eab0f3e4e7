"""Overlay files: where a mesh names them, and what each of them extends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hansa.contract.place import Place
from hansa.contract.yaml_text import read_yaml
from hansa.errors import MeshError
from hansa.near import or_near

_FILES = "*.overlay.yaml"
_REFERENCE = re.compile(r"([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)@([0-9]{1,6})")
#: Words of an overlay; what names the contract itself (id, version, domain ...) stays the base's.
_WORDS = (
    "extends",
    "apiVersion",
    "kind",
    "schema",
    "tags",
    "description",
    "customProperties",
    "slaProperties",
    "team",
    "roles",
    "support",
)
#: The one service level that an overlay changes: it is compared and kept. The others are read from the base's file.
_LEVEL = "retention"


@dataclass(frozen=True)
class Overlay:
    """One overlay file, as plain data with lines; it extends the contract of ``product`` and ``major``."""

    root: Place
    product: str
    major: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.root.document.path


def overlay_files(folder: Path, named: Sequence[str]) -> Iterator[Path]:
    """The overlay files that a mesh file in ``folder`` names, in its order, those of a folder sorted; each once.

    Errors: MeshError for what is not there, is no overlay by its name, or lies outside the mesh file's folder.
    """
    home, met = folder.resolve(), set[Path]()
    for number, text in enumerate(named, start=1):
        where = f"overlays[{number}]"
        start = _named(folder, text, where)
        if not start.resolve().is_relative_to(home):
            what = f"'{text}' does not lie in the mesh file's folder"
            raise MeshError("overlay.outside", what, where=where, next_step="move it there, or below")
        if start.is_dir():
            found = sorted(path for path in start.rglob(_FILES) if not _hidden(path, start))
        elif start.is_file():
            found = [start]
        else:
            raise MeshError("overlay.missing", f"'{text}' does not exist", where=where, next_step="check the path")
        for path in found:
            if not path.name.endswith(_FILES[1:]):
                mend = f"call it {path.name.partition('.')[0]}{_FILES[1:]}"
                raise MeshError("overlay.name", f"'{text}' is not named {_FILES}", where=where, next_step=mend)
            if not path.resolve().is_relative_to(home):
                what = f"'{path.relative_to(folder)}' leads out of the mesh file's folder"
                raise MeshError("overlay.outside", what, where=where, next_step="copy the file")
            if path.resolve() not in met:
                met.add(path.resolve())
                yield path


def _named(folder: Path, text: str, where: str) -> Path:
    """What a mesh file names. Errors: MeshError for a text that no path can be, or that does not begin here."""
    start = folder / text
    try:
        if not Path(text).expanduser().is_absolute():
            start.resolve()
            start.is_dir()
            return start
    except (OSError, ValueError, RuntimeError):
        # A character that no path has, a name that is too long, a home of nobody, a link to itself.
        what, mend = f"{text[:80]!r} is no path of this system", "write the path of the file, relative to the mesh file"
        raise MeshError("overlay.missing", what, where=where, next_step=mend) from None
    what = f"'{text}' does not lie in the mesh file's folder"
    raise MeshError("overlay.outside", what, where=where, next_step="move it there, or below")


def _hidden(path: Path, start: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(start).parts)


def read_overlay(path: Path) -> Overlay:
    """Read one overlay file.

    Errors: MeshError, with file and line and the mend, for bad YAML, an unknown word, and what extends nothing.
    """
    root = Place(read_yaml(path, MeshError))
    for word in root.value:
        if word not in _WORDS:
            known = f"an overlay has {', '.join(_WORDS)}; what names the contract itself is its owner's"
            raise root[word].fault("overlay", f"'{word}' is no word of an overlay", or_near(word, _WORDS, known))
    for level in root["slaProperties"].items():
        name = level["property"].text
        if name not in (None, _LEVEL):
            what = f"the service level '{name}' is none that an overlay changes"
            raise level.fault("overlay", what, f"leave it out; an overlay changes {_LEVEL} alone, to a longer one")
    extends = root["extends"]
    found = _REFERENCE.fullmatch(extends.text or "")
    if found is None:
        shown = f"extends is '{extends.text}'" if extends.text else "extends is missing"
        raise extends.fault("overlay", shown, "write the contract with its major version: risk.fraud_alerts@1")
    return Overlay(root, found[1], int(found[2]))
