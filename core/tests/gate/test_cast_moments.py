"""Days and times as institutions write them: years of two digits, other digits, zones by row, hours that come twice."""

import datetime as dt

import polars as pl
import pytest
from hansa.cast import Fold, Reading, ZoneColumn, casts
from hansa.cast.digits import ZEROS
from hansa.contract.model import Column, Contract
from hypothesis import given
from hypothesis import strategies as st

REFUSED = "refused"
BERLIN = {"at": "Europe/Berlin"}
ZONES = ZoneColumn("__zone_at", {"CET": "+01:00", "CEST": "+02:00", "BJ": "Asia/Shanghai", "DE": "Europe/Berlin"})


def cast(texts, kind="timestamp", zoned=True, beside=None, **words):
    contract = Contract("t.a", "1.0.0", (Column("at", kind, 1, zoned=zoned),), "x", "0")
    columns = {"at": texts, **(beside or {})}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    made = casts(contract, frame.schema, Reading(**words), "UTC")["at"]
    return [REFUSED if failed else value for value, failed in frame.select(v=made.value, f=made.failed).rows()]


def days(texts, pattern, first=None, **words):
    return cast(texts, "date", formats={"at": (pattern,)}, years={"at": first} if first else {}, **words)


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


# --- years of two digits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "year"),
    [
        ("30.01.23", 2000, 2023), ("30.01.99", 2000, 2099), ("30.01.00", 2000, 2000), ("30.01.69", 1970, 2069),
        ("30.01.70", 1970, 1970), ("30.01.50", 1930, 1950), ("30.01.29", 1930, 2029), ("30.01.68", 1901, 1968),
        ("30.01.00", 1901, 2000), ("30.01.69", 1969, 1969), ("30.01.68", 1969, 2068), ("30.01.01", 1801, 1801),
    ],
)  # fmt: skip
def test_two_digits_are_a_year_of_the_declared_hundred(text, first, year):
    assert days([text], "%d.%m.%y", first) == [dt.date(year, 1, 30)]


def test_a_day_that_its_year_does_not_have_is_refused():
    assert days(["29.02.00"], "%d.%m.%y", 1900) == [REFUSED]
    assert days(["29.02.00"], "%d.%m.%y", 1950) == [dt.date(2000, 2, 29)]
    assert days(["29.02.23"], "%d.%m.%y", 2000) == [REFUSED]


@given(st.dates(dt.date(1600, 1, 1), dt.date(2300, 12, 31)), st.integers(0, 99))
def test_any_day_of_a_window_comes_back(day, back):
    first = day.year - back
    assert days([f"{day.day:02}.{day.month:02}.{day.year % 100:02}"], "%d.%m.%y", first) == [day]


def test_a_time_with_its_offset_has_the_century_of_its_own_year():
    formats = {"at": ("%y-%m-%d %H:%M%z",)}
    found = cast(["50-01-01 00:30+01:00", "49-12-31 23:30-01:00"], formats=formats, years={"at": 1950})
    assert found == [utc(1949, 12, 31, 23, 30), utc(2050, 1, 1, 0, 30)]


def test_a_time_without_offset_has_a_window_too():
    assert cast(["01.01.69 10:00"], zoned=False, formats={"at": ("%d.%m.%y %H:%M",)}, years={"at": 2000}) == [
        dt.datetime(2069, 1, 1, 10)
    ]


@pytest.mark.parametrize("text", ["1.01.23", "01.1.23", "01.01.3", "01.01.2023", " 01.01.23", "01.01.23 ", "01.01.-3"])
def test_a_day_has_the_width_of_its_pattern(text):
    assert days([text], "%d.%m.%y", 2000) == [REFUSED]


# --- digits of other scripts ------------------------------------------------------------------------------------------


def test_days_and_times_are_read_in_the_digits_of_a_script():
    arabic = "".join(chr(0x660 + int(sign)) if sign.isdigit() else sign for sign in "2023/01/05")
    assert days([arabic], "%Y/%m/%d", digits={"at": "arabic-indic"}) == [dt.date(2023, 1, 5)]
    assert days([arabic], "%Y/%m/%d") == [REFUSED]
    assert days([arabic], "%Y/%m/%d", digits={"at": "devanagari"}) == [REFUSED]
    assert days(["２０２３－０１－０５"], "%Y-%m-%d", digits={"at": "fullwidth"}) == [dt.date(2023, 1, 5)]
    assert cast(["１０：３０：００"], "time", digits={"at": "fullwidth"}) == [dt.time(10, 30)]


@given(st.dates(dt.date(1000, 1, 1)), st.sampled_from(sorted(ZEROS)))
def test_any_day_comes_back_in_any_script(day, script):
    text = "".join(chr(ord(ZEROS[script]) + int(sign)) if sign.isdigit() else sign for sign in day.isoformat())
    assert days([text], "%Y-%m-%d", digits={"at": script}) == [day]


# --- what follows a value ---------------------------------------------------------------------------------------------


