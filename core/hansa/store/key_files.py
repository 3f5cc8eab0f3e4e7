"""Key files: sorted hashes of the keys of one partition, small beside its rows and proved by the receipt.

What is known of a key is read from these files, so that one more day of a product does not read all the others.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars as pl

from hansa.digest import sha256
from hansa.store.objects import Objects

FOLDER = "keys/"


def key_content(hashes: pl.Series) -> bytes:
    """The bytes of a key file: one column of UInt64, as an Arrow file; hashes cannot be compressed."""
    content = BytesIO()
    hashes.alias("hash").to_frame().write_ipc(content, compression="uncompressed", compat_level=pl.CompatLevel.oldest())
    return content.getvalue()


def write_keys(objects: Objects, name: str, hashes: pl.Series, form: str) -> dict[str, Any]:
    """Write sorted hashes as the object ``name``; what a receipt says of it."""
    content = key_content(hashes)
    objects.create(name, content)
    return {"path": name, "rows": len(hashes), "sha256": sha256(content), "form": form}


def read_keys(objects: Objects, entry: dict[str, Any], form: str) -> pl.Series | None:
    """The hashes of a key file; None if it is gone, was changed, or was made in another form."""
    if entry.get("form") != form:
        return None
    try:
        content = objects.read(entry["path"])
    except FileNotFoundError:
        return None
    if sha256(content) != entry["sha256"]:
        return None
    return pl.read_ipc(BytesIO(content))["hash"]


def heal_keys(objects: Objects, entry: dict[str, Any], hashes: pl.Series, form: str) -> None:
    """Put a key file that was lost or changed back, if these hashes are what the receipt proves."""
    content = key_content(hashes)
    if entry.get("form") == form and sha256(content) == entry["sha256"]:
        objects.replace(entry["path"], content)
