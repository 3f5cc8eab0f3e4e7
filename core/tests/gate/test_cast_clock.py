"""Times of day: read to the microsecond by their formats, never guessed from a time with a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hansa.cast import Reading, casts
from hansa.contract.model import Column
from hypothesis import given
from hypothesis import strategies as st

REFUSED = "refused"


@pytest.fixture(scope="session")
def read(contract):
    """Cast values of one column: the value, None for null, REFUSED where the cast failed."""

    def made(column: Column, values: list[Any], dtype: Any = pl.String, **reading: Any) -> list[Any]:
        frame = pl.DataFrame({column.name: pl.Series(values, dtype=dtype)})
        cast = casts(contract(column), frame.schema, Reading(**reading), "UTC")[column.name]
        rows = frame.select(value=cast.value, failed=cast.failed).rows()
        return [REFUSED if failed else value for value, failed in rows]

    return made


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("09:30", (), dt.time(9, 30)),
        ("09:30:15.250000", (), dt.time(9, 30, 15, 250000)),
        ("23:59:59.999999", (), dt.time(23, 59, 59, 999999)),
        ("09:30:00.000000000", (), dt.time(9, 30)),
        ("09:30:00.0000001", (), REFUSED),
        ("24:00", (), REFUSED),
        ("23:59:60", (), REFUSED),
        ("9:30", (), REFUSED),
        ("09:30Z", (), REFUSED),
        ("2026-03-01T09:30:00", (), REFUSED),
        (" 09:30", (), REFUSED),
        ("０９:30", (), REFUSED),
        ("", (), REFUSED),
        (None, (), None),
        ("09:30 pm", ("%I:%M %p",), dt.time(21, 30)),
        ("21:30", ("%I:%M %p", "%H:%M"), dt.time(21, 30)),
    ],
)
def test_times_of_day_of_text(read, column, text, formats, expected):
    assert read(column("a", "time", formats=formats), [text]) == [expected]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (dt.time(9, 30), pl.Time, dt.time(9, 30)),
        (None, pl.Null, None),
        (34_200, pl.Int64, REFUSED),
        (dt.datetime(2026, 3, 1, 9), pl.Datetime("us"), REFUSED),
        (dt.timedelta(hours=9), pl.Duration("us"), REFUSED),
    ],
)
def test_times_of_day_of_typed_columns(read, column, value, dtype, expected):
    assert read(column("a", "time"), [value], dtype) == [expected]


def test_nanoseconds_of_a_time_of_day_are_refused_and_not_cut(contract, column):
    frame = pl.DataFrame({"a": pl.Series([1, 1000], dtype=pl.Int64).cast(pl.Time)})
    cast = casts(contract(column("a", "time")), frame.schema, Reading(), "UTC")["a"]
    assert frame.select(cast.failed).to_series().to_list() == [True, False]


@given(st.times())
def test_a_time_of_day_comes_back_as_it_was(read, column, value):
    assert read(column("a", "time"), [value.isoformat()]) == [value]
