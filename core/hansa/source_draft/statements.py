"""Files that say themselves what they are: statements of SWIFT and ISO 20022, OFX, Parquet."""

from __future__ import annotations

import re

from hansa.source_draft.drafted import Drafted
from hansa.source_draft.finding import Finding

_HEAD = 64 << 10
_KINDS = (
    (re.compile(rb"<(\w+:)?Document[^>]*camt\.05[234]", re.DOTALL), "camt", "it is an ISO 20022 statement (camt)"),
    (re.compile(rb"OFXHEADER|<OFX>|<\?OFX"), "ofx", "it is an OFX file"),
    (re.compile(rb"(^|\n):20:[^\n]*\n(.*\n)*?:(25|28C?):|^\{1:F01[^}]*\}"), "mt940", "it is a SWIFT statement (MT940)"),
    (re.compile(rb"^PAR1"), "parquet", "it is a Parquet file"),
)


def format_of(head: bytes) -> tuple[str, str] | None:
    """The format that a file's beginning names, and what is said of it."""
    looked = head[:_HEAD].replace(b"\r\n", b"\n")
    return next(((name, seen) for pattern, name, seen in _KINDS if pattern.search(looked)), None)


def draft_statement(place: str, name: str, seen: str) -> Drafted:
    """The draft of a file whose format is one: nothing else is to be said of its layout."""
    return Drafted(place, (Finding(("format",), name, seen),), (), None)
