"""Quarantine: one envelope for all products, so that a change of contract never changes it.

An envelope holds the row as it came, before the cast, sealed wherever the contract knows a column of class C2 or C3.
Envelopes are written before the commit into one file a publication; the receipt names the file, and a file that no
receipt names is what a killed run left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import uuid4

import polars as pl

from hansa.contract.model import Contract
from hansa.digest import plain
from hansa.receipt import Publication, Receipt
from hansa.secrets import Keys
from hansa.store.objects import Objects

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
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
    _written: str | None = None

    def add(self, raw: pl.DataFrame, hashes: pl.Series, partitions: pl.Series, rules: Sequence[Sequence[str]]) -> None:
        """Take rows as they came, with their hash, partition (null: none) and broken rules; all of one length."""
        if raw.is_empty():
            return
        digests = [self._digest(value) for value in hashes.to_list()]
        payloads = [self._payload(text, digest) for text, digest in zip(_as_json(raw), digests, strict=True)]
        # Few different combinations of rules stand behind many rows: lists are made for each combination, not each row.
        numbers: dict[tuple[str, ...], int] = {}
        which = [numbers.setdefault(tuple(names), len(numbers)) for names in rules]
        masked = sorted(column.name for column in self.contract.columns if column.sealed)
        combinations = pl.DataFrame(
            {
                "rules": [list(names) for names in numbers],
                "columns": [self._blamed(names) for names in numbers],
                "masked": [masked for _ in numbers],
            },
            schema={name: SCHEMA[name] for name in ("rules", "columns", "masked")},
        )
        rows = combinations.select(pl.all().gather(which)).with_columns(
            partitions.cast(pl.String).alias("partition"),
            pl.Series("row_digest", digests, dtype=pl.String),
            pl.Series("payload", payloads, dtype=pl.Binary),
            product=pl.lit(self.contract.id),
            version=pl.lit(self.contract.version),
            run=pl.lit(self.run),
            sealed=pl.lit(self.contract.sealed),
            state=pl.lit("open"),
        )
        self._parts.append(rows.select(list(SCHEMA)))

    def _digest(self, value: int) -> str:
        """The name of a row: a keyed one under a contract with secrets, where a plain hash could be tried out."""
        text = f"{value:016x}"
        return self.keys.tag(text)[:16] if self.contract.sealed and self.keys is not None else text

    def _blamed(self, rules: Sequence[str]) -> list[str]:
        """The columns that the rules name, by the part before the dot."""
        named = {rule.split(".", 1)[0] for rule in rules if "." in rule}
        return sorted(named & set(self.contract.by_name))

    def _payload(self, text: str, digest: str) -> bytes:
        content = text.encode()
        if not self.contract.sealed:
            return content
        assert self.keys is not None  # noqa: S101 - the gate loads the keys for every contract that seals
        return self.keys.seal(content, f"{self.contract.id}:{digest}")

    def write(self, table: Objects) -> str | None:
        """Write what was collected beside the table; the file's name, or None if no row was rejected."""
        if not self._parts:
            return None
        # One run publishes a product day by day, so the run's id would not name one file.
        name = f"{uuid4().hex}.parquet"
        content = BytesIO()
        pl.concat(self._parts).write_parquet(content)
        table.create(f"quarantine/{name}", content.getvalue())
        self._written = name
        return name

    def withdraw(self, table: Objects) -> None:
        """Remove what ``write`` wrote for a publication that was refused for certain."""
        if self._written is not None:
            table.remove(f"quarantine/{self._written}")


def _as_json(raw: pl.DataFrame) -> list[str]:
    """Each row as JSON of texts: a number that JSON does not know, and a date, keep their own characters."""
    texts = plain(raw)
    spans = [name for name, dtype in texts.schema.items() if dtype == pl.Duration]
    texts = texts.with_columns(pl.col(name).dt.to_string("iso") for name in spans).select(pl.all().cast(pl.String))
    return texts.select(pl.struct(pl.all()).struct.json_encode().alias("row"))["row"].to_list()


def envelopes(latest: Mapping[str | None, tuple[Receipt, Publication]], table: Objects) -> pl.DataFrame:
    """The open envelopes behind the newest receipt of each partition, published or held, in a fixed order.

    Rows of no day, or of another one than was published, come with every run over the same source; each is shown once.
    """
    decided = [_rows(table, publication, partition) for partition, (_, publication) in latest.items()]
    standing = {publication.digest: publication for _, publication in latest.values()}.values()
    refused = [_rows(table, publication, r.partition) for publication in standing for r in publication.rejects]
    rows = pl.concat([pl.DataFrame(schema=SCHEMA), *decided])
    if refused:
        copy = pl.int_range(pl.len()).over("run", "partition", "row_digest").alias("copy")
        once = [frame.with_columns(copy) for frame in refused]
        known = ("partition", "row_digest", "copy")
        rows = rows.vstack(pl.concat(once).unique(known, keep="last", maintain_order=True).drop("copy"))
    return rows.sort("partition", "row_digest", nulls_last=True, maintain_order=True)


def _rows(table: Objects, publication: Publication, partition: str | None) -> pl.DataFrame:
    if publication.quarantine is None:
        return pl.DataFrame(schema=SCHEMA)
    rows = pl.read_parquet(BytesIO(table.read(f"quarantine/{publication.quarantine}"))).lazy()
    return rows.filter(pl.col("partition").eq_missing(pl.lit(partition, dtype=pl.String))).collect()


def shown(envelope: dict[str, Any], keys: Keys | None) -> dict[str, str | None]:
    """The row of an envelope for a person to read: columns of class C2 and C3 are masked, the others as they came."""
    content: bytes = envelope["payload"]
    if envelope["sealed"]:
        if keys is None:
            return {}
        content = keys.open(content, f"{envelope['product']}:{envelope['row_digest']}")
    row: dict[str, str | None] = json.loads(content)
    return {name: ("***" if name in envelope["masked"] and value is not None else value) for name, value in row.items()}
