"""Refused rows of which no copy was kept, because there were more than the caps allow."""

from __future__ import annotations

from hansa.quarantine.file import read_file
from hansa.quarantine.selection import CAPS
from hansa.receipt import Publication
from hansa.store.objects import Objects


def without_copy(publication: Publication, table: Objects) -> int:
    """How many of the rows that a publication refused lie nowhere, because there were more than the caps allow."""
    if publication.quarantine is None or publication.total("quarantined") <= CAPS.rows:
        return 0
    made = read_file(table, publication.quarantine)
    return sum(refused.rows for refused in made.head.refused) - made.rows.height


def told_beyond(rows: int) -> str:
    """A sentence for a person about so many rows without a copy; empty if there are none."""
    if not rows:
        return ""
    kept = f"of {rows} refused rows no copy is kept, which is done for {CAPS.rows} of a rule and a day"
    return f"{kept}: send their file again when its rows or the rules are mended"
