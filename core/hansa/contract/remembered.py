"""Contracts that were read without fault, remembered in the user's cache folder by all that made them.

Reading one takes the standard's schema, and where it has patterns or SQL also Polars and sqlglot, which take longer to
import than all contracts to read. An entry goes by the file's bytes, this room's own code and the libraries' versions:
whatever changes asks for another entry. It holds a digest of itself and of its name, so that what was damaged or put in
another's place is read anew. Where there is no folder that is this user's alone nothing is remembered.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hansa.contract.model import Column, Contract, GroupRule, Rule, Unenforced, VolumeRule
from hansa.contract.yaml_text import MAX_BYTES
from hansa.private_cache import private_folder, read_regular, write_whole

_LIBRARIES = ("hansa", "open-data-contract-standard", "polars", "pyyaml", "sqlglot")
_KINDS = {kind.__name__: kind for kind in (Column, Contract, GroupRule, Rule, Unenforced, VolumeRule)}
#: Fields of a contract that are not of the file: where it lies, and what is made of its columns.
_PLACES = ("path", "by_name")
_LARGEST = 16 * MAX_BYTES
#: So long an entry is kept that nobody has written again, and so many are; one in so many looks for these.
_LITTER_SECONDS, _MOST, _ONE_IN = 90 * 24 * 3600, 4000, 64


def recall(path: Path) -> tuple[Contract, ...] | None:
    """The contracts of a file in its order, as they were read from the very same bytes; None if nobody knows."""
    folder, made_by = private_folder("contracts"), _made_by()
    if folder is None or made_by is None:
        return None
    content = read_regular(path, MAX_BYTES)
    if content is None:
        return None
    digest = hashlib.sha256(content).hexdigest()
    name = _name(digest, made_by)
    stored = read_regular(folder / name, _LARGEST, own=True)
    return None if stored is None else _opened(stored, name, digest, path)


def remember(contracts: Sequence[Contract]) -> None:
    """Keep all contracts of one file, which was read without fault. A folder that cannot be written keeps nothing."""
    folder, made_by = private_folder("contracts"), _made_by()
    if folder is None or made_by is None or not contracts:
        return
    name = _name(contracts[0].digest, made_by)
    body = json.dumps([_encoded(contract) for contract in contracts], separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        write_whole(folder, name, _seal(name, body) + body)
        if int(name[:8], 16) % _ONE_IN == 0:
            _tidy(folder)


def _name(digest: str, made_by: str) -> str:
    return hashlib.sha256(f"{digest}\0{made_by}".encode()).hexdigest() + ".json"


def _seal(name: str, body: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + body).hexdigest().encode() + b"\n"


def _opened(stored: bytes, name: str, digest: str, path: Path) -> tuple[Contract, ...] | None:
    seal, sign, body = stored.partition(b"\n")
    if seal + sign != _seal(name, body):
        return None
    with contextlib.suppress(ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        found = tuple(_contract(one, path) for one in json.loads(body))
        return found if found and all(one.digest == digest for one in found) else None
    return None


def _contract(encoded: Any, path: Path) -> Contract:
    kind, given = encoded
    if kind != Contract.__name__:
        raise ValueError(kind)
    return Contract(path=path, **{name: _decoded(value) for name, value in given.items()})


@cache
def _made_by() -> str | None:
    """What reads contracts: this room's code and the versions below it; None where that cannot be told."""
    try:
        code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
        versions = [f"{name} {version(name)}" for name in _LIBRARIES]
    except (OSError, PackageNotFoundError):
        return None
    made = hashlib.sha256(json.dumps([sys.version, *versions]).encode())
    for content in code:
        made.update(hashlib.sha256(content).digest())
    return made.hexdigest()


def _encoded(value: Any) -> Any:
    """A value as JSON; what JSON does not know is a list whose first entry names its kind."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return ["tuple", *map(_encoded, value)]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return [type(value).__name__, value.isoformat()]
    if type(value) not in _KINDS.values():
        raise TypeError(type(value).__name__)
    own = [one for one in fields(value) if not (isinstance(value, Contract) and one.name in _PLACES)]
    given = {one.name: getattr(value, one.name) for one in own}
    return [
        type(value).__name__,
        {one.name: _encoded(given[one.name]) for one in own if not _is_default(given[one.name], one.default)},
    ]


def _is_default(value: Any, default: Any) -> bool:
    # 1 equals True and 1.0, and is neither.
    return type(value) is type(default) and value == default


def _decoded(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, *parts = value
    if kind == "tuple":
        return tuple(map(_decoded, parts))
    (content,) = parts
    if kind == "decimal":
        return Decimal(content)
    if kind in ("datetime", "date", "time"):
        return getattr(dt, kind).fromisoformat(content)
    return _KINDS[kind](**{name: _decoded(inner) for name, inner in content.items()})


def _tidy(folder: Path) -> None:
    """Let go what was written long ago, and of very many the oldest."""
    ages = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            ages.append((time.time() - path.lstat().st_mtime, path))
    ages.sort()
    for place, (age, path) in enumerate(ages):
        if age > _LITTER_SECONDS or place >= _MOST:
            with contextlib.suppress(OSError):
                path.unlink()
