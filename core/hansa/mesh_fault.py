"""What is wrong in a mesh file, as one sentence: file and line, the field, what was given, the mend.

What was given is shown only where it is short and no address: an address may hold a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from hansa.errors import MeshError
from hansa.mesh_file import MeshFile
from hansa.near import near, or_near
from hansa.sources import Binding

Place = tuple[int | str, ...]
Lines = Mapping[Place, int]

_PREFIX = "HANSA_"


def unknown_key(path: Path, lines: Lines, key: str) -> MeshError:
    """A key of the file that no field has."""
    mend = _known_fields((key,), MeshFile)
    return MeshError("mesh.unknown", _no_field((key,)), where=_where(path, lines, (key,)), next_step=mend)


def environment_fault(error: SettingsError) -> MeshError:
    """A variable ``HANSA_*`` that should hold JSON and does not."""
    named = re.search(r'field "(\w+)"', str(error))
    variable = f"{_PREFIX}{named.group(1).upper()}" if named else f"{_PREFIX}*"
    return MeshError("mesh.environment", "it holds no JSON", where=variable, next_step="write JSON, or unset it")


def first_fault(path: Path, lines: Lines, error: ValidationError) -> MeshError:
    """The fault that stands first in the file, what is missing after what is wrong; and how many more there are."""
    faults = sorted(
        error.errors(include_url=False), key=lambda fault: (fault["type"] == "missing", _line(lines, fault["loc"]))
    )
    what, where, mend = _fault(path, lines, faults[0])
    more = f"; {len(faults) - 1} more to mend after this" if len(faults) > 1 else ""
    return MeshError("mesh.field", what, where=where, next_step=mend + more)


def _fault(path: Path, lines: Lines, fault: ErrorDetails) -> tuple[str, str, str]:
    """What is wrong, where, and the mend."""
    place = fault["loc"]
    where = _where(path, lines, place)
    if fault["type"] == "extra_forbidden":
        return _no_field(place), where, _known_fields(place, Binding if place[0] == "sources" else MeshFile)
    if fault["type"] == "missing":
        return f"{_dotted(place)} is missing", where, f"write {place[-1]}: {_meaning(place)}".rstrip(": ")
    what, mend = _told(fault)
    return f"{_dotted(place)} {what}", where, mend or _meaning(place)


def _told(fault: ErrorDetails) -> tuple[str, str]:
    """What was given and what is wrong with it, and the mend where the fault itself says it."""
    given, message = _shown(fault["input"]), _without_address(fault["msg"])
    if fault["type"] == "literal_error":
        expected = fault["ctx"]["expected"]
        close = near(str(fault["input"]), re.findall(r"'(.+?)'", expected))
        return f"is {given}", f"did you mean '{close}'?" if close else f"write {expected}"
    if fault["type"] == "value_error":
        problem, _, mend = message.removeprefix("Value error, ").partition("; ")
        return f"is {given}: {problem}", mend
    return f"is {given}: {message[0].lower()}{message[1:]}", ""


def _no_field(place: Place) -> str:
    return f"there is no field '{_dotted(place)}'"


def _known_fields(place: Place, model: type[BaseModel]) -> str:
    return or_near(str(place[-1]), model.model_fields, f"known are {', '.join(model.model_fields)}")


def _where(path: Path, lines: Lines, place: Place) -> str:
    """The environment's variable that brought the value, else file and line."""
    for depth in range(len(place), 0, -1):
        variable = _PREFIX + "__".join(str(part) for part in place[:depth])
        for name in os.environ:
            if name.upper() == variable.upper():
                return name
    line = _line(lines, place)
    return f"{path}:{line}" if line else str(path)


def _line(lines: Lines, place: Place) -> int:
    """The line of the innermost part of the place that stands in the file; 0 if none does."""
    inner = (place[:depth] for depth in range(len(place), 0, -1))
    return next((lines[part] for part in inner if part in lines), 0)


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place if part != "[key]")


def _meaning(place: Place) -> str:
    """The description of the field, of the binding's field within a source."""
    fields = Binding.model_fields if place[0] == "sources" and len(place) > 2 else MeshFile.model_fields
    field = fields.get(str(place[2] if fields is Binding.model_fields else place[0]))
    return (field.description or "") if field else ""


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "empty"
    text = _without_address(str(value))
    return f"'{text}'" if len(text) <= 60 and "@" not in text else "a text that is not shown"


def _without_address(text: str) -> str:
    return re.sub(r"://\S*", "://...", text)
