"""The audit of a vault: one line for each token that somebody asked to see, written before anything is shown.

Each line holds the digest of the line before, and number and digest of the last one lie sealed: whoever changes,
removes or adds a line in the database needs the sealing key as well. A database that was put back as a whole to what
it was before cannot be told from that time; keep its backups where its clerks cannot reach.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import pwd
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from hansa.digest import canonical, sha256
from hansa.errors import MeshError, WorldError
from hansa.secrets.forms import NORMAL_FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from hansa.secrets import Keys

_HEAD = "audit head"
#: What stands before the first line.
_NOTHING = ""
_LONGEST_PURPOSE = 500
_LONGEST_USER = 200
#: What stands behind the kind of a line: what was shown of the value, and whether that is masked.
_FORMS = {"whole": False, "masked": True}


@dataclass(frozen=True)
class Request:
    """Who wants to see something and why, and whether its masked form is enough. Make it by ``asked``."""

    purpose: str
    os_user: str
    given_user: str | None
    masked: bool = False

    @classmethod
    def asked(cls, purpose: str, *, masked: bool = False) -> Request:
        """A request of this process: the user as the system knows it, and HANSA_USER where a service speaks for one."""
        given = os.environ.get("HANSA_USER", "").strip() or None
        if given is not None and (not given.isprintable() or len(given) > _LONGEST_USER):
            raise MeshError("reveal.user", "HANSA_USER is no name", next_step="write a name of letters on one line")
        return cls(_purpose(purpose), _os_user(), given, masked)


def _purpose(text: str) -> str:
    said = " ".join(NORMAL_FORMS["name"](text).split())
    if not any(letter.isalnum() for letter in said):
        raise MeshError(
            "reveal.purpose",
            "a value is revealed for a purpose only, and none was given",
            state="nothing was revealed",
            next_step='say it by --purpose "..."; it goes to the audit',
        )
    if not said.isprintable() or len(said) > _LONGEST_PURPOSE:
        raise MeshError(
            "reveal.purpose",
            f"the purpose is no text of at most {_LONGEST_PURPOSE} characters",
            state="nothing was revealed",
            next_step="say it in one line",
        )
    return said


def _os_user() -> str:
    """Who runs this process. The environment is not asked: anybody can set it."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name[:_LONGEST_USER]
    except KeyError:
        return str(number)


@dataclass(frozen=True)
class AuditLine:
    """One line. ``line`` counts from 1, ``at`` is UTC; nothing of the clear value is in it.

    ``masked`` says that only the masked form was shown; None for lines of before, which did not say it.
    """

    line: int
    at: str
    os_user: str
    given_user: str | None
    purpose: str
    kind: str
    token: str
    found: bool
    before: str
    digest: str
    masked: bool | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> AuditLine:
        """A line as it lies in the database."""
        kind, _, form = str(row["kind"]).rpartition(":")
        if form not in _FORMS:
            return cls(**row)
        return cls(**{**row, "kind": kind, "masked": _FORMS[form]})

    def stored(self) -> dict[str, Any]:
        """The line as it lies in the database: the form stands behind the kind, so that lines of before are alike."""
        columns = asdict(self)
        masked = columns.pop("masked")
        form = next((f":{form}" for form, is_masked in _FORMS.items() if is_masked is masked), "")
        return columns | {"kind": f"{self.kind}{form}"}

    def computed(self) -> str:
        """The digest that this line must have."""
        return sha256(canonical(self.stored() | {"digest": ""}))


@dataclass(frozen=True, repr=False)
class Revealed:
    """What a token stands for; None if the vault does not know it."""

    kind: str
    token: str
    clear: str | None


def first_head(keys: Keys) -> bytes:
    """The sealed head of an audit without lines."""
    return _sealed_head(keys, 0, _NOTHING)


def _sealed_head(keys: Keys, line: int, digest: str) -> bytes:
    return keys.seal(json.dumps([line, digest]).encode(), _HEAD)


def _head(connection: Connection, keys: Keys, place: str) -> tuple[int, str]:
    from sqlalchemy import select

    from hansa.vault import tables

    sealed = connection.execute(select(tables.audit_head.c.sealed)).scalars().all()
    if len(sealed) != 1:
        raise _changed("the end of the audit is gone", place)
    try:
        line, digest = json.loads(keys.open(bytes(sealed[0]), _HEAD))
    except WorldError as error:
        raise WorldError(
            error.code,
            f"the vault does not belong to these keys: {error.what}",
            where=place,
            state="nothing was changed or revealed",
            next_step=error.next_step,
        ) from None
    return line, digest


def check_keys(connection: Connection, keys: Keys, place: str) -> None:
    """Refuse the keys of another institution before anything is written or opened."""
    _head(connection, keys, place)


def append(
    connection: Connection, keys: Keys, place: str, request: Request, kind: str, found: Sequence[tuple[str, bool]]
) -> None:
    """Write one line for each token, ``found`` or not, at the end of the chain; refuse if its end was changed."""
    from sqlalchemy import insert, select, update

    from hansa.vault import tables

    tables.locked(connection)
    tables.durable(connection)
    number, before = _head(connection, keys, place)
    last = connection.execute(
        select(tables.audit.c.line, tables.audit.c.digest).order_by(tables.audit.c.line.desc()).limit(1)
    ).first()
    if (number, before) != ((last.line, last.digest) if last else (0, _NOTHING)):
        raise _changed("the end of the audit was changed", place)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    lines: list[AuditLine] = []
    for token, known in found:
        number += 1
        who = (request.os_user, request.given_user)
        line = AuditLine(number, at, *who, request.purpose, kind, token, known, before, "", request.masked)
        lines.append(replace(line, digest=line.computed()))
        before = lines[-1].digest
    connection.execute(insert(tables.audit), [line.stored() for line in lines])
    connection.execute(update(tables.audit_head).values(sealed=_sealed_head(keys, number, before)))


def reseal_head(connection: Connection, keys: Keys, place: str) -> None:
    """Seal the end of the chain by the current key."""
    from sqlalchemy import update

    from hansa.vault import tables

    tables.locked(connection)
    connection.execute(update(tables.audit_head).values(sealed=_sealed_head(keys, *_head(connection, keys, place))))


def verified(connection: Connection, keys: Keys, place: str) -> tuple[list[AuditLine], str | None]:
    """Every line, and the first place where the chain does not hold (None: it holds)."""
    from sqlalchemy import select

    from hansa.vault import tables

    read = connection.execute(select(tables.audit).order_by(tables.audit.c.line)).mappings().all()
    lines = [AuditLine.of({str(name): value for name, value in row.items()}) for row in read]
    number, digest = _head(connection, keys, place)
    before = _NOTHING
    for expected, line in enumerate(lines, start=1):
        if line.line != expected:
            return lines, f"line {expected} is missing"
        if line.before != before or line.digest != line.computed():
            return lines, f"line {expected} was changed"
        before = line.digest
    if len(lines) < number:
        return lines, f"line {len(lines) + 1} is missing"
    if (len(lines), before) != (number, digest):
        return lines, f"line {min(len(lines), number + 1)} was changed or added"
    return lines, None


def _changed(what: str, place: str) -> WorldError:
    return WorldError(
        "audit.changed",
        what,
        where=place,
        state="nothing was revealed",
        next_step="see hansa reveal --audit, and restore the vault from its backup",
    )
