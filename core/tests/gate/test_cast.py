"""The cast: what is taken, what is refused, and that nothing is rounded, cut or guessed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
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


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9007199254740993", 9007199254740993),
        ("-5", -5),
        ("+5", 5),
        ("007", 7),
        (None, None),
        ("9223372036854775808", REFUSED),
        ("1.0", REFUSED),
        ("1e3", REFUSED),
        (" 12", REFUSED),
        ("12\n", REFUSED),
        ("", REFUSED),
        ("１２", REFUSED),
        ("1_0", REFUSED),
        ("0x10", REFUSED),
        ("+-5", REFUSED),
    ],
)
def test_integers_of_text(read, column, text, expected):
    assert read(column("a", "integer"), [text]) == [expected]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (2.0, pl.Float64, 2),
        (1.9, pl.Float64, REFUSED),
        (float("nan"), pl.Float64, REFUSED),
        (float("inf"), pl.Float64, REFUSED),
        (float(2**53), pl.Float64, 2**53),
        (float(2**53 + 2), pl.Float64, REFUSED),
        (float(2**24), pl.Float32, 2**24),
        (float(2**24 + 2), pl.Float32, REFUSED),
        (2**64 - 1, pl.UInt64, REFUSED),
        (Decimal("3.00"), pl.Decimal(10, 2), 3),
        (Decimal("3.50"), pl.Decimal(10, 2), REFUSED),
        (True, pl.Boolean, REFUSED),
        (b"5", pl.Binary, REFUSED),
        ([5], pl.List(pl.Int64), REFUSED),
        (dt.time(1), pl.Time, REFUSED),
        (None, pl.Null, None),
    ],
)
def test_integers_of_typed_columns(read, column, value, dtype, expected):
    assert read(column("a", "integer"), [value], dtype) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.23", Decimal("1.23")),
        ("1.230", Decimal("1.23")),
        ("-0.00", Decimal("0.00")),
        (".50", Decimal("0.50")),
        ("-.5000", Decimal("-0.50")),
        (".", REFUSED),
        (".505", REFUSED),
        ("1.239", REFUSED),
        ("1,234.50", REFUSED),
        ("1e2", REFUSED),
        ("NaN", REFUSED),
        ("99999999999999999.00", REFUSED),
        (" 1.5", REFUSED),
        ("１.5", REFUSED),
    ],
)
def test_decimals_of_text(read, column, text, expected):
    assert read(column("a", "number", precision=18, scale=2), [text]) == [expected]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (0.5, pl.Float64, Decimal("0.50")),
        (1.005, pl.Float64, REFUSED),
        (0.1, pl.Float32, Decimal("0.10")),
        (180143985094819.84, pl.Float64, REFUSED),
        (float("nan"), pl.Float64, REFUSED),
        (float("-inf"), pl.Float64, REFUSED),
        (10**17, pl.Int64, REFUSED),
        (7, pl.Int64, Decimal("7.00")),
        (Decimal("1.239"), pl.Decimal(10, 3), REFUSED),
        (Decimal("1.230"), pl.Decimal(10, 3), Decimal("1.23")),
        ({"x": 1}, pl.Struct({"x": pl.Int64}), REFUSED),
    ],
)
def test_decimals_of_typed_columns(read, column, value, dtype, expected):
    assert read(column("a", "number", precision=18, scale=2), [value], dtype) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", 0.5),
        ("1E5", 1e5),
        ("0.30000000000000004", 0.30000000000000004),
        ("1000000000000000000", 1e18),
        ("9007199254740992", 2.0**53),
        ("9007199254740993", REFUSED),
        ("0.1000000000000000055511151231257827", REFUSED),
        ("1e-400", REFUSED),
        ("5e-324", 5e-324),
        ("1.23456789012345e-320", REFUSED),
        ("1e400", REFUSED),
        ("nan", REFUSED),
        ("inf", REFUSED),
        ("-Infinity", REFUSED),
        ("1_0", REFUSED),
        (" 1", REFUSED),
    ],
)
def test_doubles_of_text(read, column, text, expected):
    assert read(column("a", "number"), [text]) == [expected]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (float("nan"), pl.Float64, REFUSED),
        (float("inf"), pl.Float64, REFUSED),
        (2**53 + 1, pl.Int64, REFUSED),
        (2**53, pl.Int64, 2.0**53),
        (-(2**63), pl.Int64, -(2.0**63)),
        (2**64 - 1, pl.UInt64, REFUSED),
        (Decimal("0.10"), pl.Decimal(10, 2), 0.1),
    ],
)
def test_doubles_of_typed_columns(read, column, value, dtype, expected):
    assert read(column("a", "number"), [value], dtype) == [expected]


@pytest.mark.parametrize("values", [(["-0.0"], pl.String), ([-0.0], pl.Float64), ([-0.0], pl.Float32)])
def test_a_negative_zero_becomes_zero(read, column, values):
    assert str(read(column("a", "number"), *values)[0]) == "0.0"


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("2026-03-01", (), dt.date(2026, 3, 1)),
        ("2026-3-1", (), REFUSED),
        ("2026-02-30", (), REFUSED),
        ("2026-03-01 ", (), REFUSED),
        ("2026-03-01T00:00:00", (), REFUSED),
        ("01/02/2026", ("%d/%m/%Y",), dt.date(2026, 2, 1)),
        ("01-MAR-2026", ("%d-%b-%Y",), dt.date(2026, 3, 1)),
        ("20260301", ("%Y-%m-%d", "%Y%m%d"), dt.date(2026, 3, 1)),
        ("2026年03月01日", ("%Y年%m月%d日",), dt.date(2026, 3, 1)),
        ("0000-01-01", (), REFUSED),
        ("+10000-01-01", (), REFUSED),
    ],
)
def test_dates_of_text(read, column, text, formats, expected):
    assert read(column("a", "date", formats=formats), [text]) == [expected]


def test_the_first_format_that_writes_the_text_back_wins(read, column):
    both = column("a", "date", formats=("%d/%m/%Y", "%m/%d/%Y"))
    assert read(both, ["03/04/2026", "12/31/2026"]) == [dt.date(2026, 4, 3), dt.date(2026, 12, 31)]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (dt.datetime(2026, 3, 1), pl.Datetime("us"), dt.date(2026, 3, 1)),
        (dt.datetime(2026, 3, 1, 1), pl.Datetime("us"), REFUSED),
        (dt.datetime(2026, 3, 1, tzinfo=dt.UTC), pl.Datetime("us", "UTC"), REFUSED),
        (20260301, pl.Int64, REFUSED),
    ],
)
def test_dates_of_typed_columns(read, column, value, dtype, expected):
    assert read(column("a", "date"), [value], dtype) == [expected]


def test_a_date_that_python_cannot_hold_is_refused(read, column):
    far = pl.Series([3_000_000], dtype=pl.Int32).cast(pl.Date)
    assert read(column("a", "date"), far, pl.Date) == [REFUSED]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T10:00:00+08:00", instant("2026-03-01T02:00:00")),
        ("2026-03-01T02:00:00Z", instant("2026-03-01T02:00:00")),
        ("2026-03-01 10:00:00+0800", instant("2026-03-01T02:00:00")),
        ("2026-03-01T02:00:00.123456000Z", instant("2026-03-01T02:00:00.123456")),
        ("2026-03-01T02:00:00.123456789Z", REFUSED),
        ("2026-03-01 02:00:00", REFUSED),
        ("2026-03-01T23:59:60Z", REFUSED),
        (" 2026-03-01T02:00:00Z", REFUSED),
        ("2026-3-1T2:0:0Z", REFUSED),
        ("2026-03-01T24:00:00Z", REFUSED),
        ("9999-12-31T23:59:59-08:00", REFUSED),
    ],
)
def test_times_with_zone_of_text(read, column, text, expected):
    assert read(column("a", "timestamp"), [text]) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01 10:00:00", instant("2026-03-01T09:00:00")),
        ("2026-03-01T10:00:00.5", instant("2026-03-01T09:00:00.5")),
        ("2026-03-01 10:00:00.120", instant("2026-03-01T09:00:00.12")),
        ("2026-03-01 10:00", instant("2026-03-01T09:00:00")),
        ("2026-03-29 02:30:00", REFUSED),
        ("2026-10-25 02:30:00", REFUSED),
        ("2026-03-01 23:59:60", REFUSED),
        ("2026-3-1 10:00:00", REFUSED),
    ],
)
def test_a_declared_zone_is_given_to_times_that_carry_none(read, column, text, expected):
    assert read(column("a", "timestamp", zone="Europe/Berlin"), [text]) == [expected]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%Y/%m/%d %H:%M:%S", "2026/03/01 10:00:00", instant("2026-03-01T02:00:00")),
        ("%Y/%m/%d %H:%M:%S", "2026/3/1 10:00:00", REFUSED),
        ("%Y-%m-%d %I:%M %p", "2026-03-01 01:00 pm", instant("2026-03-01T05:00:00")),
        ("%Y-%m-%d %H:%M:%S,%3f", "2026-03-01 10:00:00,500", instant("2026-03-01T02:00:00.5")),
        ("%Y-%m-%d %H:%M:%S%.f", "2026-03-01 10:00:00.5", instant("2026-03-01T02:00:00.5")),
        ("%Y-%m-%d %H:%M:%S%z", "2026-03-01 10:00:00+0800", instant("2026-03-01T02:00:00")),
        ("%Y-%m-%d %H:%M:%S%z", "2026-03-01 10:00:60+0800", REFUSED),
        ("%Y-%m-%dT%H:%M:%S%.f%:z", "2026-03-01T10:00:00.25+08:00", instant("2026-03-01T02:00:00.25")),
        ("%s", "1700000000", instant("2023-11-14T22:13:20")),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-03-01 10:00:00 CET", REFUSED),
    ],
)
def test_times_by_a_pattern(read, column, pattern, text, expected):
    assert read(column("a", "timestamp", zone="Asia/Shanghai", formats=(pattern,)), [text]) == [expected]


@pytest.mark.filterwarnings("ignore:Detected the pattern")
def test_a_pattern_that_reads_microseconds_as_nanoseconds_is_refused(read, column):
    at = column("a", "timestamp", formats=("%Y-%m-%dT%H:%M:%S.%f%z",))
    assert read(at, ["2026-03-01T10:00:00.500000+0800"]) == [REFUSED]


@pytest.mark.parametrize(
    ("value", "dtype", "zoned", "expected"),
    [
        (dt.datetime(2026, 3, 1, 2), pl.Datetime("us"), True, REFUSED),
        (dt.datetime(2026, 3, 1, 2), pl.Datetime("us"), False, dt.datetime(2026, 3, 1, 2)),
        (instant("2026-03-01T02:00:00"), pl.Datetime("ms", "Asia/Shanghai"), True, instant("2026-03-01T02:00:00")),
        (instant("2026-03-01T02:00:00"), pl.Datetime("us", "UTC"), False, REFUSED),
        (1, pl.Int64, True, REFUSED),
        (b"x", pl.Binary, True, REFUSED),
    ],
)
def test_times_of_typed_columns(read, column, value, dtype, zoned, expected):
    assert read(column("a", "timestamp", zoned=zoned), [value], dtype) == [expected]


def test_nanoseconds_are_refused_and_not_cut(read, column):
    fine = pl.Series([1_000, 1_001]).cast(pl.Datetime("ns", "UTC"))
    assert read(column("a", "timestamp"), fine, fine.dtype) == [instant("1970-01-01T00:00:00.000001"), REFUSED]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ("TRUE", pl.String, True),
        ("0", pl.String, False),
        ("yes", pl.String, REFUSED),
        (" true", pl.String, REFUSED),
        (1, pl.Int8, True),
        (2, pl.Int8, REFUSED),
        (1.0, pl.Float64, REFUSED),
        (None, pl.Boolean, None),
    ],
)
def test_booleans(read, column, value, dtype, expected):
    assert read(column("a", "boolean"), [value], dtype) == [expected]


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (" 007 ", pl.String, " 007 "),
        ("", pl.String, ""),
        ("NO", pl.Categorical, "NO"),
        (7, pl.Int64, "7"),
        (dt.date(2026, 3, 1), pl.Date, "2026-03-01"),
        (1.5, pl.Float64, REFUSED),
        (True, pl.Boolean, REFUSED),
        (b"a", pl.Binary, REFUSED),
        (["a"], pl.List(pl.String), REFUSED),
    ],
)
def test_texts(read, column, value, dtype, expected):
    assert read(column("a"), [value], dtype) == [expected]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=2))
def test_decimal_text_comes_back_as_it_was(read, column, value):
    assert read(column("a", "number", precision=18, scale=2), [format(value, "f")]) == [value]


@given(st.integers(-(2**63), 2**63 - 1))
def test_integer_text_comes_back_as_it_was(read, column, value):
    assert read(column("a", "integer"), [str(value)]) == [value]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_text_of_a_double_comes_back_as_it_was(read, column, value):
    assert read(column("a", "number"), [repr(value)]) == [value]


@given(st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)))
def test_a_date_comes_back_as_it_was(read, column, value):
    assert read(column("a", "date"), [value.isoformat()]) == [value]


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))
def test_a_timestamp_comes_back_as_it_was(read, column, value):
    assert read(column("a", "timestamp"), [value.isoformat()]) == [value]


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_refused(read, column, text):
    value = read(column("a", "number"), [text])[0]
    assert value == REFUSED or float(text) == value
