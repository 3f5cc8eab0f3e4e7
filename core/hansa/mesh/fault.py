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
from hansa.mesh.file import SECTIONS, MeshFile
from hansa.near import near, or_near
from hansa.sources.binding import Binding, MappingWords, OffsetWords
from hansa.sources.value_words import WITHIN

#: What a fault means to somebody who does not know Python, and the mend.
_PLAINLY = {
    "time_delta_type": ("no duration", "write seconds, or a duration such as PT30S"),
    "time_delta_parsing": ("no duration", "write seconds, or a duration such as PT30S"),
    "int_type": ("no whole number", ""),
    "int_parsing": ("no whole number", ""),
    "int_from_float": ("no whole number", ""),
    "bool_type": ("neither true nor false", ""),
    "bool_parsing": ("neither true nor false", ""),
    "string_type": ("no text", ""),
    "dict_type": ("no mapping", "write it as 'name: value', one a line"),
    "model_type": ("no mapping", "write it as 'field: value', one a line"),
    "model_attributes_type": ("no mapping", "write it as 'field: value', one a line"),
}

Place = tuple[int | str, ...]
Lines = Mapping[Place, int]

_PREFIX = "HANSA_"
#: Sections whose values are never shown: an address may hold a password, and a key may stand in the wrong field.
_SECRETIVE = ("store", "catalog")


def unknown_key(path: Path, lines: Lines, key: str) -> MeshError:
    """A key of the file that no field has."""
    mend = _known_fields((key,))
    return MeshError("mesh.unknown", _no_field((key,)), where=_where(path, lines, (key,)), next_step=mend)


def environment_fault(error: SettingsError) -> MeshError:
    """A variable ``HANSA_*`` that should hold JSON and does not."""
    named = re.search(r'field "(\w+)"', str(error))
    variable = f"{_PREFIX}{named.group(1).upper()}" if named else f"{_PREFIX}*"
    mend = f"write JSON, or one variable for each field ({variable}__NAME), or unset it"
    return MeshError("mesh.environment", "it holds no JSON", where=variable, next_step=mend)


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
    what, mend = _told(fault, secretive=place[0] in _SECRETIVE)
    return f"{_dotted(place)} {what}", mend or _meaning(place)


def _told(fault: ErrorDetails, secretive: bool) -> tuple[str, str]:
    """What was given and what is wrong with it, and the mend where the fault itself says it."""
    given = "" if secretive else f" {_shown(fault['input'])}"
    if fault["type"] == "literal_error":
        expected = fault["ctx"]["expected"]
        close = near(str(fault["input"]), re.findall(r"'(.+?)'", expected))
        return f"is{given or ' none of the known words'}", f"did you mean '{close}'?" if close else f"write {expected}"
    problem, _, mend = fault["msg"].removeprefix("Value error, ").partition("; ")
    if fault["type"] in _PLAINLY:
        problem, mend = _PLAINLY[fault["type"]]
    # The mend is an example of ours; what is wrong may quote what was given.
    problem = f"{problem[0].lower()}{_without_address(problem[1:])}"
    return f"is{given}: {problem}" if given else f"is wrong: {problem}", mend


def _no_field(place: Place) -> str:
    return f"there is no field '{_dotted(place)}'"


def _known_fields(place: Place) -> str:
    fields = _model(place)[0].model_fields
    known = f"known are {', '.join(fields)}"
    if place[0] not in _SECRETIVE:
        return or_near(str(place[-1]), fields, known)
    close = near(str(place[-1]), fields)
    variable = _variable(place)
    meant = f"'{close}'" if variable is None else f"{_PREFIX}{place[0]}__{close}".upper()
    return f"did you mean {meant}? {known}" if close else known


def _model(place: Place) -> tuple[type[BaseModel], int]:
    """The model that a place lies in, and which part of the place is the name of its field."""
    if place[0] in SECTIONS and len(place) > 1:
        return SECTIONS[str(place[0])], 1
    if place[0] != "sources" or len(place) < 3:
        return MeshFile, 0
    if place[2] != "mapping" or len(place) == 3:
        return Binding, 2
    models: dict[str, type[BaseModel]] = {"offset": OffsetWords, **WITHIN}
    within = models.get(str(place[3]))
    return (within, 5) if within is not None and len(place) > 5 else (MappingWords, 3)


def _where(path: Path, lines: Lines, place: Place) -> str:
    """The environment's variable that brought the value, else file and line."""
    for depth in range(len(place), 0, -1):
        if (name := _variable(place[:depth])) is not None:
            return name
    if line := _line(lines, place):
        return f"{path}:{line}"
    # What is wrong with a section as a whole is told by the first variable that brought a part of it.
    begun = f"{_PREFIX}{place[0]}__".upper()
    return next((name for name in sorted(os.environ) if name.upper().startswith(begun)), str(path))


def _variable(place: Place) -> str | None:
    """The environment's variable of this very place, as it is spelled there."""
    spelled = (_PREFIX + "__".join(str(part) for part in place)).upper()
    return next((name for name in os.environ if name.upper() == spelled), None)


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
