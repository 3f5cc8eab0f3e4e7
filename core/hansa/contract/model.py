"""What one data product promises, as plain values: a Contract, its Columns and its Rules.

``hansa.contract.reader`` makes these from an ODCS file; everything else in Hansa reads only these.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal

LogicalType = Literal["string", "integer", "number", "date", "timestamp", "time", "boolean", "object", "array"]
Bound = int | float | Decimal | dt.date | dt.datetime | dt.time
Severity = Literal["error", "warning"]
Family = Literal["cast", "required", "unique", "values", "table"]
Metric = Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount", "sql"]

SEALED_CLASSES = frozenset({"C2", "C3"})
#: Words of a class that ask for no seal: the mildest one, levels of security, and what is open to all.
OPEN_CLASSES = frozenset({"C1", "1", "2", "3", "4", "5", "public"})


def name_of(product: str, major: int) -> str:
    """A product as commands take it: a later major version is named."""
    return product if major <= 1 else f"{product}@{major}"


def class_of(written: str | None) -> str | None:
    """The class that is meant: `` c3 `` is C3, for a slip must not leave values of persons in clear."""
    meant = unicodedata.normalize("NFKC", written or "").strip().casefold()
    return next((one for one in SEALED_CLASSES | OPEN_CLASSES if one.casefold() == meant), written)


@dataclass(frozen=True)
class Column:
    """One property of the contract's schema.

    ``precision`` and ``scale`` are set for a decimal number; a number without them is a double.
    ``formats`` are strptime patterns, tried in order; ``zone`` is the zone of a text or time that carries none.
    ``enum`` holds the author's own characters. Bounds are typed like the column. ``text_format`` is a form that a text
    must have (``uuid``); ``multiple_of`` a whole number or a decimal fraction of which a number is a multiple.

    An object has ``fields``, an array has ``items``, to any depth; both are kept as they are, so neither is a key, a
    partition or tokenised, nor is anything within them. Their values are called by a path: ``address.city`` is a field,
    ``lines[].sku`` one of each entry.
    """

    name: str
    logical_type: LogicalType
    line: int
    required: bool = False
    unique: bool = False
    key_position: int | None = None
    partitioned: bool = False
    precision: int | None = None
    scale: int | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Bound | None = None
    exclusive_maximum: Bound | None = None
    enum: tuple[str, ...] = ()
    multiple_of: Decimal | None = None
    text_format: str | None = None
    formats: tuple[str, ...] = ()
    zoned: bool = True
    zone: str | None = None
    fields: tuple[Column, ...] = ()
    items: Column | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    min_properties: int | None = None
    max_properties: int | None = None
    classification: str | None = None
    tokenise: str | None = None
    business_date_of: str | None = None
    description: str = ""
    description_zh: str = ""
    tags: tuple[str, ...] = ()

    @property
    def sealed(self) -> bool:
        """True if a value of this column may stand in clear nowhere but in the sealed payload and the vault."""
        return (
            self.classification in SEALED_CLASSES
            or self.tokenise is not None
            or any(inner.sealed for _, inner in self.inner(self.name))
        )

    @property
    def nested(self) -> bool:
        """True for an object and an array."""
        return self.logical_type in ("object", "array")

    def inner(self, path: str) -> Iterator[tuple[str, Column]]:
        """Path and column of what lies one step within this column, which is called ``path``."""
        for one in self.fields:
            yield f"{path}.{one.name}", one
        if self.items is not None:
            yield f"{path}[]", self.items

    def walk(self, path: str = "") -> Iterator[tuple[str, Column]]:
        """Path and column of this column and of everything within it, outer before inner."""
        path = path or self.name
        yield path, self
        for inner_path, one in self.inner(path):
            yield from one.walk(inner_path)


def top_of(path: str) -> str:
    """The column of the table in which the path lies."""
    return path.partition(".")[0].partition("[")[0]


@dataclass(frozen=True)
class Rule:
    """One rule of ``quality``: a row rule sends rows to quarantine, a table rule holds the publication.

    ``operator`` is the ODCS word (``mustBe``, ``mustBeGreaterThan``, ``mustBeBetween`` ...), ``operands`` its numbers.
    A row rule is nullValues, missingValues or invalidValues with ``mustBe: 0``; everything else is judged as a table.
    ``unit: percent`` is of all rows that are published. ``columns`` are names of columns, or paths to what lies within.
    ``valid_values`` and ``missing_values`` hold the author's own characters.

    ``query`` is the one SELECT of metric ``sql``, checked, over a table that is called ``self``; ``empty`` is what it
    gives for no rows (None: nothing can be said), and where the contract seals a column its result is ``hidden``: it is
    compared and never shown, since a sum or a greatest value tells what it was made of.
    """

    name: str
    metric: Metric
    columns: tuple[str, ...]
    operator: str
    operands: tuple[float, ...]
    line: int
    unit: Literal["rows", "percent"] = "rows"
    severity: Severity = "error"
    valid_values: tuple[str, ...] = ()
    missing_values: tuple[str, ...] = ()
    pattern: str | None = None
    description: str = ""
    query: str | None = None
    empty: float | Decimal | None = None
    hidden: bool = False

    @property
    def per_row(self) -> bool:
        """True if single rows can be blamed, so that they go to quarantine instead of holding the whole."""
        countable = self.metric in {"nullValues", "missingValues", "invalidValues"}
        return countable and self.operator == "mustBe" and self.operands == (0.0,)


@dataclass(frozen=True)
class GroupRule:
    """Rows that belong together: in each group of equal ``by`` a measure keeps the operator, or the whole group goes.

    ``metric`` is ``groupSum`` (of ``column``) or ``groupRowCount`` (``column`` is None). A rule of severity error sends
    every row of a group that breaks it to quarantine; a warning is counted by rows.
    """

    name: str
    metric: Literal["groupSum", "groupRowCount"]
    by: tuple[str, ...]
    column: str | None
    operator: str
    operands: tuple[Decimal, ...]
    line: int
    severity: Severity = "error"
    description: str = ""


@dataclass(frozen=True)
class VolumeRule:
    """Rows of a day may differ from the product's own published receipts by ``tolerance`` (a share) at most.

    Expected is the median of the newest ``history`` published days before it of the same kind (workday or weekend), or
    of any kind where there are fewer than ``minimum`` of that kind; with fewer than ``minimum`` at all nothing is
    judged, and the receipt says so. Held days are no evidence.
    """

    name: str
    tolerance: float
    line: int
    history: int = 20
    minimum: int = 3
    severity: Severity = "error"
    description: str = ""


@dataclass(frozen=True)
class Unenforced:
    """A rule that is valid and shown, but that the gate does not enforce, and why."""

    name: str
    reason: str
    line: int


@dataclass(frozen=True)
class Quality:
    """Everything that ``quality`` says, by the way in which it is judged; names are unique over all of it."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[GroupRule, ...] = ()
    volume: VolumeRule | None = None
    unenforced: tuple[Unenforced, ...] = ()


