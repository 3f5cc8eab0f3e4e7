"""Where a warehouse lies and which catalog orders its commits: addresses and patience, never a credential.

Credentials come from the environment, by each client's own chain: ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and
``AWS_SESSION_TOKEN``, a profile or a role. Three clients reach one bucket, and each spells its settings its own way:
there is one function for each, and nothing else of Hansa names a setting of theirs.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from hansa.errors import MeshError
from hansa.store.objects import LONGEST_RUN

#: PyArrow's S3 client takes this from the environment only. Stores that are older than 2024 refuse what it sends else.
_CHECKSUM_VARIABLES = ("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION")

_SQL = re.compile(r"(?:postgres|postgresql)(?:\+\w+)?://(?:[^@/?#\s]*@)?[\w.\-\[\]:%]*(?:/[^@\s]*)?")
_SQLITE = re.compile(r"sqlite(?:\+\w+)?:///\S.*")


def _endpoint(value: str) -> str:
    """Messages never hold the value: a user may have written a key into it."""
    mend = "write it as https://host or http://host:port"
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"no address of an object store; {mend}")
    if "@" in parts.netloc:
        raise ValueError(f"it holds a user; {mend}, and give the keys as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return value.rstrip("/")


def _first_of(*names: str) -> str | None:
    """The first of these variables that says something."""
    return next((name for name in names if os.environ.get(name)), None)


def _given_endpoint() -> str | None:
    name = _first_of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    if name is None:
        return None
    try:
        return _endpoint(os.environ[name])
    except ValueError as error:
        what, _, mend = str(error).partition("; ")
    raise MeshError("store.endpoint", what, where=name, next_step=mend)


def _given_region() -> str:
    name = _first_of("AWS_REGION", "AWS_DEFAULT_REGION")
    return os.environ[name] if name else "us-east-1"


class _Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True, validate_default=True
    )

    @classmethod
    def of(cls, **given: Any) -> Any:
        """Settings from plain values, for commands without a mesh; a fault is one sentence that shows no value."""
        try:
            return cls(**given)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in fault["loc"]) or "the settings"
        what, _, mend = fault["msg"].removeprefix("Value error, ").partition("; ")
        raise MeshError("store.settings", f"{field}: {what}", next_step=mend)


class StoreSettings(_Settings):
    """How an object store is reached. What is not given comes from the standard variables of the environment."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        default_factory=_given_endpoint,
        description="https://host[:port] of the object store; by default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or AWS",
    )
    region: str = Field(
        default_factory=_given_region,
        min_length=1,
        description="the bucket's region; by default AWS_REGION, AWS_DEFAULT_REGION or us-east-1",
    )
    path_style: bool = Field(True, description="true: host/bucket, false: bucket.host")
    checksums: Literal["when_required", "always"] = Field(
        "when_required", description="when_required for older stores, which refuse the checksum headers of new clients"
    )
    connect_timeout: dt.timedelta = Field(dt.timedelta(seconds=5), gt=dt.timedelta(0), description="to connect")
    request_timeout: dt.timedelta = Field(
        dt.timedelta(seconds=60), gt=dt.timedelta(0), description="for one request and its answer"
    )
    retries: int = Field(8, ge=0, le=100, description="how often one request is repeated after a passing fault")
    patience: dt.timedelta = Field(
        dt.timedelta(minutes=2), gt=dt.timedelta(0), description="after which nothing is repeated any more"
    )
    longest_run: dt.timedelta = Field(
        LONGEST_RUN,
        gt=dt.timedelta(0),
        description="the longest that a publication can take; what is younger is never cleaned away in a bucket",
    )

    @property
    def allow_http(self) -> bool:
        """True if the endpoint is one without TLS."""
        return self.endpoint is not None and self.endpoint.startswith("http://")

    def for_obstore(self, bucket: str) -> dict[str, Any]:
        """Arguments of obstore's ``S3Store``. It repeats nothing: who repeats a put must know that it was repeated."""
        options: dict[str, Any] = {
            "region": self.region,
            "virtual_hosted_style_request": not self.path_style,
            "client_options": {
                "allow_http": self.allow_http,
                "connect_timeout": self.connect_timeout,
                "timeout": self.request_timeout,
            },
            "retry_config": {"max_retries": 0},
            # Removing many at once is a request of its own, which not every store knows.
            "disable_bulk_delete": True,
        }
        if (address := self._address(bucket)) is not None:
            # The variable AWS_ENDPOINT_URL_S3 would win over a plain endpoint.
            options |= {"endpoint": address, "aws_endpoint_url_s3": address}
        if self.checksums == "always":
            options["checksum_algorithm"] = "SHA256"
        return options

    def for_polars(self, bucket: str) -> dict[str, str]:
        """``storage_options`` of Polars' own scans and sinks."""
        options = {
            "aws_region": self.region,
            "aws_virtual_hosted_style_request": str(not self.path_style).lower(),
            "aws_allow_http": str(self.allow_http).lower(),
            "connect_timeout": f"{self.connect_timeout.total_seconds() * 1000:.0f}ms",
            "read_timeout": f"{self.request_timeout.total_seconds() * 1000:.0f}ms",
        }
        if (address := self._address(bucket)) is not None:
            options |= {"aws_endpoint_url": address, "aws_endpoint_url_s3": address}
            if self.checksums == "when_required":
                # Polars sends one or the other with every write; the newer one is what older stores do not know.
                options["aws_checksum_algorithm"] = "SHA256"
        return options

    def for_pyiceberg(self) -> dict[str, str]:
        """Properties of PyIceberg's FileIO, and ``storage_options`` of Polars where it goes through PyIceberg."""
        properties = {
            "s3.region": self.region,
            "s3.force-virtual-addressing": str(not self.path_style).lower(),
            "s3.connect-timeout": str(self.connect_timeout.total_seconds()),
            "s3.request-timeout": str(self.request_timeout.total_seconds()),
        }
        if self.endpoint is not None:
            properties["s3.endpoint"] = self.endpoint
        return properties

    def prepare_process(self) -> None:
        """Set what a client takes from the environment alone; what the user has set there stays."""
        wanted = "when_supported" if self.checksums == "always" else "when_required"
        for name in _CHECKSUM_VARIABLES:
            os.environ.setdefault(name, wanted)

    def _address(self, bucket: str) -> str | None:
        """obstore and Polars want the bucket in the host's name where it is not in the path."""
        if self.endpoint is None or self.path_style:
            return self.endpoint
        scheme, _, host = self.endpoint.partition("://")
        return f"{scheme}://{bucket}.{host}"


