"""One product's function on synthesised inputs: run twice, and on the same rows in another order; published twice."""

from __future__ import annotations

import datetime as dt
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from hansa.contract.model import Contract
from hansa.digest import RowDigest, row_hashes
from hansa.errors import HansaError
from hansa.gate import publish
from hansa.mesh.model import MeshProduct
from hansa.plan import input_span
from hansa.receipt import Publication
from hansa.run import Run
from hansa.store.door import Door
from hansa.store.warehouse import Warehouse
from hansa.testing.inputs import Inputs
from hansa.testing.leaks import Leak, cells, listening, said
from hansa.testing.result import GREEN, NotMadeError, Result, red, skipped
from hansa.testing.sheet import ZONE
from hansa.testing.subject import Subject


@dataclass
class ProductTrial:
    """What was found of one product.

    ``ran`` is true if its function gave rows of the inputs, ``landed`` if rows of it were published.
    """

    ran: bool = False
    landed: bool = False
    deterministic: Result = GREEN
    idempotent: Result = GREEN
    contract: Result = GREEN
    leaks: list[Leak] = field(default_factory=list)

    def all(self, result: Result) -> ProductTrial:
        """The same answer to every question that has no worse one yet."""
        for name in ("deterministic", "idempotent", "contract"):
            if getattr(self, name).state == "green":
                setattr(self, name, result)
        return self


def try_product(subject: Subject, id: str, inputs: Inputs, other: Callable[[str], ProductTrial]) -> ProductTrial:
    """Run a product of the plugin on ``inputs``; ``other`` tries another one, whose rows this one may need."""
    made = ProductTrial()
    product, module_name = subject.products[id]
    contract = subject.contract_of(id)
    if contract is None:
        return made.all(skipped("no installed plugin brings its contract"))
    settings = {name: setting.default for name, setting in subject.modules[module_name].settings.items()}
    bench = _Bench(MeshProduct(product, module_name, contract, None, settings), subject, inputs, made, other)
    try:
        bench.run()
    except NotMadeError as error:
        made.all(skipped(str(error)))
    except _FunctionFailedError as error:
        made.all(error.result)
    return made


class _FunctionFailedError(Exception):
    """The function did not end well."""

    def __init__(self, result: Result) -> None:
        self.result = result
        super().__init__(result.reason)


