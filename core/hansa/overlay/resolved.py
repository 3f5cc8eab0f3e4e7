"""A contract with its overlays: one Contract, or the refusal of what loosens it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hansa.change import changes
from hansa.change.model import Change
from hansa.change.rules import asks
from hansa.contract.document import document_of
from hansa.contract.gathered import together
from hansa.contract.model import Column, Contract
from hansa.contract.place import Place
from hansa.contract.standard import judge
from hansa.contract.walk import properties
from hansa.contract.yaml_text import Document, read_yaml
from hansa.errors import HansaError, MeshError
from hansa.near import or_near
from hansa.overlay.files import Overlay
from hansa.overlay.merged import merged

#: What an overlay may do although readers then get something else: that is what it is for.
_ALLOWED = frozenset({"tokenise.added"})
#: Words of the contract as a whole, by the word of the column that says them.
_WRITTEN = {"key": "primaryKey", "partition": "partitioned"}


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
        _refuse_strange(overlay, document, base)
        document = merged(document, overlay.root.document)
        extended = _extended(document, base.id, overlay)
        _refuse_needed(held, extended, overlay)
        _refuse_looser(held, extended, overlay)
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


def _refuse_needed(base: Contract, extended: Contract, overlay: Overlay) -> None:
    """Columns of the institution may be empty: whoever makes the product for everybody does not know them."""
    places = _columns(overlay)
    before, after = _paths(base), _paths(extended)
    for path, column in after.items():
        # What lies within a new column that may be empty is asked for by those alone who give that column.
        outer = path[: max(path.rfind("."), path.rfind("["), 0)]
        needed = column.required or column.partitioned or column.key_position
        if path not in before and (not outer or outer in before) and needed:
            kind = "field" if outer else "column"
            what = f"the new {kind} '{path}' may not be empty, and rows of before have none"
            raise places.get(path, overlay.root).fault(
                "overlay", what, "leave required, primaryKey and partitioned out"
            )
    for rule in extended.rules:
        new = [path for path in rule.columns if path not in before]
        if new and asks(rule):
            what = f"the rule {rule.name} asks for values of '{new[0]}', which is new, and rows of before have none"
            raise _place_of(rule.name, overlay).fault("overlay", what, "leave the rule out, or write severity: warning")


def _paths(contract: Contract) -> dict[str, Column]:
    """The columns and all that lies within them, by their paths."""
    return {path: one for column in contract.columns for path, one in column.walk()}


def _refuse_looser(base: Contract, extended: Contract, overlay: Overlay) -> None:
    faults = [_refused(change, overlay, base) for change in changes(base, extended) if _loosens(change)]
    if faults:
        raise together(sorted(faults, key=lambda fault: fault.where))


def _loosens(change: Change) -> bool:
    return change.kind not in _ALLOWED and (change.may_loosen or change.moves_table or _misread(change))


def _misread(change: Change) -> bool:
    """True if a text or time of before may be read as another value: formats, zones, what a business date is of.

    Another format at the end, and a zone where there was none, only read what was refused before.
    """
    return change.direction == "neither" and bool(change.breaks)


def _refused(change: Change, overlay: Overlay, base: Contract) -> HansaError:
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
    return _place_of(change.subject, overlay).fault("overlay", what, mend)


def _place_of(subject: str, overlay: Overlay) -> Place:
    """Where an overlay says what changed: the word at the column, the rule, or the word of the contract."""
    root, columns = overlay.root, _columns(overlay)
    rules = {entry["name"].text: entry for entry in _walk(root) if entry.keys[-2:-1] == ("quality",)}
    if subject in rules:
        return rules[subject]
    parts = subject.split(".")
    for depth in range(len(parts), 0, -1):
        column = columns.get(".".join(parts[:depth]))
        if column is not None:
            return _word(column, parts[depth:][-1]) if parts[depth:] else column
    return _word(root, _WRITTEN.get(subject, subject))


def _word(outer: Place, word: str) -> Place:
    """The innermost value by that key, or the property of that name; without any the place itself."""
    for place in _walk(outer):
        if place.keys[-1:] == (word,) or (place["property"].text == word if isinstance(place.value, dict) else False):
            return place
    return outer


def _columns(overlay: Overlay) -> dict[str, Place]:
    """The columns that an overlay speaks of, by their paths."""
    found: dict[str, Place] = {}
    for table in overlay.root["schema"].items():
        for place in properties(table):
            found[_path(place)] = place
    return found


def _path(place: Place) -> str:
    """``address.city``, ``lines[].sku``: as contracts call what lies within a column."""
    name = ""
    for depth, key in enumerate(place.keys, start=1):
        if key == "items":
            name += "[]"
        elif depth >= 4 and place.keys[depth - 2] == "properties":
            own = Place(place.document, place.keys[:depth])["name"].text or "?"
            name += f".{own}" if name else own
    return name


def _walk(place: Place) -> Iterator[Place]:
    """A place and everything within it, outer before inner."""
    yield place
    value = place.value
    inner = [place[key] for key in value] if isinstance(value, dict) else place.items()
    for one in inner:
        yield from _walk(one)
