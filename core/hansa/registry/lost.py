"""Products of plugins that are not in, so that the graph of a mesh shows them with the reason.

Nothing is imported for it: the plugin's trial told them, or the contracts do that lie in its package or came with other
plugins. A contract speaks for the plugin of its domain's name only, since packages hold copies of what they read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from hansa.contract.document import read_document
from hansa.contract.reader import contract_files
from hansa.errors import HansaError
from hansa.products import Input
from hansa.registry.fingerprint import folders_of
from hansa.registry.guest import Guest, admitted
from hansa.registry.installed import Candidate
from hansa.registry.model import LostProduct, PluginReport

#: So many contract files of a package are looked at.
_MOST = 200


def lost_products(
    guests: Sequence[Guest], others: Iterable[tuple[PluginReport, Candidate | None]], contracts: Collection[str]
) -> dict[str, LostProduct]:
    """By id; ``others`` are plugins that are not allowed, ``contracts`` the ids of the known contracts.

    What two of them would make is the first one's, by distribution and name.
    """
    made = {id for guest in admitted(guests) for id in guest.answers.product_ids()}
    owners = {guest.name for guest in guests}
    found: dict[str, LostProduct] = {}
    for guest in guests:
        if guest.reason:
            for lost in _of(guest.report(), guest.candidate, _told(guest), contracts):
                domain = lost.id.partition(".")[0]
                if domain == guest.name or domain not in owners:
                    found.setdefault(lost.id, lost)
    for report, candidate in others:
        if candidate is not None:
            for lost in _of(report, candidate, {}, contracts):
                found.setdefault(lost.id, lost)
    return {id: lost for id, lost in sorted(found.items()) if id not in made}


def _told(guest: Guest) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """References by product by module, from this process or from the trial."""
    if guest.answers.modules:
        return guest.answers.told()
    return guest.tried.modules if guest.tried is not None else {}


def _of(
    report: PluginReport,
    candidate: Candidate,
    told: Mapping[str, Mapping[str, Sequence[str]]],
    contracts: Collection[str],
) -> Iterator[LostProduct]:
    for module, products in told.items():
        for id, references in products.items():
            yield LostProduct(id, report, module, tuple(Input(reference) for reference in references))
    if not told:
        for id in sorted({*contracts, *_packed(candidate)}):
            if id.partition(".")[0] == report.name:
                yield LostProduct(id, report)


def _packed(candidate: Candidate) -> Iterator[str]:
    """Ids of the contracts that lie in the plugin's package; what cannot be read says nothing."""
    if candidate.entry_point is None:
        return
    for folder in folders_of(candidate.entry_point.module.partition(".")[0]):
        try:
            for path in islice(contract_files(folder), _MOST) if folder.is_dir() else ():
                yield from (contract.id for contract in read_document(path).contracts)
        except (HansaError, OSError):
            continue
