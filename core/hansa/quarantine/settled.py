"""Payloads of refused rows go when their decision is old; counts, digests and rules stay.

A file is never rewritten. One without the payloads is put beside it, and then the first one is removed: whoever is
killed between the two leaves both, and each tells the same account. Of several the one with the fewest payloads stays,
so that two at once never remove each other's. The order of rows stays, and with it which of equal rows was decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from hansa.digest import sha256
from hansa.quarantine.account import Account, standing
from hansa.quarantine.decisions import Decisions, replayed_by
from hansa.quarantine.file import FOLDER, SETTLED, EnvelopeFile, settled_of, written
from hansa.receipt import Publication
from hansa.store.objects import Entry, Objects


@dataclass(frozen=True)
class Settled:
    """What ``settle`` did, or would do: rows whose payload went, and the files that were removed."""

    rows: int = 0
    removed: tuple[Entry, ...] = ()


def settle(table: Objects, publications: Sequence[Publication], before: dt.datetime, *, dry_run: bool) -> Settled:
    """Remove the payloads of rows over which was decided before a moment; open rows keep theirs, however old.

    What a replay refused again lies in its original file too, and goes with the decision to send it. A file that
    cannot be read is left alone. Errors: WorldError if a decision cannot be read.
    """
    decisions = [made for made in Decisions(table).all() if dt.datetime.fromisoformat(made.at) < before]
    if not decisions:
        return Settled()
    known = {made.fingerprint for made in decisions}
    told = [p for p in publications if replayed_by(p) is None or replayed_by(p) in known]
    account = Account(standing(publications), told, decisions, table)
    originals = {entry.publication.quarantine for entry in account.entries}
    replays = {publication.quarantine for publication in told if replayed_by(publication) is not None}
    rows, removed = 0, list[Entry]()
    for name in sorted(name for name in originals | replays if name is not None):
        if (file := account.file(name)) is None:
            continue
        all_of_it = pl.repeat(True, file.rows.height, dtype=pl.Boolean, eager=True)
        gone = file.rows["payload"].is_null()
        goes = (account.decided(file) if name in originals else all_of_it) & ~gone
        rows += goes.to_list().count(True)
        if goes.any() and not dry_run:
            _put(table, file, goes | gone)
        removed += _superseded(table, name, bool(goes.any()), dry_run)
    return Settled(rows, tuple(removed))


def _put(table: Objects, file: EnvelopeFile, gone: pl.Series) -> None:
    """Put a file beside ``file`` that lacks the payloads of rows that are ``gone``; a shape without rows goes too."""
    payload = pl.when(~gone).then("payload").alias("payload")
    rows = file.rows.with_columns(payload, pl.col("sealed") & ~gone)
    content = written(replace(file.head, shape=None) if gone.all() else file.head, rows)
    name = f"{SETTLED}/{file.name.removesuffix('.parquet')}/{sha256(content)}.{gone.to_list().count(True)}.parquet"
    table.create(name, content)


def _superseded(table: Objects, name: str, would_be: bool, dry_run: bool) -> list[Entry]:
    """Remove every file that another one with fewer payloads stands in for; they, or what a dry run would remove."""
    first = [entry for entry in table.entries(f"{FOLDER}/{name}") if entry.name == f"{FOLDER}/{name}"]
    settled = settled_of(table.entries(f"{SETTLED}/{name.removesuffix('.parquet')}/")).get(name, [])
    those = [*first, *settled]
    old = those if dry_run and would_be else those[:-1]
    if not dry_run:
        for entry in old:
            table.remove(entry.name)
    return old
