"""A source that lies in a bucket: fetched to this machine before it is read, so that every format reads it alike.

The file lies in a folder of this process alone and goes with it; it is fetched again when the object was written again.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import DataError, MeshError
from hansa.sources.files import translate, unreadable

if TYPE_CHECKING:
    from hansa.store.bucket import Bucket
    from hansa.store.settings import StoreSettings

_URI = re.compile(r"s3://([^/]+)/(.+)")


def is_remote(uri: str) -> bool:
    """True for an address in a bucket."""
    return uri.startswith("s3://")


def fetched(uri: str, entry: str, store: StoreSettings | None) -> tuple[Path, str]:
    """The object at ``uri`` as a file, and its fingerprint.

    Errors: MeshError at ``entry`` for an address that cannot be one, DataError if nothing lies there, WorldError for
    the store and for the disk.
    """
    from hansa.store.fetching import fetch

    bucket, name = _object(uri, entry, store)
    folder = _folder() / re.sub(r"[^a-z0-9.-]", "-", bucket.uri.removeprefix("s3://"))
    try:
        folder.mkdir(exist_ok=True)
        found = fetch(bucket, name, folder)
    except OSError as error:
        raise translate(error, uri) or unreadable(uri) from None
    if found is None:
        raise DataError("source.missing", "there is no such object", where=uri, next_step="mend the uri, or deliver it")
    path, seen = found
    _let_go(uri, path)
    return path, seen


def current(uri: str, entry: str, store: StoreSettings | None) -> str | None:
    """The fingerprint of what lies at ``uri`` now; None if nothing does. Errors: as ``fetched``."""
    from hansa.store.fetching import stamp

    return stamp(*_object(uri, entry, store))


def _object(uri: str, entry: str, store: StoreSettings | None) -> tuple[Bucket, str]:
    from hansa.store.bucket import Bucket

    parts = _URI.fullmatch(uri)
    try:
        if parts is None:
            raise ValueError
        bucket = Bucket(f"s3://{parts[1]}", store)
        bucket.location(parts[2])
    except (ValueError, MeshError):
        what = "it is no address of an object"
        raise MeshError("source.uri", what, where=entry, next_step="write s3://bucket/folder/file.csv") from None
    return bucket, parts[2]


@cache
def _folder() -> Path:
    """A folder that only this user may enter, removed when the process ends."""
    made = Path(tempfile.mkdtemp(prefix="hansa-sources-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


_held: dict[str, Path] = {}


def _let_go(uri: str, path: Path) -> None:
    """Remove the file of the version that ``path`` replaces: a long process must not fill the disk."""
    older = _held.get(uri)
    _held[uri] = path
    if older is not None and older not in _held.values():
        older.unlink(missing_ok=True)
