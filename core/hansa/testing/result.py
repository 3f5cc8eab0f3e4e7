"""What became of one thing that was tried: green, red with a reason, or skipped with one; never green without proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class NotMadeError(Exception):
    """Something could not be synthesised; the text says what and why, and holds no value."""


@dataclass(frozen=True)
class Result:
    """The outcome of one generated test; ``reason`` is empty for a green one."""

    state: Literal["green", "red", "skipped"]
    reason: str = ""


GREEN = Result("green")


def red(reason: str) -> Result:
    """A fault, and what it is."""
    return Result("red", reason)


def skipped(reason: str) -> Result:
    """Nothing was proved, and why."""
    return Result("skipped", reason)
