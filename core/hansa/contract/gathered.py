"""Faults that are found side by side: parts that do not hang together are each tried, and all that is wrong is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from hansa.errors import ContractError, HansaError

T = TypeVar("T")

#: So many faults are written out in one sentence beside the first.
_TOLD = 4


class SeveralFaultsError(ContractError):
    """More than one fault as one error: the first speaks, and names the others with their lines."""

    def __init__(self, parts: Sequence[HansaError]) -> None:
        self.parts = tuple(parts)
        first, others = parts[0], parts[1:]
        more = [f"line {line_of(one)}: {one.what}" for one in others[:_TOLD]]
        if len(others) > _TOLD:
            more.append(f"and {len(others) - _TOLD} more, which hansa contract lint names")
        super().__init__(
            first.code, first.what, where=first.where, state=first.state, next_step="; ".join([first.next_step, *more])
        )


def line_of(fault: HansaError) -> int:
    """The line at which a fault stands; 0 where it concerns the file as such."""
    line = fault.where.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def together(faults: Sequence[HansaError]) -> HansaError:
    """One error for all of these, one at least."""
    return faults[0] if len(faults) == 1 else SeveralFaultsError(faults)


class Faults:
    """What is wrong in the parts that were tried so far."""

    def __init__(self) -> None:
        self._found: list[HansaError] = []

    def add(self, fault: HansaError) -> None:
        """Keep a fault; one that stands for several is kept as these."""
        self._found += fault.parts if isinstance(fault, SeveralFaultsError) else [fault]

    def of(self, otherwise: T, step: Callable[..., T], *given: Any) -> T:
        """What the step makes of what is given; ``otherwise`` where it raises a fault, which is kept."""
        try:
            return step(*given)
        except HansaError as fault:
            self.add(fault)
            return otherwise

    def each(self, step: Callable[..., T], parts: Iterable[Any]) -> list[T]:
        """What the step makes of each part that has no fault."""
        made = []
        for part in parts:
            try:
                made.append(step(part))
            except HansaError as fault:
                self.add(fault)
        return made

    def by_line(self) -> tuple[HansaError, ...]:
        """All of them by line, each once."""
        return tuple(sorted({one.sentence(): one for one in self._found}.values(), key=line_of))

    def refuse(self) -> None:
        """Raise what was found, if anything was."""
        if self._found:
            raise together(self.by_line())
