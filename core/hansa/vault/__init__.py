"""The vault: the clear value of each token, sealed, opened only by an audited reveal."""

from __future__ import annotations

from hansa.vault.audit import AuditLine, Request, Revealed
from hansa.vault.place import DEFAULT, VaultPlace, place_of
from hansa.vault.vault import Vault

__all__ = ["DEFAULT", "AuditLine", "Request", "Revealed", "Vault", "VaultPlace", "place_of"]
