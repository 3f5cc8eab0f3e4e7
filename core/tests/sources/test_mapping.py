import datetime as dt

import polars as pl
import pytest
from hansa.cast import Offset, casts
from hansa.contract.model import Column, Contract
from hansa.errors import MeshError
from hansa.sources import Binding
from hansa.sources.mapping import Mapped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROWS = b"no,sum,side,at\n1,2.50,D,2026-01-01 08:00:00\n2,3.00,C,2026-01-02 08:00:00\n2,4.00,X,2026-01-03 08:00:00\n"
NAMES = {"id": "no", "amount": "sum"}
WORD = st.text(max_size=4)


def rows(source):
    return source.frame.collect().to_dicts()


def test_rename_takes_the_files_column(bound):
    assert rows(bound(ROWS, {"rename": NAMES}))[0] == {"id": "1", "amount": "2.50"}


def test_two_columns_may_come_from_one(bound):
    source = bound(ROWS, {"rename": {**NAMES, "direction": "no"}})
    assert rows(source)[0] == {"id": "1", "amount": "2.50", "direction": "1"}


def test_a_constant_is_in_every_row(bound):
    source = bound(ROWS, {"rename": NAMES, "constant": {"direction": "debit"}})
    assert [row["direction"] for row in rows(source)] == ["debit"] * 3


def test_a_word_that_the_map_does_not_know_stays_as_it_came(bound):
    words = {"rename": {**NAMES, "direction": "side"}, "value_map": {"direction": {"D": "debit", "C": "credit"}}}
    assert [row["direction"] for row in rows(bound(ROWS, words))] == ["debit", "credit", "X"]


def test_of_equal_rows_the_first_stays(bound):
    source = bound(ROWS, {"rename": NAMES, "distinct": ["id"]})
    assert [(row["id"], row["amount"]) for row in rows(source)] == [("1", "2.50"), ("2", "3.00")]


def test_a_filter_after_distinct_does_not_change_which_row_stays(bound):
    frame = bound(ROWS, {"rename": NAMES, "distinct": ["id"]}).frame.filter(pl.col("amount") != "3.00")
    assert frame.collect(engine="streaming")["id"].to_list() == ["1"]


def test_null_words_are_no_values_in_text_only(bound):
    source = bound(b"id,amount\nNULL,2\n1,n/a\n", null_words=["NULL", "n/a"])
    assert rows(source) == [{"id": None, "amount": "2"}, {"id": "1", "amount": None}]


def test_formats_and_zones_are_handed_on(bound):
    words = {
        "rename": {**NAMES, "booked_at": "at"},
        "formats": {"booked_at": ["%Y-%m-%d %H:%M:%S"]},
        "timezone": {"booked_at": "Asia/Shanghai"},
    }
    reading = bound(ROWS, words).reading
    assert reading.formats == {"booked_at": ("%Y-%m-%d %H:%M:%S",)}
    assert reading.zones == {"booked_at": "Asia/Shanghai"}


def test_an_offset_from_a_column_of_the_contract(bound, contract):
    words = {
        "rename": {**NAMES, "booked_at": "at"},
        "timezone": {"booked_at": "Asia/Shanghai"},
        "offset": {"known_at": {"column": "booked_at", "by": "36 hours"}},
    }
    source = bound(ROWS, words)
    assert source.reading.offsets == {"known_at": Offset("booked_at", dt.timedelta(hours=36))}
    assert "known_at" not in source.frame.collect_schema()
    assert first_cast(source, contract, "known_at") == dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)


def test_an_offset_from_a_column_of_the_file_travels_in_a_helper(bound, contract):
    words = {
        "rename": NAMES,
        "timezone": {"known_at": "Asia/Shanghai"},
        "offset": {"known_at": {"column": "at", "by": "7 days"}},
    }
    source = bound(ROWS, words)
    assert source.frame.collect_schema().names() == ["id", "amount", "__offset_at"]
    assert source.reading.offsets["known_at"].column == "__offset_at"
    assert source.surplus == ("side",)
    assert first_cast(source, contract, "known_at") == dt.datetime(2026, 1, 8, tzinfo=dt.UTC)


