"""How the values of a column are read from what comes: the producer's affair, since readers meet typed values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hansa.change.model import Change, Party, promised, worded
from hansa.contract.model import Column

_PRODUCER: tuple[Party, ...] = ("producer",)


def reading_changes(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Iterator[Change]:
    """The changes of formats, of the zone of times that carry none, and of the time that a business date belongs to."""
    if old.formats != new.formats:
        yield _formats(path, old.formats, new.formats, columns)
    if old.zone != new.zone:
        yield _zone(path, old.zone, new.zone, columns)
    if old.business_date_of != new.business_date_of:
        yield _business_date(path, old.business_date_of, new.business_date_of, columns)


def _read(
    subject: str, kind: str, old: object, new: object, columns: tuple[str, ...], breaks: bool, note: str
) -> Change:
    change = replace(worded(subject, kind, old, new, note=note), columns=columns, wording=False)
    return replace(change, breaks=_PRODUCER) if breaks else change


def _formats(path: str, old: tuple[str, ...], new: tuple[str, ...], columns: tuple[str, ...]) -> Change:
    """Formats are tried in order, so that only one more at the end leaves every text what it was."""
    more = bool(old) and new[: len(old)] == old
    note = "" if more else "a text may be refused, or read as another time"
    return _read(f"{path}.formats", "formats.added" if more else "formats.changed", old, new, columns, not more, note)


def _zone(path: str, old: str | None, new: str | None, columns: tuple[str, ...]) -> Change:
    verb = "added" if old is None else "removed" if new is None else "changed"
    note = "a time without an offset is another instant" if verb == "changed" else ""
    return _read(f"{path}.defaultTimezone", f"zone.{verb}", old, new, columns, verb != "added", note)


def _business_date(path: str, old: str | None, new: str | None, columns: tuple[str, ...]) -> Change:
    subject = f"{path}.businessDateOf"
    if old and new:
        note = "the date is the day of another time"
        return promised(subject, "businessDateOf.changed", old, new, "both", columns=columns, note=note)
    return _read(subject, f"businessDateOf.{'added' if new else 'removed'}", old, new, columns, not new, "")
