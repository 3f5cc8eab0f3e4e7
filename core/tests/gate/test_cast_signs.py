"""Numbers whose sign stands in another column: by a flag, or by which of two columns they are in."""

from decimal import Decimal

import polars as pl
import pytest
from hansa.cast import Flag, NumberForm, Reading, TwoColumns, casts
from hansa.contract.model import Column, Contract
from hypothesis import given
from hypothesis import strategies as st

REFUSED = "refused"
FLAG = Flag("__flag_amount", ("H", "CR"), ("S",), ("-",))
OPEN = Flag("__flag_amount", ("Cr",), (None,))
TWO = TwoColumns("__plus_amount", "__minus_amount")
WRITTEN = TwoColumns("__plus_amount", "__minus_amount", written=True)


def cast(frame, sign, kind="number", reading=None, **options):
    options = options or ({"precision": 18, "scale": 2} if kind == "number" else {})
    contract = Contract("t.a", "1.0.0", (Column("amount", kind, 1, **options),), "x", "0")
    made = casts(contract, frame.schema, reading or Reading(signs={"amount": sign}), "UTC")["amount"]
    found = frame.select(value=made.value, failed=made.failed)
    assert found.schema["value"] == (pl.Decimal(18, 2) if options.get("scale") else found.schema["value"])
    return [REFUSED if failed else value for value, failed in found.rows()]


def flagged(*rows):
    return pl.DataFrame(rows, schema={"amount": pl.String, "__flag_amount": pl.String}, orient="row")


def paired(*rows):
    return pl.DataFrame(rows, schema={"__plus_amount": pl.String, "__minus_amount": pl.String}, orient="row")


def test_a_flag_says_the_sign():
    frame = flagged(("1.50", "H"), ("2.50", "S"), ("3.00", "CR"), ("0.00", "S"), (None, "S"))
    assert cast(frame, FLAG) == [Decimal("1.50"), Decimal("-2.50"), Decimal(3), Decimal(0), None]


def test_a_flag_of_no_number_gives_none():
    assert cast(flagged(("1.50", "-")), FLAG) == [None]


@pytest.mark.parametrize("flag", ["X", "h", " S", "", None, "HS"])
def test_a_flag_that_no_list_names_refuses_the_row(flag):
    assert cast(flagged(("1.50", flag)), FLAG) == [REFUSED]


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_flag_is_one_where_it_is_listed(empty):
    assert cast(flagged(("1.50", empty), ("2.00", "Cr")), OPEN) == [Decimal("-1.50"), Decimal(2)]


def test_a_number_beside_a_flag_has_no_sign_of_its_own():
    assert cast(flagged(("-1.50", "S"), ("-1.50", "H"), ("-0.00", "S"), ("-1.50", "-")), FLAG) == [
        REFUSED,
        REFUSED,
        Decimal(0),
        None,
    ]


def test_a_flag_turns_the_sign_of_a_number_where_that_is_declared():
    turning = Flag("__flag_amount", ("H",), ("S",), turned=True)
    assert cast(flagged(("-1.50", "S"), ("-1.50", "H"), ("1.50", "S")), turning) == [
        Decimal("1.50"),
        Decimal("-1.50"),
        Decimal("-1.50"),
    ]


def test_a_text_that_is_no_number_is_refused_whatever_its_flag_says():
    assert cast(flagged(("1,50", "H"), ("x", "-")), FLAG) == [REFUSED, REFUSED]


def test_the_number_is_read_in_its_form():
    reading = Reading(signs={"amount": FLAG}, numbers={"amount": NumberForm(",", ".")})
    assert cast(flagged(("1.234,50", "S")), FLAG, reading=reading) == [Decimal("-1234.50")]


def test_whole_numbers_and_doubles_have_flags_too():
    assert cast(flagged(("7", "S"), ("0", "S")), FLAG, kind="integer") == [-7, 0]
    found = cast(flagged(("0", "S"), ("0.1", "S")), FLAG, precision=None)
    assert [str(value) for value in found] == ["0.0", "-0.1"]


def test_one_of_two_columns_has_the_number():
    frame = paired(("1.50", None), (None, "2.50"), ("0.00", "3.00"), ("4.00", "0.0"), ("0.00", "0.00"), (None, None))
    values = [Decimal("1.50"), Decimal("-2.50"), Decimal(-3), Decimal(4), Decimal(0), None]
    assert cast(frame, TWO) == values


def test_two_numbers_refuse_the_row():
    assert cast(paired(("1.50", "2.50")), TWO) == [REFUSED]


def test_numbers_of_two_columns_have_no_sign_of_their_own():
    assert cast(paired(("-1.50", None), (None, "-1.50"), ("-1.50", "0")), TWO) == [REFUSED] * 3


def test_the_negative_ones_may_be_written_with_their_minus():
    frame = paired((None, "-2.50"), ("1.00", None), (None, "2.50"), (None, "-0.00"))
    assert cast(frame, WRITTEN) == [Decimal("-2.50"), Decimal(1), REFUSED, Decimal(0)]


def test_a_text_that_is_no_number_in_either_column_refuses_the_row():
    assert cast(paired(("x", "1.00"), ("1.00", "x")), TWO) == [REFUSED] * 2


def test_rows_that_came_without_the_flag_cannot_be_read_by_it():
    frame = pl.DataFrame({"amount": ["1.50", None]}, schema={"amount": pl.String})
    assert cast(frame, FLAG) == [REFUSED, None]


def test_rows_that_came_in_one_way_are_not_read_in_another_where_it_has_no_columns():
    came = Reading(signs={"amount": TWO}, instead=Reading(numbers={"amount": NumberForm(",")}))
    assert cast(paired(("1.50", None), ("x", None)), TWO, reading=came) == [Decimal("1.50"), REFUSED]


def test_a_flag_that_was_not_known_may_be_told_later():
    later = Reading(signs={"amount": Flag("__flag_amount", ("H", "X"), ("S",))})
    came = Reading(signs={"amount": FLAG}, instead=later)
    assert cast(flagged(("1.50", "X"), ("1.50", "S")), FLAG, reading=came) == [Decimal("1.50"), Decimal("-1.50")]


AMOUNTS = st.integers(-(10**15), 10**15).map(lambda cents: Decimal(cents).scaleb(-2))


@given(st.lists(AMOUNTS, min_size=1, max_size=5))
def test_whatever_is_written_by_flag_or_by_column_comes_back_exactly(amounts):
    by_flag = flagged(*((f"{abs(amount):f}", "S" if amount < 0 else "H") for amount in amounts))
    assert cast(by_flag, FLAG) == amounts
    texts = [f"{abs(amount):f}" for amount in amounts]
    by_column = [(None, text) if amount < 0 else (text, None) for amount, text in zip(amounts, texts, strict=True)]
    assert cast(paired(*by_column), TWO) == amounts


@given(AMOUNTS, st.text(max_size=3))
def test_a_word_that_is_not_listed_never_gives_a_number(amount, word):
    (value,) = cast(flagged((f"{abs(amount):f}", word)), FLAG)
    assert word in ("H", "CR", "S", "-") or value == REFUSED