def first_cast(source, contract, name):
    made = casts(contract, source.frame.collect_schema(), source.reading, "UTC")
    return source.frame.select(made[name].value).collect().item(0, 0)


def test_words_of_a_typed_column_are_mapped_by_their_text():
    contract = Contract("a.b", "1.0.0", (Column("flag", "boolean", 1),), "x", "0")
    frame = pl.LazyFrame({"FLAG": [0, 1, None, 2]})
    words = {"rename": {"flag": "FLAG"}, "value_map": {"flag": {"0": "false", "1": "true"}}}
    mapped = Mapped(Binding(uri="x", mapping=words), contract, frame.collect_schema(), "sources.a.b")
    assert mapped.over(frame).collect()["flag"].to_list() == ["false", "true", None, "2"]


@pytest.mark.parametrize(
    ("words", "place", "what"),
    {
        "unknown_column": ({"rename": {"idd": "no"}}, "rename.idd", "has no column 'idd'; did you mean 'id'?"),
        "unknown_file_column": (
            {"rename": {"id": "noo"}},
            "rename.id",
            "the file has no column 'noo'; did you mean 'no'?",
        ),
        "lists_columns": ({"rename": {"id": "zz9"}}, "rename.id", "it has 'no', 'sum', 'side', 'at'"),
        "unknown_constant": ({"constant": {"side": "x"}}, "constant.side", "has no column 'side'"),
        "unknown_distinct": ({"distinct": ["no"]}, "distinct", "has no column 'no'"),
        "zone_of_a_number": ({"timezone": {"amount": "UTC"}}, "timezone.amount", "is of type number"),
        "format_of_a_text": ({"formats": {"id": ["%d.%m.%Y"]}}, "formats.id", "is of type string"),
        "given_twice": (
            {"rename": {"direction": "side"}, "constant": {"direction": "x"}},
            "constant.direction",
            "is given by rename and by constant",
        ),
        "map_of_a_constant": (
            {"constant": {"direction": "x"}, "value_map": {"direction": {"D": "x"}}},
            "value_map.direction",
            "does not come from the file",
        ),
        "offset_from_a_number": (
            {"offset": {"known_at": {"column": "amount", "by": "1 day"}}},
            "offset.known_at.column",
            "column 'amount' is no timestamp",
        ),
        "offset_from_nothing": (
            {"offset": {"known_at": {"column": "att", "by": "1 day"}}},
            "offset.known_at.column",
            "neither contract nor file has a column 'att'; did you mean 'at'?",
        ),
        "offset_from_itself": (
            {"offset": {"known_at": {"column": "known_at", "by": "1 day"}}},
            "offset.known_at.column",
            "nothing can be offset from it",
        ),
    }.values(),
)
def test_a_mapping_that_does_not_fit_is_refused_at_its_entry(bound, words, place, what):
    with pytest.raises(MeshError) as caught:
        bound(ROWS, {**words, "rename": {**NAMES, **words.get("rename", {})}})
    assert caught.value.where == f"sources.bank.movements.mapping.{place}"
    assert what in caught.value.sentence()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | WORD, max_size=10), words=st.dictionaries(WORD, WORD, max_size=4))
def test_names_and_words_never_change_the_number_of_rows(contract, values, words):
    frame = pl.LazyFrame(
        {"no": values, "sum": values, "side": values}, schema=dict.fromkeys(("no", "sum", "side"), pl.String)
    )
    mapping = {"rename": {**NAMES, "direction": "side"}, "value_map": {"direction": words}}
    mapped = Mapped(Binding(uri="x", mapping=mapping), contract, frame.collect_schema(), "sources.bank.movements")
    made = mapped.over(frame).collect()
    assert made["id"].to_list() == values
    assert made["direction"].to_list() == [words.get(value, value) if value is not None else None for value in values]