@dataclass(frozen=True)
class Contract:
    """What one data product promises. ``id`` is ``domain.product``; ``digest`` is the SHA-256 of the file's bytes."""

    id: str
    version: str
    columns: tuple[Column, ...]
    path: Path
    digest: str
    title: str = ""
    description: str = ""
    description_zh: str = ""
    owner: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    unenforced: tuple[Unenforced, ...] = ()
    groups: tuple[GroupRule, ...] = ()
    volume: VolumeRule | None = None
    quarantine_share: float | None = None
    retention_days: int | None = None
    key_scope: Literal["product", "partition"] = "product"
    by_name: dict[str, Column] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    def at(self, path: str) -> Column:
        """The column, or what lies within one, by its path. Errors: KeyError."""
        return dict(self.by_name[top_of(path)].walk())[path]

    @property
    def domain(self) -> str:
        """The part of the id before the dot."""
        return self.id.split(".", 1)[0]

    @property
    def product(self) -> str:
        """The part of the id after the dot: the table's name and the parameter's name in a consumer."""
        return self.id.split(".", 1)[1]

    @property
    def major(self) -> int:
        """The version's first number; a consumer asks for it (``risk.fraud_scores@1``)."""
        return int(self.version.split(".", 1)[0])

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the primary key's columns in their order; empty where the contract has none."""
        columns = [c for c in self.columns if c.key_position is not None]
        return tuple(c.name for c in sorted(columns, key=lambda c: c.key_position or 0))

    @property
    def partition(self) -> str | None:
        """Name of the partition column, or None for a product that is replaced as a whole."""
        return next((c.name for c in self.columns if c.partitioned), None)

    @cached_property
    def sealed(self) -> bool:
        """True if any column is of class C2 or C3, or tokenised, so that quarantined rows are sealed."""
        return any(column.sealed for column in self.columns)
