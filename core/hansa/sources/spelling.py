"""Which column of a file was probably meant as one of the contract's."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from hansa.near import near

#: Share of equal letters from which two names are one, misspelled: borower and borrower have 0.93, but min_amount and
#: max_amount 0.80, booked_at and booked_on 0.78.
_ALIKE = 0.85


def meant(wanted: str, names: Iterable[str]) -> str | None:
    """The name that may be meant as ``wanted``, for a question; loose, as a person answers it."""
    known = list(names)
    return next((name for name in known if _bare(name) == _bare(wanted)), None) or near(wanted, known)


def misspelled(absent: Iterable[str], surplus: Iterable[str]) -> tuple[str, str] | None:
    """The first of the contract's absent columns of which a surplus column of the file is a misspelling, and that."""
    names = list(surplus)
    return next(((wanted, name) for wanted in absent for name in names if _alike(wanted, name)), None)


def _alike(wanted: str, name: str) -> bool:
    """address_1 and address_2 are two columns, however close."""
    left, right = _bare(wanted), _bare(name)
    if left == right:
        return True
    if re.findall(r"[0-9]+", left) != re.findall(r"[0-9]+", right):
        return False
    return difflib.SequenceMatcher(None, wanted.casefold(), name.casefold()).ratio() >= _ALIKE


def _bare(name: str) -> str:
    """Letters and digits alone, in one case."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())
