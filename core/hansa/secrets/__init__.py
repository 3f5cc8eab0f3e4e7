"""Keys, tokens and sealing.

``forms`` knows the normal form of each kind of identifier, ``keys`` makes tokens and seals, ``keyset`` keeps the
institution's keys in a folder outside the warehouse, with rotation.
"""

from __future__ import annotations

from hansa.secrets.forms import KINDS, NORMAL_FORMS, display, empty, invalid, normal
from hansa.secrets.keys import Keys, fingerprint
from hansa.secrets.keyset import KeySet, StoredKey, bound_to, load_keys, load_set, open_set, retire, rotate

__all__ = [
    "KINDS",
    "NORMAL_FORMS",
    "KeySet",
    "Keys",
    "StoredKey",
    "bound_to",
    "display",
    "empty",
    "fingerprint",
    "invalid",
    "load_keys",
    "load_set",
    "normal",
    "open_set",
    "retire",
    "rotate",
]
