"""Objects of a warehouse: named bytes under one root, a folder here or a bucket somewhere, created whole or not at all.

Names are relative and use slashes. Everything that lies in a warehouse goes through this one interface or, for data
files and table metadata, through Polars and PyIceberg with the address that ``location`` gives.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hansa.store import files

#: The longest that a publication can take where no settings say another; what is younger is never taken for left over.
LONGEST_RUN = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Entry:
    """One object as a listing shows it: its name under the root, its bytes, when it was last written (UTC).

    ``tag`` is a bucket's own mark of what lies there, empty in a folder.
    """

    name: str
    size: int
    modified: dt.datetime
    tag: str = ""


class Objects(Protocol):
    """Objects under one root. ``read`` and ``chunks`` of an absent object raise FileNotFoundError."""

    @property
    def uri(self) -> str:
        """``file:///abs/folder`` or ``s3://bucket/prefix``, without a slash at the end."""
        ...

    @property
    def storage_options(self) -> Mapping[str, str] | None:
        """What Polars needs to reach ``location``; None for a folder."""
        ...

    @property
    def properties(self) -> Mapping[str, str]:
        """What PyIceberg's FileIO needs to reach ``location``; empty for a folder."""
        ...

    @property
    def folder(self) -> Path | None:
        """The folder on this machine, or None for a bucket."""
        ...

    def at(self, prefix: str) -> Objects:
        """The objects under ``prefix``."""
        ...

    def location(self, name: str) -> str:
        """The address of an object as PyIceberg and Polars take it."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes of an object."""
        ...

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of an object in pieces."""
        ...

    def exists(self, name: str) -> bool:
        """True if there is such an object."""
        ...

    def create(self, name: str, content: bytes) -> bool:
        """Create an object if there is none; False if somebody else was first, even with the same bytes."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Put ``content`` in the place of whatever stands there, in one step."""
        ...

    def upload(self, name: str, path: Path) -> None:
        """Put the bytes of a file of this machine there, in one step however large it is."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object; an absent one is removed already."""
        ...

    def tidy(self, prefix: str) -> None:
        """Remove empty folders at and under ``prefix``; a bucket has none."""
        ...

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """Every object whose name begins with ``prefix``, at any depth, in no order. Drafts and locks are left out."""
        ...

    def folders(self, prefix: str = "") -> list[str]:
        """Names of what looks like a folder directly under ``prefix`` (empty, or ending in a slash), sorted."""
        ...

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Fairness among the processes of one machine, never safety; nothing at all in a bucket."""
        ...

    def claim(self, name: str) -> AbstractContextManager[None]:
        """A sign of life: an object ``name`` that goes with the block, or stays when the process is killed."""
        ...

    def abandoned(self, name: str, longest_run: dt.timedelta) -> bool:
        """True if whoever claimed ``name`` is gone: at once in a folder, after the longest run in a bucket."""
        ...

    def prove_conditional_puts(self) -> None:
        """Refuse a place that does not keep what ``create`` promises, before anything is trusted to it."""
        ...


class Folder:
    """Objects in a folder of a POSIX file system."""

    properties: Mapping[str, str] = {}
    storage_options: Mapping[str, str] | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    @property
    def uri(self) -> str:
        """See ``Objects``."""
        return f"file://{self._folder}"

    @property
    def folder(self) -> Path | None:
        """See ``Objects``."""
        return self._folder

    def path(self, name: str) -> Path:
        """The file of an object; a name that leads out of the folder is refused."""
        path = self._folder / name
        if ".." in path.parts or not path.is_relative_to(self._folder):
            raise ValueError(f"object name {name!r} leaves its folder")
        return path

    def at(self, prefix: str) -> Folder:
        """See ``Objects``."""
        return Folder(self.path(prefix))

    def location(self, name: str) -> str:
        """See ``Objects``."""
        return f"file://{self.path(name)}"

    def read(self, name: str) -> bytes:
        """See ``Objects``."""
        try:
            return self.path(name).read_bytes()
        except NotADirectoryError:
            # The warehouse is a file: there is no such object in it either.
            raise FileNotFoundError(name) from None

    def chunks(self, name: str) -> Iterator[bytes]:
        """See ``Objects``."""
        return files.chunks(self.path(name))

    def exists(self, name: str) -> bool:
        """See ``Objects``."""
        return self.path(name).is_file()

    def create(self, name: str, content: bytes) -> bool:
        """See ``Objects``."""
        return files.create(self.path(name), content)

    def replace(self, name: str, content: bytes) -> None:
        """See ``Objects``."""
        files.replace(self.path(name), content)

    def upload(self, name: str, path: Path) -> None:
        """See ``Objects``."""
        files.move(path, self.path(name))

    def remove(self, name: str) -> None:
        """See ``Objects``."""
        self.path(name).unlink(missing_ok=True)

    def tidy(self, prefix: str) -> None:
        """See ``Objects``."""
        base = self.path(prefix)
        for at, _, _ in os.walk(base, topdown=False):
            # Not empty, or somebody else removed it: both are as good.
            with suppress(OSError):
                Path(at).rmdir()

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """See ``Objects``."""
        start, _, stem = prefix.rpartition("/")
        base = self.path(start)
        for at, folders, names in os.walk(base):
            if Path(at) == base and stem:
                folders[:] = [name for name in folders if name.startswith(stem)]
                names = [name for name in names if name.startswith(stem)]
            for name in names:
                path = Path(at, name)
                if name.startswith("."):
                    continue
                try:
                    found = path.stat()
                except FileNotFoundError:
                    # Removed while we looked.
                    continue
                when = dt.datetime.fromtimestamp(found.st_mtime, dt.UTC)
                yield Entry(path.relative_to(self._folder).as_posix(), found.st_size, when)

    def folders(self, prefix: str = "") -> list[str]:
        """See ``Objects``."""
        base = self.path(prefix)
        if not base.is_dir():
            return []
        return sorted(p.name for p in base.iterdir() if p.is_dir() and not p.name.startswith("."))

    def lock(self, name: str) -> AbstractContextManager[None]:
        """See ``Objects``."""
        return files.locked(self.path(name))

    def claim(self, name: str) -> AbstractContextManager[None]:
        """See ``Objects``."""
        return files.claim(self.path(name))

    def abandoned(self, name: str, longest_run: dt.timedelta) -> bool:
        """See ``Objects``."""
        return files.abandoned(self.path(name))

    def prove_conditional_puts(self) -> None:
        """See ``Objects``: a link to an existing name fails on every POSIX file system."""
