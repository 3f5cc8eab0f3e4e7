"""Content-addressed artefacts: bytes by their SHA-256, for models and whatever else is no table."""

from __future__ import annotations

import re

from hansa.digest import sha256
from hansa.errors import WorldError
from hansa.store.objects import Objects

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ArtefactStore:
    """Artefacts by ``<digest[:2]>/<digest>``. What is read is what was written, or an error."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def put(self, content: bytes) -> str:
        """Store ``content`` and return its digest; the same content again changes nothing."""
        digest = sha256(content)
        if not self._objects.exists(_name(digest)):
            self._objects.create(_name(digest), content)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of ``digest``; refused if they are absent or no longer have that digest."""
        try:
            # What is no digest is no name either, and could point to an object elsewhere.
            content = self._objects.read(_name(digest if _DIGEST.fullmatch(digest) else "none"))
        except FileNotFoundError:
            raise WorldError(
                "artefact.missing",
                f"artefact {digest[:12]} is not in the warehouse",
                where=self._objects.uri,
                next_step="restore the warehouse, or run the product that makes it again",
            ) from None
        if sha256(content) != digest:
            raise WorldError(
                "artefact.changed",
                f"artefact {digest[:12]} was changed after it was written",
                where=self._objects.uri,
                next_step="restore the warehouse, or run the product that makes it again",
            )
        return content


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}"
