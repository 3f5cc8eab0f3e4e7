"""What is worth saying about a contract file: errors, warnings and notes, each with its line and the mend.

An error is what is wrong by the standard, contradicts itself or misuses a word of the house. What the gate cannot take
or does not enforce is a warning: such a contract is valid, and says less than it seems to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hansa.contract.document import ContractDocument, SchemaObject, document_of, is_mistake, with_house_faults
from hansa.contract.identifiers import bare_identifiers
from hansa.contract.model import OPEN_CLASSES, SEALED_CLASSES, Contract, class_of
from hansa.contract.place import Place
from hansa.contract.reader import double_claim
from hansa.contract.retention import unread_retentions
from hansa.contract.walk import dotted, properties
from hansa.errors import HansaError

#: Words that v3.2.0 of the standard brought.
_NEW_AT_ROOT = ("context",)
_NEW_IN_OBJECTS = ("context", "deprecated", "synonyms")
#: How a column is made a token, as it has to be written.
_TOKENISE = "write customProperties: [{property: tokenise, value: identifier}] or its kind"
_NEW_IN_PROPERTIES = ("deprecated", "synonyms", "enum", "semanticType", "map")


@dataclass(frozen=True)
class Remark:
    """One thing that lint says about a file; ``line`` counts from 1, None where it concerns the file as such."""

    path: str
    line: int | None
    code: str
    severity: Literal["error", "warning", "note"]
    what: str
    next_step: str

    def sentence(self) -> str:
        """One line for a terminal."""
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        step = f"; {self.next_step}" if self.next_step else ""
        return f"{place}: {self.severity}: {self.what}{step}"


def lint(paths: Iterable[Path]) -> list[Remark]:
    """Remarks on each file in turn, by line, and on two files that claim one product."""
    made: list[Remark] = []
    claimed: dict[tuple[str, int], Contract] = {}
    for path in paths:
        found, document = _of_file(path)
        made += sorted(found, key=lambda one: one.line or 0)
        for contract in document.contracts if document else ():
            other = claimed.setdefault((contract.id, contract.major), contract)
            if other is not contract:
                made.append(remark("warning", double_claim(contract, other)))
    return made


def _of_file(path: Path) -> tuple[list[Remark], ContractDocument | None]:
    from hansa.contract.standard import judge
    from hansa.contract.yaml_text import read_yaml

    try:
        root = Place(read_yaml(path))
        judged = judge(root)
    except HansaError as fault:
        return [remark("error", fault)], None
    document = document_of(root, judged.minor, judged.is_wrong)
    if judged.faults:
        house = with_house_faults(judged.faults, document)
        return [remark("error", one) if one in judged.faults else _wrong(one) for one in house], None
    return remarks_of(document), document


def remarks_of(document: ContractDocument) -> list[Remark]:
    """What is worth saying about a document that is valid by the standard."""
    found = [*_head(document), *(said for one in document.objects for said in _object(document, one))]
    # What is wrong in the head is a fault of every object of the file.
    return list(dict.fromkeys(found))


def _wrong(fault: HansaError) -> Remark:
    return remark("error", fault) if is_mistake(fault) else _unpublishable(fault)


def remark(severity: Literal["error", "warning", "note"], fault: HansaError) -> Remark:
    """A fault as something that lint says."""
    path, _, line = fault.where.rpartition(":")
    at = int(line) if path and line.isdecimal() else None
    return Remark(fault.where if at is None else path, at, fault.code, severity, fault.what, fault.next_step)


def _warning(place: Place, code: str, what: str, next_step: str) -> Remark:
    return remark("warning", place.fault(code, what, next_step))


def _note(place: Place, code: str, what: str, next_step: str) -> Remark:
    return remark("note", place.fault(code, what, next_step))


def _head(document: ContractDocument) -> Iterator[Remark]:
    root = document.root
    if document.fault is not None:
        yield _unpublishable(document.fault)
    if not document.owner:
        mend = "write team: {name: ..., members: [{username: ..., role: owner}]}"
        yield _warning(root["team"], "owner", "nobody owns the contract", mend)
    if document.minor > 0 and root["team"].items():
        yield _note(
            root["team"], "deprecated", "team as a list is deprecated", "write team: {name: ..., members: [...]}"
        )
    for level in unread_retentions(root):
        what = "this retention cannot be read as days: replaced rows stay as long as without one"
        yield _warning(level, "retention", what, "write value: 90 and unit: d, mo or y, or a duration such as P1Y6M")
    yield from _newer(document, root, _NEW_AT_ROOT)


def _newer(document: ContractDocument, place: Place, words: tuple[str, ...]) -> Iterator[Remark]:
    """Words that the file's own version of the standard does not have yet."""
    for word in words if document.minor < 2 else ():
        if place[word].value is not None:
            what = f"'{word}' is a word of v3.2.0 of the standard, and the contract says {document.text('apiVersion')}"
            yield _warning(place[word], "newer", what, "write apiVersion: v3.2.0")


