"""An object of a bucket as a file of this machine: for sources that lie in a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from hansa.digest import sha256
from hansa.errors import WorldError

if TYPE_CHECKING:
    from hansa.store.bucket import Bucket

#: How often an object may be replaced while it is fetched.
_TRIES = 5


def stamp(bucket: Bucket, name: str) -> str | None:
    """What changes when the object is written again (hex); None if there is no such object.

    Errors: WorldError if the store cannot be asked.
    """
    found = bucket._head(name)
    if found is None:
        return None
    told = f"{found['size']} {found['e_tag'] or ''} {found['version'] or ''} {found['last_modified'].isoformat()}"
    return sha256(told.encode())


def fetch(bucket: Bucket, name: str, folder: Path) -> tuple[Path, str] | None:
    """The object's newest version as a file in ``folder``, with its stamp; None if there is no such object.

    The file is named after the stamp and keeps the ending of the object's name; one that is there is not fetched again.
    It is read piece by piece, so that memory does not grow with it. Errors: WorldError.
    """
    for _ in range(_TRIES):
        seen = stamp(bucket, name)
        if seen is None:
            return None
        path = folder / f"{seen}{Path(name).suffix}"
        if path.exists():
            return path, seen
        # Of two threads each writes a part of its own.
        part = folder / f"{uuid4().hex}.part"
        try:
            with part.open("wb") as file:
                for piece in bucket.chunks(name):
                    file.write(piece)
        except FileNotFoundError:
            return None
        if stamp(bucket, name) == seen:
            part.replace(path)
            return path, seen
        part.unlink()
    raise WorldError(
        "store.restless",
        f"'{name}' was replaced each time that it was read",
        where=bucket.uri,
        next_step="let one delivery end before the next one begins, then run again",
    )
