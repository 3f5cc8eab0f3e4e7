"""A table or a query under a contract: its columns are known when it is opened, its rows are read when they are wanted.

What a run publishes is first copied into a file of this machine, in one transaction: the gate reads its rows twice, and
an institution's database is not kept waiting while it does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hansa.contract.model import Contract
from hansa.errors import DataError, MeshError
from hansa.near import near, or_near
from hansa.sources.binding import Binding
from hansa.sources.database.address import address_of
from hansa.sources.database.relation import Relation, Stamp
from hansa.sources.database.values import Kind, Sent
from hansa.sources.database.window import Day, Since, Span, parsed, within_the_calendar
from hansa.sources.database_words import DATABASES, DatabaseWords, is_database
from hansa.sources.delivery_words import DeliveryWords
from hansa.sources.files import listed
from hansa.sources.layout import LayoutWords
from hansa.sources.lazily import lazily
from hansa.sources.mapping import Mapped
from hansa.sources.reading import SourceFrame
from hansa.sources.spelling import misspelled

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

#: Words that speak of a file and say nothing of a table. The others follow from their models.
_OF_FILES = frozenset({"format", "layout"})
#: The type of a column that nothing takes, as receipts carry it: it is not looked at.
_UNREAD = "not read"


@dataclass(frozen=True)
class DatabaseSource(SourceFrame):
    """A source in a database. ``frame`` asks the database anew each time that it is collected.

    ``day`` says how the days of a run become a condition of the database's own, None where they cannot;
    ``watermark`` is the column whose greatest value tells whether anything changed. ``fingerprint`` is empty: what was
    read says it, not what was opened.
    """

    relation: Relation = field(kw_only=True, repr=False)
    mapped: Mapped = field(kw_only=True, repr=False)
    sent: tuple[Sent, ...] = field(kw_only=True, repr=False)
    day: Day | None = field(kw_only=True)
    watermark: Sent | None = field(kw_only=True)

    def rows(self, span: Span | None) -> Generator[pl.DataFrame]:
        """The rows of some days, or all, in batches, under the names of the contract; from one snapshot."""
        with self.relation.connected() as connection:
            for batch in self._raw(connection, span):
                yield self.mapped.over(batch.lazy()).collect()

    def copied(self, path: Path, span: Span | None, since: Since | None = None) -> tuple[SourceFrame, Stamp | None]:
        """The same source with its rows in a file at ``path``, and the stamp of the rows, if there is a watermark.

        Both are of one snapshot. The stamp is of all rows of the span, also where only those ``since`` are copied.
        """
        import pyarrow.parquet as pq

        schema = pl.DataFrame(schema={one.name: one.dtype for one in self.sent}).to_arrow().schema
        with self.relation.connected() as connection:
            where = None if span is None else span.condition()
            mark = self.watermark
            stamp = self.relation.stamp(connection, mark, where) if mark is not None else None
            with pq.ParquetWriter(path, schema, compression="lz4") as writer:
                for batch in self._raw(connection, since or span):
                    writer.write_table(batch.to_arrow().cast(schema))
        lying = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        return replace(self, frame=self.mapped.over(lying)), stamp

    def stamped(self, span: Span | None) -> Stamp:
        """How many rows of these days there are, and their greatest watermark."""
        assert self.watermark is not None  # noqa: S101 - asked only of a source that has one
        with self.relation.connected() as connection:
            return self.relation.stamp(connection, self.watermark, None if span is None else span.condition())

    def ends(self) -> pl.LazyFrame:
        """Rows that have the least and the greatest day of all; all rows, where the database cannot compare days."""
        if self.day is None:
            return self.frame
        with self.relation.connected() as connection:
            return self._ends(connection, within_the_calendar(self.day))

    def within(self, span: Span) -> tuple[int, pl.LazyFrame]:
        """How many rows some days have, and rows that have the least and the greatest of these days."""
        with self.relation.connected() as connection:
            rows = self.relation.count(connection, self._of_day(span.day), span.condition())
            return rows, self._ends(connection, span.condition())

    def _of_day(self, day: Day) -> Sent:
        return next(column for column in self.sent if column.name == day.column)

    def _ends(self, connection: Connection, where: ColumnElement[bool]) -> pl.LazyFrame:
        assert self.day is not None  # noqa: S101 - asked only where the database can compare days
        one = self._of_day(self.day)
        found = self.relation.ends(connection, one, where)
        others = [pl.lit(None, dtype=column.dtype).alias(column.name) for column in self.sent if column is not one]
        return self.mapped.over(found.lazy().with_columns(others))

    def newer(self, stamp: Stamp, mark: str | None) -> bool:
        """True if the greatest watermark of a stamp is greater than ``mark``."""
        kind = self.watermark.kind if self.watermark is not None else "any"
        if stamp.mark is None or mark is None:
            return stamp.mark is not None
        now, before = parsed(stamp.mark, kind), parsed(mark, kind)
        # In SQLite a column may hold texts where it held numbers.
        return bool(now > before) if type(now) is type(before) else True

    def _raw(self, connection: Connection, wanted: Span | Since | None) -> Iterator[pl.DataFrame]:
        where = None if wanted is None else wanted.condition()
        return self.relation.batches(connection, self.sent, where, self.numbered)

    @property
    def numbered(self) -> frozenset[str]:
        """The columns of which the binding says how their texts are written as numbers."""
        return frozenset(column for name in self.reading.numbers for column in self.mapped.given_by(name))


def open_database(binding: Binding, contract: Contract, base: Path, entry: str) -> SourceFrame | None:
    """The table or query that a binding names, if its address is that of a database; else None.

    It is connected to and its columns are looked at; no row is read. Errors: MeshError for what the mesh file says,
    DataError for a column that is not there or cannot be read, WorldError for the server.
    """
    if not is_database(binding.uri):
        _refuse_stray(binding, entry)
        return None
    _refuse_words(binding, entry)
    relation = Relation(address_of(binding.uri, base, entry), binding, entry)
    with relation.connected() as connection:
        names = relation.names(connection)
        wanted = _wanted(binding, contract, names, entry)
        _refuse_watermark(binding, contract, names, entry)
        columns = relation.sent(connection, wanted) if wanted else ()
        mapped = _mapped(binding, contract, names, columns, entry)
        _refuse_missing(mapped, contract, names, relation.place, entry)
        by_name = {column.name: column for column in columns}
        day = _day(mapped, contract, lambda name: relation.kind_of_day(connection, by_name[name]))
    mark = by_name.get(binding.watermark or "")
    _refuse_unmarked(mark, contract, day, f"{entry}.watermark")
    source = DatabaseSource(
        frame=pl.LazyFrame(),
        reading=mapped.reading(),
        place=relation.place,
        absent=mapped.absent(),
        surplus=tuple(name for name in mapped.surplus() if name != binding.watermark),
        fingerprint="",
        relation=relation,
        mapped=mapped,
        columns=tuple((name, str(by_name[name].said) if name in by_name else _UNREAD) for name in names),
        sent=columns,
        day=day,
        watermark=mark,
    )
    return replace(source, frame=mapped.over(_pulled(source)))


def _pulled(source: DatabaseSource) -> pl.LazyFrame:
    """A frame that reads the table, the columns that are needed alone, whenever it is collected."""
    by_name = {column.name: column for column in source.sent}

    def rows(columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        taken = [by_name[name] for name in columns or by_name]
        with source.relation.connected() as connection:
            yield from source.relation.batches(connection, taken, None, source.numbered)

    return lazily({one.name: one.dtype for one in source.sent}, rows, pure=False)


def _wanted(binding: Binding, contract: Contract, names: list[str], entry: str) -> list[str]:
    """The columns of the table that the binding takes for the contract, and the watermark."""
    surplus = set(_mapped(binding, contract, names, (), entry).surplus()) - {binding.watermark}
    return [name for name in names if name not in surplus]


def _mapped(binding: Binding, contract: Contract, names: list[str], columns: tuple[Sent, ...], entry: str) -> Mapped:
    schema: Mapping[str, pl.DataType] = dict.fromkeys(names, pl.String()) | {one.name: one.said for one in columns}
    told = None
    try:
        return Mapped(binding, contract, schema, entry)
    except MeshError as error:
        what, mend = (text.replace("the file", "the table") for text in (error.what, error.next_step))
        told = MeshError(error.code, what, where=error.where, next_step=mend)
    raise told


def _day(mapped: Mapped, contract: Contract, kind_of: Callable[[str], Kind]) -> Day | None:
    """How the database can tell the day of a row: by a date, or by the time of which it is the day."""
    if contract.partition is None:
        return None
    words, own = mapped.binding.mapping, contract.by_name[contract.partition]
    if own.name in mapped.taken:
        same = own.name not in words.value_map and kind_of(mapped.taken[own.name]) == "date"
        return Day(mapped.taken[own.name], "date") if same else None
    if own.business_date_of is None or any(own.name in said for said in (words.constant, words.offset, words.join)):
        return None
    time = contract.by_name[own.business_date_of]
    if time.name not in mapped.taken or time.name in words.value_map or time.name in mapped.reading().zone_columns:
        return None
    column = mapped.taken[time.name]
    kind = kind_of(column)
    if kind == "instant" and time.zoned:
        return Day(column, "instant")
    zone = words.timezone.get(time.name, time.zone) if time.zoned else None
    return Day(column, "timestamp", zone) if kind == "timestamp" and (zone or not time.zoned) else None


# --- what does not fit ------------------------------------------------------------------------------------------------


def _refuse_stray(binding: Binding, entry: str) -> None:
    """Refuse the words of a database where the address is that of a file."""
    stray = next((word for word in DatabaseWords.model_fields if getattr(binding, word) is not None), None)
    scheme, found, _ = binding.uri.partition("://")
    if stray is not None and found and scheme.lower() not in ("file", "s3"):
        mend = or_near(scheme.lower(), DATABASES, f"known are {', '.join(DATABASES)}")
        raise MeshError("source.scheme", f"'{scheme}://' is no known database", where=f"{entry}.uri", next_step=mend)
    if stray is not None:
        what = f"'{stray}' is a word of a database, and the uri names a file"
        mend = "remove it, or write an address such as postgresql://user@host/database"
        raise MeshError("database.words", what, where=f"{entry}.{stray}", next_step=mend)


def _refuse_words(binding: Binding, entry: str) -> None:
    """Refuse words of files, and a binding that does not say which rows it wants."""
    of_files = {*_OF_FILES, *LayoutWords.model_fields, *DeliveryWords.model_fields}
    stray = next((word for word in sorted(binding.model_fields_set) if word in of_files), None)
    if stray is not None:
        what = f"'{stray}' is a word of a file, and the uri names a database"
        raise MeshError("database.words", what, where=f"{entry}.{stray}", next_step="remove it")
    if binding.mapping.distinct:
        what = "the rows of a database have no order, so none of those that are alike is the first"
        mend = "choose the row in a query, such as SELECT DISTINCT ON"
        raise MeshError("database.words", what, where=f"{entry}.mapping.distinct", next_step=mend)
    if (binding.table is None) == (binding.query is None):
        what = "a database needs a table or a query" if binding.table is None else "it names a table and a query"
        raise MeshError(
            "database.words", what, where=entry, next_step="write one of table: schema.name and query: SELECT ..."
        )


def _refuse_missing(mapped: Mapped, contract: Contract, names: list[str], place: str, entry: str) -> None:
    """Refuse a table that lacks a required column, or seems to have an optional one under a name that is misspelled."""
    missing = mapped.missing()
    if missing or not (mapped.taken or mapped.binding.mapping.join):
        lacking = ", ".join(f"'{name}'" for name in missing)
        what = f"it lacks the required columns {lacking}" if missing else f"it has no column of {contract.id}"
        close = next((found for name in missing if (found := near(name, mapped.surplus()))), None)
        mend = f"did you mean '{close}'? " if close else ""
        mend += f"map them under {entry}.mapping.rename"
        raise DataError("source.columns", f"{what}; it has {listed(names)}", where=place, next_step=mend)
    if (alike := misspelled(mapped.absent(), mapped.surplus())) is not None:
        what = f"it has '{alike[1]}', the contract wants '{alike[0]}'"
        mend = f"rename it under {entry}.mapping.rename"
        raise DataError("source.columns", what, where=place, next_step=mend)


def _refuse_watermark(binding: Binding, contract: Contract, names: list[str], entry: str) -> None:
    """Refuse a watermark that is no column, or whose values may stand in no receipt."""
    mark, where = binding.watermark, f"{entry}.watermark"
    if mark is None:
        return
    if mark not in names:
        mend = or_near(mark, names, f"it has {listed(names)}")
        raise MeshError("database.watermark", f"there is no column '{mark}'", where=where, next_step=mend)
    words = binding.mapping
    given = {c.name: words.join.get(c.name, (words.rename.get(c.name, c.name),)) for c in contract.columns if c.sealed}
    sealed = [name for name, columns in given.items() if mark in columns]
    if sealed:
        what = f"column '{mark}' is sealed by the contract, and a watermark stands in receipts"
        raise MeshError(
            "database.watermark", what, where=where, next_step="name a technical column, such as updated_at"
        )


def _refuse_unmarked(mark: Sent | None, contract: Contract, day: Day | None, where: str) -> None:
    """Refuse a watermark that does not grow, or by which nothing could be told."""
    if mark is None:
        return
    if mark.array or mark.kind not in ("integer", "date", "timestamp", "instant", "any"):
        what = f"column '{mark.name}' is neither a whole number nor a date or time"
        raise MeshError(
            "database.watermark", what, where=where, next_step="name a column that grows, such as updated_at"
        )
    if contract.partition is not None and day is None:
        what = "the day of a row cannot be told by the database, so nothing is read by watermark"
        mend = "take the partition column from a date or time of the table, or remove the watermark"
        raise MeshError("database.watermark", what, where=where, next_step=mend)
    if contract.partition is None and not contract.key:
        what = "the contract has no primary key by which newer rows could take the place of older ones"
        raise MeshError(
            "database.watermark", what, where=where, next_step="give it a primaryKey, or remove the watermark"
        )


def span_of(source: DatabaseSource, first: dt.date | None, last: dt.date | None, zone: str) -> Span | None:
    """The span of a run's days, None where all rows are read."""
    if source.day is None or first is None or last is None:
        return None
    return Span(source.day, first, last, zone)
