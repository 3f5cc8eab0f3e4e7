"""The file of one publication's envelopes: Parquet, named by the SHA-256 of its bytes, with a head in its metadata.

Nothing of a row stands outside the payloads: no statistics are written, and under a contract with secrets the shape of
the rows is sealed too, because a type may hold values (the words of an enumeration). Payloads of rows that were decided
long ago go; the file without them then lies under ``settled``, and is read in the place of the first one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from uuid import uuid4

import polars as pl

from hansa.cast import Reading
from hansa.cast.told import only_first_words, reading_of, reading_told
from hansa.digest import canonical, sha256
from hansa.errors import WorldError
from hansa.secrets import Keys
from hansa.store.data_files import address
from hansa.store.objects import Entry, Objects

#: What a file holds of each row; a file may be read by any later release.
ENVELOPE: dict[str, pl.DataType] = {
    "product": pl.String(),
    "version": pl.String(),
    "run": pl.String(),
    "partition": pl.String(),
    "row_digest": pl.String(),
    "rules": pl.List(pl.String()),
    "columns": pl.List(pl.String()),
    "masked": pl.List(pl.String()),
    "payload": pl.Binary(),
    "sealed": pl.Boolean(),
}
#: Since 3 ``masked`` names columns that the contract does not know by their place; since 4 a payload may be gone; since
#: 5 numbers may be read in a form of their own; since 6 a form has digits, currencies and an exponent, and signs, years
#: and zones are declared. What an earlier release reads in the same way is written for it too.
FORMAT = 6
_FIRST_FORMS = 5
_WITHOUT_FORMS = 4
_KEY = "hansa.quarantine"
#: Characters of a name that is a digest; before format 2 names were shorter and proved nothing.
_DIGEST = 64
FOLDER = "quarantine"
#: Where a file lies without the payloads that went: ``<stem of its name>/<its own digest>.<how many went>.parquet``.
SETTLED = f"{FOLDER}/settled"
_SETTLED_NAME = re.compile(rf"{SETTLED}/(?P<stem>[^/]+)/[0-9a-f]{{64}}\.(?P<gone>[0-9]+)\.parquet")
#: So often a file may be put in the place of another one while it is sought.
_PATIENCE = 5


@dataclass(frozen=True)
class Refused:
    """How many rows of one partition were refused, and how many of them under each rule; kept or not."""

    partition: str | None
    rows: int
    rules: dict[str, int]


@dataclass(frozen=True)
class Head:
    """What all envelopes of a file share. ``shape`` is the text of the rows' shape; None before format 2.

    ``reading`` and ``zone`` are None where the publication did not say how it read its rows.
    """

    product: str
    version: str
    run: str
    sealed: bool
    shape: str | None = None
    refused: tuple[Refused, ...] = ()
    reading: Reading | None = None
    zone: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def context(self) -> str:
        """To what the seal of the shape is bound."""
        return f"{self.product}:{self.id}:shape"


@dataclass(frozen=True)
class EnvelopeFile:
    """A file that was read: its head, and its rows in the columns of ``ENVELOPE``."""

    name: str
    head: Head
    rows: pl.DataFrame


def place(at: int) -> str:
    """How ``masked`` names a column whose name may not be written."""
    return f"#{at}"


def content_of(head: Head, rows: pl.DataFrame, keys: Keys | None) -> tuple[str, bytes]:
    """Name and bytes of a file. Its id makes each one's bytes, and so its name, its own."""
    shape = head.shape or "[]"
    if head.sealed and keys is not None:
        shape = base64.b64encode(keys.seal(shape.encode(), head.context)).decode()
    content = written(replace(head, shape=shape), rows)
    return f"{sha256(content)}.parquet", content


def written(head: Head, rows: pl.DataFrame) -> bytes:
    """The bytes of a file; the shape in ``head`` is sealed already where it has to be."""
    told = {
        "format": _format(head.reading),
        "id": head.id,
        "product": head.product,
        "version": head.version,
        "run": head.run,
        "sealed": head.sealed,
        "shape": head.shape,
        "refused": [[r.partition, r.rows, r.rules] for r in head.refused],
        "reading": None if head.reading is None else reading_told(head.reading),
        "zone": head.zone,
    }
    content = BytesIO()
    rows.write_parquet(content, statistics=False, metadata={_KEY: canonical(told).decode()})
    return content.getvalue()


def _format(reading: Reading | None) -> int:
    """The oldest format whose readers read rows of this reading as they came."""
    if reading is not None and not only_first_words(reading):
        return FORMAT
    return _FIRST_FORMS if reading is not None and reading.numbers else _WITHOUT_FORMS


