"""What a mesh file says of a source that is a table of a database, or one SELECT; its address never holds a password.

An address that holds one, or may hold one because its parts cannot be told apart, is taken out of the binding before
anything else sees it, so that no message, log, receipt or digest can ever be made of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote_plus

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

#: The names of databases in an address; what may follow behind a plus is the driver.
DATABASES = ("postgresql", "postgres", "mysql", "mariadb", "oracle", "mssql", "sqlite")
#: What stands in the place of an address that is not kept.
WITHHELD = "(not shown, for it may hold a password)"

_ADDRESS = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]*(?:\+[A-Za-z0-9_.-]+)?):")
_SECRET_WORD = re.compile(r"(?:^|[?&;{\s])\s*(?:\w*passw(?:or)?d|\w*passphrase|pwd|\w*secret\w*|\w*token)\s*=", re.I)
_PORT = re.compile(r"[0-9]*(?:,[^:/]*:[0-9]*)*")
_SPAN = re.compile(r"([0-9]{1,6}) ?(hour|minute|second|ms)s?")
_SECONDS = {"hour": 3600.0, "minute": 60.0, "second": 1.0, "ms": 0.001}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Rows of one batch, if nothing is said: some ten megabytes of Python's objects.
BATCH = 50_000


def is_database(uri: str) -> bool:
    """True for the address of a database, however badly the rest of it is written."""
    found = _ADDRESS.match(uri)
    return found is not None and found[1].lower().partition("+")[0] in DATABASES


def withheld(uri: str) -> str:
    """The address itself, or its scheme alone with ``WITHHELD`` if a password stands in it, or might."""
    found = _ADDRESS.match(uri)
    if found is None or found[1].lower() in ("s3", "file"):
        return uri
    scheme, rest = found[1], uri[found.end() :]
    if not is_database(uri) and not rest.startswith("//"):
        # A file whose name has a colon.
        return uri
    return f"{scheme}://{WITHHELD}" if _may_hold_a_secret(scheme.lower(), rest.lstrip("/")) else uri


def _may_hold_a_secret(scheme: str, rest: str) -> bool:
    """A password can have any character, so everything before the last @ counts as user and password."""
    if rest == WITHHELD or _SECRET_WORD.search(rest) or _SECRET_WORD.search(unquote_plus(rest)):
        return True
    if scheme == "sqlite":
        return False
    user, at, place = rest.rpartition("@")
    if at:
        return bool(re.search(r"[:/?#@\s]", user))
    # user:password without the host behind it looks like a host with a port that is no number.
    host = re.split(r"[/?#]", re.sub(r"^\[[^\]]*\]", "", place))[0]
    return ":" in host and _PORT.fullmatch(host.partition(":")[2]) is None


def _text(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no text; put it in quotes")
    return value


def _span(value: Any) -> Any:
    """``30 seconds``, ``5 minutes``."""
    if isinstance(value, dt.timedelta):
        return value
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ValueError("no time to wait; write it as 30 seconds or 5 minutes")
    return dt.timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _variable(name: str) -> str:
    """What stands there may be the password itself, which the sentence must not show; so pydantic is given no value."""
    return name if _VARIABLE.fullmatch(name) else ""


def _absent(value: object) -> bool:
    return value is None


_Text = Annotated[str, BeforeValidator(_text)]
_Span = Annotated[dt.timedelta, BeforeValidator(_span)]


class DatabaseWords(BaseModel, extra="forbid", frozen=True, defer_build=True):
    """The words of a source in a database; all are left out of the digest of a binding that does not use them."""

    table: _Text | None = Field(
        None, exclude_if=_absent, description="the table or view of a database: name, or schema.name"
    )
    query: _Text | None = Field(
        None, exclude_if=_absent, description="in the place of a table: one SELECT, in the database's own SQL"
    )
    watermark: _Text | None = Field(
        None,
        exclude_if=_absent,
        description="a column of a database that grows with each change of a row: only what is newer is read",
    )
    password_env: Annotated[_Text, AfterValidator(_variable)] | None = Field(
        None, exclude_if=_absent, description="the environment's variable that holds the database's password"
    )
    batch: Annotated[int, Field(strict=True, ge=100, le=1_000_000)] | None = Field(
        None, exclude_if=_absent, description=f"how many rows of a database are held at once, by default {BATCH}"
    )
    timeout: _Span | None = Field(
        None, exclude_if=_absent, description="how long a database may take for one step, by default 5 minutes"
    )
    connect_timeout: _Span | None = Field(
        None, exclude_if=_absent, description="how long to wait for a database's answer, by default 10 seconds"
    )

    @model_validator(mode="before")
    @classmethod
    def _keep_no_password(cls, given: Any) -> Any:
        uri = given.get("uri") if isinstance(given, Mapping) else None
        return {**given, "uri": withheld(uri)} if isinstance(uri, str) else given
