"""PyIceberg's way to the files of a table in a bucket: a manifest is fetched once, for its name is never used again.

Every look at a table, and every attempt at a commit, goes through the same manifests. PyIceberg asks for the size of
each and then for its bytes, each time; in a bucket that is most of what a publication waits for.
"""

from __future__ import annotations

import io
import re
from collections import OrderedDict
from threading import Lock
from typing import Any, cast

from pyiceberg.io import InputFile, InputStream
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO

from hansa.store.objects import Objects

#: Bytes that are kept of one warehouse; what was not used for longest goes first.
LIMIT = 32 << 20
#: Manifests and their lists carry an identifier of their own, made anew for each.
_WRITTEN_ONCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[^/]*\.avro$")


class ManifestIO(PyArrowFileIO):
    """PyIceberg's own file access, which remembers manifests. One serves all tables and threads of a warehouse."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(dict(objects.properties))
        self._objects = objects
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def new_input(self, location: str) -> PyArrowFile:
        """The file at ``location``; of a manifest its bytes, as soon as somebody reads them."""
        if not _WRITTEN_ONCE.search(location) or not location.startswith(f"{self._objects.uri}/"):
            return super().new_input(location)
        # PyIceberg asks no more of it than what each input file has.
        return cast("PyArrowFile", _Manifest(location, self))

    def content(self, location: str) -> bytes:
        """The bytes of a manifest. Errors: FileNotFoundError, WorldError."""
        with self._lock:
            if (known := self._kept.get(location)) is not None:
                self._kept.move_to_end(location)
                return known
        # One request, and repeated as all of ours are.
        content = self._objects.read(location.removeprefix(f"{self._objects.uri}/"))
        with self._lock:
            if location not in self._kept:
                self._kept[location] = content
                self._size += len(content)
            while self._size > LIMIT:
                self._size -= len(self._kept.popitem(last=False)[1])
        return content

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process fetches for itself, as PyIceberg does."""
        return PyArrowFileIO, (self.properties,)


class _Manifest(InputFile):
    """A manifest that is fetched when it is read."""

    def __init__(self, location: str, files: ManifestIO) -> None:
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        return len(self._files.content(self.location))

    def exists(self) -> bool:
        """True if it can be read."""
        try:
            self._files.content(self.location)
        except FileNotFoundError:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:
        """Its bytes from the start."""
        return cast("InputStream", io.BytesIO(self._files.content(self.location)))
