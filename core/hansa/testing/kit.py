"""Everything that was tried in one run of pytest, each thing once; tests only ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hansa.contract.model import Contract
from hansa.schema import families
from hansa.testing.bench import Bench, distinct
from hansa.testing.inputs import Inputs
from hansa.testing.leaks import persons
from hansa.testing.product_trial import ProductTrial, try_product
from hansa.testing.result import GREEN, Result, red, skipped
from hansa.testing.row_trial import RowTrial, rules_of_rows
from hansa.testing.subject import Subject
from hansa.testing.table_trial import TableTrial

_Made = TypeVar("_Made")


def rule_names(contract: Contract) -> list[str]:
    """Every rule of a contract, those too that are not enforced."""
    return list(dict.fromkeys([*families(contract), *(rule.name for rule in contract.unenforced)]))


@dataclass
class Kit:
    """Trials of plugins, under ``root``."""

    root: Path
    _known: dict[tuple[str, ...], Any] = field(default_factory=dict)
    _trying: set[tuple[str, ...]] = field(default_factory=set)

    def _once(self, make: Callable[[Path], _Made], *key: str) -> _Made:
        if key not in self._known:
            place = self.root / "-".join(key)
            place.mkdir(parents=True)
            self._known[key] = make(place)
        made: _Made = self._known[key]
        return made

    def rows(self, subject: Subject, id: str) -> RowTrial:
        """The row rules of a product."""
        contract = subject.contracts[id]
        return self._once(lambda place: RowTrial(Bench(place, contract)).run(), subject.name, id, "rows")

    def tables(self, subject: Subject, id: str) -> TableTrial:
        """The table rules of a product."""
        contract = subject.contracts[id]
        return self._once(lambda place: TableTrial(Bench(place, contract)).run(), subject.name, id, "tables")

    def inputs(self, subject: Subject) -> Inputs:
        """What the plugin's products read."""
        return self._once(Inputs, subject.name, "inputs")

    def product(self, subject: Subject, id: str) -> ProductTrial:
        """The function of a product."""
        inputs, key = self.inputs(subject), (subject.name, id, "product")
        if key in self._trying:
            # Two products that read each other: neither makes what the other needs.
            return ProductTrial()
        self._trying.add(key)
        try:
            return self._once(lambda _: try_product(subject, id, inputs, partial(self.product, subject)), *key)
        finally:
            self._trying.discard(key)

    def rule(self, subject: Subject, id: str, rule: str, *, broken: bool) -> Result:
        """What became of the rows that keep a rule, or of those that break it."""
        contract = subject.contracts[id]
        for one in contract.unenforced:
            if one.name == rule and rule not in families(contract):
                return skipped(f"the gate does not enforce it: {one.reason}")
        trial = self.rows(subject, id) if rule in rules_of_rows(contract) else self.tables(subject, id)
        return (trial.broken if broken else trial.kept).get(rule) or skipped("no row for it can be synthesised")

    def personal(self, subject: Subject, id: str) -> Result:
        """Whether clear values of persons stand anywhere where they must not."""
        contract = subject.contracts[id]
        product, _ = subject.products[id]
        read = [subject.contract_of(given.product, given.major) for given in product.requires]
        if not any(persons(one) for one in (contract, *filter(None, read))):
            return skipped("neither its contract nor what it reads has a text column of class C2 or C3, or a token")
        benches = [self.rows(subject, id).bench, self.tables(subject, id).bench]
        leaks = [leak for bench in benches for leak in (*bench.leaks, *bench.lying())]
        trial = self.product(subject, id) if product.function is not None else None
        found = distinct([*leaks, *(trial.leaks if trial is not None else ())])
        if found:
            return red("; ".join(found))
        if trial is not None and not trial.ran:
            return skipped(f"only the gate was tried: {trial.deterministic.reason}")
        if trial is None and not benches[0].secrets:
            return skipped("no identifier was synthesised")
        return GREEN


def complete(subject: Subject, module: str) -> Result:
    """Whether a contract is installed for everything that a module makes and reads."""
    missing: list[str] = []
    for product in subject.modules[module].products:
        if subject.contract_of(product.id) is None:
            missing.append(f"no installed plugin brings the contract of {product.id}")
        missing += _unread(subject, product.id, [(g.product, g.major, g.reference) for g in product.requires])
    return red("; ".join(missing)) if missing else GREEN


def _unread(subject: Subject, id: str, given: Iterable[tuple[str, int, str]]) -> list[str]:
    lost = [reference for product, major, reference in given if subject.contract_of(product, major) is None]
    return [f"{id} reads {reference}, whose contract no installed plugin brings" for reference in lost]
