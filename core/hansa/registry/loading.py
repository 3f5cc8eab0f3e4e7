"""Who is in, who is left out and why: plugins, and what they bring.

A plugin that the institution does not allow is never imported. One that cannot be imported, that has a hook nobody
would call, that changes the process or that answers something else than the hook asks for is left out with the reason,
and the rest goes on. It shows in a child process first, see ``trial``, and is watched in this one as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import cache
from importlib.metadata import EntryPoint, version
from typing import TYPE_CHECKING

import pluggy

from hansa import hooks
from hansa.contract.reader import find_contracts
from hansa.near import or_near
from hansa.registry.answers import FindContracts
from hansa.registry.claims import agreed_contracts, leave_out_doubles, leave_out_trespassers
from hansa.registry.entering import enter, quiet
from hansa.registry.guest import BUILT_IN, ContractKey, Guest, admitted
from hansa.registry.installed import GROUP, Candidate, announced, installed, normal
from hansa.registry.isolation import judged
from hansa.registry.lost import lost_products
from hansa.registry.model import PluginReport, Registry
from hansa.registry.settings import PluginSettings
from hansa.registry.watch import Watch

if TYPE_CHECKING:
    from hansa.contract.model import Contract

#: What passed its trial may take so many times its limit here, and this many seconds in any case: a machine under load
#: must lose no plugin, and to interrupt an import halfway is a last resort.
_PATIENCE, _LEAST_SECONDS = 3, 60.0


def load(
    entry_points: Sequence[EntryPoint] | None = None, *, choice: PluginSettings | None = None, again: bool = False
) -> Registry:
    """Load the installed plugins that ``choice`` allows, without it all, beside what is built in.

    Those of ``entry_points``, if they are given, are loaded instead, without a trial. ``again`` forgets what earlier
    trials have shown.
    """
    choice = choice or PluginSettings()
    candidates = installed() if entry_points is None else announced(entry_points)
    allowed, others = _divided(candidates, choice)
    built_in = [Candidate(name, GROUP, version(GROUP), EntryPoint(name, BUILT_IN[name], GROUP)) for name in BUILT_IN]
    guests = [Guest(c, c.broken, [c.notice] if c.notice else []) for c in sorted(allowed + built_in, key=_place)]
    leave_out_doubles(guests, lambda guest: [guest.name], "plugin")
    if entry_points is None:
        _try(guests, choice.import_seconds, again)
    strangers = any(not guest.built_in for guest in admitted(guests))
    patience = max(_PATIENCE * choice.import_seconds, _LEAST_SECONDS)
    _enter_all(guests, patience, watched=entry_points is None and strangers)
    leave_out_trespassers(guests)
    leave_out_doubles(guests, lambda guest: [module.name for module in guest.answers.modules], "module")
    leave_out_doubles(guests, lambda guest: guest.answers.readers, "source format")
    leave_out_doubles(guests, lambda guest: guest.answers.scorers, "scorer")
    return _registry(guests, agreed_contracts(guests), [*_not_allowed(others), *_not_installed(candidates, choice)])


def _place(candidate: Candidate) -> tuple[str, str]:
    return candidate.distribution, candidate.name


def _divided(candidates: Iterable[Candidate], choice: PluginSettings) -> tuple[list[Candidate], list[Candidate]]:
    """Those that are allowed, and the others."""
    if choice.allow is None:
        return list(candidates), []
    names = {normal(name) for name in choice.allow}
    allowed = [candidate for candidate in candidates if normal(candidate.distribution) in names]
    return allowed, [candidate for candidate in candidates if candidate not in allowed]


def _not_allowed(candidates: Iterable[Candidate]) -> list[tuple[PluginReport, Candidate | None]]:
    mend = "plugins.allow of the mesh file does not name {}"
    return [
        (PluginReport(c.name, c.distribution, c.version, "not allowed", mend.format(c.distribution)), c)
        for c in sorted(candidates, key=_place)
    ]


def _not_installed(
    candidates: Iterable[Candidate], choice: PluginSettings
) -> list[tuple[PluginReport, Candidate | None]]:
    """What is allowed without being there: a slip of the pen, or a plugin that was lost."""
    there = {normal(candidate.distribution): candidate.distribution for candidate in candidates}
    missing = sorted({name for name in choice.allow or () if normal(name) not in there})
    what = "plugins.allow names it, but no plugin of that distribution is installed"
    return [
        (
            PluginReport(
                name, name, "", "not installed", f"{what}; {or_near(name, there.values(), 'install or remove it')}"
            ),
            None,
        )
        for name in missing
    ]


def _try(guests: Iterable[Guest], seconds: float, again: bool) -> None:
    """Leave out what its trial shows to be at fault, before anything of it is imported here."""
    strangers = {guest.candidate: guest for guest in admitted(guests) if not guest.built_in}
    for candidate, tried in judged(list(strangers), seconds, again).items():
        guest = strangers[candidate]
        guest.tried, guest.entry = tried.verdict, tried.entry
        guest.reason = tried.verdict.reason
        guest.note_slight(tried.verdict.slight)


def _enter_all(guests: Sequence[Guest], seconds: float, watched: bool) -> None:
    """Import and ask all that are not left out; ``watched`` says that one that nothing interrupts ends the command."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hooks)
    find = cache(find_contracts)
    with Watch() if watched else nullcontext() as watch:
        for guest in admitted(guests):
            if watch is not None and not guest.built_in:
                watch.over(guest.name, guest.candidate.distribution, seconds, guest.entry)
            _enter(guest, manager, find, seconds)


def _enter(guest: Guest, manager: pluggy.PluginManager, find: FindContracts, seconds: float) -> None:
    entry_point = guest.candidate.entry_point
    assert entry_point is not None  # noqa: S101 - a candidate without one is broken, hence not admitted
    with quiet():
        entered = enter(entry_point, guest.candidate.distribution, manager, find, seconds=seconds)
    guest.reason, guest.answers = entered.reason, entered.answers
    guest.note_slight(entered.slight)


def _registry(
    guests: list[Guest],
    contracts: dict[ContractKey, Contract],
    others: list[tuple[PluginReport, Candidate | None]],
) -> Registry:
    guests_in = admitted(guests)
    modules = {module.name: module for guest in guests_in for module in guest.answers.modules}
    brought = {key for guest in guests_in for key in guest.answers.contracts if key in contracts}
    reports = [guest.report() for guest in guests] + [report for report, _ in others]
    return Registry(
        plugins=tuple(sorted(reports, key=lambda report: (report.distribution, report.name))),
        modules=dict(sorted(modules.items())),
        contracts={key: contracts[key] for key in sorted(brought)},
        readers={name: reader for guest in guests_in for name, reader in guest.answers.readers.items()},
        demo_makers={g.name: g.answers.demo_maker for g in guests_in if g.answers.demo_maker},
        scorers={name: scorer for guest in guests_in for name, scorer in guest.answers.scorers.items()},
        module_plugins={module.name: guest.name for guest in guests_in for module in guest.answers.modules},
        lost=lost_products(guests, others, {id for id, _ in brought}),
    )
