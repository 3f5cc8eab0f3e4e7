"""Quarantine: one envelope for all products, so that a change of contract never changes it.

An envelope holds the row as it came, before the cast, sealed wherever the contract knows a column of class C2 or C3.
Envelopes are written before the commit into one file a publication; the receipt names the file, and a file that no
receipt names is what a killed run left. Files never change: what is decided over a row is an object of its own, and a
file that lost payloads of rows that were decided long ago is another file in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from hansa.quarantine.account import SCHEMA, Account, Ledger, Refusals, account_of, needed, standing
from hansa.quarantine.beyond import told_beyond, without_copy
from hansa.quarantine.collected import Quarantine
from hansa.quarantine.decisions import Decisions
from hansa.quarantine.file import EnvelopeFile, Head, lying, place, read_file, shape_of_file
from hansa.quarantine.payload import decoded, readable, shape_of
from hansa.quarantine.selection import CAPS, Caps, capped
from hansa.quarantine.settled import Settled, settle
from hansa.receipt import Publication, Receipt
from hansa.secrets import Keys
from hansa.store.objects import Objects

__all__ = [
    "CAPS",
    "SCHEMA",
    "Account",
    "Caps",
    "EnvelopeFile",
    "Ledger",
    "Quarantine",
    "Refusals",
    "Settled",
    "account_of",
    "capped",
    "envelopes",
    "lying",
    "needed",
    "read_file",
    "settle",
    "shown",
    "told_beyond",
    "without_copy",
]


def envelopes(latest: Mapping[str | None, tuple[Receipt, Publication]], table: Objects) -> pl.DataFrame:
    """The open envelopes behind the newest receipt of each partition, published or held, in a fixed order.

    Rows of no day, or of another one than was published, come with every run over the same source; each is shown once.
    Errors: WorldError if a file of them cannot be read.
    """
    named = {publication.digest: publication for _, publication in latest.values()}.values()
    publications = sorted(named, key=lambda p: (p.landed.sequence, False) if p.landed else (p.upon or 0, True))
    account = Account(standing(publications), publications, Decisions(table).all(), table)
    if account.faults:
        raise account.faults[0]
    return account.rows.filter(pl.col("state") == "open")


def shown(envelope: Mapping[str, Any], keys: Keys | None, sealed: Collection[str] = ()) -> dict[str, str | None]:
    """The row of an envelope for a person to read: columns of class C2 and C3 are masked, the others as they came.

    ``sealed`` are columns of such a class by now; what came before lies in clear, and is masked all the same.

    Columns that a sealed row has beside those of its contract stand there by their place, as ``#0``: their names may be
    values. Of a sealed row nothing is shown without the keys, and nothing of one whose payload upkeep removed.
    Errors: WorldError if it was sealed with others.
    """
    if envelope["payload"] is None:
        return {}
    head = Head(envelope["product"], "", "", envelope["sealed"], envelope["shape"], id=envelope["head"])
    if envelope["sealed"] and keys is None:
        return {}
    content: bytes = envelope["payload"]
    if envelope["sealed"] and keys is not None:
        content = keys.open(content, f"{envelope['product']}:{envelope['row_digest']}")
    shape = shape_of_file(head, keys)
    masked = {*envelope["masked"], *sealed}
    row = _texts(content.decode(), shape).items()
    secret = [name in masked or place(at) in masked for at, (name, _) in enumerate(row)]
    return {
        (place(at) if place(at) in masked else name): "***" if hide and value is not None else value
        for at, (hide, (name, value)) in enumerate(zip(secret, row, strict=True))
    }


def _texts(content: str, shape: str | None) -> dict[str, str | None]:
    if shape is None:
        import json

        # Before payloads had shapes they were texts by name.
        made: dict[str, str | None] = json.loads(content)
        return made
    return readable(decoded([content], shape_of(shape)))[0]
