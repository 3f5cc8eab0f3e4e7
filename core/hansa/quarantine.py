"""Quarantine: one envelope for all products, so that a change of contract never changes it.

An envelope holds the row as it came, before the cast, sealed wherever the contract knows a column of class C2 or C3.
Envelopes are written before the commit into one file a publication; the receipt names the file, and a file that no
receipt names is what a killed run left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from hansa.contract.model import Contract
from hansa.receipt import Publication, Receipt
from hansa.secrets import Keys

SCHEMA = {
    "product": pl.String,
    "version": pl.String,
    "run": pl.String,
    "partition": pl.String,
    "row_digest": pl.String,
    "rules": pl.List(pl.String),
    "columns": pl.List(pl.String),
    "masked": pl.List(pl.String),
    "payload": pl.Binary,
    "sealed": pl.Boolean,
    "state": pl.String,
}


@dataclass
class Quarantine:
    """Collects the rejected rows of one publication."""

    contract: Contract
    run: str
    keys: Keys | None
    _parts: list[pl.DataFrame] = field(default_factory=list)

    def add(self, raw: pl.DataFrame, hashes: pl.Series, partitions: pl.Series, rules: Sequence[Sequence[str]]) -> None:
        """Take rows as they came, with their hash, partition (null: none) and broken rules; all of one length."""
        if raw.is_empty():
            return
        digests = [f"{value:016x}" for value in hashes.to_list()]
        payloads = [
            self._payload(text, digest) for text, digest in zip(_as_json(raw), digests, strict=True)
        ]
        masked = sorted(column.name for column in self.contract.columns if column.sealed)
        blamed = [[name.split(".", 1)[0] for name in names if "." in name] for names in rules]
        self._parts.append(
            pl.DataFrame(
                {
                    "product": [self.contract.id] * raw.height,
                    "version": [self.contract.version] * raw.height,
                    "run": [self.run] * raw.height,
                    "partition": partitions.cast(pl.String),
                    "row_digest": digests,
                    "rules": [list(names) for names in rules],
                    "columns": [sorted(set(names) & set(self.contract.by_name)) for names in blamed],
                    "masked": [masked] * raw.height,
                    "payload": payloads,
                    "sealed": [self.contract.sealed] * raw.height,
                    "state": ["open"] * raw.height,
                },
                schema=SCHEMA,
            )
        )

    def _payload(self, text: str, digest: str) -> bytes:
        content = text.encode()
        if not self.contract.sealed:
            return content
        assert self.keys is not None  # noqa: S101 - the gate loads the keys for every contract that seals
        return self.keys.seal(content, f"{self.contract.id}:{digest}")

    def write(self, folder: Path) -> str | None:
        """Write what was collected into ``folder``; the file's name, or None if no row was rejected."""
        if not self._parts:
            return None
        target = folder / "quarantine"
        target.mkdir(parents=True, exist_ok=True)
        name = f"{self.run}.parquet"
        draft = target / f".{name}"
        pl.concat(self._parts).write_parquet(draft)
        draft.replace(target / name)
        return name


def _as_json(raw: pl.DataFrame) -> list[str]:
    """Each row as JSON of texts: a number that JSON does not know, and a date, keep their own characters."""
    texts = raw.select(pl.all().cast(pl.String)).select(pl.struct(pl.all()).struct.json_encode().alias("row"))
    return texts["row"].to_list()


def envelopes(latest: Mapping[str | None, tuple[Receipt, Publication]], folder: Path) -> pl.DataFrame:
    """The open envelopes behind the newest receipt of each partition, published or held, in a fixed order."""
    frames = []
    for partition, (_, publication) in latest.items():
        if publication.quarantine is not None:
            rows = pl.scan_parquet(folder / "quarantine" / publication.quarantine)
            frames.append(rows.filter(pl.col("partition").eq_missing(pl.lit(partition))))
    if not frames:
        return pl.DataFrame(schema=SCHEMA)
    return pl.concat(frames).sort("partition", "row_digest", nulls_last=True).collect()


def shown(envelope: dict[str, Any], keys: Keys | None) -> dict[str, str | None]:
    """The row of an envelope for a person to read: columns of class C2 and C3 are masked, the others as they came."""
    content: bytes = envelope["payload"]
    if envelope["sealed"]:
        if keys is None:
            return {}
        content = keys.open(content, f"{envelope['product']}:{envelope['row_digest']}")
    row: dict[str, str | None] = json.loads(content)
    return {name: ("***" if name in envelope["masked"] and value is not None else value) for name, value in row.items()}
