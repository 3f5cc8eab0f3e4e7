"""A producer and a consumer of one product whose contract changes, on a real gate and a real warehouse.

The consumer relies on all that the old contract promised: he uses each column as its type and publishes what he read
under the very promises of the old contract. He breaks if his code fails, or if his own gate refuses a row or the day.
The producer sends what the old contract let pass. He breaks if the new one refuses a row or the day.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from hansa.change import changes, demanded, strongest
from hansa.contract.model import Column, Contract
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.receipt import Publication
from hansa.run import Run
from hansa.secrets import load_keys
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse

Rows = Mapping[str, Sequence[str | None]]
_UUID = "123e4567-e89b-12d3-a456-426614174000"
_TEXTS = ("", "A", "B", "b", "AB", "1", "-7", "1.5", "true", "2026-01-01", "x" * 300, _UUID, "a@b.cn")


class Trade:
    """One product under the old contract and then under the version that its changes demand."""

    def __init__(self, root: Path, old: Contract, new: Contract) -> None:
        self.old, self.changes = old, changes(old, new)
        version = demanded(old.version, strongest(self.changes))
        self.new = replace(new, version=version, digest=f"{new.digest} as {version}")
        self._root, self._runs = root, 0

    def breaks(self, *frames: Rows) -> set[str]:
        """Whom the new contract breaks on any of these frames; without frames on rows at the borders of both."""
        found = set()
        for number, rows in enumerate(frames or (border_rows(self.old, self.new),)):
            frame = pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String))
            place = self._root / f"frame {number}"
            found |= {"producer"} if self._producer_breaks(frame, place) else set()
            found |= {"consumers"} if self._consumer_breaks(frame, place) else set()
        return found

    def publish(self, frame: pl.DataFrame, contract: Contract, place: Path, **more: Any) -> Publication:
        self._runs += 1
        run = Run(f"run{self._runs}", "UTC")
        keys = load_keys(self._root / "keys")
        return publish(frame.lazy(), contract, run, Warehouse(place), keys=keys, **more)

    def read(self, contract: Contract, place: Path) -> pl.LazyFrame:
        return Door(Warehouse(place)).open(contract.id, contract.major).frame

    def _producer_breaks(self, frame: pl.DataFrame, place: Path) -> bool:
        """What the old contract lets pass, as a file and as a typed frame, is refused by the new one."""
        done = self.publish(frame, self.old, place)
        if done.held:
            return False
        passed = self.read(self.old, place).collect()
        assert passed.height, "the old contract lets nothing pass, so that nothing is shown"
        sent = frame.filter(pl.col("id").is_in(passed["id"].implode())) if "id" in frame.columns else frame
        typed = passed.select(pl.all())
        return any(_refused(self._tried(rows, place)) for rows in (sent.select(_known(sent, self.old)), typed))

    def _tried(self, rows: pl.DataFrame, place: Path) -> Publication:
        return self.publish(rows, self.new, place, dry_run=True)

    def _consumer_breaks(self, frame: pl.DataFrame, place: Path) -> bool:
        """The product comes under the new contract, into the same table if the major version is the same."""
        done = self.publish(frame, self.new, place)
        if done.held:
            return False
        try:
            made = uses_all(self.read(self.new, place), self.old).collect().select(*self.old.by_name)
        except pl.exceptions.PolarsError:
            return True
        try:
            return _refused(self.publish(made, _relied_on(self.old), place / "consumer"))
        except HansaError:
            return True


def uses_all(frame: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """A consumer's function: the columns that it was promised, each used as its type."""
    used = [_use(pl.col(column.name), column).alias(f"used {column.name}") for column in contract.columns]
    return frame.select(*contract.by_name, *used)


def _use(value: pl.Expr, column: Column) -> pl.Expr:
    match column.logical_type:
        case "string":
            return value.str.len_chars()
        case "integer" | "number":
            return value.abs()
        case "boolean":
            return ~value
        case "time":
            return value.dt.hour()
        case "date" | "timestamp":
            return value.dt.year()
        case "array":
            return value.list.len()
        case "object":
            return pl.struct(_use(value.struct.field(one.name), one).alias(one.name) for one in column.fields)


def _relied_on(contract: Contract) -> Contract:
    """The consumer's own contract: what he was promised of values, keys and groups; tokens are tokens already."""
    columns = tuple(replace(one, tokenise=None, business_date_of=None) for one in contract.columns)
    # His own refusals are counted one by one.
    return replace(contract, id="t.copy", columns=columns, quarantine_share=None)


def _known(frame: pl.DataFrame, contract: Contract) -> list[str]:
    return [name for name in frame.columns if name in contract.by_name]


def _refused(done: Publication) -> bool:
    return bool(done.held) or done.total("quarantined") > 0


def border_rows(*contracts: Contract) -> Rows:
    """Rows in which each column but the key has each value at a border of any of the contracts, all with all."""
    pools: dict[str, list[str | None]] = {}
    for contract in contracts:
        for column in contract.columns:
            if column.name != "id":
                pools.setdefault(column.name, []).extend(_values(column))
    unique = {name: list(dict.fromkeys([*values, None])) for name, values in pools.items()}
    rows = list(itertools.product(*unique.values()))
    made: dict[str, list[str | None]] = {"id": [f"n{number}" for number in range(len(rows))]}
    return made | {name: [row[at] for row in rows] for at, name in enumerate(unique)}


def _values(column: Column) -> list[str]:
    """Texts at the borders of what the column allows."""
    made = list(column.enum)
    match column.logical_type:
        case "string":
            lengths = [n for n in (column.min_length, column.max_length) if n is not None]
            made += [*_TEXTS, *("y" * (n + step) for n in lengths for step in (-1, 0, 1) if n + step >= 0)]
        case "integer":
            made += ["0", "5", "9223372036854775807", *_around(column, 1)]
        case "number":
            step = Decimal(1).scaleb(-(column.scale if column.scale is not None else 1))
            digits = (column.precision or 9) - (column.scale or 0)
            greatest = "9" * digits + (f".{'9' * column.scale}" if column.scale else "")
            made += ["0", "7", str(step), greatest, *_around(column, step)]
        case "date":
            made += ["2026-03-01", *_around(column, dt.timedelta(days=1))]
        case "timestamp":
            made += ["2026-03-01T01:02:03Z", "2026-03-01T10:00:00"]
        case "time":
            made += ["09:30:00"]
        case "boolean":
            made += ["true", "false"]
        case "array":
            made += ["[]", *_entries(column)]
        case "object":
            made += _objects(column)
    return made


def _around(column: Column, step: Any) -> Iterable[str]:
    ends = (column.minimum, column.maximum, column.exclusive_minimum, column.exclusive_maximum)
    for end in ends:
        if end is not None:
            yield from (str(end - step), str(end), str(end + step))
    if column.multiple_of is not None:
        yield from (str(column.multiple_of * times) for times in (1, 2, 3))


def _entries(column: Column) -> list[str]:
    assert column.items is not None
    some = [json.loads(text) if column.items.nested else text for text in _values(column.items)[:4]]
    return [json.dumps(entries) for entries in ([some[0]], [some[0], some[0]], some, [None], some[1:2])]


def _objects(column: Column) -> list[str]:
    some = ((one.name, [*_values(one)[1:4], *_values(one)[-2:], None]) for one in column.fields)
    pools = [[(name, value) for value in values] for name, values in some]
    return [json.dumps(dict(chosen)) for chosen in itertools.product(*pools)]
