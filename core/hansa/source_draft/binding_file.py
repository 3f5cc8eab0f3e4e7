"""BINDING of ``hansa source try``: a mesh file, a ``layout`` file or a draft, as the binding of one source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hansa.contract.yaml_text import load
from hansa.errors import MeshError
from hansa.near import or_near
from hansa.source_draft.drafted import NAME
from hansa.sources import Binding
from hansa.sources.layout_file import with_layout


class _Sources(BaseModel):
    """The part of a mesh file that is judged, so that a fault is told as it is there."""

    sources: dict[str, Binding]


def read_binding(path: Path, file: Path, wanted: str | None = None) -> Binding:
    """The binding that stands in the file at ``path``, for the data file ``file``.

    A file with ``sources`` is taken as a mesh file, of which ``wanted`` (a contract's id) names the entry if it has
    several; any other is an entry's words alone. Errors: MeshError with file and line.
    """
    from hansa.mesh.fault import first_fault

    if not path.is_file():
        raise MeshError(
            "mesh.missing", "there is no such file", where=str(path), next_step="name a mesh file, or a draft"
        )
    data, lines = load(path)
    if "sources" in data:
        name = _entry(data["sources"], path, wanted)
        words, depth = data["sources"][name], 2
    else:
        name, words, depth = NAME, data, 0
    given = {"uri": str(file)} | (dict(words) if isinstance(words, Mapping) else {})
    placed = {("sources", name, *keys[depth:]): line for keys, line in lines.items() if len(keys) >= depth}
    try:
        made = _Sources.model_validate({"sources": {name: given}}).sources[name]
    except ValidationError as error:
        raise first_fault(path, {(): 1, ("sources",): 1, ("sources", name): 1} | placed, error) from None
    return with_layout(made, path.parent, f"sources.{name}")


def _entry(sources: Any, path: Path, wanted: str | None) -> str:
    names = list(sources) if isinstance(sources, Mapping) else []
    if wanted in names:
        return str(wanted)
    if len(names) == 1 and wanted is None:
        return str(names[0])
    what = f"it has {len(names)} sources" if wanted is None else f"it has no source '{wanted}'"
    mend = or_near(wanted or "", names, f"name one by --source: {', '.join(names)}")
    raise MeshError("source.unknown", what, where=str(path), next_step=mend)
