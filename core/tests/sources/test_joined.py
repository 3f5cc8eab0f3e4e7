"""One value in several columns of a file: a day in one, the time of day in another."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hansa.cast import casts
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.source_draft.trial import tried
from hansa.sources import Binding, built_in_readers
from hansa.sources.drift import drift
from hansa.sources.mapping import Mapped

ROWS = b"id,amount,day,clock\n1,2,20260101,080910\n2,3,20260102,\n"
WORDS = {
    "join": {"booked_at": ["day", "clock"]},
    "formats": {"booked_at": ["%Y%m%d %H%M%S"]},
    "timezone": {"booked_at": "Asia/Shanghai"},
}


def texts(source, name: str) -> list:
    return source.frame.collect()[name].to_list()


def read(source, contract, name: str) -> list:
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    return source.frame.select(made[name].value).collect().to_series().to_list()


def test_a_day_and_a_time_of_day_are_one_time(bound, contract):
    source = bound(ROWS, WORDS)
    assert read(source, contract, "booked_at") == [dt.datetime(2026, 1, 1, 0, 9, 10, tzinfo=dt.UTC), None]
    assert texts(source, "booked_at") == ["20260101 080910", "20260102"]
    assert source.surplus == ()


def test_the_business_day_follows_from_the_joined_time(bound, contract):
    assert read(bound(ROWS, WORDS), contract, "booked_on") == [dt.date(2026, 1, 1), None]


def test_a_part_that_is_empty_or_means_no_value_is_left_out_and_not_lost(bound):
    words = {"join": {"booked_at": ["day", "clock"]}, "null_words": {"booked_at": ["--"]}}
    content = b'id,amount,day,clock\n1,2,2026-01-01,--\n2,2,," "\n3,2,2026-01-01,08:00:00\n4,2,,08:00:00\n'
    found = texts(bound(content, words), "booked_at")
    assert found == ["2026-01-01", None, "2026-01-01 08:00:00", "08:00:00"]


def test_half_of_a_time_is_refused_by_its_format(bound, contract):
    source = bound(ROWS, WORDS)
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    assert source.frame.select(made["booked_at"].failed).collect().to_series().to_list() == [False, True]


def test_hours_of_one_digit_are_read(bound, contract):
    words = {**WORDS, "formats": {"booked_at": ["%Y%m%d %-H:%M:%S"]}}
    source = bound(b"id,amount,day,clock\n1,2,20260101,8:09:10\n2,2,20260101,18:09:10\n", words)
    assert [value.hour for value in read(source, contract, "booked_at")] == [0, 10]


def test_a_date_whose_format_has_a_time_of_day_is_refused(bound):
    words = {"join": {"booked_on": ["day", "clock"]}, "formats": {"booked_on": ["%Y%m%d %H%M%S"]}}
    with pytest.raises(MeshError, match="'booked_on' is a date, and the format %Y%m%d %H%M%S") as refused:
        bound(ROWS, words)
    assert refused.value.where == "sources.bank.movements.mapping.formats.booked_on"


def test_a_date_is_joined_of_three_columns(bound, contract):
    words = {"join": {"booked_on": ["y", "m", "d"]}, "formats": {"booked_on": ["%Y %m %d"]}}
    source = bound(b"id,amount,y,m,d\n1,2,2026,03,31\n", words)
    assert read(source, contract, "booked_on") == [dt.date(2026, 3, 31)]


def test_a_delay_counts_from_a_joined_time(bound, contract):
    source = bound(ROWS, {**WORDS, "offset": {"known_at": {"column": "booked_at", "by": "1 days"}}})
    assert read(source, contract, "known_at")[0] == dt.datetime(2026, 1, 2, 0, 9, 10, tzinfo=dt.UTC)


def test_days_and_times_that_are_typed_make_a_time():
    contract = Contract("a.b", "1.0.0", (Column("at", "timestamp", 1),), "x", "0")
    frame = pl.LazyFrame({"day": [dt.date(2026, 1, 1), None], "clock": [dt.time(8, 9), dt.time(1)]})
    mapped = Mapped(Binding(uri="x", mapping={"join": {"at": ["day", "clock"]}}), contract, frame.collect_schema(), "e")
    assert mapped.over(frame).collect()["at"].to_list() == [dt.datetime(2026, 1, 1, 8, 9), None]


@pytest.mark.parametrize(
    ("words", "place", "what"),
    {
        "unknown_in_contract": ({"join": {"at": ["day", "clock"]}}, "join.at", "has no column 'at'"),
        "unknown_in_file": ({"join": {"booked_at": ["dai", "clock"]}}, "join.booked_at", "no column 'dai'; did you"),
        "of_a_number": ({"join": {"amount": ["day", "clock"]}}, "join.amount", "is of type number"),
        "given_twice": (
            {"join": {"booked_at": ["day", "clock"]}, "rename": {"booked_at": "day"}},
            "join.booked_at",
            "is given by rename and by join",
        ),
        "unknown_in_file_and_distinct": (
            {"join": {"booked_at": ["dai", "clok"]}, "distinct": ["booked_at"]},
            "join.booked_at",
            "no column 'dai'; did you",
        ),
        "an_identifier": (
            {"join": {"id": ["day", "clock"]}, "identifiers": ["id"]},
            "identifiers",
            "what a program damaged in its parts could not be seen",
        ),
        "mapped": (
            {"join": {"booked_at": ["day", "clock"]}, "value_map": {"booked_at": {"a": "b"}}},
            "value_map.booked_at",
            "is joined of several",
        ),
    }.values(),
)
def test_what_cannot_be_joined_is_refused_with_its_place(bound, words, place, what):
    with pytest.raises(MeshError) as refused:
        bound(ROWS, words)
    assert refused.value.where.endswith(f".mapping.{place}")
    assert what in refused.value.sentence()


def test_a_typed_column_beside_a_text_is_refused():
    contract = Contract("a.b", "1.0.0", (Column("at", "timestamp", 1),), "x", "0")
    schema = {"day": pl.Date(), "clock": pl.String()}
    with pytest.raises(MeshError, match="the file's column 'day' is no text"):
        Mapped(Binding(uri="x", mapping={"join": {"at": ["day", "clock"]}}), contract, schema, "e")


@pytest.mark.parametrize("columns", [["day"], ["day", "day"], [], "day"])
def test_fewer_than_two_columns_are_no_join(columns):
    with pytest.raises(ValueError, match="not two columns or more"):
        Binding(uri="x", mapping={"join": {"at": columns}})


def test_a_trial_without_a_contract_reads_the_joined_time(tmp_path):
    (tmp_path / "rows.csv").write_bytes(ROWS)
    found = tried(tmp_path / "rows.csv", Binding(uri="rows.csv", mapping=WORDS), built_in_readers())
    assert (found.rows, found.refused_rows) == (1, 1)
    assert found.first["booked_at"] == dt.datetime(2026, 1, 1, 0, 9, 10, tzinfo=dt.UTC)


def test_a_trial_reads_a_joined_time_beside_words_that_mean_no_value(tmp_path):
    (tmp_path / "rows.csv").write_bytes(b"id,day,clock\n1,20260101,080910\n2,20260102,--\n")
    words = {**WORDS, "null_words": {"booked_at": ["--"]}}
    found = tried(tmp_path / "rows.csv", Binding(uri="rows.csv", mapping=words), built_in_readers())
    assert found.columns[-1].logical_type == "timestamp"
    assert (found.refusal.code, found.refusal.line) == ("source.date", 3)


def test_a_trial_joins_typed_days_and_times(tmp_path):
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"day": [dt.date(2026, 1, 1)], "clock": [dt.time(8, 9)]}).write_parquet(path)
    binding = Binding(uri="rows.parquet", mapping={"join": {"at": ["day", "clock"]}})
    assert tried(path, binding, built_in_readers()).first["at"] == dt.datetime(2026, 1, 1, 8, 9)


def test_a_time_without_a_zone_is_told_as_such(tmp_path, contract):
    (tmp_path / "rows.csv").write_bytes(b"id,amount,day,clock\n1,2,20260101,080910\n")
    words = {name: said for name, said in WORDS.items() if name != "timezone"}
    found = tried(tmp_path / "rows.csv", Binding(uri="rows.csv", mapping=words), built_in_readers(), contract)
    assert "without a zone, and none is said; write mapping.timezone: {booked_at: ZONE}" in found.refusal.sentence


def test_a_refused_joined_value_names_all_its_columns(tmp_path, contract):
    (tmp_path / "rows.csv").write_bytes(b"id,amount,day,clock\n1,2,20260101,999999\n")
    found = tried(tmp_path / "rows.csv", Binding(uri="rows.csv", mapping=WORDS), built_in_readers(), contract)
    assert found.refusal.column == "day + clock"


def test_a_lost_part_of_a_joined_time_is_told_as_lost(contract):
    binding = Binding(uri="rows.csv", mapping=WORDS)
    before = [("id", "String"), ("amount", "String"), ("day", "String"), ("clock", "String")]
    (lost,) = drift(before, before[:3], binding, contract)
    assert (lost.kind, lost.column) == ("lost", "clock")
    assert "nothing took it" not in lost.allows


def test_a_part_that_seems_renamed_is_to_be_named_under_join(contract):
    binding = Binding(uri="rows.csv", mapping=WORDS)
    before = [("id", "String"), ("amount", "String"), ("day", "String"), ("clock", "String")]
    (change,) = drift(before, [*before[:3], ("clock_time", "String")], binding, contract)
    assert "write booked_at: [day, clock_time] under sources.bank.movements.mapping.join" in change.allows
