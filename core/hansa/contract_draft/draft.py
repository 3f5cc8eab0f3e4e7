"""A draft: one pass to see, one more in which the gate's own cast tries what is proposed over every row."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from hansa.cast import Reading, casts
from hansa.contract.model import Contract
from hansa.contract.reader import read_contract
from hansa.contract_draft.distinct import Budget, Distinct
from hansa.contract_draft.evidence import Evidence
from hansa.contract_draft.figures import counted, percent
from hansa.contract_draft.header import mended, refuse_repeated, shown
from hansa.contract_draft.opened import Opened
from hansa.contract_draft.proposal import Proposal, propose
from hansa.contract_draft.remarks import remark
from hansa.contract_draft.signs import ask_of_signs
from hansa.contract_draft.written import VERSION, property_of, rename_hint, written
from hansa.errors import DataError, MeshError
from hansa.products import PRODUCT_ID
from hansa.sources.files import translate, unreadable

#: Cells of a batch: what is in memory at once.
_CELLS = 1_500_000
#: Types that no contract has.
_NO_COLUMN = (pl.Binary, pl.Duration, pl.Object)
_KINDS = {
    "csv": "a CSV file",
    "parquet": "a Parquet file",
    "excel": "an Excel sheet",
    "table": "a published product",
    "bound": "a file read by the words of its source",
}


@dataclass(frozen=True)
class Draft:
    """A proposed contract: its ``text``, and what was seen as ``columns`` of plain values."""

    id: str
    kind: str
    rows: int
    text: str
    proposals: tuple[Proposal, ...]
    seen: tuple[Evidence, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]

    def reading(self) -> dict[str, Any]:
        """The draft for a machine; ``casts`` is the share of the values present that the gate takes."""
        return {
            "id": self.id,
            "version": VERSION,
            "from": self.kind,
            "rows": self.rows,
            "notes": list(self.notes),
            "columns": [_reading(*pair) for pair in zip(self.proposals, self.seen, strict=True)],
            "left_out": list(self.left_out),
            "partition_candidates": [one.name for one in self.proposals if one.logical_type == "date"],
        }


def _reading(made: Proposal, seen: Evidence) -> dict[str, Any]:
    return {
        "name": made.name,
        "in_file": made.source_name,
        "type": made.type_in_words,
        "property": property_of(made),
        "casts": made.taken / made.present if made.present else None,
        "not_cast": made.present - made.taken,
        "nulls": seen.nulls,
        "empty": seen.empty,
        "null_words": seen.null_words,
        "all_differ": seen.distinct.state if made.present else None,
        "recognised": made.recognised,
        "comments": list(made.comments),
        "decide": list(made.decide),
    }


def default_id(place: str) -> str:
    """``draft.<name>`` by the file's name, without the digits of a date or a number in it."""
    stem = unicodedata.normalize("NFKC", Path(place).stem).lower()
    words = re.findall(r"[a-z0-9]+", re.sub(r"[0-9][0-9._-]{3,}[0-9]|[0-9]{5,}", " ", stem))
    name = "_".join(words)[:60].strip("_")
    return f"draft.{name if name[:1].isalpha() else 'product'}"


def check_id(identity: str) -> None:
    """Errors: MeshError for an id that no product can have."""
    if not PRODUCT_ID.fullmatch(identity):
        mend = "write it in lower case with digits and underscores, such as risk.fraud_scores"
        raise MeshError("draft.id", f"'{identity}' is no id of the form domain.product", next_step=mend)


def draft_from(opened: Opened, identity: str | None = None) -> Draft:
    """Propose a contract for what was opened.

    Errors: MeshError for an id that is none, DataError for a file that cannot be read to its end or has no column
    that a contract can have.
    """
    identity = identity or (opened.place.partition("@")[0] if opened.kind == "table" else default_id(opened.place))
    check_id(identity)
    seen = _seen(opened)
    pairs, left_out = _proposed(opened, seen)
    if not pairs:
        what = "it has no column that a contract can have: all are binary, durations or nested in a way of their own"
        raise DataError("draft.columns", what, where=opened.place, next_step="flatten them")
    proposals = tuple(made for made, _ in pairs)
    rows = pairs[0][1].rows
    notes = (*_head(opened, rows, pairs), *opened.notes)
    ask_of_signs(pairs, opened)
    _try(opened, identity, pairs)
    for made, evidence in pairs:
        remark(made, evidence)
    if hint := rename_hint(proposals):
        notes = (*notes, hint)
    text = written(identity, notes, proposals, left_out)
    _read_back(text)
    return Draft(identity, opened.kind, rows, text, proposals, tuple(one for _, one in pairs), left_out, notes)


