"""``--layout``: a file opened by the words of a source, as ``hansa source try`` takes them; no run of a mesh."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hansa.cli.place import registry_of

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.contract_draft import Opened
    from hansa.sources import SourceFrame


def open_to_publish(
    layout: str, file: Path, contract: Contract, mesh: Path | None, given: Mapping[str, Any]
) -> tuple[SourceFrame, str]:
    """The file by the words of ``layout``, and what of these decides the outcome, as a digest.

    Errors: MeshError for options ``given`` beside the layout, and for its words; DataError for the file.
    """
    from hansa.digest import sha256
    from hansa.source_draft.binding_file import read_binding
    from hansa.sources.reading import open_bound

    refuse_beside(layout, given)
    bound = read_binding(layout, contract.id, mesh)
    entry = layout if Path(layout).is_file() else f"sources.{bound.name}"
    words = bound.binding.model_copy(update={"uri": ""}).model_dump_json()
    return open_bound(file, bound.binding, contract, registry_of(mesh).readers, entry), sha256(words.encode())


def open_to_draft(layout: str, file: Path, mesh: Path | None, given: Mapping[str, Any]) -> Opened:
    """The file by the words of ``layout``, its values written plainly. Errors: as ``open_to_publish``."""
    from hansa.source_draft.binding_file import read_binding
    from hansa.source_draft.plain import open_plain

    refuse_beside(layout, given)
    return open_plain(file, read_binding(layout, mesh=mesh), registry_of(mesh).readers)


def refuse_beside(layout: str, given: Mapping[str, Any]) -> None:
    """Refuse an option that is a word of the layout: nobody could say which of the two is meant."""
    from hansa.errors import MeshError

    for option, value in given.items():
        if value is not None and value != []:
            what = f"{option} is a word of the layout"
            raise MeshError("source.layout", what, where=layout, next_step="write it there, and leave the option out")
