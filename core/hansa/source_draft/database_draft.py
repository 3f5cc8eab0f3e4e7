"""The draft of a table of a database: its address, its name, how newer rows may be known, and which day a row has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hansa.contract_draft.header import mended
from hansa.errors import MeshError
from hansa.near import or_near
from hansa.source_draft.database import Looked, looked_at
from hansa.source_draft.drafted import NAME, Drafted
from hansa.source_draft.finding import Finding, Sure, counted
from hansa.sources import Binding
from hansa.sources.database_words import DATABASES, is_database

_ENTRY = f"sources.{NAME}"
#: Names of columns that are written with each change, and of those that are written once.
_CHANGED = re.compile(
    r"updat|modif|chang|amend|touched|last_?(write|edit)|row_?version|geaendert|geändert|aenderung|änderung|更新|修改|变更",
    re.IGNORECASE,
)
_GROWS = frozenset({"integer", "date", "timestamp"})
_CHANGES = "is it written with every change of a row, and given in the order in which changes become visible?"


def draft_database(uri: str, table: str | None, password_env: str | None = None, base: Path | None = None) -> Drafted:
    """What a source of a table would say. No value of its rows and no password stands in it.

    Errors: MeshError for an address that is none or holds a password, or a table that is not there; WorldError for
    the server.
    """
    words: dict[str, Any] = {"uri": uri, "table": table, "password_env": password_env}
    given = {word: value for word, value in words.items() if value is not None}
    binding = Binding.model_validate(given)
    if not is_database(binding.uri):
        scheme = uri.partition(":")[0].lower()
        mend = or_near(scheme, DATABASES, f"known are {', '.join(DATABASES)}")
        raise MeshError("source.scheme", f"'{scheme}://' is no known database", where="FILE", next_step=mend)
    if table is None:
        raise MeshError(
            "database.words", "a database needs a table", where="--table", next_step="name it as schema.name"
        )
    looked = looked_at(binding, base or Path(), _ENTRY)
    password = [Finding(("password_env",), binding.password_env, "the variable was named")] if password_env else []
    findings = (
        Finding(("uri",), binding.uri, "it answers, and was read in a transaction that can only read"),
        *password,
        Finding(("table",), table, _of_table(looked)),
        _watermark(looked),
        _partition(looked),
        *_mapping(looked),
        *_unread(looked),
    )
    told = f"Its columns were looked at, and {counted(looked.rows, 'row')}, no more."
    return Drafted(looked.place, findings, looked.columns, None, told=told)


def _of_table(looked: Looked) -> str:
    key = f", the primary key is {_listed(looked.key)}" if looked.key else ", it has no primary key"
    return f"it has {counted(len(looked.names), 'column')}{key}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _kind(looked: Looked, name: str) -> str:
    column = looked.column_of(name)
    return column.logical_type if column is not None else ""


def _everywhere(looked: Looked, name: str) -> bool:
    return name in looked.required or name in looked.filled


def _watermark(looked: Looked) -> Finding:
    """A column that grows with each change of a row: by its name, for nothing else in a table tells it."""
    path = ("watermark",)
    growing = [one.name for one in looked.sent if _kind(looked, one.name) in _GROWS and _everywhere(looked, one.name)]
    changed = [name for name in growing if _CHANGED.search(name)]
    if changed:
        seen = "its name says that it changes with the row, and " + _each(looked, changed[0])
        if len(changed) > 1:
            return Finding(path, changed[0], f"{seen}; so do {_listed(changed[1:])}", "unsure", "which of them is it?")
        return Finding(path, changed[0], seen, "likely", _CHANGES)
    if growing:
        seen = f"{_listed(growing)} may grow with new rows, and no name says that it changes with a row"
        return Finding(path, None, seen, "unsure", "does one of them grow with each change? without it all is read")
    return Finding(path, None, "no column grows that each row has: all rows are read each time")


def _each(looked: Looked, name: str) -> str:
    if name in looked.required:
        return "the schema says that each row has one"
    return f"each of {counted(looked.rows, 'row')} has one"


def _partition(looked: Looked) -> Finding:
    """Columns that can be the business day; which one it is stands in the contract."""
    days = [one.name for one in looked.sent if _kind(looked, one.name) == "date"]
    times = [one.name for one in looked.sent if _kind(looked, one.name) == "timestamp"]
    times = [name for name in times if not _CHANGED.search(name)]
    full = [name for name in days if _everywhere(looked, name)] or days
    sure: Sure = "likely" if len(full) == 1 and _everywhere(looked, full[0]) else "unsure"
    if full:
        seen = f"the days of {_listed(full)} can be the contract's partition column"
    elif times:
        seen, sure = f"the day of {_listed(times)} can be the contract's business date, by businessDateOf", "unsure"
    else:
        return Finding(("partition",), None, "no column is a date or a time: the product has no days")
    question = "" if sure == "likely" else "which one says the business day of a row?"
    return Finding(("partition",), None, seen, sure, question)


def _mapping(looked: Looked) -> Iterator[Finding]:
    """Names that a contract cannot have, and times without a zone."""
    for name, made in zip(looked.names, mended(looked.names), strict=True):
        if name != made and name not in looked.unread:
            yield Finding(("mapping", "rename", made), name, "a contract cannot have the column's name")
    for one in looked.sent:
        column = looked.column_of(one.name)
        if column is not None and column.logical_type == "timestamp" and not column.zoned:
            question = "in which zone are they written?"
            yield Finding(("mapping", "timezone", column.name), None, "its times carry no zone", "unsure", question)


def _unread(looked: Looked) -> Iterator[Finding]:
    if looked.unread:
        seen = f"{_listed(looked.unread)} are of types that no contract has; a query can cast them"
        yield Finding(("columns",), None, seen, "likely")
