"""What a reader tells of a file besides its rows: how many there are, and which lines are none by which rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """Counts of one file.

    ``rows`` are those that its frame has, ``None`` if nobody counted them; ``skipped`` the rows or lines after the
    header that are none, by the name of their rule (``blank``, ``header``, ``starts_with TEXT``, ``matches REGEX``,
    ``footer``); ``preamble`` the lines before the header; ``notes`` sentences for a person, which quote no value.
    """

    rows: int | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    preamble: int = 0
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Sentences for a person: what was skipped by which rule, then the notes."""
        told = [f"{times} line{'s' * (times != 1)} skipped by {rule}" for rule, times in self.skipped.items()]
        return (*told, *self.notes)

    def __add__(self, other: Told) -> Told:
        """Both together, for a delivery of several files."""
        counted = None if self.rows is None or other.rows is None else self.rows + other.rows
        skipped = Counter(self.skipped)
        skipped.update(other.skipped)
        notes = tuple(dict.fromkeys((*self.notes, *other.notes)))
        return Told(counted, dict(skipped), self.preamble + other.preamble, notes)


_heard: ContextVar[list[Told] | None] = ContextVar("hansa_told", default=None)


def tell(told: Told) -> None:
    """Say it to whoever opened the file; nothing happens if nobody listens. A reader calls it before it returns."""
    heard = _heard.get()
    if heard is not None:
        heard.append(told)


@contextmanager
def listening() -> Iterator[list[Told]]:
    """What readers tell while this is open, in their order: ``with listening() as heard: frame = reader(...)``."""
    heard: list[Told] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def together(heard: list[Told]) -> Told:
    """All that was told; no rows are counted if nothing was told."""
    if not heard:
        return Told()
    total = heard[0]
    for told in heard[1:]:
        total = total + told
    return total
