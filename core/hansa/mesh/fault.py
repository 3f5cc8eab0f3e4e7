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
from hansa.mesh.file import MeshFile
from hansa.near import near, or_near
from hansa.sources.binding import Binding, MappingWords, OffsetWords

Place = tuple[int | str, ...]
Lines = Mapping[Place, int]

_PREFIX = "HANSA_"


def unknown_key(path: Path, lines: Lines, key: str) -> MeshError:
    """A key of the file that no field has."""
    mend = _known_fields((key,))
    return MeshError("mesh.unknown", _no_field((key,)), where=_where(path, lines, (key,)), next_step=mend)


def environment_fault(error: SettingsError) -> MeshError:
    """A variable ``HANSA_*`` that should hold JSON and does not."""
    named = re.search(r'field "(\w+)"', str(error))
    variable = f"{_PREFIX}{named.group(1).upper()}" if named else f"{_PREFIX}*"
    return MeshError("mesh.environment", "it holds no JSON", where=variable, next_step="write JSON, or unset it")


def first_fault(path: Path, lines: Lines, error: ValidationError) -> MeshError:
    """The fault that stands first in the file, what is missing after what is wrong; and how many more there are."""
    # A value that is none of several types is one fault, not one a type.
    faults = {_place(fault): fault for fault in reversed(error.errors(include_url=False))}
    places = sorted(faults, key=lambda place: (faults[place]["type"] == "missing", _line(lines, place)))
    what, mend = _fault(places[0], faults[places[0]])
    more = f"; {len(places) - 1} more to mend after this" if len(places) > 1 else ""
    return MeshError("mesh.field", what, where=_where(path, lines, places[0]), next_step=mend + more)


def _place(fault: ErrorDetails) -> Place:
    """Where the fault is, without the type that pydantic tried."""
    place: Place = fault["loc"]
    return place[:5] if place[2:4] == ("mapping", "constant") else place


def _fault(place: Place, fault: ErrorDetails) -> tuple[str, str]:
    """What is wrong at a place, and the mend."""
    if fault["type"] == "extra_forbidden":
        return _no_field(place), _known_fields(place)
    if fault["type"] == "missing":
        return f"{_dotted(place)} is missing", f"write {place[-1]}: {_meaning(place)}".rstrip(": ")
    what, mend = _told(fault)
    return f"{_dotted(place)} {what}", mend or _meaning(place)


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


def _known_fields(place: Place) -> str:
    fields = _model(place)[0].model_fields
    return or_near(str(place[-1]), fields, f"known are {', '.join(fields)}")


def _model(place: Place) -> tuple[type[BaseModel], int]:
    """The model that a place lies in, and which part of the place is the name of its field."""
    if place[0] != "sources" or len(place) < 3:
        return MeshFile, 0
    if place[2] != "mapping" or len(place) == 3:
        return Binding, 2
    return (OffsetWords, 5) if place[3] == "offset" and len(place) > 5 else (MappingWords, 3)


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
    """The description of the field that the place lies in."""
    model, part = _model(place)
    field = model.model_fields.get(str(place[part]))
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
