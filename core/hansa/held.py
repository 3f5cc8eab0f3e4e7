"""What a hold says: what happened, under which contract, what still serves, which command next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hansa.contract.model import Contract, name_of
from hansa.errors import Held
from hansa.receipt import Publication, Receipt, book_of
from hansa.store.warehouse import Warehouse

#: So many rules are told of one partition.
_MOST = 10
#: How the property is called that says how many rows may be refused.
SHARE = "quarantineShare"


def told_reasons(receipt: Receipt) -> str:
    """Why a partition was held, with every rule that its rows broke; of very many the first ten, and how many more."""
    shown = receipt.reasons[:_MOST]
    broken = sorted(receipt.broken.items(), key=lambda item: (-item[1], item[0]))
    named = [rule for rule, count in broken if any(_names(reason, rule, count) for reason in receipt.reasons)]
    others = [f"{rule} {count}" for rule, count in broken if rule not in named]
    room = max(_MOST - max(len(shown), len(named)), 0)
    more = len(receipt.reasons) - len(shown) + len(others[room:])
    texts = [*shown, *([f"also broken: {', '.join(others[:room])}"] if others[:room] else [])]
    return "; ".join(texts) + (f" and {more} more" if more else "")


def _names(reason: str, rule: str, count: int) -> bool:
    """True if a reason names this rule: as its own, or among those that were broken most."""
    return re.search(rf"(?:^|[\s,;(]){re.escape(rule)}(?::| {count}(?![0-9]))", reason) is not None


def _plain(name: str, product: str) -> str:
    return f"hansa {name} {product}"


def held(
    publication: Publication,
    contract: Contract,
    warehouse: Warehouse,
    command: Callable[[str, str], str] = _plain,
    overlaid: Mapping[str, str] | None = None,
    mesh: str = "",
) -> Held:
    """The error for a publication with held partitions; ``command`` writes a command as the user can type it.

    ``overlaid`` are the rules that overlays of the mesh file ``mesh`` added, each with its file and line.
    """
    first = publication.held[0]
    others = len(publication.held) - 1
    what = f"{'partition ' + first.partition + ': ' if first.partition else ''}{told_reasons(first)}"
    if others:
        what += f" (and {others} more partitions)"
    look = command("quarantine show" if publication.quarantine else "history", name_of(contract.id, contract.major))
    return Held(
        product=publication.product,
        what=what,
        contract=f"{contract.id} {contract.version} ({contract.path}){_overlaid(first, overlaid or {}, mesh)}",
        serving=_serving(publication, contract, warehouse),
        next_step=f"{look}, mend the data, and run the same command again",
    )


def _overlaid(receipt: Receipt, overlaid: Mapping[str, str], mesh: str) -> str:
    """Which rules of those that were broken are an overlay's."""
    shares = any(" of " in reason and " rows quarantined (" in reason for reason in receipt.reasons)
    own = [rule for rule in overlaid if rule in receipt.broken or (rule == SHARE and shares)]
    return "".join(f"; {rule} is of overlay {overlaid[rule]}" for rule in own) + (f" of {mesh}" if own and mesh else "")


def _serving(publication: Publication, contract: Contract, warehouse: Warehouse) -> str:
    current = book_of(warehouse, contract.id, contract.major).current()
    partition = publication.held[0].partition
    if contract.partition is not None and partition is None:
        # No row had a day: nothing that is published was touched.
        days = sum(1 for receipt, _ in current.values() if receipt.published)
        return f"the last good rows of {days} days" if days else "nothing of this product yet"
    serving = current.get(partition)
    if serving is None:
        whole = "this partition" if contract.partition else "this product"
        return f"nothing of {whole} yet"
    receipt, earlier = serving
    snapshot = earlier.landed.snapshot if earlier.landed else "?"
    return f"the last good {receipt.counts['published']} rows, published {earlier.made_at[:19]}Z as snapshot {snapshot}"
