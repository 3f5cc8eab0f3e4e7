"""The options of a column that say which values it may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from hansa.change.model import NONE, Change, Direction, promised, relation, shown
from hansa.contract.model import Column
from hansa.contract.types import WHOLE_RANGE, step_of, typed

#: Enough for a decimal of 38 digits.
_EXACT = Context(prec=60)
#: Counts by the attribute of the column, with the word of the contract; a least count of 0 asks nothing.
_LEAST = {"min_length": "minLength", "min_items": "minItems", "min_properties": "minProperties"}
_MOST = {"max_length": "maxLength", "max_items": "maxItems", "max_properties": "maxProperties"}


def value_changes(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Iterator[Change]:
    """The changes of the options of two columns of one kind."""
    yield from _ends(path, old, new, columns)
    for attribute, word in (_LEAST | _MOST).items():
        before, after = getattr(old, attribute), getattr(new, attribute)
        if before != after:
            direction = _way(before, after, least=attribute in _LEAST)
            yield _of_option(f"{path}.{word}", word, before, after, direction, columns)
    for attribute, word in {"pattern": "pattern", "text_format": "format"}.items():
        yield from _form(f"{path}.{word}", word, getattr(old, attribute), getattr(new, attribute), columns)
    if old.multiple_of != new.multiple_of:
        direction = _multiples(old.multiple_of, new.multiple_of)
        yield _of_option(f"{path}.multipleOf", "multipleOf", old.multiple_of, new.multiple_of, direction, columns)
    if old.unique_items != new.unique_items:
        direction = relation(new.unique_items, old.unique_items)
        yield _of_option(f"{path}.uniqueItems", "uniqueItems", old.unique_items, new.unique_items, direction, columns)
    yield from listed(f"{path}.enum", "enum", old, new, (old.enum, new.enum), columns)


def _of_option(
    subject: str, word: str, old: Any, new: Any, direction: Direction, columns: tuple[str, ...], note: str = ""
) -> Change:
    verb = "added" if old in (None, False) else "removed" if new in (None, False) else "changed"
    if verb == "changed" and not isinstance(old, str):
        verb = "raised" if new > old else "lowered"
    return promised(subject, f"{word}.{verb}", old, new, direction, columns=columns, note=note)


def _way(old: int | None, new: int | None, *, least: bool) -> Direction:
    """Which way a least or greatest count went."""
    if least:
        return relation((new or 0) > (old or 0), (new or 0) < (old or 0))
    lost = new is not None and (old is None or new < old)
    return relation(lost, old is not None and (new is None or new > old))


def _form(subject: str, word: str, old: str | None, new: str | None, columns: tuple[str, ...]) -> Iterator[Change]:
    """A pattern or a form: nobody can tell of two regular expressions which of them takes more."""
    if old == new:
        return
    direction: Direction = "unknown" if old and new else relation(new is not None, old is not None)
    note = "which of the two takes more texts cannot be told" if direction == "unknown" else ""
    yield _of_option(subject, word, old, new, direction, columns, note)


def _multiples(old: Decimal | None, new: Decimal | None) -> Direction:
    """Each multiple of 10 is one of 5."""
    if old is None or new is None:
        return relation(new is not None, old is not None)
    if not old or not new:
        return relation(not new, not old)
    ratio = Fraction(new) / Fraction(old)
    return relation(ratio.numerator not in (1, -1), ratio.denominator != 1)


def listed(
    subject: str,
    word: str,
    old: Column,
    new: Column,
    texts: tuple[tuple[str, ...], tuple[str, ...]],
    columns: tuple[str, ...],
    *,
    flipped: bool = False,
) -> Iterator[Change]:
    """The changes of a list of values; an empty one allows all. ``flipped``: what is listed is what is not allowed."""
    before, after = _by_value(old, texts[0]), _by_value(new, texts[1])
    if before.keys() == after.keys():
        return
    if not flipped and not (before and after):
        kind = f"{word}.{'added' if after else 'removed'}"
        yield promised(subject, kind, texts[0], texts[1], relation(bool(after), bool(before)), columns=columns)
        return
    gone = tuple(text for value, text in before.items() if value not in after)
    come = tuple(text for value, text in after.items() if value not in before)
    if gone:
        way: Direction = "loosens" if flipped else "tightens"
        yield promised(subject, f"{word}.narrowed", gone, NONE, way, columns=columns)
    if come:
        way = "tightens" if flipped else "loosens"
        yield promised(subject, f"{word}.grown", NONE, come, way, columns=columns)


def _by_value(column: Column, texts: tuple[str, ...]) -> dict[Any, str]:
    """The author's characters by the value that they stand for: 1.0 and 1.00 are one number."""
    return {_value(column, text): text for text in texts}


