"""Identifiers that a program took for numbers refuse their file; what only looks like that does not."""

import random

import polars as pl
import pytest
from hansa.sources.damage import DamagedError, by_chance, refuse_damaged
from hypothesis import given
from hypothesis import strategies as st


def check(*values, length=None, null_words=()):
    frame = pl.LazyFrame({"account": values}, schema={"account": pl.String})
    refuse_damaged(frame, {"account": length}, "rows.csv", null_words=null_words)


def refused(*values, **words):
    with pytest.raises(DamagedError) as caught:
        check(*values, **words)
    return caught.value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("1.10101E+17", "digits are lost"),
        ("1,10101E+17", "digits are lost"),
        ("4.40981e17", "digits are lost"),
        ("1E+17", "digits are lost"),
        ("#######", "too narrow"),
        ("6222020200112233.0", "a number with decimals"),
        ("110101199001010000", "ends in zeros"),
        ("6222020200112230000", "ends in zeros"),
    ],
)
def test_what_a_program_made_of_an_identifier_refuses_the_file(value, what):
    error = refused("84012", value)
    assert (error.code, error.column, what in error.what) == ("source.identifier", "account", True)
    assert value not in error.sentence()


@pytest.mark.parametrize(
    "value",
    ["99010119378965651X", "4E10", "1E5", "110101199001011237", "E+17", "1.5", "000000000000000000", "#1", "2.0", ""],
)
def test_what_an_identifier_may_be_is_taken(value):
    check("84012", value, None)


def test_blanks_around_do_not_hide_the_damage():
    assert refused(" 1.10101E+17\t").column == "account"


def test_leading_zeros_are_missed_where_the_contract_gives_the_length():
    assert "leading zeros are lost" in refused("000123", "4567", length=6).what
    check("000123", "AB12", None, length=6)


def test_a_null_word_is_no_identifier():
    check("000123", "0", length=6, null_words=["0"])


def test_the_line_is_that_of_the_first_damaged_row():
    frame = pl.LazyFrame({"a": ["1", "2", "3E+9"], "b": ["x", "2E+9", "x"]})
    numbered = frame.with_columns(pl.Series("__line", [5, 8, 9]))
    with pytest.raises(DamagedError) as caught:
        refuse_damaged(frame, {"a": None, "b": None}, "rows.csv", lines=lambda: numbered)
    assert (caught.value.where, caught.value.line, caught.value.column) == ("rows.csv:8", 8, "b")


def test_a_column_that_is_no_text_is_left_to_its_cast():
    refuse_damaged(pl.LazyFrame({"a": [1.5e17]}), {"a": None}, "rows.parquet")
    with pytest.raises(DamagedError):
        refuse_damaged(pl.LazyFrame({"a": ["1.5E+17"]}), {"a": None}, "rows.csv")


def test_a_few_numbers_that_end_in_zeros_by_chance_are_taken():
    numbers = [f"{random.Random(at).randrange(10**15, 10**16)}" for at in range(5000)]
    assert any(number.endswith("0") for number in numbers)
    check(*numbers)


def test_numbers_of_sixteen_digits_that_all_end_in_zero_are_refused():
    numbers = [f"{random.Random(at).randrange(10**14, 10**15)}0" for at in range(20)]
    assert "ends in zeros" in refused(*numbers).what


def test_one_damaged_part_of_a_file_is_found():
    whole = [f"{random.Random(at).randrange(10**17, 10**18)}" for at in range(1000)]
    lost = [number[:15] + "000" for number in whole[:30]]
    assert "ends in zeros" in refused(*whole, *lost).what


@given(st.integers(1, 10**6), st.integers(16, 30), st.data())
def test_more_zeros_are_never_more_by_chance(numbers, length, data):
    fewer = data.draw(st.integers(1, min(numbers, 200)))
    more = data.draw(st.integers(fewer, min(numbers, 200)))
    if by_chance(numbers, more, length) and fewer > numbers * 10.0 ** (15 - length):
        assert by_chance(numbers, fewer, length)


def test_the_search_holds_back_no_rows(tmp_path):
    """The streaming engine marks a node that keeps what it is given."""
    path, asked = tmp_path / "rows.csv", []
    path.write_text("account\n84012\n")
    original = pl.LazyFrame.collect

    def seen(frame, **words):
        asked.append(frame.show_graph(engine="streaming", plan_stage="physical", raw_output=True))
        return original(frame, **words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pl.LazyFrame, "collect", seen)
        refuse_damaged(pl.scan_csv(path, infer_schema=False), {"account": None}, "rows.csv")
    assert asked and not any("multiplexer" in plan for plan in asked)
