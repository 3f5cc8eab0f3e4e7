"""One result of the doctor, and the border around each look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from hansa.errors import HansaError, place_of

State = Literal["ok", "warn", "fail", "skipped"]


@dataclass(frozen=True)
class Check:
    """``name`` of what was looked at, its ``state``, ``what`` was found in one line, the ``mend`` if there is one."""

    name: str
    state: State
    what: str
    mend: str = ""

    def line(self) -> str:
        """One line for a terminal."""
        return f"{self.state:<8} {self.name:<10} {self.what}" + (f"; {self.mend}" if self.mend else "")

    def as_json(self) -> dict[str, str]:
        """The check as ``--json`` prints it."""
        return asdict(self)


def ok(name: str, what: str) -> Check:
    """Nothing to do."""
    return Check(name, "ok", what)


def warn(name: str, what: str, mend: str) -> Check:
    """Worth a look; nothing is broken."""
    return Check(name, "warn", what, mend)


def fail(name: str, what: str, mend: str) -> Check:
    """Something will not work."""
    return Check(name, "fail", what, mend)


def skipped(name: str, why: str, mend: str = "") -> Check:
    """It could not be looked at, or there is nothing to look at."""
    return Check(name, "skipped", why, mend)


def guarded(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """What a look finds; an error that it meets is its last result, and no text of a foreign one is told."""
    try:
        yield from look()
    except HansaError as error:
        yield fail(name, error.fact(), error.next_step or f"hansa why {error.code}")
    except Exception as error:  # noqa: BLE001 - the border: one broken check must not hide the others
        where = Path(place_of(error)).name
        yield fail(name, f"the check itself failed with {type(error).__name__} at {where}", "report it")
