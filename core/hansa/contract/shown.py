"""A contract document as plain data for people and programs: strict JSON, nothing that was read is left out."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict, fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hansa.contract.document import ContractDocument, SchemaObject
from hansa.contract.gathered import line_of
from hansa.contract.model import Contract
from hansa.contract.options import described
from hansa.contract.place import Place
from hansa.contract.walk import dotted, properties

#: Words of the head that have a place of their own in what is shown.
_HEAD = ("apiVersion", "kind", "id", "version", "status", "name", "domain", "schema")
#: Words of a property that a column tells.
_TOLD = frozenset({"name", "properties", "items", "map"})


def shown(document: ContractDocument) -> dict[str, Any]:
    """The whole document: head, products, and under ``rest`` all other words as they stand in the file."""
    head = document.root["description"]
    chinese = head.custom("descriptionZh")
    return {
        "path": str(document.path),
        "digest": document.digest,
        "api_version": document.text("apiVersion"),
        "id": document.text("id"),
        "version": document.text("version"),
        "status": document.text("status"),
        "name": document.text("name"),
        "domain": document.text("domain"),
        "owner": document.owner,
        "description": head["purpose"].text or "",
        "description_zh": (chinese.text or "") if chinese else "",
        "products": [_product(one) for one in document.objects],
        "reason": document.fault.what if document.fault else "",
        "rest": plain({word: value for word, value in document.data.items() if word not in _HEAD}),
    }


def _product(one: SchemaObject) -> dict[str, Any]:
    made: dict[str, Any] = {
        "object": one.name,
        "line": one.place.line,
        "publishable": one.contract is not None,
        "reason": one.fault.what if one.fault else "",
        "next_step": one.fault.next_step if one.fault else "",
        "faults": [{"line": line_of(fault), "what": fault.what, "next_step": fault.next_step} for fault in one.faults],
    }
    if one.contract is not None:
        made |= _kept(one.contract)
    else:
        made["columns"] = [_read(place) for place in properties(one.place)]
    made["rest"] = plain({word: value for word, value in one.place.value.items() if word not in ("name", "properties")})
    made["properties"] = [
        {"name": dotted(place), "line": place.line, **_rest(place)} for place in properties(one.place)
    ]
    return made


def _rest(place: Place) -> dict[str, Any]:
    """All words of a property but its name and what it holds."""
    rest: dict[str, Any] = plain({word: value for word, value in place.value.items() if word not in _TOLD})
    return rest


def _read(place: Place) -> dict[str, Any]:
    """A property of an object that the gate cannot take."""
    kind = place["logicalType"].text or place["logicalType"].value or place["physicalType"].text or ""
    return {"name": dotted(place), "type": kind, "line": place.line}


def _kept(contract: Contract) -> dict[str, Any]:
    """What the gate holds the product to."""
    made: dict[str, Any] = {
        "id": contract.id,
        "version": contract.version,
        "title": contract.title,
        "description": contract.description,
        "description_zh": contract.description_zh,
        "key": list(contract.key),
        "partition": contract.partition,
        "columns": [
            {"type": column.logical_type if column.nested else described(column), **plain(column)}
            for column in contract.columns
        ],
    }
    told = {*made, "by_name", "path", "digest", "owner", "status"}
    made |= {one.name: plain(getattr(contract, one.name)) for one in fields(contract) if one.name not in told}
    return made


def plain(value: Any) -> Any:
    """``value`` as JSON has it: times, decimals and numbers that are not finite as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return str(value) if isinstance(value, Decimal | dt.date | dt.time | Path) else value
