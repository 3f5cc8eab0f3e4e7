"""Columns that came, went or are of another kind now, and the fields and entries within them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hansa.change.formats import reading_changes
from hansa.change.model import NONE, Change, promised, relation, worded
from hansa.change.protection import protection_changes
from hansa.change.types import same_kind, type_change
from hansa.change.values import value_changes
from hansa.contract.model import Column, top_of
from hansa.near import near
from hansa.schema import must_have, type_name


@dataclass(frozen=True)
class _Level:
    """Columns side by side: those of a table (no ``outer``), or the fields of the object at path ``outer``."""

    old: Sequence[Column]
    new: Sequence[Column]
    outer: str = ""

    def path(self, column: Column) -> str:
        return f"{self.outer}.{column.name}" if self.outer else column.name

    def readers(self, column: Column) -> tuple[str, ...]:
        """The column of the table whose readers a change of this one concerns."""
        return (top_of(self.path(column)),)


def column_changes(old: Sequence[Column], new: Sequence[Column], asked: frozenset[str]) -> Iterator[Change]:
    """The changes of two tables' columns.

    ``asked`` are names of columns without values in which rules of their own would refuse a row or a day.
    """
    yield from _level(_Level(old, new), asked)


def _level(level: _Level, asked: frozenset[str]) -> Iterator[Change]:
    before, after = {one.name: one for one in level.old}, {one.name: one for one in level.new}
    gone = [one for one in level.old if one.name not in after]
    come = [one for one in level.new if one.name not in before]
    pairs = _renamed(gone, come)
    for column in gone:
        heir = pairs.get(column.name)
        note = f"perhaps it is called {level.path(heir)} now" if heir else ""
        more = {"columns": level.readers(column), "note": note, "moves_table": True}
        yield promised(level.path(column), "column.removed", type_name(column), NONE, "loosens", **more)
    origins = {heir.name: name for name, heir in pairs.items()}
    for column in come:
        yield _added(level, column, before, asked, origins.get(column.name))
    kept = [one.name for one in level.old if one.name in after]
    for name in kept:
        yield from _pair(level.path(after[name]), before[name], after[name], level.readers(after[name]))
    order = [one.name for one in level.new if one.name in before]
    if kept != order:
        yield worded(level.outer or "columns", "column.order", kept, order)


def _added(
    level: _Level, column: Column, before: dict[str, Column], asked: frozenset[str], origin: str | None
) -> Change:
    """A new column: it gives readers more, and breaks the producer only if a row without it is refused."""
    change = promised(level.path(column), "column.added", NONE, _described(column), "tightens")
    note = f"perhaps it was called {origin}" if origin else ""
    change = replace(change, columns=level.readers(column), note=note)
    wanted = must_have(column) and not _derived(column, before)
    # Only of a value that the gate makes can a limit be broken by rows of before.
    wanted = wanted or (column.business_date_of in before and _limited(column))
    return change if wanted or column.name in asked else replace(change, breaks=())


def _derived(column: Column, known: dict[str, Column]) -> bool:
    """True if the gate makes the value of a time that every row has."""
    origin = known.get(column.business_date_of or "")
    return origin is not None and must_have(origin)


def _limited(column: Column) -> bool:
    """True if the column asks more of a date than to be one."""
    ends = (column.minimum, column.maximum, column.exclusive_minimum, column.exclusive_maximum)
    return column.unique or bool(column.enum) or any(end is not None for end in ends)


def _described(column: Column) -> str:
    return f"{type_name(column)}, {'required' if must_have(column) else 'may be empty'}"


def _renamed(gone: Sequence[Column], come: Sequence[Column]) -> dict[str, Column]:
    """For a column that went the new one that it may be now: alike but for its name, or of one type and a near name.

    A guess that is only told, never counted on.
    """
    pairs: dict[str, Column] = {}
    free = {one.name: one for one in come}
    for column in gone:
        kinds = [one for one in free.values() if _bare(one).logical_type == column.logical_type]
        alike = [one for one in kinds if column.description and _bare(one) == _bare(column)]
        close = near(column.name, [one.name for one in kinds])
        found = alike[0] if len(alike) == 1 else free.get(close or "")
        if found is not None:
            pairs[column.name] = free.pop(found.name)
    return pairs


def _bare(column: Column) -> Column:
    return replace(column, name="", line=0, key_position=None)


def _pair(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Iterator[Change]:
    """One column, field or entry before and after."""
    changed = type_change(path, old, new, columns)
    if changed is not None:
        yield changed
    for attribute, before, after in (
        ("required", must_have(old), must_have(new)),
        ("unique", old.unique, new.unique),
    ):
        if before != after:
            verb = "added" if after else "removed"
            yield promised(
                f"{path}.{attribute}", f"{attribute}.{verb}", before, after, relation(after, before), columns=columns
            )
    if same_kind(old, new):
        yield from value_changes(path, old, new, columns)
        yield from reading_changes(path, old, new, columns)
        yield from _inner(path, old, new, columns)
    yield from protection_changes(path, old, new, columns)
    yield from _words(path, old, new)


def _inner(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Iterator[Change]:
    if old.fields or new.fields:
        yield from _level(_Level(old.fields, new.fields, path), frozenset())
    if old.items is not None and new.items is not None:
        yield from _pair(f"{path}[]", old.items, new.items, columns)


def _words(path: str, old: Column, new: Column) -> Iterator[Change]:
    if old.description != new.description:
        yield worded(f"{path}.description", "description.changed", old.description, new.description)
    if old.description_zh != new.description_zh:
        yield worded(f"{path}.descriptionZh", "description.changed", old.description_zh, new.description_zh)
    if set(old.tags) != set(new.tags):
        yield worded(f"{path}.tags", "tags.changed", old.tags, new.tags)
