"""Tokens and sealing, with keys that are given."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import polars as pl

from hansa.errors import WorldError
from hansa.secrets.forms import normal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Purpose = Literal["token", "sealing"]

#: Bytes of a key.
LENGTH = 32
#: Sealed bytes begin with this byte, the 8 bytes of their key's id and a nonce of 12 bytes.
_VERSION = b"\x01"
_HEADER = 9
_NONCE = 12
#: SHA-256 works on blocks of 64 bytes.
_BLOCK = 64


def fingerprint(purpose: Purpose, key: bytes) -> str:
    """The id of a key, 16 hex characters: what everybody may know of it."""
    return hashlib.sha256(b"hansa fingerprint " + purpose.encode() + key).hexdigest()[:16]


@dataclass(frozen=True, repr=False)
class Keys:
    """The keys that one publication uses: ``token`` makes tokens, ``sealing`` seals, ``opening`` still open.

    They never appear in a message, a log, a receipt or a repr.
    """

    token: bytes
    sealing: bytes
    opening: tuple[bytes, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The id of the token key: what a warehouse is bound to, because its tokens were made with that key."""
        return fingerprint("token", self.token)

    @cached_property
    def sealing_id(self) -> str:
        """The id of the key that seals now."""
        return fingerprint("sealing", self.sealing)

    def tokens(self, values: pl.Series, kind: str) -> pl.Series:
        """Replace each text by its token of 32 hex characters; null and empty stay null.

        The token is keyed by the kind and by the value in its kind's normal form, so the same person has one token
        in every product. Whether a form can be of its kind is asked before, by ``invalid``.
        """
        forms = normal(values, kind)
        unique = forms.drop_nulls().unique()
        made = self._token_maker(kind)
        if unique.len() * 2 > forms.len():
            # Hardly any value repeats: to look each one up would cost more than to make its token.
            return pl.Series(values.name, [made(form) if form else None for form in forms.to_list()], dtype=pl.String)
        tokens = pl.Series([made(form) if form else None for form in unique.to_list()], dtype=pl.String)
        found = forms.replace_strict(unique, tokens, default=None, return_dtype=pl.String)
        return found.alias(values.name)

    def _token_maker(self, kind: str) -> Callable[[str], str]:
        """HMAC-SHA256 of kind and form, cut to 16 bytes, its two halves begun once (RFC 2104).

        The one call ``hmac.digest`` would begin them for each value, which doubles the time.
        """
        padded = self.token.ljust(_BLOCK, b"\0")
        inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + f"{kind}\x1f".encode()).copy
        outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy

        def token(form: str) -> str:
            inside, outside = inner(), outer()
            inside.update(form.encode())
            outside.update(inside.digest())
            return outside.hexdigest()[:32]

        return token

    def tag(self, text: str) -> str:
        """A keyed digest: equal for equal texts, and of no use to whoever tries texts without the key."""
        return hmac.digest(self.token, f"tag\x1f{text}".encode(), "sha256")[:16].hex()

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return {fingerprint("sealing", key): AESGCM(key) for key in (self.sealing, *self.opening)}

    def seal(self, content: bytes, context: str) -> bytes:
        """Encrypt ``content`` with AES-256-GCM, bound to ``context``; the key's id and the nonce come first."""
        header = _VERSION + bytes.fromhex(self.sealing_id)
        nonce = secrets.token_bytes(_NONCE)
        cipher = self._ciphers[self.sealing_id]
        return header + nonce + cipher.encrypt(nonce, content, header + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what ``seal`` made for the same context; refuse what another key or context made."""
        content = self._opened(sealed, context)
        if content is None:
            named = sealed_by(sealed)
            which = "" if named is None or named in self._ciphers else f"; its key {named} is not here"
            raise WorldError(
                "keys.other",
                f"what was sealed cannot be opened: it was changed, or sealed with another key{which}",
                next_step="use the keys with which it was sealed; hansa keys lists those that are here",
            )
        return content

    def opener(self, sealed: bytes, context: str) -> str | None:
        """The id of the key that sealed these bytes: the one they name, or the one that opens bytes of before ids."""
        named = sealed_by(sealed)
        if named in self._ciphers and self._by(named, sealed, context) is not None:
            return named
        return next((key for key in self._ciphers if self._unnamed(key, sealed, context) is not None), named)

    def _opened(self, sealed: bytes, context: str) -> bytes | None:
        named = sealed_by(sealed)
        if named in self._ciphers and (content := self._by(named, sealed, context)) is not None:
            return content
        # Bytes of before keys had ids begin with their nonce; the cipher itself knows whether it made them.
        found = (self._unnamed(key, sealed, context) for key in self._ciphers)
        return next((content for content in found if content is not None), None)

    def _by(self, key: str, sealed: bytes, context: str) -> bytes | None:
        header, rest = sealed[:_HEADER], sealed[_HEADER:]
        return self._decrypted(key, rest, header + context.encode())

    def _unnamed(self, key: str, sealed: bytes, context: str) -> bytes | None:
        return self._decrypted(key, sealed, context.encode())

    def _decrypted(self, key: str, sealed: bytes, bound: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag

        try:
            return self._ciphers[key].decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        except (InvalidTag, ValueError):
            return None


def sealed_by(sealed: bytes) -> str | None:
    """The id of the key that sealed bytes name; None if they name none. It is a claim until they are opened."""
    return sealed[1:_HEADER].hex() if len(sealed) > _HEADER and sealed[:1] == _VERSION else None
