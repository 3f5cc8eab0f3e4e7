"""Collects the rejected rows of one publication, and writes what is kept of them into one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from hansa.cast import Reading
from hansa.contract.model import Contract
from hansa.quarantine.file import ENVELOPE, Head, Refused, content_of, place
from hansa.quarantine.payload import Shape, encoded, shape_text
from hansa.quarantine.selection import Caps, chosen, current_caps
from hansa.secrets import Keys
from hansa.store.objects import Objects

_MIX = 0xD6E8FEB86659FD93
_TIE = "\x1f"


@dataclass
class Quarantine:
    """The rejected rows of one publication: counts of all of them, payloads of as many as the caps allow.

    ``reading`` and ``zone`` say how the publication reads its rows, so that a replay reads them in the same way.
    """

    contract: Contract
    run: str
    keys: Keys | None
    reading: Reading | None = None
    zone: str | None = None
    caps: Caps = field(default_factory=current_caps)
    _rows: dict[str | None, int] = field(default_factory=dict)
    _rules: dict[str | None, Counter[str]] = field(default_factory=dict)
    _shape: Shape = field(default_factory=dict)
    _kept: pl.DataFrame | None = None
    _written: str | None = None

    def add(self, raw: pl.DataFrame, hashes: pl.Series, partitions: pl.Series, rules: Sequence[Sequence[str]]) -> None:
        """Take rows as they came, with their hash, partition (null: none) and broken rules; all of one length."""
        if raw.is_empty():
            return
        self._shape = dict(raw.schema)
        # Few different combinations of rules stand behind many rows: lists are made for each combination, not each row.
        numbers: dict[tuple[str, ...], int] = {}
        which = [numbers.setdefault(tuple(names), len(numbers)) for names in rules]
        combined = pl.DataFrame(
            {"rules": [list(names) for names in numbers], "tie": [_TIE.join(names) for names in numbers]},
            schema={"rules": pl.List(pl.String), "tie": pl.String},
        )
        rows = combined.select(pl.all().gather(which)).with_columns(
            partitions.cast(pl.String).alias("partition"),
            hashes.alias("hash"),
            self._order(hashes).alias("order"),
            size=pl.lit(0, dtype=pl.Int64),
        )
        self._count(rows)
        self._keep(raw, rows)

    def _order(self, hashes: pl.Series) -> pl.Series:
        """By which the smallest are chosen; keyed under a contract with secrets, or it would tell of the rows."""
        if not self.contract.sealed or self.keys is None:
            return hashes
        key = int(self.keys.tag("order of quarantine")[:16], 16)
        mixed = hashes.to_frame("h").select(h=(pl.col.h ^ pl.lit(key, pl.UInt64)) * pl.lit(_MIX, pl.UInt64))
        return mixed.select(h=(pl.col.h ^ (pl.col.h // 2**32)) * pl.lit(_MIX, pl.UInt64))["h"]

    def _count(self, rows: pl.DataFrame) -> None:
        for partition, count in rows["partition"].value_counts().iter_rows():
            self._rows[partition] = self._rows.get(partition, 0) + count
        counted = rows.group_by("partition", "tie").len()
        for partition, tie, count in counted.iter_rows():
            counter = self._rules.setdefault(partition, Counter())
            counter.update(dict.fromkeys(tie.split(_TIE) if tie else (), count))

    def _keep(self, raw: pl.DataFrame, rows: pl.DataFrame) -> None:
        """Make payloads of those rows alone that may stay, and let go of those that these push out."""
        known = rows.clear().with_columns(payload=pl.lit(None, dtype=pl.String)) if self._kept is None else self._kept
        both = pl.concat([known.drop("payload"), rows])
        stay = chosen(both, [], self.caps.all_rows, self.caps.size)[known.height :]
        payloads = encoded(raw.filter(stay))
        rows = rows.filter(stay).with_columns(payloads, size=payloads.str.len_bytes().cast(pl.Int64))
        both = pl.concat([known, rows])
        self._kept = both.filter(chosen(both, [], self.caps.all_rows, self.caps.size)).rechunk()

    def write(self, table: Objects) -> str | None:
        """Write what was collected beside the table; the file's name, or None if no row was rejected."""
        if self._kept is None:
            return None
        kept = self._kept.filter(chosen(self._kept, ["partition"], self.caps.rows, self.caps.size))
        refused = [Refused(day, count, dict(self._rules.get(day, {}))) for day, count in self._rows.items()]
        head = Head(
            product=self.contract.id,
            version=self.contract.version,
            run=self.run,
            sealed=self.contract.sealed,
            shape=shape_text(self._shape),
            refused=tuple(sorted(refused, key=lambda r: r.partition or "")),
            reading=self.reading,
            zone=self.zone,
        )
        name, content = content_of(head, self._envelopes(kept), self.keys)
        table.create(f"quarantine/{name}", content)
        self._written = name
        return name

    def withdraw(self, table: Objects) -> None:
        """Remove what ``write`` wrote for a publication that was refused for certain."""
        if self._written is not None:
            table.remove(f"quarantine/{self._written}")

    def _envelopes(self, kept: pl.DataFrame) -> pl.DataFrame:
        digests = [self._digest(value) for value in kept["hash"].to_list()]
        payloads = [self._payload(text, digest) for text, digest in zip(kept["payload"], digests, strict=True)]
        blamed = {tie: self._blamed(tie.split(_TIE)) for tie in kept["tie"].unique().to_list()}
        ties = pl.DataFrame({"tie": list(blamed), "columns": list(blamed.values())}, schema_overrides=_TIES)
        rows = kept.join(ties, on="tie", how="left", maintain_order="left").with_columns(
            pl.Series("row_digest", digests, dtype=pl.String),
            pl.Series("payload", payloads, dtype=pl.Binary),
            pl.lit(self._masked(), dtype=pl.List(pl.String)).alias("masked"),
            product=pl.lit(self.contract.id),
            version=pl.lit(self.contract.version),
            run=pl.lit(self.run),
            sealed=pl.lit(self.contract.sealed),
        )
        # By the digest that everybody sees: another order would tell something of the rows.
        return rows.sort("partition", "row_digest", "tie").select(list(ENVELOPE))

    def _digest(self, value: int) -> str:
        """The name of a row: a keyed one under a contract with secrets, where a plain hash could be tried out."""
        text = f"{value:016x}"
        return self.keys.tag(text)[:16] if self.contract.sealed and self.keys is not None else text

    def _blamed(self, rules: Sequence[str]) -> list[str]:
        """The columns that the rules name, by the part before the dot."""
        named = {rule.split(".", 1)[0].split("[", 1)[0] for rule in rules if "." in rule}
        return sorted(named & set(self.contract.by_name))

    def _masked(self) -> list[str]:
        """Columns that nobody is shown; what a contract with secrets does not know may be one under another name.

        Such a name may be a value itself, so that its place stands here instead.
        """
        sealed = [column.name for column in self.contract.columns if column.sealed]
        unknown = [place(at) for at, name in enumerate(self._shape) if name not in self.contract.by_name]
        return sorted({*sealed, *unknown}) if sealed else []

    def _payload(self, text: str, digest: str) -> bytes:
        content = text.encode()
        if not self.contract.sealed:
            return content
        assert self.keys is not None  # noqa: S101 - the gate loads the keys for every contract that seals
        return self.keys.seal(content, f"{self.contract.id}:{digest}")


_TIES: dict[str, pl.DataType] = {"tie": pl.String(), "columns": pl.List(pl.String())}
