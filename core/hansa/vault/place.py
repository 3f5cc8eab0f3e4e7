"""Where a vault lies: a file of SQLite, or a database of PostgreSQL, whose address may hold a password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hansa.errors import MeshError, WorldError
from hansa.secrets.private import refuse_open_to_others

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

#: Where the vault of a mesh lies, beside the mesh file.
DEFAULT = ".hansa/vault.db"
#: The word for no vault at all.
NONE = "none"
_ADDRESS = re.compile(r"^\s*[A-Za-z][A-Za-z0-9+.-]+:")
_POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}
#: Seconds that a process waits for another one that writes.
_PATIENCE = 60


@dataclass(frozen=True, repr=False)
class VaultPlace:
    """A file, or the address of a database. ``shown`` is what a message may say of it."""

    file: Path | None
    url: URL | None
    shown: str

    def refuse_inside(self, warehouse: Path) -> None:
        """Refuse a file in the warehouse, whose readers may not have it."""
        if self.file is not None and self.file.resolve().is_relative_to(warehouse.resolve()):
            raise WorldError(
                "vault.inside",
                "the vault lies in the warehouse, whose readers may not have it",
                where=self.shown,
                state="nothing was changed",
                next_step="name another file by 'vault' in mesh.yaml or by HANSA_VAULT",
            )


def place_of(given: str | None, folder: Path) -> VaultPlace | None:
    """The vault that a setting names, a path relative to ``folder`` or an address; None for nothing and for ``none``.

    An address that cannot be read is refused without a word of it: what stands where may be the password.
    """
    text = (given or "").strip()
    if not text or text.lower() == NONE:
        return None
    if text.startswith("sqlite:///"):
        text = text.removeprefix("sqlite:///")
    if _ADDRESS.match(text):
        return _database(text)
    if "@" in text or "password=" in text.lower():
        raise _unreadable("it is neither a path nor an address")
    path = (folder / Path(text).expanduser()).absolute()
    return VaultPlace(path, None, str(path))


def _database(text: str) -> VaultPlace:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    scheme = text.split(":", 1)[0].lower()
    if scheme not in _POSTGRESQL or "://" not in text:
        raise _unreadable("a vault lies in a file or in PostgreSQL")
    if text.count("@") > 1:
        raise _unreadable("it has more than one @, and those of a password are written %40")
    try:
        url = make_url(text).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise _unreadable("its parts cannot be told apart") from None
    if not url.database:
        raise _unreadable("it names no database")
    host = url.host or url.query.get("host") or ""
    port = f":{url.port}" if url.port else ""
    return VaultPlace(None, url, f"postgresql://{host if isinstance(host, str) else ''}{port}/{url.database}")


def _unreadable(why: str) -> MeshError:
    return MeshError(
        "vault.address",
        f"the address of the vault cannot be read: {why} (it is not shown, for it may hold a password)",
        where="'vault' in mesh.yaml, or HANSA_VAULT",
        state="nothing was changed",
        next_step="write the path of a file, or postgresql://user:password@host:5432/database with %xx in it",
    )


def engine_of(place: VaultPlace, *, create: bool) -> Engine:
    """An engine for this vault; its file is made for its owner only. No statement's values ever stand in an error."""
    from sqlalchemy import URL, create_engine, event

    if place.url is not None:
        try:
            return create_engine(place.url, hide_parameters=True, connect_args={"connect_timeout": 10})
        except ImportError:
            raise WorldError(
                "vault.driver",
                "the driver of PostgreSQL is not installed",
                where=place.shown,
                next_step="install hansa[postgres]",
            ) from None
    assert place.file is not None  # noqa: S101 - one of the two is given
    _prepare(place.file, create)
    url = URL.create("sqlite", database=str(place.file))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _PATIENCE, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _settings(connection: object, _: object) -> None:
        # An erased value is overwritten, and what was committed is on the disk.
        connection.execute("PRAGMA secure_delete=ON")  # type: ignore[attr-defined]
        connection.execute("PRAGMA synchronous=EXTRA")  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        # Whoever will write takes the lock before reading, so that what was read still holds.
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    return engine


def _prepare(file: Path, create: bool) -> None:
    try:
        if create and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        refuse_open_to_others(file, file.stat())
    except FileNotFoundError:
        raise WorldError(
            "vault.missing",
            "there is no vault here",
            where=str(file),
            next_step="name the mesh file by --mesh, or the vault by HANSA_VAULT; it is made by the first publication",
        ) from None
    except OSError as error:
        raise WorldError(
            "vault.unusable",
            f"the vault cannot be read or made ({error.strerror or error})",
            where=str(file),
            state="nothing was changed",
            next_step="mend its permissions, or name another one by 'vault' in mesh.yaml or by HANSA_VAULT",
        ) from None
