"""Mesh file and registry -> Mesh: every check of the whole, all findings at once.

A product whose need is not met is left out with all that is made from it; the rest of the mesh works.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hansa.mesh.model import BOUND_SOURCES, Finding, Mesh, MeshProduct, topological
from hansa.near import near, or_near
from hansa.products import PRODUCT_ID, Days, Input, Product, source_product
from hansa.store.warehouse import Warehouse
from hansa.vault import place_of

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.mesh.file import MeshFile
    from hansa.products import Module, Setting
    from hansa.registry import Registry

Declared = Mapping[str, tuple[Product, str]]


def assemble(path: Path, file: MeshFile, registry: Registry) -> Mesh:
    """The mesh of a file that lies at ``path``, with its findings."""
    modules = tuple(registry.modules[name] for name in sorted(enabled(file)) if name in registry.modules)
    declared = _declared(modules, file, registry)
    checks = _Checks(file, registry, modules, declared)
    findings = tuple(checks.all())
    left_out = _left_out(declared, findings)
    kept = {id: checks.mesh_product(id) for id in declared if id not in left_out}
    return Mesh(
        path=path,
        file=file,
        registry=registry,
        modules=modules,
        products=dict(sorted(kept.items())),
        left_out=left_out,
        declared=declared,
        findings=findings,
        warehouse=Warehouse(file.place(path.parent), file.store, file.catalog),
        keys=file.under(path.parent, file.keys),
        vault=place_of(file.vault, path.parent),
        dagster_home=file.under(path.parent, os.environ.get("DAGSTER_HOME") or file.dagster_home),
        order=tuple(topological({id: product.requires for id, product in kept.items()})),
    )


def enabled(file: MeshFile) -> list[str]:
    """Names of the modules that the file switches on, known or not."""
    return [name for name, state in file.modules.items() if state == "on"]


def _declared(modules: Collection[Module], file: MeshFile, registry: Registry) -> Declared:
    """Products of the enabled modules, and a source product of each bound contract that none of them brings."""
    declared = {product.id: (product, module.name) for module in modules for product in module.products}
    for id in file.sources:
        if id not in declared and _contract(registry, id) is not None:
            declared[id] = (source_product(id), BOUND_SOURCES)
    return dict(sorted(declared.items()))


def _contract(registry: Registry, product: str) -> Contract | None:
    """The product's contract of the highest known major version."""
    majors = [major for id, major in registry.contracts if id == product]
    return registry.contracts[product, max(majors)] if majors else None


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

    def __init__(self, file: MeshFile, registry: Registry, modules: Collection[Module], declared: Declared) -> None:
        self._file = file
        self._registry = registry
        self._modules = {module.name: module for module in modules}
        self._declared = declared

    def all(self) -> Iterator[Finding]:
        """Every finding: those of modules and settings first, then product by product."""
        yield from self._plugins()
        yield from self._unknown_modules()
        yield from self._settings()
        yield from self._doubles()
        yield from self._unknown_sources()
        for id, (product, module) in self._declared.items():
            for what, next_step in self._product(product):
                yield Finding("error", what, next_step, module=module, product=id)
        yield from self._cycles()

    def mesh_product(self, id: str) -> MeshProduct:
        """The checked product with its place in the mesh."""
        product, module = self._declared[id]
        contract = _contract(self._registry, id)
        assert contract is not None  # noqa: S101 - a product without contract has a finding and is left out
        return MeshProduct(product, module, contract, self._file.sources.get(id), self._resolved(module))

    def _plugins(self) -> Iterator[Finding]:
        for plugin in self._registry.left_out():
            yield Finding("warning", f"plugin {plugin.name} is left out: {plugin.reason}", "see: hansa plugins")

    def _unknown_modules(self) -> Iterator[Finding]:
        if not enabled(self._file):
            yield Finding("warning", "no module is on", "write 'NAME: on' under modules; hansa modules lists the names")
        for name, state in self._file.modules.items():
            if name not in self._registry.modules:
                severity: Literal["error", "warning"] = "error" if state == "on" else "warning"
                yield Finding(severity, "no installed plugin brings this module", self._where_is(name), module=name)

    def _where_is(self, name: str) -> str:
        """The mend for a name that is not there: the plugin that is left out, a near name, or an installation."""
        domain = name.split(".")[0]
        for plugin in self._registry.left_out():
            if name in plugin.modules or plugin.name == domain or plugin.distribution.endswith(f"-{domain}"):
                return f"plugin {plugin.name} is left out: {plugin.reason}"
        return or_near(name, self._registry.modules, "install the plugin that brings it")

    def _settings(self) -> Iterator[Finding]:
        for name, given in self._file.settings.items():
            module = self._registry.modules.get(name)
            if module is None:
                mend = or_near(name, self._registry.modules, "remove it")
                yield Finding("error", "it has settings but no installed plugin brings this module", mend, module=name)
            elif name not in self._modules:
                yield Finding("warning", "it has settings but is not on", "turn it on or remove them", module=name)
            else:
                for what, mend in _setting_faults(module, given):
                    yield Finding("error", what, mend, module=name)

    def _resolved(self, name: str) -> dict[str, Any]:
        """The module's settings with the defaults filled in; a whole number given for a float becomes one."""
        module, given = self._modules.get(name), self._file.settings.get(name, {})
        if module is None:
            return {}
        return {key: type(s.default)(given.get(key, s.default)) for key, s in sorted(module.settings.items())}

    def _doubles(self) -> Iterator[Finding]:
        producers: dict[str, list[str]] = defaultdict(list)
        for module in self._modules.values():
            for product in module.products:
                producers[product.id].append(module.name)
        for id, names in producers.items():
            if len(names) > 1:
                for name in names:
                    what, mend = (
                        f"made by {' and by '.join(names)}",
                        "one contract has one producer: turn one module off",
                    )
                    yield Finding("error", what, mend, module=name, product=id)

    def _unknown_sources(self) -> Iterator[Finding]:
        known = sorted({id for id, _ in self._registry.contracts} | set(self._declared))
        for id in self._file.sources:
            if id not in self._declared:
                named = "no known product" if PRODUCT_ID.match(id) else "no product id"
                mend = or_near(id, known, f"remove sources.{id}, or install the plugin with its contract")
                yield Finding("error", f"a source is bound to it, but it is {named}", mend, product=id)

    def _product(self, product: Product) -> Iterator[tuple[str, str]]:
        """What is wrong with one product and the mend, its own needs only."""
        contract = _contract(self._registry, product.id)
        if contract is None:
            yield "it keeps no known contract", "its plugin's hansa_contracts must name the folder of its contract"
        bound = product.id in self._file.sources
        if product.from_source and not bound:
            yield "no source is bound to it", f"write sources.{product.id} with a uri in the mesh file"
        if bound and not product.from_source:
            yield "it is computed, but a source is bound to it as well", f"remove sources.{product.id}"
        if contract is not None and product.every is not None and contract.partition is None:
            yield "it has a cadence (every), but its contract has no partition column", "mark a date partitioned: true"
        for days in [product.every, *(d for given in product.requires for d in (given.lookback, given.lookahead))]:
            yield from self._days(product, days)
        for given in product.requires:
            yield from self._need(given)

    def _days(self, product: Product, days: Days | None) -> Iterator[tuple[str, str]]:
        if days is None or isinstance(days.amount, int):
            return
        module = self._modules[self._declared[product.id][1]]
        setting = module.settings.get(days.amount)
        if setting is None:
            mend = or_near(days.amount, module.settings, f"declare it in module {module.name}")
            yield f"it takes days from setting '{days.amount}', which {module.name} does not have", mend
        elif type(setting.default) is not int:
            yield f"it takes days from setting '{days.amount}', which is no whole number", "give it a whole default"

    def _need(self, given: Input) -> Iterator[tuple[str, str]]:
        if given.product not in self._declared:
            yield f"it needs {given.reference}, which nothing here provides", self._provider(given)
            return
        contract = _contract(self._registry, given.product)
        if contract is not None and contract.major != given.major:
            what = f"it needs {given.reference}, the mesh has version {contract.version} ({contract.path.name})"
            yield what, "install plugins that agree on the major version"

    def _provider(self, given: Input) -> str:
        """What would provide a missing input: a module that is off, a source, a plugin."""
        makers = [m.name for m in self._registry.modules.values() if any(p.id == given.product for p in m.products)]
        ways = [f"enable {name}" for name in makers]
        if (given.product, given.major) in self._registry.contracts:
            ways.append(f"bind a source for {given.reference} under sources.{given.product}")
        return ", or ".join(ways) or self._where_is(given.product)

    def _cycles(self) -> Iterator[Finding]:
        """A finding for each product of each cycle."""
        needs = {id: {i.product for i in p.requires} & set(self._declared) for id, (p, _) in self._declared.items()}
        while True:
            try:
                list(topological(needs))
            except CycleError as error:
                circle = error.args[1]
                told = " -> ".join(circle)
                for id in sorted(set(circle)):
                    module = self._declared[id][1]
                    yield Finding("error", f"it needs itself: {told}", "break the circle", module=module, product=id)
                needs = {id: asked - set(circle) for id, asked in needs.items() if id not in circle}
            else:
                return


def _setting_faults(module: Module, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        setting = module.settings.get(name)
        if setting is None:
            known = ", ".join(sorted(module.settings)) or "none"
            close = near(name, module.settings)
            yield f"it has no setting '{name}'", f"did you mean '{close}'?" if close else f"its settings are: {known}"
        elif not _fits(setting, value):
            words = _WORDS[type(setting.default)]
            yield f"setting '{name}' is {value!r}, not {words}", f"write {words}, for example {setting.default}"


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def _fits(setting: Setting, value: Any) -> bool:
    """True if a value has the type of the setting's default; a whole number fits where a number is asked for."""
    if isinstance(setting.default, float):
        return type(value) in (int, float)
    return type(value) is type(setting.default)
