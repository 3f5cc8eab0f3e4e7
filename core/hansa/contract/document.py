"""One contract file as read: each schema object as the Contract that the gate takes, or the reason why it takes none.

To be read and to be publishable are two things. A file that is valid by the standard is read whole, whatever the gate
makes of it: what Hansa has no use for (support, price, roles, servers, service levels ...) stays in ``root``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hansa.contract.column_set import resolve_columns
from hansa.contract.columns import unenforced
from hansa.contract.gathered import Faults, line_of, together
from hansa.contract.model import Contract
from hansa.contract.place import Place
from hansa.contract.quality import resolve_all
from hansa.contract.retention import retention_days
from hansa.contract.version import version_of
from hansa.errors import HansaError
from hansa.near import or_near

_PART = r"[a-z][a-z0-9_]*"
_ID = re.compile(rf"{_PART}\.{_PART}")

#: What a gate cannot take although the standard allows it; every other fault of an object is its author's mistake.
_BEYOND_THE_GATE = frozenset(
    f"contract.{code}"
    for code in (
        "id",
        "schema",
        "version",
        "name",
        "nested",
        "measure",
        "type",
        "decimal",
        "format",
        "pattern",
        "partition",
        "metric",
        "sql",
    )
)


@dataclass(frozen=True)
class SchemaObject:
    """One entry of ``schema``. Either ``contract`` is set, or ``faults`` say, by line, why the gate cannot take it."""

    name: str
    place: Place
    contract: Contract | None = None
    faults: tuple[HansaError, ...] = ()

    @property
    def fault(self) -> HansaError | None:
        """All of the faults as one error."""
        return together(self.faults) if self.faults else None


def is_mistake(fault: HansaError) -> bool:
    """True if its author has a mistake to mend; False for what the standard allows and the gate cannot take."""
    return fault.code not in _BEYOND_THE_GATE


@dataclass(frozen=True)
class ContractDocument:
    """One contract file that is valid by the standard; ``minor`` is the second number of its version of the standard.

    ``root`` holds all that stands in the file, as plain data with lines and the author's characters.
    """

    root: Place
    minor: int
    objects: tuple[SchemaObject, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return self.root.document.path

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes."""
        return self.root.document.digest

    @property
    def data(self) -> dict[str, Any]:
        """All that stands in the file, as plain data."""
        return self.root.document.data

    @property
    def owner(self) -> str:
        """The team member whose role is owner, else the team's name, else empty."""
        return _owner(self.root["team"])

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """What the gate takes of it, in the file's order."""
        return tuple(one.contract for one in self.objects if one.contract is not None)

    def text(self, word: str) -> str:
        """The text of one key of the head (``id``, ``version``, ``status`` ...) as written; empty if there is none."""
        return self.root[word].text or ""

    @property
    def fault(self) -> HansaError | None:
        """Why nothing of the file can be published, where it is no fault of one object: it has none."""
        if self.objects:
            return None
        what = "the contract has no schema objects, and one contract is one product"
        return self.root["schema"].fault("schema", what, "write schema: with one object")


def read_document(path: Path) -> ContractDocument:
    """Read one contract file.

    Errors: ContractError, one sentence with ``file:line`` and the mend, for a file that is not valid by the standard.
    """
    from hansa.contract.standard import judge
    from hansa.contract.yaml_text import read_yaml

    root = Place(read_yaml(path))
    judged = judge(root)
    document = document_of(root, judged.minor, judged.is_wrong)
    if judged.faults:
        raise together(with_house_faults(judged.faults, document))
    return document


def with_house_faults(faults: Sequence[HansaError], document: ContractDocument) -> list[HansaError]:
    """What the standard refuses, then what is wrong for the house in lines that it has nothing against."""
    lines = {line_of(fault) for fault in faults}
    house = {fault.sentence(): fault for one in document.objects for fault in one.faults}
    return [*faults, *sorted((one for one in house.values() if line_of(one) not in lines), key=line_of)]


def _never(place: Place) -> bool:
    return False


def document_of(root: Place, minor: int, is_wrong: Callable[[Place], bool] = _never) -> ContractDocument:
    """The document of a file; ``is_wrong`` tells places that did not pass the standard's check, to be left alone."""
    tables = root["schema"].items()
    made: list[SchemaObject] = []
    for table in tables:
        resolved = _object(root, table, minor, is_wrong, alone=len(tables) == 1)
        twin = next((one for one in made if one.contract and resolved.contract and _same(one, resolved)), None)
        if twin is not None and resolved.contract is not None:
            what = f"two schema objects make the product {resolved.contract.id}, the first in line {twin.place.line}"
            resolved = SchemaObject(resolved.name, table, faults=(table["name"].fault("double", what, "rename one"),))
        made.append(resolved)
    return ContractDocument(root, minor, tuple(made))


def _same(one: SchemaObject, other: SchemaObject) -> bool:
    return one.contract is not None and other.contract is not None and one.contract.id == other.contract.id


def _object(root: Place, table: Place, minor: int, is_wrong: Callable[[Place], bool], *, alone: bool) -> SchemaObject:
    faults = Faults()
    contract = _contract(root, table, minor, faults, is_wrong, alone=alone)
    found = faults.by_line()
    return SchemaObject(table["name"].text or "", table, contract=None if found else contract, faults=found)


