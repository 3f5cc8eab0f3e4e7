"""The Open Data Contract Standard itself: which versions are read, and what their official JSON Schema says.

The wheel of ``open-data-contract-standard`` ships the schema of v3.2.0. Older versions are derived from it, and where
the standard's text and its schema disagree the text wins, as the standard's README says.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from importlib import resources
from typing import Any

from hansa.contract.cause import first_cause
from hansa.contract.place import Place
from hansa.contract.types import logical_type_of
from hansa.contract.words import linear_validator

#: Versions of the standard that are read.
READ = re.compile(r"v3\.([01])\.[0-9]+|v3\.(2)\.0")
NEWEST_WRITTEN = "v3.1.0"

_OLD_LAYOUT = ("dataset", "quantumName", "datasetName", "uuid")
_TYPES_OF_3_0 = ["string", "date", "number", "integer", "object", "array", "boolean"]
_DIMENSIONS = {
    "accuracy": "ac",
    "completeness": "cp",
    "conformity": "cf",
    "consistency": "cs",
    "coverage": "cv",
    "timeliness": "tm",
    "uniqueness": "uq",
}


def minor_version(root: Place) -> int:
    """The second number of ``apiVersion``: 0, 1 or 2.

    Errors: ContractError for a version that is not read, the layout of v2.2 included.
    """
    given = root["apiVersion"]
    mend = f"read are v3.0.0 to v3.2.0; write apiVersion: {NEWEST_WRITTEN} and mend what it then names"
    old = next((key for key in _OLD_LAYOUT if key in root.document.data), None)
    if given.value is None and old:
        raise root[old].fault("version", f"'{old}' is a word of version v2.2 of the standard, which is not read", mend)
    if given.value is None:
        raise given.fault("missing", "apiVersion is missing", f"write apiVersion: {NEWEST_WRITTEN}")
    text = given.text or "a list or mapping"
    found = READ.fullmatch(text)
    if found is None:
        close = f"did you mean v{text}?" if READ.fullmatch(f"v{text}") else mend
        raise given.fault("version", f"apiVersion {text} of the standard is not read", close)
    return int(found[1] or found[2])


def check_standard(root: Place) -> int:
    """Check a contract by the standard of its own version, and fill in types that ``physicalType`` makes clear.

    Returns the minor version. Errors: ContractError with the cause and its line.
    """
    minor = minor_version(root)
    _fill_types(root)
    _refuse_other_lengths(root)
    fault = first_cause(root, _validator(minor))
    if fault is not None:
        raise fault
    return minor


def _fill_types(root: Place) -> None:
    """Give what has no ``logicalType`` the one that its ``physicalType`` means, so that the options are checked."""
    for table in root["schema"].items():
        for given in table["properties"].items():
            physical = given["physicalType"].value
            if isinstance(physical, str) and isinstance(given.value, dict) and "logicalType" not in given.value:
                derived = logical_type_of(physical)
                if derived is not None:
                    given.value["logicalType"] = derived


def _refuse_other_lengths(root: Place) -> None:
    """A composite reference must name as many columns as it refers to (the standard's text, references.md)."""
    for table in root["schema"].items():
        for reference in table["relationships"].items():
            own, other = reference["from"].value, reference["to"].value
            if isinstance(own, list) and isinstance(other, list) and len(own) != len(other):
                what = f"the relationship goes from {len(own)} columns to {len(other)}"
                raise reference["to"].fault("relationship", what, "name as many columns on both sides")


@cache
def _validator(minor: int) -> Any:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    parts = schema["$defs"]
    _let_the_text_win(parts)
    # By our own check of versions; a patch version has no schema of its own.
    del schema["properties"]["apiVersion"]["enum"]
    if minor < 2:
        schema["required"].append("status")
    if minor == 0:
        _as_in_3_0(schema, parts)
    return linear_validator(schema)


def _let_the_text_win(parts: dict[str, Any]) -> None:
    # "if logicalType is x" also holds where there is no logicalType, which would refuse every option there.
    for branch in parts["SchemaBaseProperty"]["allOf"]:
        if "if" in branch:
            branch["if"]["required"] = ["logicalType"]
    # The branch of nested objects checks these too; twice at each level would double the time with each level.
    parts["SchemaItemProperty"]["properties"]["properties"] = True
    # references.md: any string, foreignKey by default.
    parts["RelationshipBase"]["properties"]["type"].pop("enum", None)
    # infrastructure-servers.md: Amazon Kinesis has a stream.
    parts["ServerSource"]["KinesisServer"]["properties"].setdefault("stream", {"type": "string"})
    # data-quality.md: the short names of the dimensions too.
    parts["DataQuality"]["properties"]["dimension"]["enum"] = [*_DIMENSIONS, *_DIMENSIONS.values()]
    # data-quality.md: `rule` is deprecated for `metric`, not gone; an operator of an SQL rule is not required.
    library = parts["DataQualityLibrary"]
    library["anyOf"] = [{"required": [word]} for word in ("metric", "rule")]
    del library["required"]
    operators = [word for one in parts["DataQualityOperators"]["oneOf"] for word in one["properties"]]
    untyped = {"not": {"required": ["type"]}, "anyOf": [{"required": [word]} for word in ("rule", *operators)]}
    parts["DataQuality"]["allOf"][0]["if"]["anyOf"].append(untyped)
    parts["DataQualitySql"].pop("allOf")
    parts["DataQualitySql"]["properties"].update(dict.fromkeys(operators, True))


def _as_in_3_0(schema: dict[str, Any], parts: dict[str, Any]) -> None:
    """What v3.0.x has otherwise: no timestamps, exclusive bounds that are true or false, ``rule``, a list as team."""
    base = parts["SchemaBaseProperty"]
    base["properties"]["logicalType"]["enum"] = _TYPES_OF_3_0
    for branch in base["allOf"]:
        options = branch.get("then", {}).get("properties", {}).get("logicalTypeOptions", {}).get("properties", {})
        for word in {"exclusiveMinimum", "exclusiveMaximum"} & options.keys():
            options[word] = {"type": "boolean"}
    schema["properties"]["team"] = copy.deepcopy(schema["properties"]["team"]["oneOf"][1])
    parts["CustomProperty"].pop("required")
    # Version 3.0 leaves team members, servers and quality rules open, and asks for `rule` where a rule's type is given.
    member, quality = parts["TeamMember"], parts["DataQuality"]
    for word in ("required", "additionalProperties"):
        member.pop(word)
    parts["Server"].pop("unevaluatedProperties")
    quality.pop("unevaluatedProperties")
    quality["allOf"][0]["if"] = {"properties": {"type": {"const": "library"}}, "required": ["type"]}
    quality["allOf"][0]["then"] = {"required": ["rule"], "properties": {"rule": {"type": "string"}}}
