"""What still needs an old key, and what is wrong with the keys that are here."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hansa.secrets import Keys, KeySet, StoredKey
    from hansa.store.warehouse import Warehouse

_UNKNOWN = "unknown"


def bound_key(store: Warehouse) -> str | None:
    """The token key that the warehouse is bound to, or None for one that holds no tokens yet."""
    return store.bound_keys()


def _sealed_rows(store: Warehouse, opener: Keys) -> Counter[str]:
    """How many rows in quarantine each sealing key sealed, in every table of the warehouse."""
    import polars as pl

    from hansa.quarantine.file import sealed_rows

    counts: Counter[str] = Counter()
    for domain in store.objects.folders():
        for table in store.objects.folders(f"{domain}/"):
            for entry in store.objects.entries(f"{domain}/{table}/quarantine/"):
                if entry.name.endswith(".parquet"):
                    rows = sealed_rows(store.objects, entry.name)
                    found = rows.select("payload", pl.format("{}:{}", "product", "row_digest")).iter_rows()
                    counts.update(opener.opener(payload, context) or _UNKNOWN for payload, context in found)
    return counts


def sealed(known: KeySet, store: Warehouse, mesh: Path | None) -> tuple[Counter[str], str | None]:
    """What each sealing key sealed in the warehouse and in the vault; why the vault could not be asked, if so."""
    from hansa.cli.reveal import vault_place
    from hansa.errors import WorldError
    from hansa.vault import Vault

    opener = known.keys_for()
    counts = _sealed_rows(store, opener)
    place = vault_place(mesh)
    if place is None or (place.file is not None and not place.file.exists()):
        return counts, None
    try:
        with Vault(place, opener, create=False) as vault:
            return counts + vault.sealed_counts(), None
    except WorldError as error:
        return counts, None if error.code == "vault.missing" else error.sentence()


def refuse_bound(key: StoredKey, store: Warehouse) -> None:
    """Refuse to retire the token key of this warehouse."""
    from hansa.errors import WorldError

    if bound_key(store) == key.id:
        raise WorldError(
            "keys.needed",
            f"the warehouse is bound to token key {key.id}: its tokens could not be made any more",
            where=store.place,
            state="nothing was changed",
            next_step="publish everything to a new warehouse, name it in mesh.yaml, then retire the key",
        )


def refuse_sealed(key: StoredKey, known: KeySet, store: Warehouse, mesh: Path | None) -> None:
    """Refuse to retire a key by which something is still sealed, and say how much."""
    from hansa.errors import WorldError

    counts, vault_fault = sealed(known, store, mesh)
    needed = counts[key.id] + counts[_UNKNOWN]
    if vault_fault or needed:
        what = vault_fault or f"{needed} rows of quarantine or values of the vault are sealed by key {key.id}"
        raise WorldError(
            "keys.needed",
            what,
            state="nothing was changed",
            next_step="run hansa keys reseal for the vault; decide over the open rows of hansa quarantine list "
            "and run hansa upkeep when the decisions are old enough",
        )


def refuse_young(key: StoredKey, now: bool) -> None:
    """Refuse to retire a key that a run may still use."""
    from hansa.errors import WorldError
    from hansa.store.objects import LONGEST_RUN

    # A run that began before a rotation may seal by the former key so long.
    over = key.since + LONGEST_RUN if key.since else None
    if not now and over is not None and over > dt.datetime.now(dt.UTC):
        raise WorldError(
            "keys.young",
            f"key {key.id} was current not long ago, and a run that began then may still use it",
            state="nothing was changed",
            next_step=f"wait until {over:%Y-%m-%d %H:%M} UTC, or say --now if no run is under way",
        )


def faults(known: KeySet, store: Warehouse, counts: Counter[str]) -> list[str]:
    """What is wrong with the keys: who may read them, the warehouse's token key, what nobody can open any more."""
    tokens = [key.id for key in known.keys if key.purpose == "token"]
    sealing = {key.id for key in known.keys if key.purpose == "sealing"}
    folder, bound, found = known.folder, bound_key(store), []
    if mode(folder) != "700":
        found.append(f"the folder of the keys has mode {mode(folder)}: chmod 700 {folder}")
    if bound is not None and bound not in tokens:
        found.append(f"the warehouse was filled with token key {bound}, and here lies {', '.join(tokens)}")
    strange = sorted((key, count) for key, count in counts.items() if key not in sealing)
    return found + [f"sealed by key {key}, which is not here: {count}" for key, count in strange]


def mode(folder: Path) -> str:
    """The permissions of a folder as three digits."""
    return f"{folder.stat().st_mode & 0o777:03o}"
