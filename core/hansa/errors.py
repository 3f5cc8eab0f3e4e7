"""What can go wrong, grouped by who can mend it.

Every error says what happened, where, which state was left and what to do next. The command line prints
``sentence()`` and exits with ``exit_code``; it never shows a traceback for one of these.
"""

from __future__ import annotations

import errno

#: What a disk refuses: a person can mend it.
REFUSALS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO})


def one_line(text: str) -> str:
    """The text without what would break its line or move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


class HansaError(Exception):
    """An error that a person can act on.

    ``code`` is stable and short (``source.missing``), ``what`` is the fact, ``where`` the file, line, column or
    product, ``next_step`` the command or edit that mends it, ``state`` what readers see meanwhile.
    """

    exit_code = 1

    def __init__(self, code: str, what: str, *, where: str = "", next_step: str = "", state: str = "") -> None:
        self.code = code
        self.what = what
        self.where = where
        self.next_step = next_step
        self.state = state
        super().__init__(self.sentence())

    def fact(self) -> str:
        """Where and what."""
        return f"{self.where}: {self.what}" if self.where else self.what

    def sentence(self) -> str:
        """One line for a terminal: where, what, the state left, the next step."""
        place = f"{self.where}: " if self.where else ""
        parts = [part for part in (self.what, self.state, self.next_step) if part]
        return one_line(place + "; ".join(parts))


class DataError(HansaError):
    """The user's data cannot be taken: a file that is missing, cut, empty or not what its binding says."""


class ContractError(HansaError):
    """A contract is wrong; ``where`` is ``file:line``."""


class MeshError(HansaError):
    """The user's choice is wrong: mesh.yaml, an option, a name that does not exist."""

    exit_code = 2


class PluginError(HansaError):
    """A plugin's author has something to mend: a hook, a module, a product that broke its own rules."""


class WorldError(HansaError):
    """The surroundings refuse: a disk, a permission, a store, a key that is not the one used before."""


class Held(HansaError):  # noqa: N818 - a hold is a verdict, not a fault
    """A publication was held: the last good snapshot goes on serving. ``lines()`` has the four lines."""

    def __init__(self, product: str, what: str, contract: str, serving: str, next_step: str) -> None:
        self.product = product
        self.contract = contract
        self.serving = serving
        super().__init__("publication.held", what, where=product, state=serving, next_step=next_step)

    def lines(self) -> list[str]:
        """What happened, under which contract, what still serves, which command next."""
        return [
            f"held      {self.product}: {self.what}",
            f"contract  {self.contract}",
            f"serving   {self.serving}",
            f"next      {self.next_step}",
        ]


def place_of(error: BaseException) -> str:
    """The file and line that an error was raised at, for a fault of which nothing else may be told."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown place"
