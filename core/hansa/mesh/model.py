"""Mesh: one institution's choice, checked as a whole before anything runs. Everything else is a view of it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hansa.mesh.shadow import in_shadow

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.errors import HansaError
    from hansa.mesh.file import MeshFile
    from hansa.products import Kpi, Module, Product
    from hansa.registry import Registry
    from hansa.sources import Binding
    from hansa.store.warehouse import Warehouse
    from hansa.vault import VaultPlace

#: The module of the source products that no plugin brings: a contract and a bound source are enough.
BOUND_SOURCES = "mesh.sources"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth a look, in the mesh as a whole, with the mend.

    ``module`` and ``product`` say whom it concerns; both are empty where it concerns nobody in particular. ``code`` is
    that of an error, which ``hansa why`` explains.
    """

    severity: Literal["error", "warning"]
    what: str
    next_step: str
    module: str = ""
    product: str = ""
    code: str = ""

    @classmethod
    def of(
        cls, severity: Literal["error", "warning"], fault: HansaError, *, module: str = "", product: str = ""
    ) -> Finding:
        """The finding that an error is, or that it would be if somebody ran the mesh."""
        return cls(severity, fault.fact(), fault.next_step, module, product, fault.code)

    @property
    def about(self) -> str:
        """The product or module that it concerns, else ``mesh``."""
        return self.product or self.module or "mesh"

    def sentence(self) -> str:
        """One line: whom it concerns, what, the mend."""
        return f"{self.about}: {self.what}; {self.next_step}"

    def line(self) -> str:
        """The sentence with its code behind it, as errors have it."""
        return f"{self.sentence()} [{self.code}]" if self.code else self.sentence()


@dataclass(frozen=True)
class MeshProduct:
    """A product with its place in this mesh: its module, the contract that it keeps, its source and its settings.

    ``settings`` are the module's with the defaults filled in; ``binding`` is set for a source-aligned product only.
    ``added`` are columns of the institution's own overlays: a function need not give them.
    """

    product: Product
    module: str
    contract: Contract
    binding: Binding | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    added: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """``domain.product``."""
        return self.product.id

    @property
    def daily(self) -> bool:
        """True if it is kept by business day: its contract has a partition column."""
        return self.contract.partition is not None

    @property
    def requires(self) -> frozenset[str]:
        """Ids of the products that it reads."""
        return frozenset(given.product for given in self.product.requires)


@dataclass(frozen=True)
class Mesh:
    """The enabled modules and what can run of them.

    ``products`` are those whose every need is met, ``left_out`` the others with the reason, ``declared`` the
    declarations of both (id to product and module); ``order`` is topological, ties by id.
    """

    path: Path
    file: MeshFile
    registry: Registry
    modules: tuple[Module, ...]
    products: Mapping[str, MeshProduct]
    left_out: Mapping[str, str]
    declared: Mapping[str, tuple[Product, str]]
    findings: tuple[Finding, ...]
    warehouse: Warehouse
    keys: Path
    vault: VaultPlace | None
    dagster_home: Path
    order: tuple[str, ...] = ()

    @property
    def kpis(self) -> tuple[Kpi, ...]:
        """The targets of the enabled modules, by id."""
        return tuple(sorted((kpi for module in self.modules for kpi in module.kpis), key=lambda kpi: kpi.id))

    def module_of(self, name: str) -> Module | None:
        """The module of that name; where it is in shadow only, its shadow."""
        found = {module.name: module for module in self.modules}
        return found.get(name) or found.get(in_shadow(name))

    def state_of(self, module: str) -> str:
        """``on``, ``off``, ``shadow``, or ``on, shadow`` where a module runs beside itself."""
        names = {one.name for one in self.modules}
        states = [word for word, name in (("on", module), ("shadow", in_shadow(module))) if name in names]
        return ", ".join(states) or "off"

    def upstream(self, product: str) -> tuple[str, ...]:
        """Ids of all that ``product`` is made from, directly or not, in topological order."""
        wanted = reachable([product], lambda id: self.products[id].requires) - {product}
        return tuple(id for id in self.order if id in wanted)

    def downstream(self, product: str) -> tuple[str, ...]:
        """Ids of all that is made from ``product``, directly or not, in topological order."""
        wanted: set[str] = {product}
        for id in self.order:
            if self.products[id].requires & wanted:
                wanted.add(id)
        return tuple(id for id in self.order if id in wanted - {product})

    def errors_for(self, selection: Collection[str]) -> tuple[Finding, ...]:
        """The error findings that concern these products or modules, or anything that they are made from."""
        named = {found.name for name in selection if (found := self.module_of(name)) is not None} | set(selection)
        chosen = {id for id, (_, module) in self.declared.items() if id in named or module in named}
        concerned = reachable(chosen, self._needs)
        modules = {self.declared[id][1] for id in concerned if id in self.declared} | named
        return tuple(
            finding
            for finding in self.findings
            if finding.severity == "error"
            and (finding.product in concerned if finding.product else finding.module in modules | {""})
        )

    def _needs(self, product: str) -> Collection[str]:
        if product not in self.declared:
            return ()
        return [given.product for given in self.declared[product][0].requires]


def reachable(start: Iterable[str], needs: Callable[[str], Iterable[str]]) -> set[str]:
    """These, and whatever they need, directly or not."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(needs(id))
    return found


def topological(requires: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The ids so that each comes after what it requires; of several possible ones the smallest id first.

    Errors: graphlib.CycleError.
    """
    sorter = TopologicalSorter(requires)
    sorter.prepare()
    ready: list[str] = []
    while sorter.is_active():
        for id in sorter.get_ready():
            heapq.heappush(ready, id)
        smallest = heapq.heappop(ready)
        sorter.done(smallest)
        yield smallest
