"""Where two plugins claim one thing. No order of folders, names or versions picks a winner.

A domain belongs to the plugin of its name, whether or not that one is in: who claims its modules or products is left
out. Of what belongs to nobody, all who claim it are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from hansa.registry.guest import ContractKey, Guest, admitted

if TYPE_CHECKING:
    from hansa.contract.model import Contract


def leave_out_doubles(guests: list[Guest], names: Callable[[Guest], Iterable[str]], kind: str) -> None:
    """Leave out every plugin that claims a name together with another; what is built in keeps its name."""
    claims: dict[str, list[Guest]] = defaultdict(list)
    for guest in admitted(guests):
        for name in names(guest):
            claims[name].append(guest)
    for name, claimants in claims.items():
        if len(claimants) > 1:
            told = " and ".join(f"{c.name} of {c.candidate.distribution}" for c in claimants)
            for guest in claimants:
                guest.reason = "" if guest.built_in else f"{kind} {name} is claimed by {told}; uninstall one of them"


def leave_out_trespassers(guests: list[Guest]) -> None:
    """Leave out every plugin with a module or a product in a domain that is named like another installed plugin."""
    owners = {guest.name: guest.candidate.distribution for guest in guests if not guest.built_in}
    for guest in admitted(guests):
        claimed = sorted({("module", m.name) for m in guest.answers.modules} | _products(guest))
        for kind, name in claimed:
            domain = name.partition(".")[0]
            if domain != guest.name and domain in owners:
                owner = f"plugin {domain} ({owners[domain]})"
                mend = f"move it to a domain of its own, or uninstall {guest.candidate.distribution}"
                guest.reason = f"it claims {kind} {name}, but domain {domain} belongs to {owner}; {mend}"
                break


def _products(guest: Guest) -> set[tuple[str, str]]:
    return {("product", id) for id in guest.answers.product_ids()}


def agreed_contracts(guests: list[Guest]) -> dict[ContractKey, Contract]:
    """Contracts by id and major. Copies may differ: the producer's own count, else the newest version.

    Two files of one version with other bytes and no one producer leave out every plugin that brings one of them.
    """
    brought: dict[str, dict[str, dict[int, Contract]]] = defaultdict(dict)
    for guest in admitted(guests):
        for (id, major), contract in guest.answers.contracts.items():
            brought[id].setdefault(guest.name, {})[major] = contract
    agreed: dict[ContractKey, Contract] = {}
    for id, copies in brought.items():
        producers = [g.name for g in admitted(guests) if id in g.answers.product_ids() and g.name in copies]
        if len(producers) == 1:
            own = copies[producers[0]]
            agreed |= {(id, major): contract for major, contract in own.items()}
            _note_other_copies(guests, producers[0], own, copies)
            continue
        for major in sorted({major for copy in copies.values() for major in copy}):
            _agree(guests, (id, major), {n: c[major] for n, c in copies.items() if major in c}, agreed)
    return agreed


def _note_other_copies(
    guests: list[Guest], producer: str, own: Mapping[int, Contract], copies: Mapping[str, Mapping[int, Contract]]
) -> None:
    """Tell who brings other bytes than the producer under the producer's version."""
    for guest in guests:
        for major, contract in copies.get(guest.name, {}).items():
            theirs = own.get(major)
            if theirs is not None and contract.version == theirs.version and contract.digest != theirs.digest:
                what = f"its copy of {contract.id}@{contract.version} differs from that of plugin {producer}"
                guest.notices.append(f"{what}, which counts; take that one")


def _agree(
    guests: list[Guest], key: ContractKey, copies: Mapping[str, Contract], agreed: dict[ContractKey, Contract]
) -> None:
    chosen = _newest(list(copies.values()))
    if chosen is not None:
        agreed[key] = chosen
        return
    for guest in guests:
        if guest.name in copies:
            told = " and ".join(sorted(copies))
            guest.reason = f"contract {key[0]}@{key[1]} differs between {told} under one version; bring one copy"


def _newest(copies: list[Contract]) -> Contract | None:
    """The copy of the highest version, None if two of that version have other bytes."""
    highest = max(_version(contract) for contract in copies)
    newest = {contract.digest: contract for contract in copies if _version(contract) == highest}
    return next(iter(newest.values())) if len(newest) == 1 else None


def _version(contract: Contract) -> tuple[int, ...]:
    return tuple(int(part) for part in contract.version.split("."))