def _value(column: Column, text: str) -> Any:
    match column.logical_type:
        case "integer" | "number":
            return Decimal(text)
        case "date" | "timestamp" | "time":
            return typed(column, text)
    return text


@dataclass(frozen=True)
class _End:
    """The least or greatest value of a column, ``open`` if it is itself not allowed; None for no end."""

    value: Any
    open: bool = False

    def text(self, sign: str) -> str:
        return f"{sign} {shown(self.value)}" if self.open else shown(self.value)


def _ends(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Iterator[Change]:
    same_type = (old.precision, old.scale) == (new.precision, new.scale)
    for word, low in (("minimum", True), ("maximum", False)):
        before, after = _end(old, low), _end(new, low)
        if before == after:
            continue
        b, a = (_tight(before, old, low, same_type), _tight(after, new, low, same_type))
        direction = relation(_beyond(a, b, low), _beyond(b, a, low))
        verb = "added" if before is None else "removed" if after is None else None
        verb = verb or {"tightens": "raised", "loosens": "lowered"}.get(direction, "changed")
        if not low and verb in ("raised", "lowered"):
            verb = "lowered" if verb == "raised" else "raised"
        sign = ">" if low else "<"
        texts = (before.text(sign) if before else None, after.text(sign) if after else None)
        yield promised(f"{path}.{word}", f"{word}.{verb}", *texts, direction, columns=columns)


def _end(column: Column, low: bool) -> _End | None:
    """The stricter of the closed and the open end that the contract writes."""
    closed = column.minimum if low else column.maximum
    opened = column.exclusive_minimum if low else column.exclusive_maximum
    ends = [_End(value, is_open) for value, is_open in ((closed, False), (opened, True)) if value is not None]
    if len(ends) < 2:
        return ends[0] if ends else None
    return ends[1] if not _beyond(ends[0], ends[1], low) else ends[0]


def _beyond(one: _End | None, other: _End | None, low: bool) -> bool:
    """True if ``one`` refuses values that ``other`` allows."""
    if one is None:
        return False
    if other is None:
        return True
    if one.value == other.value:
        return one.open and not other.open
    return bool(one.value > other.value) is low


def _tight(end: _End | None, column: Column, low: bool, same_type: bool) -> _End | None:
    """The same end as a closed one where the type has a next value, and none where the type ends there anyway."""
    if end is None:
        return None
    step = step_of(column)
    if end.open and step is not None:
        closed = _moved(end.value, step, up=low)
        if closed is None:
            return end
        end = _End(closed)
    limit = _limit(column, low) if same_type else None
    if limit is not None and (end.value <= limit if low else end.value >= limit):
        return None
    return end


def _moved(value: Any, step: Any, *, up: bool) -> Any:
    """The next value of the type, None beyond its last one."""
    if isinstance(value, Decimal):
        return _EXACT.add(value, step) if up else _EXACT.subtract(value, step)
    try:
        return value + step if up else value - step
    except OverflowError:
        return None


def _limit(column: Column, low: bool) -> Any:
    """The least or greatest value that the type itself has."""
    match column.logical_type:
        case "integer":
            return WHOLE_RANGE[0] if low else WHOLE_RANGE[1]
        case "number" if column.scale is not None:
            most = Decimal(10 ** (column.precision or 38) - 1).scaleb(-column.scale, _EXACT)
            return _EXACT.minus(most) if low else most
    return None
