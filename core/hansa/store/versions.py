"""The versions of a table's metadata: files ``v1``, ``v2``, ... that are created once, and a hint that names the last.

The order of the names is the order of the commits; whoever creates ``v<N>`` first has made commit N. The newest is
found by listing. The hint is for other engines, which trust it: it is written after its version and never goes down.
"""

from __future__ import annotations

import re

from hansa.errors import WorldError
from hansa.store.objects import Entry, Objects

_VERSION = re.compile(r"v([1-9]\d{0,17})\.metadata\.json")
#: What other engines make of a version when they compress it.
_FOREIGN = re.compile(r"v(\d{1,18})\.(?:\w+\.)?metadata\.json(?:\.\w+)?")
_HINT = "version-hint.text"
_HINT_LOCK = ".version-hint.lock"
#: So often the hint is written after commits that come meanwhile; then those who made them see to it.
_HINT_LOOKS = 20


class Versions:
    """The folder ``metadata`` of one table, ``folder`` being the table's under ``objects``."""

    def __init__(self, objects: Objects, folder: str) -> None:
        self._objects = objects.at(f"{folder}/metadata")

    def location(self, number: int) -> str:
        """The address of a version as PyIceberg takes it."""
        return self._objects.location(_name(number))

    def chain(self) -> tuple[list[int], int | None]:
        """The numbers that are there, ascending, and the hint.

        The hint is read before the listing. It is written after its version, so if it names a version that the listing
        does not show, then metadata were removed, and with them commits that were acknowledged.
        """
        hint = self.hint()
        numbers = list(self.entries())
        newest = numbers[-1] if numbers else 0
        if hint is not None and hint > newest:
            raise WorldError(
                "table.version-lost",
                f"version {hint} of this table's metadata is gone" + (f", the newest is {newest}" if newest else ""),
                where=self._objects.uri,
                state="nothing was changed",
                next_step=f"restore the folder from its backup; to go on without what is lost, remove {_HINT}",
            )
        return numbers, hint

    def entries(self) -> dict[int, Entry]:
        """Every version that is there, ascending; refused if another engine wrote a newer one that we do not read."""
        found, foreign = {}, [0]
        for entry in self._objects.entries("v"):
            if match := _VERSION.fullmatch(entry.name):
                found[int(match[1])] = entry
            elif match := _FOREIGN.fullmatch(entry.name):
                foreign.append(int(match[1]))
        if max(foreign) > max(found, default=0):
            raise WorldError(
                "table.foreign",
                f"another engine wrote version {max(foreign)} of this table's metadata, in a form of its own",
                where=self._objects.uri,
                state="nothing was changed",
                next_step="restore the table from a backup, and let nobody but Hansa write it",
            )
        return dict(sorted(found.items()))

    def head(self) -> int:
        """The newest version, 0 if there is none; the hint is mended if it does not name it."""
        numbers, hint = self.chain()
        if not numbers:
            return 0
        if hint != numbers[-1]:
            self.point()
        return numbers[-1]

    def read(self, number: int) -> bytes:
        """The bytes of a version; FileNotFoundError if it is absent."""
        return self._objects.read(_name(number))

    def create(self, number: int, content: bytes) -> bool:
        """Create a version; False if another writer has made it. ``content`` is unlike anybody else's."""
        if self._objects.create(_name(number), content):
            return True
        try:
            # A gateway may have repeated the put: then it is ours that stands there.
            return self.read(number) == content
        except FileNotFoundError:
            return False

    def remove(self, number: int) -> None:
        """Remove a version that is no part of the chain."""
        self._objects.remove(_name(number))

    def hint(self) -> int | None:
        """The number in the hint; None if there is no hint, or not exactly a number in it."""
        try:
            text = self._objects.read(_HINT)
        except FileNotFoundError:
            return None
        return int(text) if re.fullmatch(rb"[1-9]\d{0,17}", text) else None

    def point(self) -> None:
        """Let the hint name the newest version. What hinders that is no fault of the commit: the next look mends it.

        In a folder a lock keeps it from ever going down. A bucket has none: there a slow writer's older number can
        stand for as long as its writer needs to look again.
        """
        try:
            for _ in range(_HINT_LOOKS):
                with self._objects.lock(_HINT_LOCK):
                    head, hint = max(self.entries(), default=0), self.hint()
                    if hint == head or not head:
                        return
                    if hint is None or hint < head:
                        self._objects.replace(_HINT, str(head).encode())
        except (WorldError, OSError):
            # A reader that may not write, or a store that is away: the version itself stands.
            return


def _name(number: int) -> str:
    return f"v{number}.metadata.json"
