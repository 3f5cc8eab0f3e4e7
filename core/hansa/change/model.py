"""One difference between two contracts: which way it goes, whom it breaks, which version it demands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

#: ``both``: some rows that were allowed are so no more, and the other way round. ``unknown``: nobody can tell.
Direction = Literal["tightens", "loosens", "neither", "both", "unknown"]
Effect = Literal["breaking", "demanding", "additive", "editorial"]
Party = Literal["consumers", "producer"]
Bump = Literal["major", "minor", "patch"]

#: What is shown of a value that is not there.
NONE = "none"
_LONGEST = 200


@dataclass(frozen=True)
class Change:
    """One difference between an old and a new contract.

    ``subject`` is what changed as a user reads it everywhere: the path of a column (``address.city``), the name of a
    rule (``amount.minimum``) or a word of the contract (``key``). ``old`` and ``new`` are its values as text.

    ``direction`` speaks of what readers are promised. It ``tightens`` if whatever keeps the new contract keeps the old
    one, and ``loosens`` if it is the other way round; so a loosened promise breaks consumers, and a tightened one
    breaks the producer, whose rows may go to quarantine. The exceptions: a promise may be added that asks nothing of
    anybody (a nullable column), the way in which values are read is the producer's alone (formats, zones), and a class
    protects persons, so that a lower one loosens though no consumer breaks.

    ``columns`` are names of the columns whose readers it concerns; none means every reader. ``moves_table`` is set
    where the table that was made under the old contract cannot become the new one. ``note`` is for a person.
    """

    subject: str
    kind: str
    old: str
    new: str
    direction: Direction
    breaks: tuple[Party, ...] = ()
    columns: tuple[str, ...] = ()
    note: str = ""
    wording: bool = False
    moves_table: bool = False

    @property
    def effect(self) -> Effect:
        """The class of the change.

        It breaks consumers, asks something of the producer alone, gives something more, or is only other words.
        """
        if "consumers" in self.breaks:
            return "breaking"
        if self.breaks or self.moves_table:
            return "demanding"
        return "editorial" if self.wording else "additive"

    @property
    def whom(self) -> str:
        """Whom it breaks, in words."""
        return " and ".join(self.breaks) or "nobody"

    @property
    def bump(self) -> Bump:
        """The part of the version that it demands to be raised.

        Consumers ask for a major version, so what breaks them needs another one, and so does another table. What only
        the producer has to follow leaves every consumer where he is.
        """
        if "consumers" in self.breaks or self.moves_table:
            return "major"
        return "patch" if self.effect == "editorial" else "minor"

    @property
    def may_loosen(self) -> bool:
        """True unless it is sure that readers are promised no less: what an overlay must not do."""
        return self.direction not in ("tightens", "neither")


_BREAKS: dict[Direction, tuple[Party, ...]] = {
    "tightens": ("producer",),
    "loosens": ("consumers",),
    "neither": (),
    "both": ("consumers", "producer"),
    "unknown": ("consumers", "producer"),
}


def promised(subject: str, kind: str, old: Any, new: Any, direction: Direction, **more: Any) -> Change:
    """A change of what rows must keep: a looser one breaks consumers, a stricter one the producer."""
    more.setdefault("wording", direction == "neither")
    return Change(subject, kind, shown(old), shown(new), direction, _BREAKS[direction], **more)


def worded(subject: str, kind: str, old: Any, new: Any, **more: Any) -> Change:
    """A change of words that nobody's rows or code depend on."""
    return Change(subject, kind, shown(old), shown(new), "neither", wording=True, **more)


def relation(lost: bool, gained: bool) -> Direction:
    """Which way a set of what is allowed went that ``lost`` some and ``gained`` some."""
    if lost and gained:
        return "both"
    return "tightens" if lost else "loosens" if gained else "neither"


def named(direction: Direction) -> str:
    """The last part of the kind of a change that goes this way."""
    return {"tightens": "tightened", "loosens": "loosened"}.get(direction, "changed")


def shown(value: Any) -> str:
    """A value of a contract as text, cut where it is long."""
    if value is None or value == () or value == "":
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | frozenset | set | list):
        return _cut(", ".join(_plain(one) for one in value))
    return _cut(_plain(value))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.17g}" if value != int(value) or abs(value) > 2**53 else str(int(value))
    return str(value.isoformat()) if hasattr(value, "isoformat") else " ".join(str(value).split())


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def strongest_of(bumps: Iterable[Bump]) -> Bump | None:
    """The strongest of these, None if there are none."""
    given = set(bumps)
    order: tuple[Bump, ...] = ("major", "minor", "patch")
    return next((bump for bump in order if bump in given), None)
