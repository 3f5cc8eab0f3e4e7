"""Objects in a bucket of an S3 store: every object is created, replaced or removed in one request that can be repeated.

The client repeats nothing by itself. A put that is repeated after a lost answer finds its own object and is refused;
only who knows that it was repeated can tell that from another writer's object.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from hansa.errors import MeshError, WorldError
from hansa.store.credentials import credential_provider
from hansa.store.objects import Entry
from hansa.store.outage import Answer, Patience, answer_of, told
from hansa.store.reach import STRANGE
from hansa.store.settings import StoreSettings

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

T = TypeVar("T")

#: Bytes that ``chunks`` asks for at once.
_CHUNK = 8 << 20
#: Seconds for which one look at the store's clock is good.
_CLOCK = 30.0
_UNKNOWN = "whether it was done is not known"
_NAME = re.compile(r"[^/\x00-\x1f\x7f]+(?:/[^/\x00-\x1f\x7f]+)*")
#: Characters that a prefix may not hold.
_STRANGE = STRANGE | {"\\"}


class _Client:
    """One bucket seen through one set of settings; every ``Bucket`` under one warehouse shares it."""

    def __init__(self, bucket: str, root: str, settings: StoreSettings) -> None:
        self.bucket = bucket
        self.root = root
        self.settings = settings
        #: ``found``: the bucket is there. ``reached``: something listens at the endpoint.
        self.found = self.reached = self.proved = False
        self._clock: tuple[float, dt.datetime] | None = None
        settings.prepare_process()

    @cached_property
    def store(self) -> S3Store:
        """The client itself, made at the first request."""
        from obstore.store import S3Store

        try:
            return S3Store(
                self.bucket,
                credential_provider=credential_provider(),
                **self.settings.for_obstore(self.bucket),
            )
        except ValueError:
            raise WorldError(
                "store.endpoint",
                "the client of the object store does not take its settings",
                where=f"s3://{self.bucket}",
                next_step="mend the bucket's name, or 'store' in mesh.yaml (HANSA_STORE__ENDPOINT and so on)",
            ) from None

    def now(self) -> dt.datetime:
        """The store's time: this machine's clock may be wrong, and only differences of the store's own times count."""
        import obstore

        if self._clock is None or time.monotonic() - self._clock[0] > _CLOCK:
            at, probe = time.monotonic(), f"{self.root}/.clock".lstrip("/")

            def look() -> dt.datetime:
                obstore.put(self.store, probe, b"")
                return obstore.head(self.store, probe)["last_modified"]

            self._clock = at, self.repeat("look at the store's clock", look)
        at, then = self._clock
        return then + dt.timedelta(seconds=time.monotonic() - at)

    def repeat(self, operation: str, act: Callable[[], T], patience: Patience | None = None, state: str = "") -> T:
        """What ``act`` gives, repeated while its fault is a passing one. An absent object is FileNotFoundError."""
        from obstore.exceptions import BaseError

        patience = patience or Patience(self.settings)
        while True:
            try:
                result = act()
            except (BaseError, OSError) as error:
                answer = self.answer(error)
                absent = isinstance(error, FileNotFoundError) and not answer.no_bucket
            else:
                self.found = self.reached = True
                return result
            if absent:
                raise FileNotFoundError(operation)
            if not answer.passes or not patience.wait(answer, self.reached):
                raise self.told(answer, operation, state)

    def answer(self, error: Exception) -> Answer:
        """What is left of a client's exception; whatever it is, somebody may have answered."""
        answer = answer_of(error)
        self.reached = self.reached or not answer.nobody
        return answer

    def told(self, answer: Answer, operation: str, state: str = "") -> WorldError:
        """The sentence for a fault."""
        return told(answer, operation, self.address, self.settings, state)

    @property
    def address(self) -> str:
        """``s3://bucket/root``."""
        return f"s3://{self.bucket}/{self.root}".rstrip("/")


