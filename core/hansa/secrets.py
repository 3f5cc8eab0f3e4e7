"""Keys, tokens and sealing.

Two keys of 32 bytes lie in a folder outside the warehouse, mode 600: one makes tokens (HMAC-SHA256), one seals
payloads (AES-256-GCM). The warehouse holds only their fingerprints, so a publication with another key is noticed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hansa.errors import WorldError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: Marks that nobody sees: soft hyphen, zero-width letters, direction marks, byte order mark.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
#: Blanks, hyphens, points, brackets: whatever groups the digits of a number and is no part of it.
_GROUPING = re.compile(r"[^\w+]|_")


def _plain(value: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", value)).strip()


def _compact(value: str) -> str:
    return _GROUPING.sub("", _plain(value))


def _mobile(value: str) -> str:
    return re.sub(r"^(\+86|86(?=1[3-9][0-9]{9}$))", "", re.sub(r"^00", "+", _compact(value)))


#: The normal form of each kind of identifier: one person, one spelling, one token.
NORMAL_FORMS: dict[str, Callable[[str], str]] = {
    "identifier": _plain,
    "name": lambda value: re.sub(r"\s+", " ", _plain(value)),
    "mobile": _mobile,
    "identity_number": lambda value: _compact(value).upper(),
    "card_number": _compact,
    "email": lambda value: _plain(value).lower(),
}


@dataclass(frozen=True, repr=False)
class Keys:
    """The institution's two keys. They never appear in a message, a log, a receipt or a repr."""

    token: bytes
    sealing: bytes

    @property
    def fingerprint(self) -> str:
        """What the warehouse may know of the keys: one half-digest for each of them."""
        return f"{_fingerprint(b'token', self.token)}-{_fingerprint(b'sealing', self.sealing)}"

    def tokens(self, values: pl.Series, kind: str) -> pl.Series:
        """Replace each text by its token of 32 hex characters; null and empty stay null.

        The token is keyed by the kind and by the value in its kind's normal form, so the same person has one token
        in every product.
        """
        form = NORMAL_FORMS[kind]
        unique = values.drop_nulls().unique()
        made = [self._token(form(value), kind) for value in unique.to_list()]
        return values.replace_strict(unique, pl.Series(made, dtype=pl.String), default=None, return_dtype=pl.String)

    def _token(self, value: str, kind: str) -> str | None:
        if not value:
            return None
        return hmac.digest(self.token, f"{kind}\x1f{value}".encode(), "sha256")[:16].hex()

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.sealing)

    def tag(self, text: str) -> str:
        """A keyed digest: equal for equal texts, and of no use to whoever tries texts without the key."""
        return hmac.digest(self.token, f"tag\x1f{text}".encode(), "sha256")[:16].hex()

    def seal(self, content: bytes, context: str) -> bytes:
        """Encrypt ``content``, bound to ``context``; the nonce comes first."""
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, content, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what ``seal`` made for the same context; refuse what another key or context made."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], context.encode())
        except (InvalidTag, ValueError):
            raise WorldError(
                "keys.other",
                "the payload was sealed with another key, or was changed",
                next_step="use the keys with which the warehouse was filled",
            ) from None


def empty(values: pl.Series, kind: str) -> pl.Series:
    """True where a text has nothing in it for its kind (blanks, hyphens): it names nobody and counts as missing."""
    bare = values.filter(~values.str.contains(r"[\p{L}\p{N}]").fill_null(True)).unique()
    nothing = [value for value in bare.to_list() if not NORMAL_FORMS[kind](value)]
    return values.is_in(pl.Series(nothing, dtype=pl.String).implode()).fill_null(False)


def _fingerprint(purpose: bytes, key: bytes) -> str:
    return hashlib.sha256(b"hansa fingerprint " + purpose + key).hexdigest()[:16]


def load_keys(folder: Path, warehouse: Path | None = None) -> Keys:
    """The keys in ``folder``; they are made at the first use, readable by their owner only, never in ``warehouse``."""
    if warehouse is not None and folder.resolve().is_relative_to(warehouse.resolve()):
        raise WorldError(
            "keys.inside",
            "the folder of the keys lies in the warehouse, whose readers may not have them",
            where=str(folder),
            state="nothing was changed",
            next_step="name another folder by 'keys' in mesh.yaml or by HANSA_KEYS, or another warehouse",
        )
    return Keys(token=_key(folder / "token.key"), sealing=_key(folder / "sealing.key"))


def _key(path: Path) -> bytes:
    try:
        if not path.exists():
            _create(path)
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError):
        raise WorldError(
            "keys.unreadable",
            "the key cannot be read or made",
            where=str(path),
            next_step="restore the key file, or name its folder by 'keys' in mesh.yaml or by HANSA_KEYS",
        ) from None
    if len(key) != 32:
        raise WorldError(
            "keys.short", "the key is not 32 bytes in hex", where=str(path), next_step="restore the key file"
        )
    return key


def _create(path: Path) -> None:
    """Make a key so that of two processes at once one wins and both read the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secrets.token_bytes(32).hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