def test_a_value_ends_before_the_declared_text():
    texts = ["04/17/2023 as of 04/15/2023", "04/17/2023", " as of 04/15/2023", None]
    found = days(texts, "%m/%d/%Y", before={"at": " as of "})
    assert found == [dt.date(2023, 4, 17), dt.date(2023, 4, 17), REFUSED, None]


# --- zones ------------------------------------------------------------------------------------------------------------


def test_a_zone_stands_in_a_column_of_its_own():
    texts = ["2023-07-01 12:00:00"] * 8
    zones = ["+02:00", "-0330", "Z", "UTC", "CET", "CEST", "BJ", "DE"]
    hours = [(10, 0), (15, 30), (12, 0), (12, 0), (11, 0), (10, 0), (4, 0), (10, 0)]
    found = cast(texts, beside={"__zone_at": zones}, zone_columns={"at": ZONES})
    assert found == [utc(2023, 7, 1, *hour) for hour in hours]


@pytest.mark.parametrize("zone", ["EST", "", None, "+2", "+25:00", "cet", "Europe/Berlin", "+01:00 "])
def test_a_word_that_names_no_zone_refuses_the_time(zone):
    found = cast(["2023-07-01 12:00:00"], beside={"__zone_at": [zone]}, zone_columns={"at": ZONES})
    assert found == [REFUSED]


def test_a_declared_word_goes_before_what_it_says_by_itself():
    zones = ZoneColumn("__zone_at", {"UTC": "+01:00", "Z": "Asia/Shanghai"})
    found = cast(["2023-07-01 12:00:00"] * 2, beside={"__zone_at": ["UTC", "Z"]}, zone_columns={"at": zones})
    assert found == [utc(2023, 7, 1, 11), utc(2023, 7, 1, 4)]


def test_a_time_that_carries_an_offset_is_refused_where_a_column_has_the_zone():
    found = cast(["2023-07-01T12:00:00+05:00"], beside={"__zone_at": ["Z"]}, zone_columns={"at": ZONES})
    assert found == [REFUSED]


def test_rows_that_came_without_the_column_of_the_zone_cannot_be_read():
    assert cast(["2023-07-01 12:00:00"], zone_columns={"at": ZONES}) == [REFUSED]


# --- hours that come twice, and never ---------------------------------------------------------------------------------

TWICE, NEVER, ONCE = "2023-10-29 02:17:45", "2023-03-26 02:30:00", "2023-07-01 12:00:00"


def test_an_hour_that_comes_twice_is_refused_if_nobody_says_which():
    assert cast([TWICE, ONCE], zones=BERLIN) == [REFUSED, utc(2023, 7, 1, 10)]


@pytest.mark.parametrize(("always", "hour"), [("first", 0), ("second", 1)])
def test_which_one_is_meant_may_be_declared(always, hour):
    found = cast([TWICE, ONCE], zones=BERLIN, folds={"at": Fold(always=always)})
    assert found == [utc(2023, 10, 29, hour, 17, 45), utc(2023, 7, 1, 10)]


def test_which_one_is_meant_may_stand_in_a_column():
    fold = Fold(column="__fold_at", first=("S", "1"), second=("W", None))
    words = ["S", "W", None, "", "X"]
    found = cast([TWICE] * 5, zones=BERLIN, folds={"at": fold}, beside={"__fold_at": words})
    first, second = utc(2023, 10, 29, 0, 17, 45), utc(2023, 10, 29, 1, 17, 45)
    assert found == [first, second, second, second, REFUSED]


def test_a_word_of_the_fold_is_not_looked_at_where_the_hour_comes_once():
    fold = Fold(column="__fold_at", first=("S",), second=("W",))
    assert cast([ONCE], zones=BERLIN, folds={"at": fold}, beside={"__fold_at": ["X"]}) == [utc(2023, 7, 1, 10)]


@pytest.mark.parametrize("fold", [None, Fold(always="first"), Fold(always="second")])
def test_an_hour_that_never_comes_is_always_refused(fold):
    assert cast([NEVER], zones=BERLIN, folds={"at": fold} if fold else {}) == [REFUSED]


def test_a_zone_by_column_has_hours_that_come_twice_too():
    zones = ["DE", "CET", "CEST"]
    told = {"beside": {"__zone_at": zones}, "zone_columns": {"at": ZONES}}
    assert cast([TWICE] * 3, **told) == [REFUSED, utc(2023, 10, 29, 1, 17, 45), utc(2023, 10, 29, 0, 17, 45)]
    assert cast([TWICE] * 3, folds={"at": Fold(always="second")}, **told)[0] == utc(2023, 10, 29, 1, 17, 45)


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2037, 1, 1), timezones=st.just(dt.UTC)))
def test_any_moment_comes_back_by_its_local_time_and_its_fold(moment):
    from zoneinfo import ZoneInfo

    local = moment.astimezone(ZoneInfo("Europe/Berlin"))
    fold = Fold(column="__fold_at", first=("0",), second=("1",))
    text = local.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    found = cast([text], zones=BERLIN, folds={"at": fold}, beside={"__fold_at": [str(local.fold)]})
    assert found == [moment]
