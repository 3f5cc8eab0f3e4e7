"""One input of a publication, as its receipt names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

#: Fields that inputs of before do not have; where they say nothing a receipt keeps its name.
LATER_OF_INPUTS = frozenset({"came", "stamp", "columns"})


@dataclass(frozen=True)
class InputRead:
    """One input as it was read: a product at a snapshot, or a source with its fingerprint.

    Of a source, ``columns`` are its own names with their types, as they came; of a delivery, ``came`` is when its file
    was written (ISO 8601, UTC) and ``stamp`` what its listing showed.
    """

    name: str
    snapshot: int | None = None
    sequence: int | None = None
    version: str | None = None
    first: str | None = None
    last: str | None = None
    fingerprint: str | None = None
    came: str = ""
    stamp: str = ""
    columns: tuple[tuple[str, str], ...] = ()

    @classmethod
    def stored(cls, given: Mapping[str, Any]) -> Self:
        """What a receipt has as JSON."""
        columns = tuple((str(name), str(kind)) for name, kind in given.get("columns", ()))
        return cls(**{**given, "columns": columns})
