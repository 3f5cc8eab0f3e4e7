"""The institution's keys: one file outside the warehouse, several keys of each purpose alive.

``keys.json`` is replaced in one step, so that a rotation that is cut short leaves the old set or the new one. The
current sealing key seals, and every one in the set opens. A warehouse is bound to the token key of its first
publication and goes on with it, also after a rotation: the current token key is for new warehouses.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from hansa.errors import MeshError, WorldError
from hansa.secrets.keys import LENGTH, Keys, Purpose, fingerprint
from hansa.secrets.private import alone, read_private, refuse_open_folder, write_private

FILE = "keys.json"
_LOCK = ".lock"
_VERSION = 1
#: Until these files are forgotten: each held one key in hex.
_FORMER: dict[Purpose, str] = {"token": "token.key", "sealing": "sealing.key"}
#: What the warehouse remembers of its token key.
BOUND = ".keys-fingerprint"

State = Literal["current", "old"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True, repr=False)
class StoredKey:
    """One key of the set. ``made`` and ``since`` (when its state began) are UTC; None where nobody wrote it down."""

    purpose: Purpose
    state: State
    secret: bytes
    made: dt.datetime | None
    since: dt.datetime | None

    @property
    def id(self) -> str:
        """The fingerprint of the key."""
        return fingerprint(self.purpose, self.secret)


@dataclass(frozen=True, repr=False)
class KeySet:
    """All keys of an institution; exactly one of each purpose is current."""

    folder: Path
    keys: tuple[StoredKey, ...]

    def current(self, purpose: Purpose) -> StoredKey:
        """The key that is used for what is new."""
        return next(key for key in self.keys if key.purpose == purpose and key.state == "current")

    def find(self, name: str) -> StoredKey:
        """The key of this id."""
        found = next((key for key in self.keys if key.id == name), None)
        if found is None:
            known = ", ".join(f"{key.id} ({key.purpose}, {key.state})" for key in self.keys)
            raise MeshError("keys.unknown", "no key here has this id", next_step=f"the ids are: {known}")
        return found

    def keys_for(self, bound: str | None = None) -> Keys:
        """The keys for a warehouse that is ``bound`` to a token key, or for a new one."""
        tokens = {key.id: key.secret for key in self.keys if key.purpose == "token"}
        if bound is not None and bound not in tokens:
            raise _foreign(self.folder, bound, ", ".join(tokens))
        sealing = self.current("sealing").secret
        return Keys(
            token=tokens[bound] if bound is not None else self.current("token").secret,
            sealing=sealing,
            opening=tuple(key.secret for key in self.keys if key.purpose == "sealing" and key.secret != sealing),
        )


def bound_to(content: str | None) -> str | None:
    """The id of a token key in what a warehouse remembers; its first form named the sealing key too."""
    return content.strip().split("-")[0] if content else None


def load_keys(folder: Path, warehouse: Path | None = None, *, bound: str | None = None) -> Keys:
    """The keys in ``folder``; they are made at the first use, readable by their owner only, never in ``warehouse``.

    A warehouse that was filled before gets the token key that it is ``bound`` to (for a folder this is read there).
    """
    if warehouse is not None:
        refuse_inside(folder, warehouse)
        remembered = warehouse / BOUND
        if bound is None and remembered.is_file():
            bound = bound_to(remembered.read_text("ascii"))
    return load_set(folder, bound).keys_for(bound)


def refuse_inside(folder: Path, warehouse: Path) -> None:
    """Refuse keys whose folder lies in the warehouse."""
    if folder.resolve().is_relative_to(warehouse.resolve()):
        raise WorldError(
            "keys.inside",
            "the folder of the keys lies in the warehouse, whose readers may not have them",
            where=str(folder),
            state="nothing was changed",
            next_step="name another folder by 'keys' in mesh.yaml or by HANSA_KEYS, or another warehouse",
        )


def load_set(folder: Path, bound: str | None = None) -> KeySet:
    """The keys in ``folder``, made if there are none; never made for a warehouse that was filled with others."""
    return _guarded(folder, lambda: _found(folder) or _made(folder, bound))


def open_set(folder: Path) -> KeySet:
    """The keys in ``folder``, which must be there."""
    return _guarded(folder, lambda: _found(folder) or _missing(folder))


def rotate(folder: Path, purpose: Purpose) -> KeySet:
    """Make a new current key; the former one is old: it still opens, and serves the warehouses bound to it."""
    made = _new(purpose)

    def turned(known: KeySet) -> tuple[StoredKey, ...]:
        aged = (_aged(key) if key.purpose == purpose and key.state == "current" else key for key in known.keys)
        return (*aged, made)

    return _changed(folder, turned)


def retire(folder: Path, name: str) -> KeySet:
    """Remove an old key for ever. Ask first whether anything still needs it."""

    def without(known: KeySet) -> tuple[StoredKey, ...]:
        if known.find(name).state == "current":
            raise MeshError("keys.current", "the current key cannot be retired", next_step="rotate it first")
        return tuple(key for key in known.keys if key.id != name)

    return _changed(folder, without)


def _aged(key: StoredKey) -> StoredKey:
    return replace(key, state="old", since=_now())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _new(purpose: Purpose) -> StoredKey:
    return StoredKey(purpose, "current", secrets.token_bytes(LENGTH), _now(), _now())


def _changed(folder: Path, change: Callable[[KeySet], tuple[StoredKey, ...]]) -> KeySet:
    """Read, change and replace the set while no other process does; the files of before have no say any more."""

    def work() -> KeySet:
        known = _found(folder) or _missing(folder)
        with alone(folder / _LOCK):
            known = _found(folder) or known
            made = KeySet(folder, change(known))
            write_private(folder / FILE, _written(made))
            for name in _FORMER.values():
                (folder / name).unlink(missing_ok=True)
            return made

    return _guarded(folder, work)


def _made(folder: Path, bound: str | None) -> KeySet:
    if bound is not None:
        raise _foreign(folder, bound, "")
    with alone(folder / _LOCK):
        known = _found(folder)
        if known is None:
            former = {purpose: _former(folder, purpose) for purpose in PURPOSES}
            known = KeySet(folder, tuple(former[purpose] or _new(purpose) for purpose in PURPOSES))
            write_private(folder / FILE, _written(known))
        return known


def _found(folder: Path) -> KeySet | None:
    """The set that lies in ``folder``, in today's form or in the one before; None if there is none."""
    if not folder.is_dir():
        return None
    refuse_open_folder(folder)
    content = _content(folder / FILE)
    if content is not None:
        return _parsed(folder, content)
    former = [_former(folder, purpose) for purpose in PURPOSES]
    keys = tuple(key for key in former if key is not None)
    return KeySet(folder, keys) if len(keys) == len(PURPOSES) else None


