"""Small contracts built in code, and a bench: a warehouse with its keys in a folder of its own."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hansa.contract.model import Column, Contract, Rule
from hansa.gate import publish
from hansa.receipt import Publication, ReceiptBook, book_of
from hansa.run import Run
from hansa.secrets import load_keys
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
from machinery.refused import BAD, looser


def make_column(name: str, kind: str = "string", **options: Any) -> Column:
    return Column(name, kind, 1, **options)


def make_contract(*columns: Column, id: str = "t.a", digest: str = "d1", **options: Any) -> Contract:
    return Contract(id, options.pop("version", "1.0.0"), columns, Path("a.odcs.yaml"), digest, **options)


def make_rule(name: str, metric: str, *columns: str, **options: Any) -> Rule:
    return Rule(
        name, metric, columns, options.pop("operator", "mustBe"), options.pop("operands", (0.0,)), line=1, **options
    )


class Bench:
    """One warehouse; ``publish`` takes rows as they came from a file of texts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warehouse = Warehouse(root / "wh")
        self.keys = load_keys(root / "keys")
        self._runs = 0

    def publish(
        self, frame: pl.DataFrame | pl.LazyFrame, contract: Contract, *days: str, **options: Any
    ) -> Publication:
        self._runs += 1
        first, last = (dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[-1])) if days else (None, None)
        run = Run(f"run{self._runs}", options.pop("zone", "UTC"), first, last, now=options.pop("now", None))
        return publish(frame.lazy(), contract, run, self.warehouse, keys=options.pop("keys", self.keys), **options)

    def rows(self, product: str = "t.a", major: int = 1) -> pl.DataFrame:
        frame = Door(self.warehouse).open(product, major).frame.collect()
        return frame.sort(frame.columns)

    def snapshots(self, product: str = "t.a") -> list[int]:
        name = tuple(product.split("."))
        if not self.warehouse.catalog.table_exists(name):
            return []
        table = self.warehouse.catalog.load_table(name)
        return [snapshot.snapshot_id for snapshot in table.snapshots()]

    def book(self, product: str = "t.a") -> ReceiptBook:
        return book_of(self.warehouse, product)

    def listing(self) -> list[str]:
        """Every file of the warehouse, but for the SQLite file that grows by itself."""
        return sorted(str(path) for path in self.warehouse.root.rglob("*") if path.is_file())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def new_bench() -> Iterator[Callable[[], Bench]]:
    """Fresh benches for tests that need one an example."""
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: Bench(Path(tempfile.mkdtemp(dir=folder)))


@pytest.fixture(scope="session")
def column() -> Callable[..., Column]:
    return make_column


@pytest.fixture(scope="session")
def contract() -> Callable[..., Contract]:
    return make_contract


@pytest.fixture(scope="session")
def rule() -> Callable[..., Rule]:
    return make_rule


@pytest.fixture(scope="session")
def daily() -> Contract:
    """``id`` (key), ``day`` (partition), ``cents`` (at least 0)."""
    return make_contract(
        make_column("id", required=True, key_position=1),
        make_column("day", "date", partitioned=True),
        make_column("cents", "integer", minimum=0),
    )


@pytest.fixture(scope="session")
def texts() -> Callable[..., pl.DataFrame]:
    """A frame of texts: column names, then rows separated by blanks; a hyphen is null."""

    def made(names: str, *rows: str) -> pl.DataFrame:
        cells = [[None if cell == "-" else cell for cell in row.split()] for row in rows]
        return pl.DataFrame(cells, schema=dict.fromkeys(names.split(), pl.String), orient="row")

    return made


@pytest.fixture
def loose(daily: Contract, contract: Callable[..., Contract], column: Callable[..., Column]) -> Contract:
    """``daily`` in a newer version, which takes negative amounts too."""
    return looser(daily, contract, column)


@pytest.fixture
def published(bench: Bench, daily: Contract, texts: Callable[..., pl.DataFrame]) -> Bench:
    """Two good rows in two days, and four bad ones, one of them of no day."""
    bench.publish(texts("id day cents", *BAD), daily)
    return bench
