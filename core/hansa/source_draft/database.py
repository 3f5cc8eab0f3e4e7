"""A table of a database without a contract: its columns, typed by what the server says and by its first rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from hansa.contract.model import Column
from hansa.errors import DataError
from hansa.source_draft.drafted import PRECISION
from hansa.source_draft.trial_types import columns_by_values
from hansa.sources import Binding
from hansa.sources.database.address import address_of
from hansa.sources.database.relation import Relation
from hansa.sources.database.values import Sent

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Rows that are looked at; the others stay where they are.
_ROWS = 1000
_PLAIN = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"


@dataclass(frozen=True)
class Looked:
    """What a look at a table showed. ``unread`` are columns of types that no contract has.

    ``columns`` has the type of each other one; ``filled`` those that every row has, as far as was looked; ``required``
    those of which the schema says it, ``key`` the primary key.
    """

    place: str
    names: tuple[str, ...]
    sent: tuple[Sent, ...]
    columns: tuple[Column, ...]
    rows: int
    filled: frozenset[str]
    required: frozenset[str]
    key: tuple[str, ...]
    unread: tuple[str, ...]

    def column_of(self, name: str) -> Column | None:
        """The column of a contract for one of the table."""
        place = next((at for at, one in enumerate(self.sent, 1) if one.name == name), None)
        return next((one for one in self.columns if one.line == place), None)


def looked_at(binding: Binding, base: Path, entry: str) -> Looked:
    """Connect, and read the columns and the first rows, in one transaction that can only read.

    Errors: MeshError for the words, WorldError for the server.
    """
    relation = Relation(address_of(binding.uri, base, entry), binding.model_copy(update={"batch": _ROWS}), entry)
    with relation.connected() as connection:
        names = relation.names(connection)
        sent, unread = _readable(relation, connection, names)
        required, key = relation.promised(connection)
        frame = _first(relation, connection, sent)
    by_place = dict(enumerate(zip(sent, frame.iter_columns(), strict=True), 1))
    made = columns_by_values(frame.lazy(), binding)
    # One that is made of several columns has no place, and the type that its values bear out.
    columns = tuple(_typed(one, *by_place[one.line]) if one.line in by_place else one for one in made)
    filled = frozenset(name for name in frame.columns if frame.height and not frame[name].null_count())
    return Looked(
        relation.place, tuple(names), sent, columns, frame.height, filled, frozenset(required), tuple(key), unread
    )


def _readable(relation: Relation, connection: Connection, names: list[str]) -> tuple[tuple[Sent, ...], tuple[str, ...]]:
    """The columns of which a contract can have values, and the others: all at once, else one by one."""
    try:
        return relation.sent(connection, names), ()
    except DataError:
        made: list[Sent] = []
        unread: list[str] = []
    for name in names:
        try:
            made += relation.sent(connection, [name])
        except DataError:
            unread.append(name)
    return tuple(made), tuple(unread)


def _first(relation: Relation, connection: Connection, sent: tuple[Sent, ...]) -> pl.DataFrame:
    with _closing(relation.batches(connection, sent, None)) as batches:
        empty = pl.DataFrame(schema={one.name: one.dtype for one in sent})
        return next(batches, empty) if sent else empty


@contextmanager
def _closing(batches: Iterator[pl.DataFrame]) -> Iterator[Iterator[pl.DataFrame]]:
    try:
        yield batches
    finally:
        close: Any = getattr(batches, "close", None)
        if close is not None:
            close()


def _typed(column: Column, sent: Sent, values: pl.Series) -> Column:
    """The type that the server says goes before what its texts look like."""
    name, line = column.name, column.line
    if sent.array or sent.kind in ("text", "json"):
        return Column(name, "string", line)
    texts = values.drop_nulls() if values.dtype == pl.String else pl.Series(dtype=pl.String)
    plain = len(texts) > 0 and bool(texts.str.contains(_PLAIN).all())
    longest = texts.str.extract(r"\.([0-9]+)$").str.len_chars().max() if plain else 0
    scale = longest if isinstance(longest, int) else 0
    if sent.kind == "number" or (sent.kind == "any" and scale):
        return Column(name, "number", line, precision=PRECISION, scale=scale)
    if sent.kind == "any" and column.logical_type == "number" and not column.scale:
        return Column(name, "integer", line)
    return column