def _content(path: Path) -> bytes | None:
    try:
        return read_private(path)
    except FileNotFoundError:
        return None


def _former(folder: Path, purpose: Purpose) -> StoredKey | None:
    path = folder / _FORMER[purpose]
    content = _content(path)
    if content is None:
        return None
    try:
        key = bytes.fromhex(content.decode("ascii").strip())
    except ValueError:
        raise _unreadable(path) from None
    if len(key) != LENGTH:
        raise WorldError(
            "keys.short", "the key is not 32 bytes in hex", where=str(path), next_step="restore the key file"
        )
    return StoredKey(purpose, "current", key, None, None)


def _written(known: KeySet) -> bytes:
    keys = [
        {
            "purpose": key.purpose,
            "id": key.id,
            "state": key.state,
            "made": key.made.isoformat() if key.made else None,
            "since": key.since.isoformat() if key.since else None,
            "secret": key.secret.hex(),
        }
        for key in known.keys
    ]
    return json.dumps({"version": _VERSION, "keys": keys}, indent=1).encode() + b"\n"


def _parsed(folder: Path, content: bytes) -> KeySet:
    path = folder / FILE
    try:
        read = json.loads(content)
        if read["version"] != _VERSION:
            raise WorldError(
                "keys.version",
                "the key file was written by another release",
                where=str(path),
                state="nothing was changed",
                next_step="use the release that wrote it, or a newer one",
            )
        keys = tuple(_key(entry) for entry in read["keys"])
    except (ValueError, KeyError, TypeError):
        raise _unreadable(path) from None
    current = sorted(key.purpose for key in keys if key.state == "current")
    if current != sorted(PURPOSES) or len({key.id for key in keys}) != len(keys):
        raise _unreadable(path)
    return KeySet(folder, keys)


def _key(entry: dict[str, Any]) -> StoredKey:
    """One entry; a key that is not what its id says was cut or changed."""
    if entry["purpose"] not in PURPOSES or entry["state"] not in get_args(State):
        raise ValueError("neither")
    times = [dt.datetime.fromisoformat(entry[name]) if entry[name] else None for name in ("made", "since")]
    key = StoredKey(entry["purpose"], entry["state"], bytes.fromhex(entry["secret"]), times[0], times[1])
    if len(key.secret) != LENGTH or key.id != entry["id"]:
        raise ValueError("cut or changed")
    return key


def _guarded(folder: Path, work: Callable[[], KeySet]) -> KeySet:
    try:
        return work()
    except OSError as error:
        raise _unreadable(folder, error.strerror or str(error)) from None


def _unreadable(path: Path, why: str = "it was cut or changed") -> WorldError:
    return WorldError(
        "keys.unreadable",
        f"the keys cannot be read or made ({why})",
        where=str(path),
        state="nothing was changed",
        next_step="restore the key file from its backup, or name its folder by 'keys' in mesh.yaml or by HANSA_KEYS",
    )


def _missing(folder: Path) -> KeySet:
    raise WorldError(
        "keys.missing",
        "there are no keys here",
        where=str(folder),
        next_step="name the mesh file by --mesh, or the folder of the keys by HANSA_KEYS",
    )


def _foreign(folder: Path, bound: str, here: str) -> WorldError:
    return WorldError(
        "keys.other",
        f"the warehouse was filled with token key {bound}, and here {f'lies {here}' if here else 'lies none'}",
        where=str(folder),
        state="nothing was changed",
        next_step="use the keys of the warehouse's first publication, or another warehouse",
    )
