"""Packs: many receipts and their marks in one object, so that a book of years is read in few requests.

A pack only saves requests. It repeats what lies beside it, is named by its own digest and never changes; one that is
changed or gone is passed over, and ``verify``, which trusts none of them, says so.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hansa.digest import canonical, sha256
from hansa.store.objects import Objects

#: Where packs lie, under the receipts.
FOLDER = "packs/"
#: Receipts of one pack.
SIZE = 50
#: The newest receipts stay out: their marks may be under way, and processes that pack at once then choose the same.
NEWEST = 10
#: Questions that are put to a bucket at once.
_AT_ONCE = 8
#: A receipt's content, and what its mark says of the commit; None for one that was held.
Packed = tuple[bytes, dict[str, int] | None]


def write_pack(objects: Objects, receipts: Mapping[str, Packed]) -> None:
    """Put receipts, by their digest, into one object; the same receipts give the same object."""
    stored = {digest: {"receipt": content.decode(), "mark": mark} for digest, (content, mark) in receipts.items()}
    packed = gzip.compress(canonical(stored), mtime=0)
    objects.create(f"{FOLDER}{sha256(packed)}.gz", packed)


def read_packs(objects: Objects, names: Iterable[str]) -> dict[str, Packed]:
    """The receipts, by their digest, of the packs of these names; what is not as it was written is left out."""
    found: dict[str, Packed] = {}
    for name, packed in read_each(objects, names):
        if name == f"{FOLDER}{sha256(packed)}.gz":
            found |= _unpacked(packed)
    return found


def _unpacked(packed: bytes) -> dict[str, Packed]:
    """The receipts of a pack; none of an object that somebody else put there."""
    try:
        stored = json.loads(gzip.decompress(packed))
        receipts = {digest: (one["receipt"].encode(), one["mark"]) for digest, one in stored.items()}
    except (OSError, EOFError, zlib.error, ValueError, AttributeError, KeyError, TypeError):
        return {}
    return {digest: one for digest, one in receipts.items() if sha256(one[0]) == digest and _is_mark(one[1])}


def _is_mark(mark: Any) -> bool:
    """True for None and for the place of a commit."""
    return mark is None or (
        isinstance(mark, dict)
        and set(mark) == {"snapshot", "sequence"}
        and all(type(value) is int for value in mark.values())
    )


def read_each(objects: Objects, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Objects with their names; one that is gone is left out."""

    def read(name: str) -> tuple[str, bytes | None]:
        try:
            return name, objects.read(name)
        except FileNotFoundError:
            return name, None

    asked = sorted(names)
    if objects.folder is not None or len(asked) < 2:
        found = [read(name) for name in asked]
    else:
        # A bucket answers late and many questions at once.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(read, asked))
    return ((name, content) for name, content in found if content is not None)


def changed_packs(objects: Objects, publications: Mapping[str, Packed]) -> list[str]:
    """Names of packs, under the receipts, that are not as they were written or do not say what the receipts say."""
    return sorted(
        entry.name for entry in objects.entries(FOLDER) if not _true(read_packs(objects, [entry.name]), publications)
    )


def _true(packed: Mapping[str, Packed], publications: Mapping[str, Packed]) -> bool:
    return bool(packed) and all(
        digest not in publications or publications[digest] == packed[digest] for digest in packed
    )


def is_pack(name: str) -> bool:
    """True for the name, under the receipts, of a pack."""
    return name.startswith(FOLDER) and name.endswith(".gz")
