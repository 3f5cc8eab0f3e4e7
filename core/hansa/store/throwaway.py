"""A warehouse for one dry run, which leaves nothing: a private folder of this machine that goes with the block."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hansa.store import files
from hansa.store.warehouse import Warehouse

_PREFIX = "hansa-dry-run-"
_ALIVE = ".alive"


@contextmanager
def throwaway() -> Iterator[Warehouse]:
    """An empty warehouse that only its owner may read. What killed processes left goes too."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_ALIVE}"):
        with suppress(OSError):
            if left.parent.stat().st_uid == os.getuid() and files.abandoned(left):
                shutil.rmtree(left.parent, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder,
        files.claim(Path(folder, _ALIVE)),
    ):
        yield Warehouse(Path(folder, "warehouse"))
