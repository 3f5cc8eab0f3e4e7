"""Who is in, who is left out and why: plugins, and what they bring.

A plugin that cannot be imported, that has a hook nobody would call or that answers something else than the hook
asks for is left out with the reason, and the rest goes on. Where two plugins claim one name, both are left out: no
order of folders, names or versions picks a winner.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pluggy

from hansa import hooks
from hansa.contract.reader import find_contracts
from hansa.errors import HansaError, PluginError
from hansa.registry.answers import Answers, FindContracts, ask
from hansa.registry.installed import GROUP, Candidate, announced, installed
from hansa.registry.signature import check_hooks

if TYPE_CHECKING:
    from hansa.contract.model import Contract
    from hansa.products import Module
    from hansa.sources import Reader

#: Parts of Hansa itself that register as a plugin does.
BUILT_IN = {"files": "hansa.sources"}

ContractKey = tuple[str, int]


@dataclass(frozen=True)
class PluginReport:
    """One plugin as ``hansa plugins`` shows it. ``reason`` says why it is left out, or what to tidy up if it is in."""

    name: str
    distribution: str
    version: str
    state: Literal["in", "left out"]
    reason: str = ""
    modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registry:
    """What the installed plugins bring.

    ``modules`` by name, ``contracts`` by id and major version, ``readers`` by format, ``demo_makers`` by plugin;
    ``module_plugins`` says which plugin brought a module.
    """

    plugins: tuple[PluginReport, ...] = ()
    modules: Mapping[str, Module] = field(default_factory=dict)
    contracts: Mapping[ContractKey, Contract] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    demo_makers: Mapping[str, Callable[..., Path | None]] = field(default_factory=dict)
    module_plugins: Mapping[str, str] = field(default_factory=dict)

    def left_out(self) -> tuple[PluginReport, ...]:
        """The plugins that are not in, by distribution and name."""
        return tuple(plugin for plugin in self.plugins if plugin.state == "left out")


@dataclass
class _Guest:
    """A plugin on its way in; ``reason`` is set as soon as it is left out."""

    candidate: Candidate
    reason: str = ""
    answers: Answers = field(default_factory=Answers)

    @property
    def name(self) -> str:
        return self.candidate.name

    @property
    def built_in(self) -> bool:
        return BUILT_IN.get(self.name) == (self.candidate.entry_point and self.candidate.entry_point.value)


def load(entry_points: Sequence[EntryPoint] | None = None) -> Registry:
    """Load the installed plugins, or those of ``entry_points`` only, beside what is built in."""
    candidates = installed() if entry_points is None else announced(entry_points)
    built_in = [Candidate(name, GROUP, version(GROUP), _built_in(name)) for name in BUILT_IN]
    guests = [_Guest(c, c.broken) for c in sorted(candidates + built_in, key=lambda c: (c.distribution, c.name))]
    _leave_out_doubles(guests, lambda guest: [guest.name], "plugin")
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hooks)
    find = cache(find_contracts)
    for guest in _admitted(guests):
        _enter(guest, manager, find)
    _leave_out_doubles(guests, lambda guest: [module.name for module in guest.answers.modules], "module")
    _leave_out_doubles(guests, lambda guest: guest.answers.readers, "source format")
    return _registry(guests, _agreed_contracts(guests))


def _built_in(name: str) -> EntryPoint:
    return EntryPoint(name, BUILT_IN[name], GROUP)


def _admitted(guests: Iterable[_Guest]) -> list[_Guest]:
    return [guest for guest in guests if not guest.reason]


def _enter(guest: _Guest, manager: pluggy.PluginManager, find: FindContracts) -> None:
    """Import one plugin, inspect its hooks, register it and ask it; any fault leaves it out."""
    assert guest.candidate.entry_point is not None  # noqa: S101 - a candidate without one is broken, hence not admitted
    try:
        plugin = _imported(guest.candidate.entry_point)
        check_hooks(plugin)
        manager.register(plugin, guest.name)
        guest.answers = ask(manager, guest.name, find)
    except HansaError as error:
        guest.reason = error.sentence()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - guest code may raise anything, and must harm nobody else
        guest.reason = f"it raised {_told(error)}; mend or uninstall {guest.candidate.distribution}"


def _imported(entry_point: EntryPoint) -> object:
    """The plugin's object. What it prints goes to stderr, and the working folder is put back."""
    folder = Path.cwd()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return entry_point.load()
    except ModuleNotFoundError as error:
        module = entry_point.value.split(":")[0]
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise PluginError(
                "plugin.module", f"its module {module} does not exist", next_step="reinstall it"
            ) from error
        raise PluginError(
            "plugin.import", f"it needs {error.name}, which is not installed", next_step=f"install {error.name}"
        ) from error
    finally:
        os.chdir(folder)


