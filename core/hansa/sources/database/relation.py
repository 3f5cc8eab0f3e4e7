"""A table or a query in its database: what columns it has, and its rows, batch by batch, as one snapshot."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from hansa.errors import MeshError
from hansa.near import near
from hansa.sources.database.address import Address, engine_of, timeout_of
from hansa.sources.database.faults import attempt
from hansa.sources.database.patience import Patience
from hansa.sources.database.query import as_text, one_select
from hansa.sources.database.values import Kind, Sent, frame_of, sent
from hansa.sources.database.window import in_order
from hansa.sources.database_words import BATCH

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause

    from hansa.sources.binding import Binding

_PART = re.compile(r'"((?:[^"]|"")+)"|([^."]+)')
_NAMELESS = "hansa_source"
_PATIENCE = "hansa_patience"
_Made = TypeVar("_Made")
#: What is said to a server before anything is read, where SQLAlchemy has no word for it.
_READ_ONLY = {
    "mysql": ("SET TRANSACTION READ ONLY", "SET SESSION max_execution_time = {ms}"),
    "mariadb": ("SET TRANSACTION READ ONLY", "SET SESSION max_statement_time = {seconds}"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    # Texts of one form, whatever the server's country, and times that are instants.
    "postgresql": (
        "SET LOCAL statement_timeout = {ms}",
        "SET LOCAL DateStyle = 'ISO, YMD'",
        "SET LOCAL TimeZone = 'UTC'",
        "SET LOCAL extra_float_digits = 1",
    ),
}


@dataclass(frozen=True)
class Stamp:
    """How many rows there are, and the greatest watermark among them, written out; None where there are none."""

    rows: int
    mark: str | None


class Relation:
    """What a binding names in a database. Every use connects anew, for a connection that is idle goes stale."""

    def __init__(self, address: Address, binding: Binding, entry: str) -> None:
        self._address, self._binding, self._entry = address, binding, entry
        self._query = one_select(binding.query, address.dialect, entry) if binding.query else None
        self._schema, self._table = _named(binding.table or "", f"{entry}.table")
        self.place = f"{address.shown} {'query' if self._query else f'table {binding.table}'}"
        self._batch = binding.batch or BATCH

    @cached_property
    def _engine(self) -> Any:
        return engine_of(self._address, self._binding, self._entry)

    @property
    def _postgres(self) -> bool:
        return self._address.dialect == "postgresql"

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection that reads alone, in one transaction that sees one snapshot and is rolled back in the end."""
        connection: Connection = attempt(self._engine.connect, self.place)
        try:
            driver = connection.connection.driver_connection
            patience = Patience(driver, self._address.dialect, timeout_of(self._binding), self.place)
            connection.info[_PATIENCE] = patience
            patience.step(lambda: self._prepare(connection))
            yield connection
        finally:
            # What is lost already cannot be closed, and the reason of that is told.
            with suppress(Exception):
                connection.close()

    def _prepare(self, connection: Connection) -> None:
        dialect, timeout = self._address.dialect, timeout_of(self._binding)
        if self._postgres:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        if getattr(connection.dialect, "is_mariadb", False):
            dialect = "mariadb"
        for statement in _READ_ONLY.get(dialect, ()):
            connection.exec_driver_sql(statement.format(ms=timeout, seconds=timeout / 1000))

    def _step(self, connection: Connection, act: Callable[[], _Made]) -> _Made:
        """One step of a reading, within its time."""
        patience: Patience = connection.info[_PATIENCE]
        return patience.step(act)

    # --- columns --------------------------------------------------------------------------------------------------

    def names(self, connection: Connection) -> list[str]:
        """The names of its columns, in their order. Errors: MeshError for a table that is not there."""
        if self._query is not None:
            return self._names_of_query(connection)
        found = self._step(connection, lambda: self._reflected(connection))
        if found is None:
            raise self._missing(connection)
        return [str(column["name"]) for column in found]

    def _reflected(self, connection: Connection) -> list[Any] | None:
        from sqlalchemy import inspect
        from sqlalchemy.exc import NoSuchTableError

        with warnings.catch_warnings():
            # A type that SQLAlchemy does not know is none of its business here.
            warnings.simplefilter("ignore")
            try:
                return list(inspect(connection).get_columns(self._table, schema=self._schema))
            except NoSuchTableError:
                return None

    def promised(self, connection: Connection) -> tuple[list[str], list[str]]:
        """The columns that the schema says are in every row, and those of the primary key; of a query none."""
        if self._query is not None:
            return [], []
        from sqlalchemy import inspect

        found = self._step(connection, lambda: self._reflected(connection)) or []
        key = self._step(connection, lambda: inspect(connection).get_pk_constraint(self._table, schema=self._schema))
        names = [str(name) for name in key.get("constrained_columns") or []]
        return [str(one["name"]) for one in found if not one["nullable"] or one["name"] in names], names

    def _names_of_query(self, connection: Connection) -> list[str]:
        import sqlalchemy as sa

        statement = sa.select(sa.text("*")).select_from(self._from(())).where(sa.false())
        names = list(self._step(connection, lambda: connection.execute(statement).keys()))
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            what = f"the query has two columns '{twice}'"
            raise MeshError("database.query", what, where=f"{self._entry}.query", next_step="name one of them by AS")
        return names

    def _missing(self, connection: Connection) -> MeshError:
        """The sentence for a table that is not there, with the near name."""
        from sqlalchemy import inspect

        def known() -> tuple[list[str], list[str]]:
            looked = inspect(connection)
            schemas = looked.get_schema_names() if self._schema else []
            if self._schema and self._schema not in schemas:
                return schemas, []
            return schemas, [*looked.get_table_names(self._schema), *looked.get_view_names(self._schema)]

        schemas, tables = self._step(connection, known)
        if self._schema and self._schema not in schemas:
            what, close = f"there is no schema '{self._schema}'", near(self._schema, schemas)
        else:
            what, close = f"there is no table '{self._table}' that this user can see", near(self._table, tables)
        mend = f"did you mean '{close}'?" if close else "mend its name, or write it as schema.table"
        return MeshError(
            "database.table", f"{self._address.shown}: {what}", where=f"{self._entry}.table", next_step=mend
        )

    def sent(self, connection: Connection, names: Sequence[str]) -> tuple[Sent, ...]:
        """How these columns are sent. Errors: DataError for a type that is not read, WorldError without the right."""
        if not self._postgres:
            return tuple(Sent(name, "any") for name in names)
        import sqlalchemy as sa

        taken: list[Any] = [sa.column(name) for name in names]
        statement = sa.select(*taken).select_from(self._from(names)).where(sa.false())
        described = self._step(connection, lambda: list(connection.execute(statement).cursor.description))
        # Name and number of the type come first of what the driver says of a column.
        oids = [int(str(column[1])) for column in described]
        types = sa.table("pg_type", *map(sa.column, ("oid", "typname", "typcategory")), schema="pg_catalog")
        asked = sa.select(types).where(sa.column("oid").in_(set(oids)))
        rows = self._step(connection, lambda: connection.execute(asked).all())
        known = {int(oid): (str(name), str(category)) for oid, name, category in rows}
        made = []
        for name, oid in zip(names, oids, strict=True):
            type_name, category = known.get(oid, ("", ""))
            kind = "record" if category == "C" else type_name
            made.append(sent(name, kind, array=category == "A", place=self.place))
        return tuple(made)

    def kind_of_day(self, connection: Connection, column: Sent) -> Kind:
        """The kind of a column as the database compares it; ``any`` where it may hold anything, as in SQLite."""
        import sqlalchemy as sa

        if column.kind != "any" or self._query is not None or self._address.dialect == "sqlite":
            return column.kind
        found = self._step(connection, lambda: self._reflected(connection)) or []
        type_ = next((one["type"] for one in found if one["name"] == column.name), None)
        if isinstance(type_, sa.DateTime):
            return "any" if type_.timezone else "timestamp"
        return "date" if isinstance(type_, sa.Date) else "any"

    # --- rows -----------------------------------------------------------------------------------------------------

    def _from(self, names: Sequence[str]) -> FromClause:
        import sqlalchemy as sa

        columns: list[Any] = [sa.column(name) for name in names]
        if self._query is not None:
            return sa.text(as_text(self._query)).columns(*columns).subquery(_NAMELESS)
        return sa.table(self._table, *columns, schema=self._schema)

    def batches(
        self,
        connection: Connection,
        columns: Sequence[Sent],
        where: ColumnElement[bool] | None,
        numbered: Collection[str] = (),
    ) -> Iterator[pl.DataFrame]:
        """The rows in the order of the database, by a cursor of the server's: memory holds one batch."""
        import sqlalchemy as sa

        self._take_texts(connection)
        taken: list[Any] = []
        for one in columns:
            column: Any = sa.column(one.name)
            taken.append(sa.func.to_json(column).label(one.name) if one.array else column)
        statement = sa.select(*taken).select_from(self._from([one.name for one in columns]))
        if where is not None:
            statement = statement.where(where)
        options = {"yield_per": self._batch}
        result = self._step(connection, lambda: connection.execute(statement, execution_options=options))
        for rows in connection.info[_PATIENCE].each(iter(result.partitions())):
            yield frame_of(rows, columns, numbered, self.place)

    def ends(self, connection: Connection, column: Sent, where: ColumnElement[bool]) -> pl.DataFrame:
        """The least and the greatest value of a column; no rows where there are none."""
        import sqlalchemy as sa

        self._take_texts(connection)
        one: Any = sa.column(column.name)
        statement = sa.select(sa.func.min(one), sa.func.max(one)).select_from(self._from([column.name])).where(where)
        least, most = self._step(connection, lambda: connection.execute(statement).one())
        return frame_of([] if least is None else [[least], [most]], [column], (), self.place)

    def count(self, connection: Connection, column: Sent, where: ColumnElement[bool]) -> int:
        """How many rows there are for which ``where`` holds, which asks for this column alone."""
        import sqlalchemy as sa

        self._take_texts(connection)
        statement = sa.select(sa.func.count()).select_from(self._from([column.name])).where(where)
        return int(self._step(connection, lambda: connection.execute(statement).scalar_one()))

    def stamp(self, connection: Connection, column: Sent, where: ColumnElement[bool] | None) -> Stamp:
        """How many rows there are, and the greatest watermark.

        Errors: MeshError for rows without one, whose changes would never be seen.
        """
        import sqlalchemy as sa

        self._take_texts(connection)
        one: Any = sa.column(column.name)
        counted = sa.select(sa.func.count(), sa.func.count(one), sa.func.max(one))
        statement = counted.select_from(self._from([column.name]))
        if where is not None:
            statement = statement.where(where)
        rows, marked, most = self._step(connection, lambda: connection.execute(statement).one())
        if int(rows) != int(marked):
            what = (
                f"{self._address.shown}: column '{column.name}' is empty in some rows, whose changes nobody would see"
            )
            mend = "name a column that each row has"
            raise MeshError("database.watermark", what, where=f"{self._entry}.watermark", next_step=mend)
        made = frame_of([[most]], [column], (), self.place).item()
        mark = None if made is None else made if isinstance(made, str) else _written(made)
        if mark is not None and column.kind == "any" and not in_order(mark):
            what = f"{self._address.shown}: column '{column.name}' holds neither whole numbers nor ISO dates or times"
            mend = "name a column of whole numbers, dates or times: others do not grow as their texts do"
            raise MeshError("database.watermark", what, where=f"{self._entry}.watermark", next_step=mend)
        return Stamp(int(rows), mark)

    def _take_texts(self, connection: Connection) -> None:
        """Have PostgreSQL's driver hand on the server's own text of every value, and make no object of it."""
        if not self._postgres:
            return
        from psycopg.types.string import TextLoader

        driver: Any = connection.connection.driver_connection
        for known in driver.adapters.types:
            driver.adapters.register_loader(known.oid, TextLoader)


def _written(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _named(table: str, where: str) -> tuple[str | None, str]:
    """Schema and name of ``schema.name``; a name with a dot stands in double quotes."""
    if not table:
        return None, ""
    parts: list[str] = []
    at = 0
    while found := _PART.match(table, at):
        parts.append(found[1].replace('""', '"') if found[1] else found[2].strip())
        at = found.end()
        if at == len(table) or table[at] != ".":
            break
        at += 1
    if at != len(table) or not all(parts) or not parts:
        what = "it is no name of a table"
        raise MeshError("database.table", what, where=where, next_step='write name, schema.name or "a name".name')
    return ".".join(parts[:-1]) or None, parts[-1]
