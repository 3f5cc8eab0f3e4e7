"""Blocks that the walk which checked a file keeps for the walks that read it, within one bound for the process."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field

#: Bytes that all files together keep.
ROOM = 1 << 26


@dataclass(frozen=True)
class Stretch:
    """Where a block of a file stands: its number, where it ends in bytes, and how many lines it has."""

    index: int
    end: int
    lines: int


@dataclass(frozen=True)
class Held:
    """What an even block became: its rows in UTF-8, their fields parted by one byte."""

    stretch: Stretch
    data: bytes


@dataclass(eq=False)
class Kept:
    """The blocks of one file by their number. They are let go of together with whoever has this."""

    blocks: dict[int, Held] = field(default_factory=dict)
    size: int = 0

    def __post_init__(self) -> None:
        _ALL.add(self)

    @staticmethod
    def has_room(size: int) -> bool:
        """True if so many bytes more may be kept."""
        return sum(one.size for one in list(_ALL)) + size <= ROOM

    def add(self, held: Held) -> None:
        """Keep a block."""
        self.blocks[held.stretch.index] = held
        self.size += len(held.data)


_ALL: weakref.WeakSet[Kept] = weakref.WeakSet()
