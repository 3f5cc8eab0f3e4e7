"""How two types stand to each other."""

from __future__ import annotations

from dataclasses import replace

from hansa.change.model import Change, promised, relation
from hansa.contract.model import Column
from hansa.schema.types import type_name

#: Digits before the point that every whole number of 64 bits fits.
_DIGITS_OF_WHOLE = 19


def same_kind(old: Column, new: Column) -> bool:
    """True if values of both can be compared with each other, so that the options of both speak of one thing."""
    if old.logical_type == "timestamp":
        return new.logical_type == "timestamp" and old.zoned == new.zoned
    return old.logical_type == new.logical_type and (old.scale is None) == (new.scale is None)


def type_change(path: str, old: Column, new: Column, columns: tuple[str, ...]) -> Change | None:
    """The change of a type, None if it is the same; what lies within nested ones is compared by itself.

    A decimal of fewer digits tightens, one of more loosens. Any other type is another promise, whether or not each
    value could be written in it: code that reads texts cannot read numbers.
    """
    if not same_kind(old, new):
        change = promised(path, "type.changed", type_name(old), type_name(new), "both", columns=columns)
        return change if not _takes_all(old, new) else replace(change, breaks=("consumers",))
    if old.scale is None or new.scale is None or (old.precision, old.scale) == (new.precision, new.scale):
        return None
    before, after = _whole_digits(old), _whole_digits(new)
    lost = after < before or new.scale < old.scale
    direction = relation(lost, after > before or new.scale > old.scale)
    kind = {"tightens": "type.narrowed", "loosens": "type.widened"}.get(direction, "type.changed")
    # Only a decimal of more digits before the point can be kept in the old one's table.
    moved = lost or new.scale != old.scale
    return promised(path, kind, type_name(old), type_name(new), direction, columns=columns, moves_table=moved)


def _takes_all(old: Column, new: Column) -> bool:
    """True if the gate takes every value of ``old`` for ``new``, as a text or typed."""
    if new.logical_type == "string":
        return _free(new) and (
            old.logical_type in ("integer", "date") or (old.logical_type == "number" and old.scale is not None)
        )
    whole_in_decimal = old.logical_type == "integer" and new.scale is not None and _free(new)
    return whole_in_decimal and _whole_digits(new) >= _DIGITS_OF_WHOLE


def _free(column: Column) -> bool:
    """True if the column asks nothing of a value beside its type."""
    limits = (column.minimum, column.maximum, column.exclusive_minimum, column.exclusive_maximum, column.multiple_of)
    forms = (column.pattern, column.min_length, column.max_length, column.text_format, column.tokenise)
    return all(limit is None for limit in (*limits, *forms)) and not column.enum


def _whole_digits(column: Column) -> int:
    return (column.precision or 38) - (column.scale or 0)
