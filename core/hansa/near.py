"""The known name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str | None:
    """The one known name that is close enough to ``name``, or None."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), None)


def or_near(name: str, known: Iterable[str], otherwise: str) -> str:
    """A next step: the near name as a question, or ``otherwise``."""
    close = near(name, known)
    return f"did you mean '{close}'?" if close else otherwise
