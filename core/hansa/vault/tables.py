"""The tables of a vault, the same in SQLite and PostgreSQL, and how they are made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    any_,
    bindparam,
    func,
    insert,
    inspect,
    select,
    text,
)

from hansa.errors import WorldError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

VERSION = 1
#: Any number, the same in every process that makes or extends the tables of a vault.
_LOCK = 7_203_411_960

metadata = MetaData()

schema_version = Table("vault_version", metadata, Column("version", Integer, nullable=False))

#: One clear value, sealed for its kind and token. ``token_key`` made the token, ``sealing_key`` sealed the value.
entries = Table(
    "vault_entries",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("token", String(32), primary_key=True),
    Column("token_key", String(16), nullable=False),
    Column("sealing_key", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: Which product published a token.
holdings = Table(
    "vault_holdings",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("token", String(32), primary_key=True),
    Column("product", String(200), primary_key=True),
)

#: Who asked to see what, and why; each line holds the digest of the line before.
audit = Table(
    "audit",
    metadata,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("os_user", String(200), nullable=False),
    Column("given_user", String(200), nullable=True),
    Column("purpose", String(500), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("token", String(32), nullable=False),
    Column("found", Boolean, nullable=False),
    Column("before", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)

#: Number and digest of the last line, sealed: the end of the chain cannot be cut off without the key.
audit_head = Table("audit_head", metadata, Column("sealed", LargeBinary, nullable=False))

_APPEND_ONLY = "lines of the audit are never changed"
#: The database itself refuses a statement that would change a line; the chain finds whoever goes round this.
_GUARDS = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, '{_APPEND_ONLY}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_APPEND_ONLY}'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ],
}


def locked(connection: Connection) -> None:
    """Hold every other process back until this transaction ends; a transaction of SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def durable(connection: Connection) -> None:
    """What this transaction commits is on the disk when it returns, whatever the server is set to."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit = on"))


def ensure(connection: Connection, first_head: bytes, place: str) -> None:
    """Make the tables if this vault has none yet; refuse those of another release."""
    locked(connection)
    if not inspect(connection).has_table(schema_version.name):
        metadata.create_all(connection)
        for guard in _GUARDS[connection.dialect.name]:
            connection.execute(text(guard))
        connection.execute(insert(schema_version), {"version": VERSION})
        connection.execute(insert(audit_head), {"sealed": first_head})
    known = connection.execute(select(schema_version.c.version)).scalars().all()
    if known != [VERSION]:
        raise WorldError(
            "vault.version",
            "the vault was made by another release",
            where=place,
            state="nothing was changed",
            next_step="use the release that made it, or a newer one",
        )


def among(connection: Connection, column: Column[str], texts: list[str]) -> ColumnElement[bool]:
    """True where ``column`` is one of many texts: one parameter, for many would be bound one by one."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import ARRAY

        return column == any_(bindparam(None, texts, type_=ARRAY(String)))
    given = func.json_each(bindparam(None, json.dumps(texts), type_=String)).table_valued("value")
    return column.in_(select(given.c.value))


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows in bulk; those whose key is there already are left as they are."""
    from sqlalchemy.dialects import postgresql, sqlite

    if not rows:
        return
    if connection.dialect.name == "sqlite":
        ignoring = sqlite.insert(table).on_conflict_do_nothing()
        made = ignoring.compile(dialect=connection.dialect, column_keys=list(rows[0]))
        order = list(made.positiontup or ())
        # Straight to the driver: to bind a row by its names takes five times as long as to insert it.
        connection.exec_driver_sql(str(made), [tuple(row[name] for name in order) for row in rows])
        return
    names = list(rows[0])
    # One array a column: a statement for each row would take a journey for each row.
    columns = [func.unnest(bindparam(name, type_=postgresql.ARRAY(table.c[name].type))) for name in names]
    statement = postgresql.insert(table).from_select(names, select(*columns)).on_conflict_do_nothing()
    connection.execute(statement, {name: [row[name] for row in rows] for name in names})
