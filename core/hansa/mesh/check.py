"""Mesh file and registry -> Mesh: every check of the whole, all findings at once.

A product whose need is not met is left out with all that is made from it; the rest of the mesh works.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from graphlib import CycleError
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hansa.calendar import Calendar
from hansa.errors import MeshError
from hansa.mesh.declared import Choice, Declared, choose, contract_of, enabled
from hansa.mesh.extended import Extended, extend
from hansa.mesh.model import BOUND_SOURCES, Finding, Mesh, MeshProduct, topological
from hansa.mesh.module_settings import resolved, setting_findings
from hansa.mesh.scorers import scorer_findings
from hansa.mesh.shadow import in_shadow, is_shadow, live_name, shadowed
from hansa.near import or_near
from hansa.products import PRODUCT_ID, Days, Input, Product, lineage_faults
from hansa.store.warehouse import Warehouse
from hansa.vault import place_of

if TYPE_CHECKING:
    from hansa.mesh.file import MeshFile
    from hansa.registry import PluginReport, Registry


def assemble(path: Path, file: MeshFile, registry: Registry) -> Mesh:
    """The mesh of a file that lies at ``path``, with its findings."""
    extended = extend(path.parent, file, registry)
    choice = choose(file, extended.registry)
    checks = _Checks(file, extended, choice)
    calendar, scorers = _calendar(file, path.parent, choice.declared), scorer_findings(file, extended.registry)
    findings = (*extended.findings, *calendar, *scorers, *checks.all())
    left_out = _left_out(choice.declared, findings)
    kept = {id: checks.mesh_product(id) for id in choice.declared if id not in left_out}
    return Mesh(
        path=path,
        file=file,
        registry=extended.registry,
        modules=choice.modules,
        products=dict(sorted(kept.items())),
        left_out=left_out,
        declared=choice.declared,
        findings=findings,
        warehouse=Warehouse(file.place(path.parent), file.store, file.catalog),
        keys=file.under(path.parent, file.keys),
        vault=place_of(file.vault, path.parent),
        dagster_home=file.under(path.parent, os.environ.get("DAGSTER_HOME") or file.dagster_home),
        order=tuple(topological({id: product.requires for id, product in kept.items()})),
    )


def _calendar(file: MeshFile, folder: Path, known: Collection[str]) -> Iterator[Finding]:
    """What is wrong in the declared calendar; its files of dates are read."""
    calendar = Calendar(file.calendar, folder.resolve())
    try:
        calendar.refuse_unknown(known)
        for id in ("", *file.calendar.products):
            calendar.read(id)
    except MeshError as error:
        yield Finding.of("error", error)


def _left_out(declared: Declared, findings: Collection[Finding]) -> dict[str, str]:
    """Products with an error of their own or of their module, and all that is made from them, with the reason."""
    errors = [finding for finding in findings if finding.severity == "error"]
    modules = {finding.module: finding.what for finding in errors if not finding.product}
    reasons = {finding.product: finding.what for finding in errors if finding.product in declared}
    reasons |= {id: modules[module] for id, (_, module) in declared.items() if module in modules and id not in reasons}
    missing = sorted(reasons)
    while missing:
        lost = missing.pop(0)
        for id, (product, _) in declared.items():
            if id not in reasons and lost in {given.product for given in product.requires}:
                reasons[id] = f"it needs {lost}, which is left out"
                missing.append(id)
    return dict(sorted(reasons.items()))


class _Checks:
    """The checks of one mesh; each yields findings."""

    def __init__(self, file: MeshFile, extended: Extended, choice: Choice) -> None:
        self._file = file
        self._registry = extended.registry
        self._added = extended.added
        self._modules = {module.name: module for module in choice.modules}
        self._declared = choice.declared

    def all(self) -> Iterator[Finding]:
        """Every finding: those of modules and settings first, then product by product."""
        yield from self._plugins()
        yield from self._unknown_modules()
        yield from setting_findings(self._file, self._registry.modules, self._modules)
        yield from self._reserved()
        yield from self._doubles()
        yield from self._unknown_sources()
        for id, (product, module) in self._declared.items():
            for fault in self._lost(id) if self._is_lost(module) else self._product(product):
                yield Finding.of("error", fault, module=module, product=id)
            yield from self._words(product, module)
        yield from self._cycles()

    def mesh_product(self, id: str) -> MeshProduct:
        """The checked product with its place in the mesh."""
        product, module = self._declared[id]
        contract = contract_of(self._registry, id)
        assert contract is not None  # noqa: S101 - a product without contract has a finding and is left out
        live = live_name(id)
        binding = self._file.sources.get(live) if product.from_source else None
        settings = resolved(self._file, self._modules[module]) if module in self._modules else {}
        return MeshProduct(product, module, contract, binding, settings, self._added.get(live, frozenset()))

    def _is_lost(self, module: str) -> bool:
        return module not in self._modules and module != BOUND_SOURCES

    def _lost(self, id: str) -> Iterator[MeshError]:
        """A product of a plugin that is not in: nothing else is known of it, and nothing else is asked."""
        yield _not_in(self._registry.lost[id].plugin)

    def _plugins(self) -> Iterator[Finding]:
        for plugin in self._registry.left_out():
            severity: Literal["error", "warning"] = "error" if plugin.state == "not installed" else "warning"
            yield Finding.of(severity, _not_in(plugin))

    def _unknown_modules(self) -> Iterator[Finding]:
        if not enabled(self._file) and not shadowed(self._file):
            mend = "write 'NAME: on' under modules; hansa modules lists the names"
            yield Finding.of("warning", MeshError("mesh.idle", "no module is on", next_step=mend))
        for name, state in self._file.modules.items():
            if name not in self._registry.modules:
                severity: Literal["error", "warning"] = "warning" if state == "off" else "error"
                what = "no installed plugin brings this module"
                fault = MeshError("module.unknown", what, next_step=self._where_is(name))
                yield Finding.of(severity, fault, module=name)

    def _where_is(self, name: str) -> str:
        """The mend for a name that is not there: the plugin that is left out, a near name, or an installation."""
        domain = name.split(".")[0]
        for plugin in self._registry.absent():
            if name in plugin.modules or plugin.name == domain or plugin.distribution.endswith(f"-{domain}"):
                return plugin.sentence()
        return or_near(name, self._registry.modules, "install the plugin that brings it")

    def _reserved(self) -> Iterator[Finding]:
        for name in [*self._registry.modules, *(id for id, _ in self._registry.contracts)]:
            if is_shadow(name):
                what, mend = (
                    "names that begin with shadow_ are for modules in shadow",
                    "its plugin's author gives it another domain",
                )
                yield Finding.of("error", MeshError("module.reserved", what, next_step=mend), module=name)

    def _doubles(self) -> Iterator[Finding]:
        producers: dict[str, list[str]] = defaultdict(list)
        for module in self._modules.values():
            for product in module.products:
                producers[product.id].append(module.name)
        for id, names in producers.items():
            if len(names) > 1:
                mend = "one contract has one producer: turn one module off"
                fault = MeshError("product.producers", f"made by {' and by '.join(names)}", next_step=mend)
                yield from (Finding.of("error", fault, module=name, product=id) for name in names)

    def _unknown_sources(self) -> Iterator[Finding]:
        known = sorted({id for id, _ in self._registry.contracts} | set(self._declared))
        for id in self._file.sources:
            if id not in self._declared and in_shadow(id) not in self._declared:
                named = "no known product" if PRODUCT_ID.match(id) else "no product id"
                mend = or_near(id, known, f"remove sources.{id}, or install the plugin with its contract")
                fault = MeshError("source.unknown", f"a source is bound to it, but it is {named}", next_step=mend)
                yield Finding.of("error", fault, product=id)

    def _product(self, product: Product) -> Iterator[MeshError]:
        """What is wrong with one product, its own needs only."""
        contract = contract_of(self._registry, product.id)
        if contract is None:
            mend = "its plugin's hansa_contracts must name the folder of its contract"
            yield MeshError("product.contract", "it keeps no known contract", next_step=mend)
        yield from self._source(product)
        if contract is not None and product.every is not None and contract.partition is None:
            what = "it has a cadence (every), but its contract has no partition column"
            yield MeshError("product.cadence", what, next_step="mark a date partitioned: true")
        for days in [product.every, *(d for given in product.requires for d in (given.lookback, given.lookahead))]:
            yield from self._days(product, days)
        for what, mend in lineage_faults(product, lambda id: contract_of(self._registry, id)):
            yield MeshError("product.lineage", what, next_step=mend)
        for given in product.requires:
            if is_shadow(given.product) and not is_shadow(product.id):
                what = f"it reads {given.reference}, which is in shadow"
                yield MeshError("product.shadow", what, next_step="read what is live")
            yield from self._need(given)

    def _source(self, product: Product) -> Iterator[MeshError]:
        """A source that is missing, or that is bound to what is computed."""
        live = live_name(product.id)
        bound = live in self._file.sources
        if product.from_source and not bound:
            mend = f"write sources.{live} with a uri in the mesh file"
            yield MeshError("source.unbound", "no source is bound to it", next_step=mend)
        if bound and not product.from_source:
            what = "it is computed, but a source is bound to it as well"
            yield MeshError("source.computed", what, next_step=f"remove sources.{live}")

    def _words(self, product: Product, module: str) -> Iterator[Finding]:
        """Words that a source's mapping gives and the contract does not allow: their rows would all be refused."""
        binding = self._file.sources.get(live_name(product.id)) if product.from_source else None
        contract = contract_of(self._registry, live_name(product.id))
        if binding is None or contract is None or not (binding.mapping.value_map or binding.mapping.constant):
            return
        from hansa.sources.listed_words import word_faults

        for severity, fault in word_faults(binding, contract):
            yield Finding.of(severity, fault, module=module, product=product.id)

    def _days(self, product: Product, days: Days | None) -> Iterator[MeshError]:
        if days is None or isinstance(days.amount, int):
            return
        module = self._modules[self._declared[product.id][1]]
        setting = module.settings.get(days.amount)
        what = f"it takes days from setting '{days.amount}', which"
        if setting is None:
            mend = or_near(days.amount, module.settings, f"declare it in module {module.name}")
            yield MeshError("product.days", f"{what} {module.name} does not have", next_step=mend)
        elif type(setting.default) is not int:
            yield MeshError("product.days", f"{what} is no whole number", next_step="give it a whole default")

    def _need(self, given: Input) -> Iterator[MeshError]:
        if given.product not in self._declared:
            what = f"it needs {given.reference}, which nothing here provides"
            yield MeshError("product.input", what, next_step=self._provider(given))
            return
        contract = contract_of(self._registry, given.product)
        if contract is not None and contract.major != given.major:
            what = f"it needs {given.reference}, the mesh has version {contract.version} ({contract.path.name})"
            yield MeshError("product.version", what, next_step="install plugins that agree on the major version")

    def _provider(self, given: Input) -> str:
        """What would provide a missing input: a module that is off, a source, a plugin."""
        live = live_name(given.product)
        makers = [m.name for m in self._registry.modules.values() if any(p.id == live for p in m.products)]
        ways = [f"enable {name}" for name in makers]
        if (live, given.major) in self._registry.contracts:
            ways.append(f"bind a source for {given.reference}")
        return ", or ".join(ways) or self._where_is(live)

    def _cycles(self) -> Iterator[Finding]:
        """A finding for each product of each cycle."""
        needs = {id: {i.product for i in p.requires} & set(self._declared) for id, (p, _) in self._declared.items()}
        while True:
            try:
                list(topological(needs))
            except CycleError as error:
                circle = error.args[1]
                told = f"it needs itself: {' -> '.join(circle)}"
                fault = MeshError("product.circle", told, next_step="break the circle")
                for id in sorted(set(circle)):
                    yield Finding.of("error", fault, module=self._declared[id][1], product=id)
                needs = {id: asked - set(circle) for id, asked in needs.items() if id not in circle}
            else:
                return


def _not_in(plugin: PluginReport) -> MeshError:
    return MeshError("plugin.absent", plugin.sentence(), next_step="see: hansa plugins")
