"""Content-addressed artefacts: bytes by their SHA-256, for models and whatever else is no table."""

from __future__ import annotations

import re
from pathlib import Path

from hansa.digest import sha256
from hansa.errors import WorldError
from hansa.store import files

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ArtefactStore:
    """Artefacts in one folder, ``<digest[:2]>/<digest>``. What is read is what was written, or an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def put(self, content: bytes) -> str:
        """Store ``content`` and return its digest; the same content again changes nothing."""
        digest = sha256(content)
        path = self._path(digest)
        if not path.exists():
            files.create(path, content)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of ``digest``; refused if they are absent or no longer have that digest."""
        try:
            # What is no digest is no name either, and could point to a file outside the folder.
            content = self._path(digest if _DIGEST.fullmatch(digest) else "none").read_bytes()
        except FileNotFoundError:
            raise WorldError(
                "artefact.missing",
                f"artefact {digest[:12]} is not in the warehouse",
                where=str(self._folder),
                next_step="restore the warehouse, or run the product that makes it again",
            ) from None
        if sha256(content) != digest:
            raise WorldError(
                "artefact.changed",
                f"artefact {digest[:12]} was changed after it was written",
                where=str(self._folder),
                next_step="restore the warehouse, or run the product that makes it again",
            )
        return content