class CatalogSettings(_Settings):
    """Who decides which of two commits was first: the warehouse itself, or any catalog that PyIceberg has.

    ``uri`` and ``properties`` can hold a password or token, so neither is ever shown: show ``shown``.
    """

    type: Literal["warehouse", "sql", "glue", "rest"] = Field(
        "warehouse", description="warehouse (no service at all), sql (SQLite, PostgreSQL), glue or rest"
    )
    uri: str | None = Field(None, repr=False, description="the catalog's address, for sql and rest")
    properties: dict[str, str] = Field(
        default_factory=dict, repr=False, description="further properties, as PyIceberg names them"
    )

    @model_validator(mode="after")
    def _fits(self) -> CatalogSettings:
        if self.uri is None:
            if self.type in ("sql", "rest"):
                raise ValueError(f"a {self.type} catalog needs a uri; write {_EXAMPLES[self.type]}")
        elif self.type not in _EXAMPLES:
            raise ValueError(f"a {self.type} catalog has no uri; leave it out")
        elif not _WHOLE[self.type](self.uri):
            raise ValueError(f"the uri is no address of a {self.type} catalog; write {_EXAMPLES[self.type]}")
        if self.type == "warehouse" and self.properties:
            raise ValueError("the warehouse's own catalog has no properties; leave them out")
        return self

    @property
    def shown(self) -> str:
        """The catalog for messages: its type, and its address without user, password and query."""
        return self.type if self.uri is None else f"{self.type} {without_password(self.uri)}"


def without_password(uri: str) -> str:
    """An address without user, password and query: ``postgresql://u:secret@host/db?x=y`` is ``postgresql://host/db``.

    A password may hold any character, so everything up to the last @ goes.
    """
    scheme, found, rest = uri.partition("://")
    if not found:
        return "an address that is not shown"
    if scheme.startswith("sqlite"):
        return uri.partition("?")[0]
    return f"{scheme}://{re.split('[?#]', rest.rpartition('@')[2])[0]}"


def _is_sql(uri: str) -> bool:
    if _SQLITE.fullmatch(uri):
        return True
    if not _SQL.fullmatch(uri):
        return False
    host = uri.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return re.fullmatch(r"(?:[\w.\-%]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", host) is not None


def _is_web(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_WHOLE = {"sql": _is_sql, "rest": _is_web}
_EXAMPLES = {
    "sql": "sqlite:////folder/catalog.db or postgresql://user@host:5432/database; a password has %40 for @, %2F for /",
    "rest": "https://host/path",
}
