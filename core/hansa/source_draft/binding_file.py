"""BINDING of a command: an entry of a mesh file, a mesh file, a ``layout`` file or a draft, as one source's binding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from hansa.contract.yaml_text import load
from hansa.errors import MeshError
from hansa.near import or_near
from hansa.products import PRODUCT_ID
from hansa.source_draft.drafted import NAME
from hansa.sources import Binding
from hansa.sources.database_words import is_database
from hansa.sources.deliveries import is_pattern
from hansa.sources.files import located
from hansa.sources.layout_file import with_layout
from hansa.sources.remote import fetched, is_remote

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.registry import Registry

#: Stands for an address where the words have none and a file is named beside them.
_NOWHERE = "file"


class _Sources(BaseModel):
    """The part of a mesh file that is judged, so that a fault is told as it is there."""

    sources: dict[str, Binding]


@dataclass(frozen=True)
class Bound:
    """What BINDING says. ``name`` is the contract's id, or ``NAME`` for words alone; ``base`` the folder of its file.

    ``addressed`` is False where the words have no uri of their own; ``overlays`` and ``zone`` are of that file, and
    ``mesh`` is the one that says how objects are reached.
    """

    binding: Binding
    name: str
    base: Path
    addressed: bool
    overlays: tuple[str, ...] = ()
    zone: str = "UTC"
    mesh: Path | None = None

    def contract(self, registry: Registry) -> Contract | None:
        """The contract of the entry, under the overlays of its mesh file; None where nobody brings one."""
        from hansa.mesh.declared import contract_of
        from hansa.mesh.extended import overlays_of
        from hansa.overlay import resolve

        found = contract_of(registry, self.name)
        if found is None or not self.overlays:
            return found
        overlays = overlays_of(self.base, self.overlays, found.id, found.major)
        return resolve(found, overlays).contract if overlays else found

    @property
    def in_database(self) -> bool:
        """True if its uri is the address of a database."""
        return is_database(self.binding.uri)

    def refuse_file(self, named: str | None) -> None:
        """Refuse a file that is named beside the address of a database. Errors: MeshError ``source.file``."""
        if named is not None:
            what = "its uri is the address of a database, which is read where it lies"
            where = f"sources.{self.name}.uri"
            raise MeshError("source.file", what, where=where, next_step="leave the file out")

    def file(self, named: str | None) -> tuple[Path, str]:
        """The data file, the one that is named or else that of the uri; of an object its copy here and its address.

        Errors: MeshError ``source.file`` for none; those of ``fetched``.
        """
        from hansa.mesh.read import read_store

        if named is not None:
            return (fetched(named, "FILE", read_store(self.mesh))[0], named) if is_remote(named) else (Path(named), "")
        uri, where = self.binding.uri, f"sources.{self.name}.uri"
        what = ""
        if not self.addressed:
            what, where = "it has words and no uri: which file they are tried on is not said", self.name
        elif is_pattern(uri):
            what = "its uri is a pattern of many files"
        if what:
            raise MeshError("source.file", what, where=where, next_step="name the data file behind the binding")
        if is_remote(uri):
            return fetched(uri, where, read_store(self.mesh))[0], uri
        return located(uri, self.base, where), ""


def read_binding(given: str, wanted: str | None = None, mesh: Path | None = None) -> Bound:
    """What ``given`` means: a file that has words of a source, or the name of an entry of the mesh file.

    A file with ``sources`` is taken as a mesh file, of which ``wanted`` (a contract's id) names the entry if it has
    several; any other is an entry's words alone. Errors: MeshError with file and line.
    """
    from hansa.mesh.place import meant_mesh_file

    path, wanted = _place(given, wanted, mesh)
    data, lines = load(path)
    if "sources" in data:
        name = _entry(data["sources"], path, wanted)
        words, depth = data["sources"][name], 2
    else:
        name, words, depth = NAME, data, 0
    written = dict(words) if isinstance(words, Mapping) else {}
    placed = {("sources", name, *keys[depth:]): line for keys, line in lines.items() if len(keys) >= depth}
    made = _judged({"uri": _NOWHERE} | written, name, path, placed)
    overlays, zone = data.get("overlays"), data.get("time_zone")
    return Bound(
        with_layout(made, path.parent, f"sources.{name}"),
        name,
        path.parent,
        "uri" in written,
        tuple(map(str, overlays)) if isinstance(overlays, list) else (),
        zone if isinstance(zone, str) else "UTC",
        path if "store" in data else meant_mesh_file(mesh),
    )


def _judged(words: Mapping[str, Any], name: str, path: Path, placed: Mapping[Any, int]) -> Binding:
    from hansa.mesh.fault import first_fault

    try:
        return _Sources.model_validate({"sources": {name: words}}).sources[name]
    except ValidationError as error:
        raise first_fault(path, {(): 1, ("sources",): 1, ("sources", name): 1, **placed}, error) from None


def _place(given: str, wanted: str | None, mesh: Path | None) -> tuple[Path, str | None]:
    """The file of the words, and the entry that is meant in it."""
    from hansa.mesh.place import find_mesh_file, has_mesh_file

    path = Path(given)
    if path.is_file():
        return path, wanted
    entry = PRODUCT_ID.match(given) and path.suffix not in (".yaml", ".yml")
    if entry and (mesh is not None or has_mesh_file()):
        return find_mesh_file(mesh), given
    mend = "name it by --mesh" if entry else "name an entry of the mesh file, a mesh file, a layout file or a draft"
    what = "there is no mesh file with this entry" if entry else "there is no such file"
    raise MeshError("mesh.missing", what, where=given, next_step=mend)


def _entry(sources: Any, path: Path, wanted: str | None) -> str:
    names = list(sources) if isinstance(sources, Mapping) else []
    if wanted in names:
        return str(wanted)
    if len(names) == 1 and wanted is None:
        return str(names[0])
    what = f"it has {len(names)} sources" if wanted is None else f"it has no source '{wanted}'"
    mend = or_near(wanted or "", names, f"name one by --source: {', '.join(names)}")
    raise MeshError("source.unknown", what, where=str(path), next_step=mend)
