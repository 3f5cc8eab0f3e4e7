"""Classes and tokens: how the values of persons are protected."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.change.model import Change, Direction, promised, shown
from hansa.contract.model import Column

#: Classes of personal financial data and levels of security, each in its order; the first is the mildest.
_ORDERS = (("C1", "C2", "C3"), ("1", "2", "3", "4", "5"))


def protection_changes(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Iterator[Change]:
    """The changes of class and tokens.

    A class changes no value: it says who may read it, and whether a refused row is sealed. A token is another value
    than the clear one, so that joins on it find nothing.
    """
    if old.classification != new.classification:
        direction = _class_way(old.classification, new.classification)
        verb = {"tightens": "raised", "loosens": "lowered"}.get(direction, "changed")
        note = "who may read it, and what is sealed, follows the class"
        before, after = shown(old.classification), shown(new.classification)
        subject = f"{path}.classification"
        yield Change(subject, f"classification.{verb}", before, after, direction, columns=columns, note=note)
    if old.tokenise != new.tokenise:
        verb = "added" if old.tokenise is None else "removed" if new.tokenise is None else "changed"
        note = {
            "added": "readers get tokens in the place of clear values, and joins on clear ones find nothing",
            "removed": "readers get clear values in the place of tokens",
            "changed": "one value has another token, and joins with tokens of before find nothing",
        }[verb]
        subject = f"{path}.tokenise"
        yield promised(subject, f"tokenise.{verb}", old.tokenise, new.tokenise, "both", columns=columns, note=note)


def _class_way(old: str | None, new: str | None) -> Direction:
    if old is None or new is None:
        return "tightens" if old is None else "loosens"
    for order in _ORDERS:
        if old in order and new in order:
            return "tightens" if order.index(new) > order.index(old) else "loosens"
    return "unknown"