def _told(error: BaseException) -> str:
    """Type and first line of a foreign exception, bounded."""
    line = (str(error).splitlines() or [""])[0][:200]
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def _leave_out_doubles(guests: list[_Guest], names: Callable[[_Guest], Iterable[str]], kind: str) -> None:
    """Leave out every plugin that claims a name together with another; what is built in keeps its name."""
    claims: dict[str, list[_Guest]] = defaultdict(list)
    for guest in _admitted(guests):
        for name in names(guest):
            claims[name].append(guest)
    for name, claimants in claims.items():
        if len(claimants) > 1:
            told = " and ".join(f"{c.name} of {c.candidate.distribution}" for c in claimants)
            for guest in claimants:
                guest.reason = "" if guest.built_in else f"{kind} {name} is claimed by {told}; uninstall one of them"


def _agreed_contracts(guests: list[_Guest]) -> dict[ContractKey, Contract]:
    """Contracts by id and major. Copies may differ: the producer's own counts, else the newest version.

    Two files of one version with other bytes and no one producer leave out every plugin that brings one of them.
    """
    brought: dict[ContractKey, dict[str, Contract]] = defaultdict(dict)
    for guest in _admitted(guests):
        for key, contract in guest.answers.contracts.items():
            brought[key][guest.name] = contract
    agreed = {}
    for key, copies in brought.items():
        producers = [g.name for g in _admitted(guests) if key[0] in g.answers.product_ids() and g.name in copies]
        chosen = _newest([copies[producers[0]]] if len(producers) == 1 else list(copies.values()))
        if chosen is not None:
            agreed[key] = chosen
            continue
        for guest in guests:
            if guest.name in copies:
                told = " and ".join(sorted(copies))
                guest.reason = f"contract {key[0]}@{key[1]} differs between {told} under one version; bring one copy"
    return agreed


def _newest(copies: list[Contract]) -> Contract | None:
    """The copy of the highest version, None if two of that version have other bytes."""
    highest = max(_version(contract) for contract in copies)
    newest = {contract.digest: contract for contract in copies if _version(contract) == highest}
    return next(iter(newest.values())) if len(newest) == 1 else None


def _version(contract: Contract) -> tuple[int, ...]:
    return tuple(int(part) for part in contract.version.split("."))


def _registry(guests: list[_Guest], contracts: dict[ContractKey, Contract]) -> Registry:
    guests_in = _admitted(guests)
    modules = {module.name: module for guest in guests_in for module in guest.answers.modules}
    brought = {key for guest in guests_in for key in guest.answers.contracts}
    return Registry(
        plugins=tuple(_report(guest) for guest in guests),
        modules=dict(sorted(modules.items())),
        contracts={key: contracts[key] for key in sorted(brought)},
        readers={name: reader for guest in guests_in for name, reader in guest.answers.readers.items()},
        demo_makers={g.name: g.answers.demo_maker for g in guests_in if g.answers.demo_maker},
        module_plugins={module.name: guest.name for guest in guests_in for module in guest.answers.modules},
    )


def _report(guest: _Guest) -> PluginReport:
    candidate = guest.candidate
    return PluginReport(
        guest.name,
        candidate.distribution,
        candidate.version,
        "left out" if guest.reason else "in",
        guest.reason or candidate.notice,
        tuple(sorted(module.name for module in guest.answers.modules)),
    )
