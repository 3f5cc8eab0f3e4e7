"""Which published days were found again, with the same rows, in a source that was written again.

Such a day needs no publication, and its receipt goes on naming the print of the file of then. A small mark beside the
receipts names the new print, so that the day is not read again until the source is written once more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

from hansa.digest import canonical, sha256
from hansa.store.objects import Objects

_FOLDER = "seen"


class Seen:
    """The marks of one product. Marks of earlier prints mean nothing any more and go with the next one."""

    def __init__(self, table: Objects) -> None:
        self._objects = table.at(_FOLDER)
        self._marks: dict[str, Mapping[str, str]] = {}

    @cached_property
    def _names(self) -> list[str]:
        return sorted(entry.name for entry in self._objects.entries())

    def knows(self, source: str, partition: str | None, publication: str) -> bool:
        """True if the rows of a publication were found again in the source of this print."""
        return self._of(source).get(partition or "") == publication

    def _of(self, source: str) -> Mapping[str, str]:
        if source not in self._marks:
            found: dict[str, str] = {}
            for name in self._names:
                if name.startswith(_start(source)):
                    # Taken away while we looked, or no mark of ours: the day is read again, no more.
                    with suppress(FileNotFoundError, ValueError, TypeError):
                        found.update(json.loads(self._objects.read(name)))
            self._marks[source] = found
        return self._marks[source]

    def note(self, source: str, days: Mapping[str | None, str]) -> None:
        """Remember that these partitions of these publications lie in the source of this print."""
        if not days:
            return
        content = canonical({partition or "": publication for partition, publication in days.items()})
        self._objects.create(f"{_start(source)}{sha256(content)[:16]}.json", content)
        self._marks.clear()
        for name in self._names:
            if not name.startswith(_start(source)):
                self._objects.remove(name)


def _start(source: str) -> str:
    """The beginning of the names of all marks of one print: a fingerprint may be an address."""
    return f"{sha256(source.encode())[:32]}-"