def settled_of(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """What lies under ``SETTLED``, by the name of the first file; of each the one with the fewest payloads comes last.

    Any of them tells the same account. The last one is never removed, so that whoever removes the others may be late.
    """
    found: dict[str, list[tuple[int, str, Entry]]] = {}
    for entry in entries:
        if (named := _SETTLED_NAME.fullmatch(entry.name)) is not None:
            found.setdefault(f"{named['stem']}.parquet", []).append((int(named["gone"]), entry.name, entry))
    return {name: [entry for _, _, entry in sorted(those)] for name, those in found.items()}


def lying(table: Objects, names: Iterable[str]) -> set[str]:
    """The objects in which these files are read now: the first ones, or those that lie in their place."""
    settled = settled_of(table.entries(f"{SETTLED}/"))
    return {settled[name][-1].name if name in settled else f"{FOLDER}/{name}" for name in names}


def read_file(table: Objects, name: str) -> EnvelopeFile:
    """Read a file of envelopes by its first name; rows that were decided long ago may have no payload any more.

    Errors: WorldError, naming the file, if it is gone, is not what was written, or was written by a later release.
    """
    lies, content = _content(table, name)
    where = address(table, lies)
    stem = lies.rpartition("/")[2].partition(".")[0]
    if len(stem) == _DIGEST and sha256(content) != stem:
        raise _broken("changed", "the file of refused rows was changed after it was written", where)
    try:
        head = _head(pl.read_parquet_metadata(BytesIO(content)).get(_KEY))
        rows = pl.read_parquet(BytesIO(content), columns=list(ENVELOPE))
    except (pl.exceptions.PolarsError, ValueError, KeyError, TypeError, AttributeError):
        raise _broken("changed", "the file of refused rows cannot be read", where) from None
    if head is None:
        raise WorldError(
            "quarantine.version",
            "the file of refused rows was written by a later release",
            where=where,
            next_step="use the release that wrote it, or a newer one",
        )
    return EnvelopeFile(name, head, rows)


def sealed_rows(objects: Objects, name: str) -> pl.DataFrame:
    """Product, digest and payload of the sealed rows of a file of any table, by its place in the warehouse.

    Errors: WorldError, naming the file, if it is gone or was cut: what it holds cannot be counted.
    """
    try:
        columns = ["product", "row_digest", "payload", "sealed"]
        return pl.read_parquet(BytesIO(objects.read(name)), columns=columns).filter("sealed")
    except FileNotFoundError:
        raise _broken("lost", "the file of refused rows is gone", address(objects, name)) from None
    except pl.exceptions.PolarsError:
        raise _broken("changed", "the file of refused rows cannot be read", address(objects, name)) from None


def refuse_foreign(table: Objects, file: EnvelopeFile, product: str, run: str) -> None:
    """Refuse a file that another publication wrote: its rows would be sent, shown or counted as this product's.

    What was never emptied is named by its digest; what lies in the place of an emptied file is not.
    """
    heads = {(file.head.product or product, file.head.run or run)}
    if heads | set(file.rows.select("product", "run").unique().iter_rows()) != {(product, run)}:
        what = "the file of refused rows is that of another publication"
        raise _broken("changed", what, address(table, f"{FOLDER}/{file.name}"))


def _content(table: Objects, name: str) -> tuple[str, bytes]:
    """Where a file lies, and its bytes; upkeep may put another one in its place at any moment."""
    first = f"{FOLDER}/{name}"
    for _ in range(_PATIENCE):
        with suppress(FileNotFoundError):
            return first, table.read(first)
        settled = settled_of(table.entries(f"{SETTLED}/{name.removesuffix('.parquet')}/")).get(name)
        if settled is None:
            break
        with suppress(FileNotFoundError):
            return settled[-1].name, table.read(settled[-1].name)
    where = address(table, first)
    raise _broken("lost", "the file of refused rows is gone", where)


def shape_of_file(head: Head, keys: Keys | None) -> str | None:
    """The text of the shape in clear; None for a file of before format 2, or if it is sealed and no keys are here."""
    if head.shape is None or not head.sealed:
        return head.shape
    return None if keys is None else keys.open(base64.b64decode(head.shape), head.context).decode()


def _head(text: str | None) -> Head | None:
    if text is None:
        return Head("", "", "", sealed=False, id="")
    told = json.loads(text)
    if told["format"] > FORMAT:
        return None
    return Head(
        product=told["product"],
        version=told["version"],
        run=told["run"],
        sealed=told["sealed"],
        shape=told["shape"],
        refused=tuple(Refused(*refused) for refused in told["refused"]),
        reading=None if told["reading"] is None else reading_of(told["reading"]),
        zone=told["zone"],
        id=told["id"],
    )


def _broken(kind: str, what: str, where: str) -> WorldError:
    return WorldError(
        f"quarantine.{kind}",
        what,
        where=where,
        state="what was published goes on serving",
        next_step="restore the file from the warehouse's backup: its rows are replayed and rejected from there alone",
    )