def _seen(opened: Opened) -> list[Evidence]:
    """The first pass: everything that is counted, over all rows."""
    budget = Budget()
    columns = zip(opened.names, opened.schema.items(), strict=True)
    made = [Evidence(name, column, dtype, Distinct(budget)) for name, (column, dtype) in columns]
    flat = [one for one in made if one.dtype not in _NO_COLUMN]
    for batch in _batches(opened, [one.column for one in flat]):
        for one in flat:
            one.see(batch[one.column])
    if opened.kind in ("csv", "excel"):
        refuse_repeated(sum(one.own_name > 0 for one in made), opened.place)
    return made


def _batches(opened: Opened, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Batches of these columns. Errors: DataError; no text of a library, which may quote a value, is passed on."""
    if not columns:
        return
    size = max(1_000, _CELLS // len(columns))
    try:
        yield from opened.frame.select(columns).collect_batches(chunk_size=size, maintain_order=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise translate(error, opened.place) or unreadable(opened.place) from None


def _proposed(opened: Opened, seen: list[Evidence]) -> tuple[list[tuple[Proposal, Evidence]], tuple[str, ...]]:
    """The columns that a contract can have, and a sentence for each of the others."""
    made, left_out = [], []
    for name, evidence in zip(mended(opened.names), seen, strict=True):
        proposal = propose(name, evidence, opened.kind)
        if proposal is None:
            # The base type alone: a struct's own text would name its fields.
            told = str(evidence.dtype.base_type())
            left_out.append(f"Left out: {shown(evidence.name)} is of type {told}; flatten it or write it as another.")
        else:
            made.append((proposal, evidence))
    return made, tuple(left_out)


def _head(opened: Opened, rows: int, pairs: list[tuple[Proposal, Evidence]]) -> list[str]:
    days = [made.name for made, _ in pairs if made.logical_type == "date"]
    made = [
        f"A draft from {_KINDS[opened.kind]}: {counted(rows, 'row')}, {counted(len(pairs), 'column')}. Names and types "
        "are what was seen. What the product promises is its owner's to add: required, unique, primaryKey, bounds, "
        "lists of values, classification, descriptions and a team. Under each 'Decide' stands a question to the owner; "
        "remove these comments as you answer them."
    ]
    if days:
        listed = ", ".join(days[:20]) + (", ..." if len(days) > 20 else "")
        made.append(
            "To publish day by day, write partitioned: true and required: true at the column with the business day: "
            f"{listed}. Without it each publication replaces the whole product."
        )
    return made


def _try(opened: Opened, identity: str, pairs: list[tuple[Proposal, Evidence]]) -> None:
    """The second pass: cast every row as the gate will, and fall back to text where a proposal does not hold."""
    contract = _read_back(written(identity, (), [made for made, _ in pairs], ()))
    columns = {
        made.name: seen.column for made, seen in pairs if made.logical_type != "string" or seen.dtype != pl.String
    }
    failed = _failures(opened, contract, columns)
    for made, seen in pairs:
        _judge(made, seen, failed.get(made.name, 0))


def _judge(made: Proposal, seen: Evidence, failed: int) -> None:
    """Empty texts are no values: a type is proposed beside them, and a comment names the way to make them nulls."""
    made.taken = made.present - failed
    beyond = failed - seen.empty if seen.dtype == pl.String else failed
    if beyond <= 0:
        return
    share = f"{percent(seen.non_empty - beyond, seen.non_empty)} can be read as {made.type_in_words}"
    if seen.dtype == pl.String:
        made.as_text(share)
        made.taken = made.present
    elif seen.dtype == pl.UInt64:
        made.logical_type, made.physical_type, made.taken = "number", "DECIMAL(20,0)", made.present
        made.comments.append("whole numbers beyond 63 bits, which no integer holds")
    else:
        made.comments.append(f"{share}, the type in the file")
        made.decide.append("The gate refuses the other values: mend them at the source, or write another type")


def _failures(opened: Opened, contract: Contract, columns: Mapping[str, str]) -> dict[str, int]:
    """For each column of the contract the values that its cast does not take."""
    total = dict.fromkeys(columns, 0)
    if not columns:
        return total
    back = {source: name for name, source in columns.items()}
    schema = {name: opened.schema[source] for name, source in columns.items()}
    tried = casts(contract, schema, Reading(), "UTC")
    counted_failures = [tried[name].failed.sum().alias(name) for name in columns]
    for batch in _batches(opened, list(columns.values())):
        row = batch.lazy().rename(back).select(counted_failures).collect().row(0, named=True)
        for name, count in row.items():
            total[name] += int(count or 0)
    return total


def _read_back(text: str) -> Contract:
    """The draft as every other part will read it: what cannot be read is never shown."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.odcs.yaml"
        path.write_text(text, encoding="utf-8")
        return read_contract(path)