class Bucket:
    """Objects under a prefix of a bucket, see ``Objects``. Faults of the store are WorldError."""

    folder = None

    def __init__(self, uri: str, settings: StoreSettings | None = None) -> None:
        found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(.*))?", uri)
        root = (found[2] or "").rstrip("/") if found else ""
        if found is None or (root and not _plain(root)) or set(root) & _STRANGE:
            raise MeshError(
                "warehouse.name",
                f"'{uri}' is no warehouse in a bucket",
                next_step="write s3://bucket/prefix: the bucket in 3 to 63 small letters, digits, dots and hyphens, "
                "the prefix without any of ? # % * [ ] { } \\ and without an empty part",
            )
        self._client = _Client(found[1], root, settings or StoreSettings.of())
        self._prefix = root

    @property
    def uri(self) -> str:
        """See ``Objects``."""
        return f"s3://{self._client.bucket}/{self._prefix}".rstrip("/")

    @property
    def settings(self) -> StoreSettings:
        """How the store is reached."""
        return self._client.settings

    @property
    def storage_options(self) -> Mapping[str, str]:
        """See ``Objects``; without credentials, which Polars finds by itself."""
        return self.settings.for_polars(self._client.bucket)

    @property
    def properties(self) -> Mapping[str, str]:
        """See ``Objects``; without credentials, which PyArrow finds by itself."""
        return self.settings.for_pyiceberg()

    def at(self, prefix: str) -> Bucket:
        """See ``Objects``."""
        below = object.__new__(Bucket)
        below._client = self._client
        below._prefix = self._key(prefix) if prefix.rstrip("/") else self._prefix
        return below

    def location(self, name: str) -> str:
        """See ``Objects``."""
        return f"s3://{self._client.bucket}/{self._key(name)}" if name else self.uri

    def read(self, name: str) -> bytes:
        """See ``Objects``."""
        return self._read(name, f"read '{name}'")

    def _read(self, name: str, operation: str, patience: Patience | None = None, state: str = "") -> bytes:
        import obstore

        key, store = self._key(name), self._client.store
        return self._client.repeat(operation, lambda: bytes(obstore.get(store, key).bytes()), patience, state)

    def chunks(self, name: str) -> Iterator[bytes]:
        """See ``Objects``. Each piece is a request of its own, of the one version that the first request saw."""
        import obstore

        key, store, operation = self._key(name), self._client.store, f"read '{name}'"
        whole = self._client.repeat(operation, lambda: obstore.head(store, key))
        for start in range(0, whole["size"], _CHUNK):
            end = min(start + _CHUNK, whole["size"])

            def piece(start: int = start, end: int = end) -> bytes:
                wanted: obstore.GetOptions = {"range": (start, end)}
                if whole["e_tag"]:
                    wanted["if_match"] = whole["e_tag"]
                return bytes(obstore.get(store, key, options=wanted).bytes())

            yield self._client.repeat(operation, piece)

    def exists(self, name: str) -> bool:
        """See ``Objects``."""
        return self._head(name) is not None

    def _head(self, name: str) -> ObjectMeta | None:
        """What the store says of an object, times by its own clock; None if there is none."""
        import obstore

        key, store = self._key(name), self._client.store
        try:
            return self._client.repeat(f"look at '{name}'", lambda: obstore.head(store, key))
        except FileNotFoundError:
            pass
        # The answer has no body, so it does not say whether the object or its bucket is absent.
        if not self._client.found:
            self._client.repeat(_listing(""), lambda: obstore.list_with_delimiter(store, self._prefix or None))
        return None

    def create(self, name: str, content: bytes) -> bool:
        """See ``Objects``.

        After an unclear answer (none, a server's fault, a conflict) to this call's own put, the object is read back: it
        is ours if it has our bytes. A refusal without such an answer before it is False, whatever the bytes are.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError

        key, patience, unclear, operation = self._key(name), Patience(self.settings), False, f"create '{name}'"
        while True:
            try:
                obstore.put(self._client.store, key, content, mode="create", use_multipart=False)
                self._client.reached = True
                return True
            except AlreadyExistsError as error:
                # A conflict (409) is reported like a refusal (412), and need not mean that there is an object.
                answer = self._client.answer(error)
            except (BaseError, OSError) as error:
                answer = self._client.answer(error)
                if not answer.passes:
                    raise self._client.told(answer, operation) from None
                unclear = True
            try:
                there = self._read(name, operation, patience, _UNKNOWN)
            except FileNotFoundError:
                if not patience.wait():
                    raise self._client.told(answer, operation, _UNKNOWN) from None
            else:
                return unclear and there == content

    def replace(self, name: str, content: bytes) -> None:
        """See ``Objects``."""
        import obstore

        key, store = self._key(name), self._client.store
        self._client.repeat(f"write '{name}'", lambda: obstore.put(store, key, content), state=_UNKNOWN)

    def upload(self, name: str, path: Path) -> None:
        """See ``Objects``; in parts where the file is large."""
        import obstore

        key, store = self._key(name), self._client.store
        self._client.repeat(f"write '{name}'", lambda: obstore.put(store, key, path), state=_UNKNOWN)

    def remove(self, name: str) -> None:
        """See ``Objects``."""
        import obstore

        key, store = self._key(name), self._client.store
        with suppress(FileNotFoundError):
            self._client.repeat(f"remove '{name}'", lambda: obstore.delete(store, key), state=_UNKNOWN)

    def tidy(self, prefix: str) -> None:
        """See ``Objects``. A bucket has no folders that could be left empty."""

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """See ``Objects``. The listing is whole before the first entry comes, so a repeated one doubles nothing."""
        import obstore

        start, _, stem = prefix.rpartition("/")
        store, folder = self._client.store, self._key(start) if start else self._prefix
        offset = f"{folder}/{_before(stem)}".lstrip("/") if stem else None
        shown = len(self._prefix) + 1 if self._prefix else 0

        def look() -> list[Entry]:
            pages = obstore.list(store, folder or None, offset=offset, chunk_size=1000)
            every = (one for page in pages for one in page)
            found = (Entry(one["path"][shown:], one["size"], one["last_modified"], one["e_tag"] or "") for one in every)
            return [entry for entry in found if entry.name.startswith(prefix) and not _hidden(entry.name)]

        yield from self._client.repeat(_listing(prefix), look)

    def folders(self, prefix: str = "") -> list[str]:
        """See ``Objects``."""
        import obstore

        store, folder = self._client.store, self._key(prefix) if prefix else self._prefix
        found = self._client.repeat(_listing(prefix), lambda: obstore.list_with_delimiter(store, folder or None))
        return sorted(name for path in found["common_prefixes"] if not _hidden(name := path.rpartition("/")[2]))

    def lock(self, name: str) -> AbstractContextManager[None]:
        """See ``Objects``: a bucket has no lock, and needs none."""
        return nullcontext()

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        """See ``Objects``. It is good for ``longest_run`` from now."""
        sign = {"claim": uuid4().hex, "at": dt.datetime.now(dt.UTC).isoformat()}
        self.replace(name, json.dumps(sign).encode())
        try:
            yield
        finally:
            # What cannot be removed now grows old.
            with suppress(WorldError):
                self.remove(name)

    def abandoned(self, name: str, longest_run: dt.timedelta) -> bool:
        """See ``Objects``: older than ``longest_run`` by the store's clock, or absent."""
        claimed = self._head(name)
        return claimed is None or self._client.now() - claimed["last_modified"] > longest_run

    def prove_conditional_puts(self) -> None:
        """Refuse a store that overwrites what a put should only create: it would lose acknowledged publications.

        Proved once for a warehouse at an endpoint; an object remembers it. Reached by another endpoint, such as a
        gateway before the same store, it is proved anew.
        """
        client, endpoint = self._client, self.settings.endpoint or f"AWS {self.settings.region}"
        if client.proved:
            return
        proof = f".conditional-put-proved-{sha256(endpoint.encode()).hexdigest()[:16]}"
        said = f"{endpoint} {client.address}\n".encode()
        warehouse = self.at("")
        warehouse._prefix = client.root
        try:
            client.proved = warehouse.read(proof) == said
        except FileNotFoundError:
            client.proved = False
        if not client.proved:
            if not warehouse._refuses_a_second_put():
                raise _no_conditional_puts(client.address, endpoint)
            warehouse.replace(proof, said)
            client.proved = True

    def _refuses_a_second_put(self) -> bool:
        """True if the second of two creating puts is refused, and the object still holds what the first one wrote."""
        probe, first, second = f".conditional-put-{uuid4().hex}", uuid4().bytes, uuid4().bytes
        try:
            return self.create(probe, first) and not self.create(probe, second) and self.read(probe) == first
        except WorldError as error:
            if error.code == "store.unsupported":
                return False
            raise
        finally:
            with suppress(WorldError):
                self.remove(probe)

    def _key(self, name: str) -> str:
        """The object's name in the bucket; a name that leads out of the prefix is refused."""
        name = name.rstrip("/") if name.endswith("/") else name
        if not _plain(name):
            raise ValueError(f"object name {name!r} leaves its folder, or holds a control character or an empty part")
        return f"{self._prefix}/{name}" if self._prefix else name


def _listing(prefix: str) -> str:
    return f"list '{prefix}'" if prefix else "list the warehouse"


def _plain(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and not {".", ".."} & set(name.split("/"))


def _hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def _before(stem: str) -> str | None:
    """A name that stands before every one that begins with ``stem``, and after most others: where a listing begins."""
    last = ord(stem[-1])
    if not 0x21 < last < 0x7F:
        return None
    return f"{stem[:-1]}{chr(last - 1) if last != ord('0') else '.'}~"


def _no_conditional_puts(place: str, endpoint: str) -> WorldError:
    return WorldError(
        "store.conditional",
        f"{endpoint} does not honour If-None-Match: of two publications at once one would be lost in silence",
        where=place,
        state="nothing was published",
        next_step="use another catalog for this warehouse: sql (SQLite or PostgreSQL), glue or rest; or another store",
    )
