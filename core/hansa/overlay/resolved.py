"""A contract with its overlays: one Contract, or the refusal of what loosens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hansa.change import changes
from hansa.change.model import Change
from hansa.change.rules import asks
from hansa.contract.document import document_of
from hansa.contract.gathered import line_of, together
from hansa.contract.model import Column, Contract
from hansa.contract.place import Place
from hansa.contract.standard import judge
from hansa.contract.yaml_text import Document, read_yaml
from hansa.errors import HansaError, MeshError
from hansa.near import or_near
from hansa.overlay.files import Overlay
from hansa.overlay.merged import merged
from hansa.overlay.places import Places

#: What an overlay may do although readers then get something else: that is what it is for.
_ALLOWED = frozenset({"tokenise.added"})


@dataclass(frozen=True)
class Resolved:
    """A contract with its overlays; ``document`` has every value with where it came from, ``added`` the new columns."""

    contract: Contract
    document: Document
    added: frozenset[str] = frozenset()


def resolve(base: Contract, overlays: Sequence[Overlay]) -> Resolved:
    """The contract that ``overlays`` make of ``base``, one after the other; its digest covers all of the files.

    Errors: HansaError with file and line and the mend for an overlay that is no contract together with its base, or
    that promises less than what it extends.
    """
    document = read_yaml(base.path)
    held = base
    for overlay in overlays:
        places = Places(overlay.root)
        _refuse_strange(overlay, document, base)
        _refuse_untyped(places, document, base)
        document = merged(document, overlay.root.document)
        extended = _extended(document, base.id, overlay)
        _refuse_needed(held, extended, places)
        _refuse_looser(held, extended, places)
        held = extended
    return Resolved(held, document, frozenset(held.by_name) - frozenset(base.by_name))


def _refuse_strange(overlay: Overlay, base: Document, contract: Contract) -> None:
    """An overlay is of one product: another schema object of the same file, or a misspelt one, is none of it."""
    names = [table["name"].text or "" for table in Place(base)["schema"].items()]
    object = next(name for name in names if len(names) == 1 or f"{contract.domain}.{name}" == contract.id)
    for table in overlay.root["schema"].items():
        given = table["name"].text or ""
        if given != object:
            what = f"the schema object '{given}' is none of {contract.id}" if given else "the schema object has no name"
            raise table["name"].fault("overlay", what, or_near(given, [object], f"write name: {object}"))


def _refuse_untyped(places: Places, base: Document, contract: Contract) -> None:
    """What is said of a column that is not there, without a type of its own, was meant for another one."""
    known: list[str] | None = None
    for path, place in places.columns.items():
        if place["logicalType"].value is not None or place.keys[-2:-1] != ("properties",):
            continue
        known = list(Places(Place(base)).columns) if known is None else known
        if path not in known:
            what = f"column '{path}' is none of {contract.id}, and a new one needs its logicalType"
            raise place["name"].fault("overlay", what, or_near(path, known, "write logicalType: and its type"))


def _extended(document: Document, id: str, overlay: Overlay) -> Contract:
    """The contract of a product in a merged document; what the overlay makes wrong in the base is the overlay's."""
    try:
        return _contract(document, id)
    except HansaError as fault:
        if fault.where.rpartition(":")[0] == str(overlay.path):
            raise
        what = f"with this overlay {fault.where} is wrong: {fault.what}"
        raise overlay.root["extends"].fault("overlay", what, fault.next_step) from None


def _contract(document: Document, id: str) -> Contract:
    """The contract of a product in a document. Errors: as the reader's."""
    root = Place(document)
    judged = judge(root)
    if judged.faults:
        raise together(judged.faults)
    made = document_of(root, judged.minor)
    for one in made.objects:
        if one.contract is not None and one.contract.id == id:
            return one.contract
    faults = [fault for one in made.objects for fault in one.faults]
    raise together(faults) if faults else MeshError("overlay.object", f"{id} is no product any more")


def _refuse_needed(base: Contract, extended: Contract, places: Places) -> None:
    """Columns of the institution may be empty: whoever makes the product for everybody does not know them."""
    before, after = _paths(base), _paths(extended)
    for path, column in after.items():
        # What lies within a new column that may be empty is asked for by those alone who give that column.
        outer = path[: max(path.rfind("."), path.rfind("["), 0)]
        needed = column.required or column.partitioned or column.key_position
        if path not in before and (not outer or outer in before) and needed:
            kind = "field" if outer else "column"
            what = f"the new {kind} '{path}' may not be empty, and rows of before have none"
            mend = "leave required, primaryKey and partitioned out"
            raise places.columns.get(path, places.root).fault("overlay", what, mend)
    for rule in extended.rules:
        new = [path for path in rule.columns if path not in before]
        if new and asks(rule):
            what = f"the rule {rule.name} asks for values of '{new[0]}', which is new, and rows of before have none"
            raise places.of(rule.name).fault("overlay", what, "leave the rule out, or write severity: warning")


def _paths(contract: Contract) -> dict[str, Column]:
    """The columns and all that lies within them, by their paths."""
    return {path: one for column in contract.columns for path, one in column.walk()}


def _refuse_looser(base: Contract, extended: Contract, places: Places) -> None:
    faults = [_refused(change, places, base) for change in changes(base, extended) if _loosens(change)]
    if faults:
        raise together(sorted(faults, key=line_of))


def _loosens(change: Change) -> bool:
    return change.kind not in _ALLOWED and (change.may_loosen or change.moves_table or _misread(change))


def _misread(change: Change) -> bool:
    """True if a text or time of before may be read as another value: formats, zones, what a business date is of.

    Another format at the end, and a zone where there was none, only read what was refused before.
    """
    return change.direction == "neither" and bool(change.breaks)


def _refused(change: Change, places: Places, base: Contract) -> HansaError:
    told = f"{change.subject} goes from {change.old} to {change.new}"
    if change.direction == "unknown":
        what = f"{told}, and nobody can tell whether that is stricter"
        mend = "leave it as it is, and add a rule of its own under quality"
    elif _misread(change):
        what = f"{told}: what came before may be refused, or read as another value"
        mend = "take it out; how the texts of a source are read stands with the source in the mesh file"
    else:
        what = f"{told}, which is less than {base.id} promises" if change.may_loosen else f"{told}: another table"
        mend = f"an overlay may only tighten: take it out, or ask {base.owner or 'the owner'} to change the contract"
    return places.of(change.subject).fault("overlay", what, mend)
