"""``changes``: everything in which one contract differs from another."""

from __future__ import annotations

from collections.abc import Iterator

from hansa.change.columns import column_changes
from hansa.change.model import Change, promised, relation, worded
from hansa.change.rules import asked_by_rules, rule_changes
from hansa.contract.model import Contract


def changes(old: Contract, new: Contract) -> list[Change]:
    """Every change from ``old`` to ``new``: columns, keys, rules, the rest; none if they promise and say the same.

    The versions are not compared: which one is demanded follows from the changes. With the two exchanged the same
    subjects change, and each direction is the other way round.
    """
    found = [*_identity(old, new)]
    found += column_changes(old.columns, new.columns, asked_by_rules(old, new))
    found += [*_keys(old, new), *_partition(old, new), *rule_changes(old, new), *_limits(old, new), *_words(old, new)]
    return found


def _identity(old: Contract, new: Contract) -> Iterator[Change]:
    if old.id != new.id:
        yield promised("id", "contract.id", old.id, new.id, "both", note="it is another product", moves_table=True)


def _keys(old: Contract, new: Contract) -> Iterator[Change]:
    """A key of more columns promises less: rows may agree in the columns of the old one."""
    before, after = set(old.key), set(new.key)
    columns = tuple(sorted(before | after))
    if before != after:
        # Without a key nothing is promised, as if the key were of ever more columns.
        lost = bool(after) and (not before or not before <= after)
        gained = bool(before) and (not after or not after <= before)
        verb = "added" if not before else "removed" if not after else "changed"
        yield promised("key", f"key.{verb}", old.key, new.key, relation(lost, gained), columns=columns)
    elif old.key != new.key:
        yield worded("key", "key.order", old.key, new.key)
    if old.key_scope != new.key_scope:
        whole = new.key_scope == "product"
        unique = {one.name for contract in (old, new) for one in contract.columns if one.unique}
        sets = [before, after, *({name} for name in unique)]
        columns = tuple(sorted({*columns, *unique}))
        # Where each key holds the partition itself, a key within the partition is one over the whole.
        matters = any(keys and old.partition not in keys for keys in sets) or old.partition != new.partition
        direction = relation(matters and whole, matters and not whole)
        yield promised("keyScope", "keyScope.changed", old.key_scope, new.key_scope, direction, columns=columns)


def _partition(old: Contract, new: Contract) -> Iterator[Change]:
    if old.partition != new.partition:
        note = "which rows a publication replaces, and which days a consumer asks for, are others"
        more = {"note": note, "moves_table": True}
        yield promised("partition", "partition.changed", old.partition, new.partition, "both", **more)


def _limits(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = old.quarantine_share, new.quarantine_share
    if before != after:
        b, a = 1.0 if before is None else before, 1.0 if after is None else after
        verb = "added" if before is None else "removed" if after is None else "lowered" if a < b else "raised"
        yield promised("quarantineShare", f"quarantineShare.{verb}", before, after, relation(a < b, a > b))
    yield from _retention(old.retention_days or 0, new.retention_days or 0)


def _retention(old: int, new: int) -> Iterator[Change]:
    """How long readers find what was replaced; to keep it for longer asks nothing of the rows."""
    if new > old:
        yield Change("retention", "retention.longer", f"{old} days", f"{new} days", "tightens")
    elif new < old:
        yield promised("retention", "retention.shorter", f"{old} days", f"{new} days", "loosens")


def _words(old: Contract, new: Contract) -> Iterator[Change]:
    told = {
        "title": (old.title, new.title),
        "description": (old.description, new.description),
        "descriptionZh": (old.description_zh, new.description_zh),
        "owner": (old.owner, new.owner),
        "status": (old.status, new.status),
    }
    for word, (before, after) in told.items():
        if before != after:
            yield worded(word, f"{word}.changed", before, after)
    if set(old.tags) != set(new.tags):
        yield worded("tags", "tags.changed", old.tags, new.tags)
    yield from _unenforced(old, new)


def _unenforced(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = {one.name for one in old.unenforced}, {one.name for one in new.unenforced}
    for name in sorted(before ^ after):
        kind = f"unenforced.{'added' if name in after else 'removed'}"
        yield worded(name, kind, name in before, name in after, note="the gate holds nobody to it")
