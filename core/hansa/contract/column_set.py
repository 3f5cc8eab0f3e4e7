"""What the columns of a table are to each other: one of each name, one partition, a key, days of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hansa.contract.columns import Placed, read_column, refuse_doubles, stand_in
from hansa.contract.gathered import Faults
from hansa.contract.place import Place
from hansa.near import or_near


def resolve_columns(
    places: Sequence[Place], minor: int, faults: Faults, is_wrong: Callable[[Place], bool]
) -> list[Placed]:
    """The columns in the author's order; ``is_wrong`` tells what the standard refuses, which is not judged again."""
    given = [stand_in(place) if is_wrong(place) else read_column(place, minor, faults) for place in places]
    refuse_doubles([(one.column, one.place) for one in given if one.column.name], faults)
    _check_partition(given, faults)
    _check_business_dates(given, faults)
    return _with_key(given, faults)


def _check_partition(given: Sequence[Placed], faults: Faults) -> None:
    partitions = [one for one in given if one.column.partitioned]
    for one in partitions:
        column = one.column
        if one.clear and column.logical_type != "date":
            what = f"the partition column '{column.name}' is of type {column.logical_type}, and a partition is a day"
            faults.add(one.place["partitioned"].fault("partition", what, "partition by a date column"))
    for one in partitions[1:]:
        what = f"'{one.column.name}' is a second partition column beside '{partitions[0].column.name}'"
        faults.add(one.place["partitioned"].fault("partition", what, "keep one of them"))


def _check_business_dates(given: Sequence[Placed], faults: Faults) -> None:
    by_name = {one.column.name: one for one in given}
    times = [one.column.name for one in given if one.column.logical_type == "timestamp" and one.column.zoned]
    for one in given:
        wanted = one.column.business_date_of
        if wanted is None:
            continue
        origin = by_name.get(wanted)
        if origin is not None and (origin.column.name in times or not origin.clear):
            continue
        mend = or_near(wanted, times, f"name a timestamp with zone: {', '.join(times) or 'there is none'}")
        strange = "which is no column" if origin is None else "which is no timestamp with time zone"
        at = one.place.custom("businessDateOf") or one.place
        faults.add(at.fault("business_date", f"businessDateOf names '{wanted}', {strange}", mend))


def _with_key(given: Sequence[Placed], faults: Faults) -> list[Placed]:
    """Positions of the key as written; columns without one follow in order of appearance."""
    taken: dict[int, str] = {}
    for one in given:
        if one.clear:
            faults.of(None, _take, one.place, one.column.name, taken)
    following = max(taken, default=0)
    made = []
    for one in given:
        position = _position(one.place)
        placed: int | None = None
        if one.clear and one.place["primaryKey"].value is True:
            if position is None:
                following += 1
            placed = following if position is None else position
        made.append(replace(one, column=replace(one.column, key_position=placed)))
    return made


def _take(place: Place, name: str, taken: dict[int, str]) -> None:
    position, written = _position(place), place["primaryKeyPosition"]
    if position is None:
        return
    if place["primaryKey"].value is not True:
        what = f"column '{name}' has a primaryKeyPosition and is no primary key"
        raise written.fault("key", what, "write primaryKey: true")
    if position < 1:
        raise written.fault("key", f"primaryKeyPosition {position} is below 1", "count from 1")
    if position in taken:
        what = f"primaryKeyPosition {position} is that of '{taken[position]}' too"
        raise written.fault("key", what, "give each column of the key its own")
    taken[position] = name


def _position(place: Place) -> int | None:
    """The position that is written; -1 is none. The standard takes 1.0 for a whole number."""
    value = place["primaryKeyPosition"].value
    position = int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return None if position == -1 else position