@dataclass
class _Bench:
    kept: MeshProduct
    subject: Subject
    inputs: Inputs
    made: ProductTrial
    other: Callable[[str], ProductTrial]

    def run(self) -> None:
        contract = self.kept.contract
        first, frames = self._first()
        again = self._called(frames)
        shuffled = self._called({name: _shuffled(frame) for name, frame in frames.items()})
        self._look_at(first)
        self.made.ran = True
        if not self._has_columns(first):
            return
        if first.is_empty():
            raise NotMadeError("it makes no row of the synthesised inputs")
        digests = [_digest(contract, one) for one in (first, again, shuffled)]
        if digests[0] != digests[1]:
            self.made.deterministic = red("two runs on the same inputs give different rows")
        elif digests[0] != digests[2]:
            self.made.deterministic = red("the same inputs with their rows in another order give different rows")
        self._publish(first, again)

    # Inputs

    def _first(self) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        """The rows of a first call and what it read: synthesised rows, or what other products of the plugin make.

        Some inputs cannot be synthesised as they have to be, such as a model that somebody trained.
        """
        frames = self._frames()
        try:
            return self._called(frames), frames
        except _FunctionFailedError as error:
            given = self._made_by_others(frames) if error.result.state == "skipped" else frames
            if given is frames:
                raise
        return self._called(given), given

    def _made_by_others(self, frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """The inputs with what the plugin's own products made in the place of the rows of the same days."""
        given = dict(frames)
        for one in self.kept.product.requires:
            product, _ = self.subject.products.get(one.product, (None, ""))
            if product is None or product.function is None or not self.other(one.product).landed:
                continue
            contract = self.subject.contract_of(one.product, one.major)
            rows = Door(self._made(one.product)).open(one.product, one.major).frame.collect()
            partition = contract.partition if contract is not None else None
            rest = frames[one.parameter]
            kept = rest.clear() if partition is None else rest.join(rows, on=partition, how="anti")
            given[one.parameter] = pl.concat([kept, rows.select(kept.columns)])
        return given if any(given[name] is not frame for name, frame in frames.items()) else frames

    def _frames(self) -> dict[str, pl.DataFrame]:
        """The inputs as a run would read them, each as it was published."""
        found: dict[str, pl.DataFrame] = {}
        for given in self.kept.product.requires:
            contract = self.subject.contract_of(given.product, given.major)
            if contract is None:
                raise NotMadeError(f"no installed plugin brings the contract of {given.reference}, which it reads")
            self.inputs.need(contract)
            span = None
            if contract.partition is not None and self._days:
                span = input_span(self.kept, given, self._days[0], self._days[1])
            if span is None and contract.partition is not None and self._days:
                raise NotMadeError(f"it reads no day of {given.reference}")
            opened = Door(self.inputs.warehouse).open(
                given.product, given.major, days=span, partition=contract.partition
            )
            found[given.parameter] = opened.frame.collect()
        return found

    @property
    def _days(self) -> tuple[dt.date, dt.date] | None:
        """The days that are computed; None for a product without days."""
        if not self.kept.daily:
            return None
        return self.inputs.computed(self.kept.contract)

    def _run(self) -> Run:
        first, last = self._days or (None, None)
        artefacts = self.inputs.warehouse.artefacts
        return Run(self.kept.id, ZONE, first, last, settings=self.kept.settings, artefacts=artefacts)

    # The function

    def _called(self, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """The rows of one call. Errors: _FunctionFailedError; what is said on the way is searched."""
        function = self.kept.product.function
        assert function is not None  # noqa: S101 - only computed products come here
        given: dict[str, Any] = {name: frame.lazy() for name, frame in frames.items()}
        if self.kept.product.wants_run:
            given["run"] = self._run()
        failed: BaseException | None = None
        made: Any = None
        with listening() as heard:
            try:
                made = function(**given)
                made = made.lazy().collect() if isinstance(made, pl.LazyFrame | pl.DataFrame) else made
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a function may raise anything
                heard.texts["the text of its exception"], failed = said(error), error
        self.made.leaks += self.inputs.secrets.found_in(heard.texts)
        if failed is not None:
            raise _FunctionFailedError(self._failed(failed))
        if not isinstance(made, pl.DataFrame):
            self.made.ran = True
            raise _FunctionFailedError(red(f"its function gave {type(made).__name__}, not a Polars frame"))
        return made

    def _failed(self, error: BaseException) -> Result:
        """By type and place alone: the text may quote what was synthesised."""
        if isinstance(error, HansaError) and not self.inputs.secrets.found_in({"": error.sentence()}):
            return skipped(f"its function takes no synthesised rows: {error.sentence()}")
        package = (self.kept.product.function.__module__ if self.kept.product.function else "").split(".")[0]
        places = traceback.extract_tb(error.__traceback__)
        own = [one for one in places if package in Path(one.filename).parts or Path(one.filename).stem == package]
        place = own[-1] if own else places[-1]
        return red(f"its function failed with {type(error).__name__} at {Path(place.filename).name}:{place.lineno}")

    # What it made

    def _look_at(self, made: pl.DataFrame) -> None:
        """Search what stands in columns that the contract does not call personal."""
        sealed = {column.name for column in self.kept.contract.columns if column.sealed}
        texts = {}
        for name, dtype in made.schema.items():
            if name not in sealed and not dtype.is_numeric():
                texts[f"its column {name}"] = cells(made[name], dtype)
        self.made.leaks += self.inputs.secrets.found_in(texts)

    def _has_columns(self, made: pl.DataFrame) -> bool:
        columns = self.kept.contract.columns
        missing = [c.name for c in columns if c.name not in made.columns and c.business_date_of is None]
        unknown = [name for name in made.columns if name not in self.kept.contract.by_name]
        if missing or unknown:
            lacks = f"does not give {', '.join(missing)}" if missing else ""
            gives = f"gives {', '.join(unknown)}, which its contract does not know" if unknown else ""
            self.made.all(red("its function " + " and ".join(words for words in (lacks, gives) if words)))
        return not (missing or unknown)

    def _publish(self, first: pl.DataFrame, again: pl.DataFrame) -> None:
        """Publish the rows of both runs, one after the other."""
        try:
            published, unchanged = self._sent(first), self._sent(again)
        except HansaError as error:
            self.made.contract = red(f"the gate takes none of its rows: {error.sentence()}")
            self.made.idempotent = skipped(f"it cannot be published: {error.sentence()}")
            return
        if published.total("quarantined"):
            broken = sorted({name for receipt in published.receipts for name in receipt.broken})
            why = "the contracts of its inputs do not say all that it relies on, or it breaks its own"
            self.made.contract = skipped(f"rows that it makes of synthesised inputs break {', '.join(broken)}: {why}")
        reasons = "; ".join(reason for receipt in published.receipts for reason in receipt.reasons)
        if published.landed is None:
            held = skipped(f"what it makes of the synthesised inputs is held: {reasons}")
            self.made.idempotent = held
            self.made.contract = held if self.made.contract.state == "green" else self.made.contract
            return
        self.made.landed = True
        if not unchanged.unchanged:
            self.made.idempotent = red("publishing what a second run gives changes what is published")

    def _sent(self, rows: pl.DataFrame) -> Publication:
        keys = self.inputs.keys if self.kept.contract.sealed else None
        with listening() as heard:
            made = publish(rows.lazy(), self.kept.contract, self._run(), self._own_warehouse, keys=keys)
        self.made.leaks += self.inputs.secrets.found_in(heard.texts)
        return made

    @property
    def _own_warehouse(self) -> Warehouse:
        return self._made(self.kept.id)

    def _made(self, product: str) -> Warehouse:
        return Warehouse(self.inputs.root / "made" / product)


def _shuffled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sample(fraction=1, shuffle=True, seed=20260302)


def _digest(contract: Contract, rows: pl.DataFrame) -> str:
    """The digest of the rows in the contract's order of columns; the order of rows does not count."""
    names = [name for name in contract.by_name if name in rows.columns]
    return RowDigest.of(row_hashes(rows.select(names))).text()
