"""Which products of a mesh read which columns of a contract."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from hansa.contract.model import Contract
    from hansa.mesh import Mesh
    from hansa.products import Product
    from hansa.run import Run

Schema = Mapping[str, "pl.DataType"]


@dataclass(frozen=True)
class Reader:
    """A product that reads the contract; ``columns`` are those that it is known to read.

    It reads no others if they are ``complete``. They are not where its function fails on frames without rows, and where
    it looks at rows before it answers: what it does then may depend on them.
    """

    product: str
    owner: str
    columns: frozenset[str] = frozenset()
    complete: bool = False

    def reads(self, columns: tuple[str, ...]) -> bool:
        """True if one of the columns is read, or may be; without columns the product as a whole is meant."""
        return not self.complete or self.knows(columns)

    def knows(self, columns: tuple[str, ...]) -> bool:
        """True if one of the columns is read for sure."""
        return not columns or not self.columns.isdisjoint(columns)


def readers_of(mesh: Mesh, contract: Contract) -> list[Reader]:
    """The mesh's products that read the contract at its major version, by id, with the columns that they read.

    Each one's function is called on frames without rows, and what it asks of them is noted.
    """
    return [
        _reader(mesh, product, module, contract)
        for _, (product, module) in sorted(mesh.declared.items())
        if any(given.product == contract.id and given.major == contract.major for given in product.requires)
    ]


def _owner(mesh: Mesh, product: str) -> str:
    found = [one for (name, _), one in mesh.registry.contracts.items() if name == product]
    return found[-1].owner if found else ""


def _reader(mesh: Mesh, product: Product, module: str, contract: Contract) -> Reader:
    owner = _owner(mesh, product.id)
    probe = _probe(mesh, product, module, contract)
    if probe is None:
        return Reader(product.id, owner)
    schema = probe.own
    there, back = probe.asked(schema), probe.asked(dict(reversed(list(schema.items()))))
    whole = probe.answer(schema)
    if there is None or back is None or whole is None:
        return Reader(product.id, owner)
    # A mere count of rows asks for whichever column is first; what is dropped later is asked for by the plan alone.
    needed = {name for name in schema if probe.answer({n: t for n, t in schema.items() if n != name}) != whole}
    return Reader(product.id, owner, frozenset((there.columns & back.columns) | needed), not there.early)


@dataclass
class _Asked:
    """The ``columns`` that were asked of a frame; ``early`` if rows of any frame were, before there was an answer."""

    columns: set[str]
    answered: bool = False
    early: bool = False


@dataclass(frozen=True)
class _Probe:
    """One product's function; ``own`` is the schema of the contract in question, ``others`` those beside it."""

    function: Callable[..., Any]
    parameter: str
    own: Schema
    others: Mapping[str, Schema]
    run: Run | None

    def answer(self, schema: Schema) -> list[tuple[str, Any]] | None:
        """Columns and types of what the function gives on a frame of ``schema``, sorted; None if it fails."""
        import polars as pl

        empty = {name: pl.LazyFrame(schema=one) for name, one in {self.parameter: schema, **self.others}.items()}
        made = self._called(empty, lambda answer: answer.collect_schema())
        return None if made is None else sorted(made.items(), key=lambda pair: str(pair[0]))

    def asked(self, schema: Schema) -> _Asked | None:
        """What is asked of the frame while the function's answer is computed; None if it fails."""
        asked = _Asked(set())
        frames = {name: _watched(one, asked, own=False) for name, one in self.others.items()}
        frames[self.parameter] = _watched(schema, asked, own=True)

        def compute(answer: pl.LazyFrame) -> pl.DataFrame:
            asked.answered = True
            return answer.collect()

        return None if self._called(frames, compute) is None else asked

    def _called(self, frames: Mapping[str, Any], then: Callable[[pl.LazyFrame], Any]) -> Any:
        """What ``then`` makes of the function's answer; None if it fails, whatever a guest's code raises."""
        given = dict(frames) | ({} if self.run is None else {"run": self.run})
        try:
            with redirect_stdout(sys.stderr):
                return then(self.function(**given).lazy())
        except (Exception, SystemExit):  # noqa: BLE001 - guest code may raise anything, and is only asked here
            return None


def _watched(schema: Schema, asked: _Asked, *, own: bool) -> pl.LazyFrame:
    """A frame without rows that notes when it is read, and if it is the ``own`` one, by which columns."""
    from polars.io.plugins import register_io_source

    def rows(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        import polars as pl

        asked.early = asked.early or not asked.answered
        if own:
            asked.columns.update(schema if columns is None else columns)
        frame = pl.DataFrame(schema=schema)
        frame = frame if predicate is None else frame.filter(predicate)
        yield frame if columns is None else frame.select(columns)

    return register_io_source(rows, schema=dict(schema))


def _probe(mesh: Mesh, product: Product, module: str, contract: Contract) -> _Probe | None:
    """The probe of a product; None where the contract of one of its inputs is not known, or it is no function."""
    from hansa.run import Run
    from hansa.schema import polars_schema

    others: dict[str, Schema] = {}
    for given in product.requires:
        known = contract if given.product == contract.id else mesh.registry.contracts.get((given.product, given.major))
        if known is None:
            return None
        others[given.parameter] = polars_schema(known)
    if product.function is None:
        return None
    parameter = next(given.parameter for given in product.requires if given.product == contract.id)
    settings = {
        name: one.default for found in mesh.modules if found.name == module for name, one in found.settings.items()
    }
    settings |= mesh.products[product.id].settings if product.id in mesh.products else {}
    day = mesh.file.start
    run = Run("diff", mesh.file.time_zone, day, day, settings=settings) if product.wants_run else None
    return _Probe(product.function, parameter, others.pop(parameter), others, run)