def _contract(
    root: Place, table: Place, minor: int, faults: Faults, is_wrong: Callable[[Place], bool], *, alone: bool
) -> Contract:
    """The contract, as far as it can be told; what is wrong goes to ``faults``."""
    places = table["properties"].items()
    if not places:
        faults.add(table.fault("schema", "the schema object has no properties", "write at least one column"))
    given = resolve_columns(places, minor, faults, is_wrong)
    quality = resolve_all(table, given, minor, faults, is_wrong)
    columns = tuple(one.column for one in given)
    partition = next((column.name for column in columns if column.partitioned), None)
    head = root["description"]
    said = [head["purpose"], table["description"]]
    chinese = [faults.of(None, place.custom, "descriptionZh") for place in (head, table)]
    # Of several objects each is described by its own words first.
    order = 1 if alone else -1
    return Contract(
        id=faults.of("", _product_id, root, table, alone),
        version=faults.of("", version_of, root["version"]),
        columns=columns,
        path=root.document.path,
        digest=root.document.digest,
        title=_first(root["name"] if alone else table["businessName"], table["name"]),
        description=_first(*said[::order]),
        description_zh=_first(*chinese[::order]),
        owner=_owner(root["team"]),
        status=root["status"].text or "",
        tags=tuple(dict.fromkeys(tag.text or "" for place in (root, table) for tag in place["tags"].items())),
        rules=tuple(quality.rules),
        groups=tuple(quality.groups),
        volume=quality.volume,
        unenforced=(*unenforced(columns, places), *quality.unenforced),
        quarantine_share=faults.of(None, _quarantine_share, root, table),
        retention_days=retention_days(root),
        key_scope=faults.of("product", _key_scope, root, table, partition),
    )


def _first(*places: Place | None) -> str:
    """The first text that is there."""
    return next((place.text for place in places if place is not None and place.text), "")


def _product_id(root: Place, table: Place, alone: bool) -> str:
    """``domain.product``: of the only object of a file its ``id``, else its ``domain`` and ``name``.

    One of several objects, and an only one whose file has neither, is called by the domain and its own name; the
    standard lets no id of an object hold a dot.
    """
    domain, whole = root["domain"].text or "", root["id"].text or ""
    if not domain and _ID.fullmatch(whole):
        domain = whole.partition(".")[0]
    own = f"{domain}.{table['name'].text or ''}"
    candidates = [whole, f"{domain}.{root['name'].text or ''}", own] if alone else [own]
    found = next((candidate for candidate in candidates if _ID.fullmatch(candidate)), None)
    if found is not None:
        return found
    mend = "write the id in lower case with digits and underscores, such as risk.fraud_scores"
    if alone:
        what = f"the id '{whole}' is not of the form domain.product, nor are domain and name"
        raise root["id"].fault("id", what, mend)
    if not domain:
        what = "the contract has no domain, which names its products together with the names of the schema objects"
        raise root["domain"].fault("id", what, "write domain: in lower case, such as risk")
    what = f"domain and name of the schema object, '{own}', are not of the form domain.product"
    raise table["name"].fault("id", what, mend.replace("the id", "both"))


def _owner(team: Place) -> str:
    """The member whose role is owner, else the team's name, else empty. In v3.0 a team is the list of its members."""
    members = team.items() or team["members"].items()
    for member in members:
        if (member["role"].text or "").casefold() == "owner":
            return member["username"].text or member["name"].text or ""
    return team["name"].text or ""


def _house_word(word: str, root: Place, table: Place) -> Place | None:
    """A custom property of the object, else of the file."""
    near_words = Faults()
    for place in (table, root):
        near_words.of(None, _refuse_near_words, place)
    near_words.refuse()
    own = table.custom(word)
    return root.custom(word) if own is None else own


def _refuse_near_words(place: Place) -> None:
    known = ("quarantineShare", "keyScope")
    for entry in place["customProperties"].items():
        word = entry["property"].text or ""
        meant = or_near(word, known, "") if word not in known else ""
        if meant and word.replace("_", "").casefold()[:6] in ("quaran", "keysco"):
            raise entry["property"].fault("unknown", f"the custom property '{word}' is unknown", meant)


def _quarantine_share(root: Place, table: Place) -> float | None:
    given = _house_word("quarantineShare", root, table)
    if given is None:
        return None
    share = given.value
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        shown = f"'{given.text}'" if given.text else "no single value"
        raise given.fault("share", f"quarantineShare is {shown}", "write a share from 0 to 1, such as 0.05")
    return float(share)


def _key_scope(root: Place, table: Place, partition: str | None) -> Literal["product", "partition"]:
    given = _house_word("keyScope", root, table)
    if given is None or given.text == "product":
        return "product"
    if given.text != "partition":
        mend = or_near(given.text or "", ("product", "partition"), "write product or partition")
        raise given.fault("key", f"keyScope is '{given.text}'", mend)
    if partition is None:
        raise given.fault(
            "key", "keyScope is partition, and no column is partitioned", "write partitioned: true at a date"
        )
    return "partition"