def _unpublishable(fault: HansaError) -> Remark:
    said = remark("warning", fault)
    return replace(said, what=f"this cannot be published: {said.what}")


def _object(document: ContractDocument, one: SchemaObject) -> Iterator[Remark]:
    yield from map(_wrong, one.faults)
    if one.contract is not None:
        yield from _contract(document, one.contract)
    yield from _relationships(one.place)
    yield from _newer(document, one.place, _NEW_IN_OBJECTS)
    for place in properties(one.place):
        yield from _relationships(place)
        yield from _newer(document, place, _NEW_IN_PROPERTIES)
        yield from _deprecated_rules(document, place)
        yield from _class(place)
        if place["partitioned"].value is True and place["required"].value is not True:
            what = f"the partition column '{place['name'].text}' is not required, and each row needs its day"
            yield _warning(place, "partition", what, "write required: true")
    yield from _deprecated_rules(document, one.place)
    for place, sign in bare_identifiers(one.place):
        kind = place["classification"].text
        name = dotted(place)
        what = f"column '{name}' of class {kind} is an identifier ({sign}) and is no token"
        token = "make it a column of its own with tokenise" if "." in name or "[" in name else _TOKENISE
        mend = f"{token}, or the customProperty clearReason with the reason why it stands in clear"
        yield _warning(place, "tokenise", what, mend)


def _class(place: Place) -> Iterator[Remark]:
    written = place["classification"].text
    kind = class_of(written)
    if kind is None or kind in SEALED_CLASSES | OPEN_CLASSES:
        return
    what = f"the class '{kind}' of column '{dotted(place)}' seals nothing: what is refused of it lies in clear"
    yield _warning(place["classification"], "classification", what, "write C2 or C3 if these are data of persons")


def _contract(document: ContractDocument, contract: Contract) -> Iterator[Remark]:
    for rule in contract.unenforced:
        what = f"the rule '{rule.name}' is not enforced: {rule.reason}"
        fault = document.root.fault("unenforced", what, "")
        fault.where = f"{document.path}:{rule.line}"
        yield remark("warning", fault)
    if not contract.key:
        what = f"{contract.id} has no primary key: its rows cannot be told apart"
        fault = document.root.fault("key", what, "write primaryKey: true at the columns that name a row")
        fault.where = f"{document.path}:{contract.columns[0].line}"
        yield remark("note", fault)


def _relationships(place: Place) -> Iterator[Remark]:
    for reference in place["relationships"].items():
        kind = reference["type"].text
        if kind not in (None, "foreignKey"):
            what = f"the relationship type '{kind}' is not known to the standard's schema"
            yield _warning(reference["type"], "relationship", what, "write foreignKey, or leave it to its readers")


def _deprecated_rules(document: ContractDocument, place: Place) -> Iterator[Remark]:
    for rule in place["quality"].items() if document.minor > 0 else ():
        if rule["rule"].value is not None and rule["metric"].value is None:
            yield _note(rule["rule"], "deprecated", "'rule' is deprecated for 'metric'", "write metric")
