"""An ODCS file becomes a Contract, or is refused with file, line and the mend.

YAML with lines, the standard's own JSON Schema, the standard's own models, then what Hansa needs beyond the standard:
one product a contract, typed bounds, columns that a table can have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hansa.contract.columns import resolve_columns, unenforced
from hansa.contract.model import Contract
from hansa.contract.place import Place
from hansa.contract.quality import resolve_quality
from hansa.contract.version import version_of
from hansa.contract.yaml_text import read_yaml
from hansa.errors import ContractError
from hansa.near import or_near

if TYPE_CHECKING:
    from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject

_PART = r"[a-z][a-z0-9_]*"
_ID = re.compile(rf"{_PART}\.{_PART}")
_FILES = "*.odcs.yaml"


def read_contract(path: Path) -> Contract:
    """Read one contract.

    Errors: ContractError, one sentence with ``file:line`` and the mend.
    """
    from hansa.contract.standard import check_standard

    document = read_yaml(path)
    root = Place(document)
    minor = check_standard(root)
    given = _parsed(root)
    table, place = _one_object(given, root)
    places = place["properties"].items()
    columns = resolve_columns(table.properties or [], places, minor)
    rules, not_enforced = resolve_quality(place, columns, minor)
    chinese = root["description"].custom("descriptionZh")
    partition = next((column.name for column in columns if column.partitioned), None)
    return Contract(
        id=_id(root),
        version=version_of(root["version"]),
        columns=columns,
        path=path,
        digest=document.digest,
        title=given.name or "",
        description=(given.description.purpose or "") if given.description else "",
        description_zh=(chinese.text or "") if chinese else "",
        owner=_owner(root["team"]),
        status=given.status or "",
        tags=tuple(given.tags or ()),
        rules=tuple(rules),
        unenforced=(*unenforced(columns, places), *not_enforced),
        quarantine_share=_quarantine_share(root),
        key_scope=_key_scope(root, partition),
    )


def find_contracts(folders: Sequence[Path]) -> dict[tuple[str, int], Contract]:
    """The contracts (``**/*.odcs.yaml``) under ``folders`` by id and major version, in that order.

    A file that is met twice counts once. Errors: ContractError for a folder that does not exist, a contract that
    cannot be read, and two files of one id and major version, naming both.
    """
    found: dict[tuple[str, int], Contract] = {}
    met: set[Path] = set()
    for folder in folders:
        if not folder.is_dir():
            raise ContractError(
                "contract.folder",
                "the folder of contracts does not exist",
                where=str(folder),
                next_step="check the path",
            )
        for path in sorted(folder.rglob(_FILES)):
            if path.resolve() in met:
                continue
            met.add(path.resolve())
            contract = read_contract(path)
            other = found.setdefault((contract.id, contract.major), contract)
            if other is not contract:
                raise ContractError(
                    "contract.double",
                    f"{contract.id}@{contract.major} is claimed by {other.path} too",
                    where=str(path),
                    next_step="remove one of the files, or raise the major version of one",
                )
    return dict(sorted(found.items()))


def _parsed(root: Place) -> OpenDataContractStandard:
    """The document in the standard's own models."""
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    try:
        return OpenDataContractStandard.model_validate(root.document.data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = root
        for key in fault["loc"]:
            # The models add the names of the kinds that they tried.
            if place[key].value is not None:
                place = place[key]
        name = place.keys[-1] if place.keys else "the contract"
        message = fault["msg"][0].lower() + fault["msg"][1:]
        raise place.fault("value", f"'{name}' is not what the standard asks for: {message}", "mend it") from None


def _one_object(given: OpenDataContractStandard, root: Place) -> tuple[SchemaObject, Place]:
    """The one schema object, with at least one property."""
    objects, schema = given.schema_ or [], root["schema"]
    if len(objects) != 1:
        place = schema[1] if objects else schema
        what = f"the contract has {len(objects) or 'no'} schema objects, and one contract is one product"
        raise place.fault("schema", what, "write a contract for each" if objects else "write schema: with one object")
    if not objects[0].properties:
        raise schema[0].fault("schema", "the schema object has no properties", "write at least one column")
    return objects[0], schema[0]


def _id(root: Place) -> str:
    """``id`` where it reads ``domain.product``, else ``domain`` and ``name``."""
    given, domain, name = (root[word].text or "" for word in ("id", "domain", "name"))
    if _ID.fullmatch(given):
        return given
    if _ID.fullmatch(f"{domain}.{name}"):
        return f"{domain}.{name}"
    what = f"the id '{given}' is not of the form domain.product, nor are domain and name"
    mend = "write the id in lower case with digits and underscores, such as risk.fraud_scores"
    raise root["id"].fault("id", what, mend)


def _owner(team: Place) -> str:
    """The member whose role is owner, else the team's name, else empty. In v3.0 a team is the list of its members."""
    members = team.items() or team["members"].items()
    for member in members:
        if (member["role"].text or "").casefold() == "owner":
            return member["username"].text or member["name"].text or ""
    return team["name"].text or ""


def _house_words(root: Place) -> None:
    known = ("quarantineShare", "keyScope")
    for entry in root["customProperties"].items():
        word = entry["property"].text or ""
        meant = or_near(word, known, "") if word not in known else ""
        if meant and word.replace("_", "").casefold()[:6] in ("quaran", "keysco"):
            raise entry["property"].fault("unknown", f"the custom property '{word}' is unknown", meant)


def _quarantine_share(root: Place) -> float | None:
    _house_words(root)
    given = root.custom("quarantineShare")
    if given is None:
        return None
    share = given.value
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        shown = f"'{given.text}'" if given.text else "no single value"
        raise given.fault("share", f"quarantineShare is {shown}", "write a share from 0 to 1, such as 0.05")
    return float(share)


def _key_scope(root: Place, partition: str | None) -> Literal["product", "partition"]:
    given = root.custom("keyScope")
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
