"""The Open Data Contract Standard itself: which versions are read, and what their official JSON Schema says.

The wheel of ``open-data-contract-standard`` ships the schema of v3.2.0. Older versions are derived from it; words that
v3.2.0 brought are read in v3.1 too. Where the standard's text and its schema disagree the text wins, as the standard's
README says, but for what would let a slip pass in silence. The choices, each a test in ``test_standard.py``:

==================================================  =========================================================
point                                               here
==================================================  =========================================================
kinesis server, ``stream``                          read, not demanded (text)
athena server, ``stagingDir``                       not demanded (text)
snowflake server                                    account, database, schema demanded (schema)
``schema`` section                                  optional (schema); without one nothing can be published
``items.name``                                      optional (schema)
short dimensions ``ac cp cf cs cv tm uq``           read (text)
operator values                                     numbers (text), where the gate runs the rule
several operators in one rule                       refused (schema)
``type: sql`` without operator                      read (text)
``rule`` for ``metric``                             read (text), and lint notes it
reference to a nested property, ``a.b.c``           read (text)
reference to another file, ``file:///...``          read (text), never followed
relationship ``type``                               any text (text), and lint warns
member of a ``team`` list without username          read (text)
custom property without ``property`` or ``value``   refused (schema); read in v3.0
``slaProperties[].value``                           text, number, truth or null (schema)
options of a property without ``logicalType``       read (text), as those of its ``physicalType`` if that is clear
composite references of other length                refused (text)
``apiVersion`` v2.2.x                               refused by name
``physicalName`` of a property in v3.0.0            read (text; the schema of v3.0.0 forgot it)
==================================================  =========================================================
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hansa.contract.cause import all_causes
from hansa.contract.place import Place
from hansa.contract.quick import Check, passes
from hansa.contract.types import logical_type_of
from hansa.contract.words import linear_validator
from hansa.contract.yaml_text import Keys
from hansa.errors import HansaError

#: Versions of the standard that are read.
READ = re.compile(r"v3\.([01])\.[0-9]+|v3\.(2)\.0")
NEWEST_WRITTEN = "v3.1.0"

_OLD_LAYOUT = ("dataset", "quantumName", "datasetName", "datasetDomain", "uuid", "stakeholders")
_TYPES_OF_3_0 = ["string", "date", "number", "integer", "object", "array", "boolean"]
_SERVERS_OF_3_0 = """
    api athena azure bigquery clickhouse databricks denodo dremio duckdb glue cloudsql db2 informix kafka kinesis local
    mysql oracle postgresql postgres presto pubsub redshift s3 sftp snowflake sqlserver synapse trino vertica custom
"""
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


@dataclass(frozen=True)
class Judged:
    """What the standard says of a contract: each cause once, by line; ``places`` are those of what is wrong."""

    minor: int
    faults: tuple[HansaError, ...] = ()
    places: tuple[Keys, ...] = ()

    def is_wrong(self, place: Place) -> bool:
        """True if the standard refuses what stands at a place or within it, the rules of a column aside."""
        depth = len(place.keys)
        return any(keys[:depth] == place.keys and "quality" not in keys[depth:] for keys in self.places)


def judge(root: Place) -> Judged:
    """Judge a contract by the standard of its own version, and fill in types that ``physicalType`` makes clear.

    Errors: ContractError for a version that is not read.
    """
    minor = minor_version(root)
    _fill_types(root, minor)
    causes = [] if _passes(minor)(root.document.data) else all_causes(root, _validator(minor))
    causes = causes or _other_lengths(root)
    return Judged(minor, tuple(fault for _, fault in causes), tuple(place.keys for place, _ in causes))


def _fill_types(root: Place, minor: int) -> None:
    """Give what has no ``logicalType`` the one that its ``physicalType`` means, so that the options are checked."""
    tables = root.document.data.get("schema")
    waiting = list(tables) if isinstance(tables, list) else []
    while waiting:
        element = waiting.pop()
        if not isinstance(element, dict):
            continue
        inner = element.get("properties")
        for given in [*(inner if isinstance(inner, list) else ()), element.get("items")]:
            if isinstance(given, dict):
                _fill_type(given, minor)
                waiting.append(given)


def _fill_type(given: dict[str, Any], minor: int) -> None:
    physical = given.get("physicalType")
    derived = logical_type_of(physical) if isinstance(physical, str) and "logicalType" not in given else None
    if derived is not None:
        # Version 3.0 has no timestamp: there a date can have a time of day.
        given["logicalType"] = "date" if derived == "timestamp" and minor == 0 else derived


def _other_lengths(root: Place) -> list[tuple[Place, HansaError]]:
    """A composite reference must name as many columns as it refers to (the standard's text, references.md)."""
    found = []
    for table in root["schema"].items():
        for reference in table["relationships"].items():
            own, other = reference["from"].value, reference["to"].value
            if isinstance(own, list) and isinstance(other, list) and len(own) != len(other):
                what = f"the relationship goes from {len(own)} columns to {len(other)}"
                fault = reference["to"].fault("relationship", what, "name as many columns on both sides")
                found.append((reference["to"], fault))
    return found


@cache
def _passes(minor: int) -> Check:
    return passes(_schema(minor))


@cache
def _validator(minor: int) -> Any:
    return linear_validator(_schema(minor))


@cache
def _schema(minor: int) -> dict[str, Any]:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    parts = schema["$defs"]
    _let_the_text_win(parts)
    schema["properties"]["team"]["oneOf"][1]["items"] = {"$ref": "#/$defs/ListedTeamMember"}
    # By our own check of versions; a patch version has no schema of its own.
    del schema["properties"]["apiVersion"]["enum"]
    if minor < 2:
        schema["required"].append("status")
    if minor == 0:
        _as_in_3_0(schema, parts)
    return schema


def _let_the_text_win(parts: dict[str, Any]) -> None:
    # "if logicalType is x" also holds where there is no logicalType, which would refuse every option there.
    for branch in parts["SchemaBaseProperty"]["allOf"]:
        if "if" in branch:
            branch["if"]["required"] = ["logicalType"]
    # The branch of nested objects checks these too; twice at each level would double the time with each level.
    parts["SchemaItemProperty"]["properties"]["properties"] = True
    # references.md: any string, foreignKey by default.
    parts["RelationshipBase"]["properties"]["type"].pop("enum", None)
    # references.md: another file can be named by file:/// too.
    full = parts["FullyQualifiedReference"]
    full["pattern"] = full["pattern"].replace("(?:https?:", "(?:(?:https?|file):")
    # team.md: a member of the old list needs no username.
    listed = copy.deepcopy(parts["TeamMember"])
    listed.pop("required")
    parts["ListedTeamMember"] = listed
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
    parts["ListedTeamMember"].pop("additionalProperties")
    quality = parts["DataQuality"]
    parts["Server"].pop("unevaluatedProperties")
    parts["Server"]["properties"]["type"]["enum"] = _SERVERS_OF_3_0.split()
    quality.pop("unevaluatedProperties")
    quality["allOf"][0]["if"] = {"properties": {"type": {"const": "library"}}, "required": ["type"]}
    quality["allOf"][0]["then"] = {"required": ["rule"], "properties": {"rule": {"type": "string"}}}
