"""The steps of a product as ``hansa explain`` tells them: those that are alike in one account, the others by their day.

Two steps are alike if they are run for the same reason and read the same days of the same snapshots, counted from the
day itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hansa.explanation import Explained, Reading

#: So many pieces of days, or numbers of steps, are named one by one.
_MOST = 5


def told_steps(product: str, steps: Sequence[Explained], *, each: bool) -> Iterator[str]:
    """Lines for the steps of a product, the greatest group of like ones first; ``each`` tells every step by itself."""
    groups: dict[Any, list[Explained]] = {}
    for one in steps:
        groups.setdefault(one.order if each else _kind(one), []).append(one)
    ordered = sorted(groups.values(), key=lambda group: (len(group) == 1, -len(group), group[0].order))
    for group in ordered if any(len(group) > 1 for group in ordered) else groups.values():
        yield from _single(product, group[0]) if len(group) == 1 else _alike(group)


def _kind(one: Explained) -> tuple[Any, ...]:
    """What like steps have in common; a holiday, and what is not kept by day, is like nothing else."""
    first, last = one.step.first, one.step.last
    if first is None or last is None or one.holidays:
        return (one.order,)
    return (one.why, last - first, *(_relative(read, first) for read in one.reads))


def _relative(read: Reading, day: dt.date) -> tuple[Any, ...]:
    span = None if read.days is None else tuple(_offset(one, day) for one in read.days)
    planned = read.planned if read.days is None else tuple(_offset(one, day) for one in read.planned)
    return read.name, span, read.snapshot, planned, read.source, read.fingerprint


def _offset(text: str, day: dt.date) -> int:
    return (dt.date.fromisoformat(text) - day).days


def _single(product: str, one: Explained) -> Iterator[str]:
    yield f"  {one.order:>4}. {one.step.title().removeprefix(product).strip() or 'whole'}: {one.why}"
    yield from (f"        reads {read.sentence()}" for read in one.reads)
    yield from (f"        {day} is a declared {_holiday(name)}" for day, name in one.holidays.items())


def _alike(group: Sequence[Explained]) -> Iterator[str]:
    one = group[0]
    days = [day for step in group for day in step.step.days]
    orders = [str(step.order) for step in group]
    numbers = ", ".join(orders) if len(orders) <= _MOST else f"{orders[0]} to {orders[-1]}"
    steps = f"{len(group)} days" if len(days) == len(group) else f"{len(group)} steps"
    yield f"  {numbers}. {_days(days)}, {steps} alike: {one.why}"
    yield from (f"        reads {_of_each(read, one.step.first)}" for read in one.reads)


def _of_each(read: Reading, day: dt.date | None) -> str:
    """What each of several like steps reads of an input, told from its own day on."""
    if read.days is None or day is None:
        return read.sentence()
    first, last = (_offset(one, day) for one in read.days)
    stands = f"snapshot {read.snapshot}" if read.snapshot is not None else "not published yet"
    made = ""
    if read.planned:
        inside = last - first + 1
        part = "all" if len(read.planned) == inside else f"{len(read.planned)} of these {inside} days"
        made = "; made first" if inside == 1 else f"; {part} of it made first"
    return f"{read.name} {_around(first, last)}, {stands}{made}"


def _around(first: int, last: int) -> str:
    if first == last:
        return "of its day" if first == 0 else f"of the day {_away(first)}"
    return f"from {_away(first)} to {'its day' if last == 0 else _away(last)}"


def _away(days: int) -> str:
    if days == 0:
        return "its day"
    return f"{abs(days)} day{'s' if abs(days) > 1 else ''} {'before' if days < 0 else 'after'} it"


def _days(days: Sequence[dt.date]) -> str:
    """Days in unbroken stretches; of very many stretches the first, and how many days follow."""
    from hansa.plan import spans

    found = spans(days, len(days) + 1)
    told = [str(first) if first == last else f"{first}..{last}" for first, last in found[:_MOST]]
    more = sum((last - first).days + 1 for first, last in found[_MOST:])
    return ", ".join(told) + (f" and {more} more" if more else "")


def _holiday(name: str) -> str:
    return name if name in ("holiday", "weekend") else f"holiday ({name})"
